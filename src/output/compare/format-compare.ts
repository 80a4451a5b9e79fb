import { Page, type Tone } from '../text/page.js';
import type { Language } from '../text/phrases.js';
import { PHRASES } from '../text/phrases-by-language.js';
import { displayWidth, padEnd, wrap } from '../width.js';
import { COMPARE_PHRASES, type CompareLabel, type ComparePhrases, percent } from './compare-phrases.js';
import type { AnswerRow, BranchRow, Comparison, LookedAt, ModeRow, TranslationRow } from './compare-rows.js';

/** How a comparison is told. */
export interface CompareFormatOptions {
  readonly color?: boolean;
  readonly lang?: Language;
  /** Columns of the terminal. 100 unless given. */
  readonly width?: number;
}

type Followed = Extract<ModeRow, { readonly problem: undefined }>;

/** A comparison as text: the modes side by side, then each with its branches. */
export function formatComparison(comparison: Comparison, options: CompareFormatOptions = {}): string {
  const { color = false, lang = 'en', width = 100 } = options;
  const p = COMPARE_PHRASES[lang];
  const outcomes = PHRASES[lang].outcome;
  const page = new Page({ width, color, labels: Object.values(p.label) });
  const { from, to, proto, modes } = comparison;
  page.line(page.paint('place', `${from} -> ${to} ${proto}`));
  page.line();
  new Teller(page, p, outcomes, width).table(comparison);
  page.line();
  page.line(page.paint('quiet', p.thereBack));
  for (const mode of modes) new Teller(page, p, outcomes, width).mode(mode, comparison.wrongPort);
  return page.toString();
}

class Teller {
  readonly #page: Page;
  readonly #p: ComparePhrases;
  readonly #outcomes: Readonly<Record<AnswerRow['outcome'], string>>;
  readonly #width: number;

  constructor(page: Page, p: ComparePhrases, outcomes: Readonly<Record<AnswerRow['outcome'], string>>, width: number) {
    this.#page = page;
    this.#p = p;
    this.#outcomes = outcomes;
    this.#width = width;
  }

  table({ modes, wrongPort }: Comparison): void {
    const p = this.#p;
    const cells: (readonly [string, (mode: Followed) => string])[] = [
      [
        p.label.outcome,
        ({ probe, share }) => [this.#short(probe), ...(share === undefined ? [] : [p.share(share)])].join('; '),
      ],
      [p.label.rules, ({ branches }) => sums(branches, 'rules', p)],
      [p.label.sets, ({ branches }) => sums(branches, 'sets', p)],
      [p.label.ipvs, ({ branches }) => sums(branches, 'ipvs', p)],
      [p.label.seen, ({ branches }) => unique(branches.map(({ seen }) => seen?.replace(/:\d+$/, '') ?? '-'))],
    ];
    if (wrongPort !== undefined) cells.push([p.wrongPort(wrongPort), (mode) => this.#maybe(mode.wrongPort)]);
    if (modes.some((mode) => mode.problem === undefined && mode.empty !== undefined))
      cells.push([p.empty, (mode) => this.#maybe(mode.empty)]);
    const first = Math.max(...cells.map(([label]) => displayWidth(label))) + 2;
    const each = Math.floor((this.#width - first) / Math.max(1, modes.length));
    this.#row(
      '',
      modes.map(({ mode }) => mode),
      first,
      each,
      'place',
    );
    for (const [label, cell] of cells)
      this.#row(
        label,
        modes.map((mode) => (mode.problem === undefined ? cell(mode) : p.cannot)),
        first,
        each,
        'plain',
      );
  }

  /** One row of the table; a cell that is too wide goes on below itself. */
  #row(label: string, cells: readonly string[], first: number, each: number, tone: Tone): void {
    const lines = cells.map((cell) => wrap(cell, each - 2));
    for (let i = 0; i < Math.max(...lines.map((cell) => cell.length)); i++) {
      const head = this.#page.paint('label', padEnd(i === 0 ? label : '', first));
      const rest = lines.map((cell) => padEnd(cell[i] ?? '', each)).join('');
      this.#page.line(head + this.#page.paint(tone, rest.trimEnd()));
    }
  }

  #maybe(answer: AnswerRow | undefined): string {
    return answer === undefined ? '-' : this.#short(answer);
  }

  #short({ outcome, reply, code, errno, icmp, at }: AnswerRow): string {
    const lost = outcome === 'delivered' && reply !== null && reply !== 'delivered';
    const head = lost ? this.#p.answerLost(this.#outcomes[reply]) : this.#outcomes[outcome];
    const where = at === undefined ? '' : ` ${this.#p.at(at)}`;
    const why = [code, icmp === undefined ? null : this.#p.icmp(icmp), errno].filter((each) => each !== null);
    return `${head}${where}${why.length === 0 ? '' : `: ${why.join(', ')}`}`;
  }

  mode(mode: ModeRow, wrongPort: number | undefined): void {
    const p = this.#p;
    this.#page.line();
    this.#page.line(this.#page.paint('place', mode.mode));
    if (mode.problem !== undefined) {
      this.#say('problem', mode.problem);
      return;
    }
    if (mode.probe.unknown !== undefined) this.#say('problem', mode.probe.unknown);
    for (const [i, branch] of mode.branches.entries()) this.#branch(branch, this.#wayOf(mode, i, branch));
    const answers: (readonly [string, AnswerRow | undefined])[] = [
      [p.label.outcome, mode.probe],
      [p.wrongPort(wrongPort ?? 0), mode.wrongPort],
      [p.empty, mode.empty],
    ];
    for (const [label, answer] of answers)
      if (answer?.by !== undefined) this.#page.paragraph(2, label, [answer.at, answer.by].join(': '));
  }

  /** How likely a branch is, or whose turn; undefined for the only one. */
  #wayOf({ branches, share }: Followed, i: number, { p }: BranchRow): string | undefined {
    if (share?.by === 'scheduler') return this.#p.turn(i + 1, share.servers);
    if (branches.length < 2) return undefined;
    return p === null ? this.#p.unknownChance : percent(p);
  }

  #branch(branch: BranchRow, way: string | undefined): void {
    const { outcome, code, endpoint, there, back, translations, seen, replyPath } = branch;
    const end = [endpoint ?? '-', this.#outcomes[outcome], ...(code === null ? [] : [code])].join(', ');
    this.#say('endpoint', way === undefined ? end : `${way}  ${end}`);
    for (const each of translations) this.#say('translated', translationText(each));
    if (there.length > 0) this.#say('there', this.#looked(there));
    if (back.length > 0) this.#say('back', this.#looked(back));
    if (seen !== undefined) this.#say('seen', seen);
    if (replyPath.length > 0) this.#say('reply', replyPath.join(' → '));
  }

  #looked(each: readonly LookedAt[]): string {
    return each.map(({ netns, rules, sets, ipvs }) => this.#p.looked(netns, rules, sets, ipvs)).join(', ');
  }

  #say(label: CompareLabel, text: string): void {
    this.#page.paragraph(2, this.#p.label[label], text);
  }
}

function translationText({ netns, hook, manip, from, to, by }: TranslationRow): string {
  const where = [netns, hook ?? ''].filter((each) => each !== '').join(' ');
  return `${where}: ${manip === 'src' ? 'SNAT' : 'DNAT'} ${from} -> ${to}${by === '' ? '' : `  (${by})`}`;
}

/** `41 + 20`, of the first packet and its answer; with branches from the fewest to the most. */
function sums(branches: readonly BranchRow[], of: 'rules' | 'sets' | 'ipvs', p: ComparePhrases): string {
  const range = (sides: readonly (readonly LookedAt[])[]): string => {
    const all = sides.map((side) => side.reduce((sum, each) => sum + each[of], 0));
    return p.range(Math.min(...all), Math.max(...all));
  };
  return `${range(branches.map(({ there }) => there))} + ${range(branches.map(({ back }) => back))}`;
}

function unique(texts: readonly string[]): string {
  return [...new Set(texts)].join(', ');
}

/** A comparison as a document: `undefined` is null there. */
export function formatComparisonJson(comparison: Comparison): string {
  const document = { schema: 'podpath-compare/1', ...comparison };
  return `${JSON.stringify(document, (_, value: unknown) => (value === undefined ? null : value), 2)}\n`;
}
