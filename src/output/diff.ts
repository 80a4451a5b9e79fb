import pc from 'picocolors';
import type { Difference, EntryOrigin, EntryText, NetworkDiff } from './difference.js';

type Colors = ReturnType<typeof pc.createColors>;

/** What a comparison is called and how it is shown. */
export interface DiffFormatOptions {
  /** What the two networks are called. */
  readonly names: readonly [string, string];
  readonly color?: boolean;
}

/** A comparison as text: the answer, then by namespace and by who installed it what is missing, extra or different. */
export function formatDiff(diff: NetworkDiff, { names: [a, b], color = false }: DiffFormatOptions): string {
  const colors = pc.createColors(color);
  const { differences, compared, notCompared } = diff;
  const over = `${compared.length} namespace${compared.length === 1 ? '' : 's'}`;
  const lines =
    compared.length === 0
      ? [`${colors.bold(colors.yellow('? nothing to compare'))}  ${a} and ${b} have no namespace in common`]
      : differences.length === 0
        ? [`${colors.bold(colors.green('= same'))}  ${a} and ${b}: ${over}`]
        : [`${colors.bold(colors.red('✗ different'))}  ${a} and ${b}: ${counts(differences)} in ${over}`];
  for (const [netns, within] of grouped(differences, ({ netns }) => netns)) {
    lines.push('', colors.bold(netns));
    for (const [origin, entries] of grouped(within, groupOf)) {
      lines.push(`  ${colors.dim(origin)}`);
      for (const each of entries) lines.push(...entryLines(each, origin, colors));
    }
  }
  if (notCompared.length > 0) lines.push('');
  for (const { what, why } of notCompared) lines.push(colors.dim(`not compared: ${what} (${why})`));
  return lines.map((line) => `${line}\n`).join('');
}

function counts(differences: readonly Difference[]): string {
  return (['missing', 'extra', 'different'] as const)
    .map((is) => [differences.filter((each) => each.is === is).length, is] as const)
    .filter(([count]) => count > 0)
    .map(([count, is]) => `${count} ${is}`)
    .join(', ');
}

function grouped<T>(items: readonly T[], keyOf: (item: T) => string): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return groups;
}

const NOT_NOTED = 'who set it is not noted';

/** Whose an entry is: the first network's answer where it has it. A dump answers with the file, not with each line. */
function groupOf({ a, b }: Difference): string {
  return named((a ?? b)?.origin);
}

function named(origin: EntryOrigin | undefined): string {
  if (origin === undefined) return NOT_NOTED;
  return origin.file ?? (origin.object === undefined ? origin.by : `${origin.by}: ${origin.object}`);
}

function entryLines({ is, kind, a, b, entry }: Difference, group: string, colors: Colors): string[] {
  const head = `${kind} `;
  if (is === 'missing') return [colors.red(`    - missing    ${head}${shown(a, kind, entry)}`)];
  if (is === 'extra')
    return [colors.green(`    + extra      ${head}${shown(b, kind, entry)}`) + since(b, group, colors)];
  const [mine, theirs] = [colors.red(a?.text ?? ''), colors.green(b?.text ?? '')];
  const title = colors.yellow('    ~ different  ');
  if (kind === 'link' || kind === 'sysctl')
    return [`${title}${head}${entry} ${mine} -> ${theirs}${since(b, group, colors)}`];
  return [`${title}${head}${entry}`, `        - ${mine}`, `        + ${theirs}${since(b, group, colors)}`];
}

/** A rule's text does not say its table. */
function shown(side: EntryText | undefined, kind: Difference['kind'], entry: string): string {
  const text = side?.text ?? '';
  return kind === 'iptables' || kind === 'ip6tables' ? `${entry} ${text}` : text;
}

/** Who put what is there into its place, where that is another. */
function since(side: EntryText | undefined, group: string, colors: Colors): string {
  const origin = side?.origin;
  if (origin === undefined || named(origin) === group) return '';
  const line = origin.file === undefined || origin.line === undefined ? '' : `:${origin.line}`;
  return colors.dim(`  (${named(origin)}${line})`);
}

/** A comparison as a document of the schema `podpath-diff/1`: null is "not there" or "not noted". */
export function formatDiffJson(diff: NetworkDiff, [a, b]: DiffFormatOptions['names']): string {
  const side = (each: EntryText | undefined): object | null =>
    each === undefined ? null : { text: each.text, origin: originOf(each.origin) };
  const document = {
    schema: 'podpath-diff/1',
    a,
    b,
    same: diff.differences.length === 0,
    compared: diff.compared,
    differences: diff.differences.map((each) => ({ ...each, a: side(each.a), b: side(each.b) })),
    notCompared: diff.notCompared,
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

function originOf(origin: EntryOrigin | undefined): object | null {
  if (origin === undefined) return null;
  const { by, object = null, file = null, line = null } = origin;
  return { by, object, file, line };
}
