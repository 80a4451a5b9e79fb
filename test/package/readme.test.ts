import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { checkLab, formatExpectation } from '../../src/analyze/index.js';
import { openLab } from '../../src/input/index.js';
import { podpath } from '../cli/cli.js';

const root = new URL('../../', import.meta.url);
/** What commands in README write. */
const WRITTEN: ReadonlySet<string> = new Set(['trace.pcapng', 'dump']);
const PAGES = [
  'README.md',
  'docs/lab-format.md',
  'docs/reading-a-trace.md',
  'docs/library.md',
  'docs/services.md',
  'docs/bgp.md',
  'docs/how-to-add-an-output.md',
];

function page(name: string): string {
  return readFileSync(new URL(name, root), 'utf8');
}

/** The fenced blocks of a language. */
function blocks(name: string, language: string): string[] {
  return [...page(name).matchAll(/^```(\w+)\n(.*?)^```$/gms)].flatMap(([, found, text = '']) =>
    found === language ? [text] : [],
  );
}

describe('what the pages show is so', () => {
  const labs = PAGES.flatMap((name) => blocks(name, 'yaml').map((text) => ({ name, text })));

  test.each(labs)('a lab in $name, with what it expects', async ({ text }) => {
    const { lab, built } = await openLab(text);
    const wrong = [...checkLab(lab, built.network)].filter(({ passed }) => !passed);
    expect(wrong.map(({ expectation, got }) => `${formatExpectation(expectation)} | ${got}`)).toEqual([]);
    expect(built.refused.map(({ errno }) => errno)).toEqual([]);
  });

  test('a lab of two nodes that traces is at most 15 lines', () => {
    expect(blocks('README.md', 'yaml')[0]?.trimEnd().split('\n').length).toBeLessThanOrEqual(15);
  });

  test('the trace in README', async () => {
    const [shown = ''] = blocks('README.md', 'text');
    const { out } = await podpath(['trace', 'flannel-vxlan', 'client', 'web-1']);
    expect(out).toContain(shown);
  });

  test('the commands in README run', async () => {
    const lines = blocks('README.md', 'sh')
      .join('')
      .split('\n')
      .filter((line) => line.startsWith('npx podpath '));
    expect(lines.length).toBeGreaterThan(5);
    const folder = mkdtempSync(join(tmpdir(), 'podpath-'));
    for (const line of lines) {
      const words = [...line.replace(/#.*/, '').matchAll(/'([^']*)'|(\S+)/g)].map(
        ([, quoted, plain]) => quoted ?? plain ?? '',
      );
      // What is written is not written here.
      const there = words.map((word) => (WRITTEN.has(word) ? join(folder, word) : word));
      const { code, err } = await podpath(there.slice(2));
      expect([0, 1], `${line}\n${err}`).toContain(code);
    }
    rmSync(folder, { recursive: true });
  });

  const programs = PAGES.flatMap((name) => blocks(name, 'ts').map((text) => ({ name, text })));
  test.each(programs)(
    'the program in $name',
    ({ text }) => {
      const folder = mkdtempSync(join(tmpdir(), 'podpath-'));
      const file = join(folder, 'program.mts');
      writeFileSync(file, text.replace("'podpath'", `'${new URL('src/index.ts', root).pathname}'`));
      const tsx = fileURLToPath(new URL('node_modules/tsx/dist/cli.mjs', root));
      execFileSync(process.execPath, [tsx, file], { cwd: fileURLToPath(root), stdio: 'pipe' });
      rmSync(folder, { recursive: true });
    },
    30_000,
  );
});

test('links between pages lead somewhere', () => {
  for (const name of PAGES)
    for (const [, link = ''] of page(name).matchAll(/\]\(([^)#]+)\)/g))
      if (!link.startsWith('http'))
        expect(() => page(new URL(link, new URL(name, root)).pathname), `${name}: ${link}`).not.toThrow();
});
