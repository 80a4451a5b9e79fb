import type { PartState, Snapshot } from '../input/index.js';

const WORDS: Readonly<Record<PartState, string>> = { read: 'read', absent: '-', 'not read': 'unread' };

/** The coverage of a node dump: a line for each namespace, a column for each file that it may have. */
export function formatCoverage(coverage: Snapshot['coverage'], files: readonly string[]): string {
  const heads = files.map((file) => file.replace(/\.\w+$/, '').replace(/^ip-|-save$/g, ''));
  const rows = [...coverage].map(([name, parts]) => [name, ...files.map((file) => WORDS[parts.get(file) ?? 'absent'])]);
  const all = [['', ...heads], ...rows];
  const widths = all[0]?.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0))) ?? [];
  const lines = all.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  '));
  return lines.map((line) => `${line.trimEnd()}\n`).join('');
}
