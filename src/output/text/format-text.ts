import type { Hop, Trace, TraceEvent } from '../../trace/index.js';
import { lengthOf, packetLine } from '../packet-line.js';
import {
  endOf,
  forksOf,
  type Position,
  type Run,
  runsFrom,
  runsOf,
  type Section,
  START,
  translationFrom,
  unsentBy,
} from '../run.js';
import { type Detail, percent, rowsOf } from './event-rows.js';
import { Page, type Row } from './page.js';
import type { Language, Phrases } from './phrases.js';
import { PHRASES } from './phrases-by-language.js';
import { verdictLines } from './verdict-lines.js';

/** How a trace is told. */
export interface TextOptions {
  /** 0: what happened. 1: each rule that mattered. 2: each rule that was tried, each capture, ARP unfolded. */
  readonly detail?: Detail;
  /** ANSI colours. Off unless asked for. */
  readonly color?: boolean;
  readonly lang?: Language;
  /** Columns of the terminal. 120 unless given. */
  readonly width?: number;
}

/** Branches that are told one by one. */
const MOST_BRANCHES = 8;

/** Tells a trace for a terminal: the verdict and its cause first, then the way hop by hop. */
export function formatText(trace: Trace, options: TextOptions = {}): string {
  const { detail = 0, color = false, lang = 'en', width = 120 } = options;
  const phrases = PHRASES[lang];
  const page = new Page({ width, color, labels: Object.values(phrases.label) });
  const runs = runsOf(trace);
  verdictLines(trace, runs, page, phrases);
  new Teller(trace, runs, page, phrases, detail).tellAll();
  if (detail > 0) connectionLines(trace, page, phrases);
  for (const text of trace.assumptions) page.paragraph(0, phrases.assumptions, phrases.said(text), 'quiet');
  return page.toString();
}

function connectionLines({ conntrack }: Trace, page: Page, p: Phrases): void {
  if (conntrack.length === 0) return;
  page.line();
  page.line(page.paint('place', p.connections));
  for (const { netns, original, reply, state, status } of conntrack) {
    const words = [...(state === null ? [] : [state]), ...status];
    page.paragraph(2, `${netns} `, `${original} | ${reply} ${words.join(' ')}`);
  }
}

class Teller {
  readonly #owners: Trace['owners'];
  readonly #runs: readonly Run[];
  readonly #page: Page;
  readonly #p: Phrases;
  readonly #detail: Detail;
  readonly #told = new Set<Run>();

  constructor({ owners }: Trace, runs: readonly Run[], page: Page, p: Phrases, detail: Detail) {
    this.#owners = owners;
    this.#runs = runs;
    this.#page = page;
    this.#p = p;
    this.#detail = detail;
  }

  tellAll(): void {
    const [first, ...others] = this.#runs;
    if (first !== undefined) this.#tell(first, START);
    // Those that part within a packet that is folded.
    const rest = others.filter((run) => !this.#told.has(run));
    if (this.#told.size < MOST_BRANCHES) this.#branches(rest, START);
  }

  /** Tells a run from a position on: what it shares with the run that it parts from has been told. */
  #tell(run: Run, from: Position): void {
    const forks = forksOf(run, this.#runs);
    const shown = new Set(this.#shown(run));
    for (let at = from.section; at < run.sections.length; at++) {
      const section = run.sections[at];
      if (section === undefined || !shown.has(section)) continue;
      const start = at === from.section ? from : { section: at, hop: 0, event: 0 };
      if (this.#section(run, section, start, forks)) return;
    }
    this.#told.add(run);
  }

  /** The packets that are told one by one: ARP and the copies that came to nothing are folded. */
  #shown(run: Run): readonly Section[] {
    if (this.#detail === 2) return run.sections;
    const main = run.sections.filter(({ leg }) => leg.kind !== 'arp' && leg.kind !== 'copy');
    const ends = new Set(main.map((section) => endOf(run, section)));
    return run.sections.filter((section) => main.includes(section) || ends.has(section));
  }

  /** Returns whether the rest of the run has been told too, because the way parts within this section. */
  #section(run: Run, section: Section, from: Position, forks: ReadonlyMap<string, readonly Run[]>): boolean {
    const { leg, path } = section;
    if (from.hop === 0 && from.event === 0) {
      const bytes = lengthOf(leg.packet);
      const size = bytes === undefined ? '' : `, ${this.#p.bytes(bytes)}`;
      this.#page.line();
      const unsent = unsentBy(section) !== undefined;
      // Of a packet that was never made there may be no source.
      const packet = this.#p.said(packetLine(leg.packet)).replace(unsent ? /^0\.0\.0\.0(:\d+)? / : /^ARP /, '');
      const kind = unsent ? this.#p.notSent : this.#p.leg[leg.kind];
      this.#page.line(`${this.#page.paint('place', kind)}  ${packet}${size}`);
    }
    for (let i = from.hop; i < path.hops.length; i++) {
      const hop = path.hops[i];
      if (hop === undefined) continue;
      const first = i === from.hop ? from.event : 0;
      const fork = hop.events.findIndex((event, at) => at > first && forks.has(event.id));
      const rows = this.#rows(hop, first, fork < 0 ? hop.events.length : fork);
      const same = fork < 0 && first === 0 ? this.#alike(path.hops, i, rows, forks) : 1;
      // A hop that parts before anything is told of it is told by its branches alone.
      if (fork < 0 || rows.length > 0)
        this.#hop(hop, i, same, this.#rows(hop, 0, first).length > 0 ? 'goes on' : 'begins');
      i += same - 1;
      for (const row of rows) this.#page.row(row);
      const others = forks.get(hop.events[fork]?.id ?? '');
      if (others === undefined) continue;
      this.#branches([run, ...others], { section: run.sections.indexOf(section), hop: i, event: fork });
      return true;
    }
    return false;
  }

  /** How many hops from one on tell the same of different frames: fragments on their way. */
  #alike(hops: readonly Hop[], i: number, rows: readonly Row[], forks: ReadonlyMap<string, readonly Run[]>): number {
    const key = (hop: Hop, told: readonly Row[]): string =>
      JSON.stringify([hop.netns, hop.in, hop.out, ...told.map(({ label, text }) => [label, text])]);
    const [first] = hops.slice(i);
    if (first === undefined) return 1;
    const wanted = key(first, rows);
    let count = 1;
    for (const hop of hops.slice(i + 1)) {
      if (hop.frame === first.frame || hop.events.some(({ id }) => forks.has(id))) break;
      if (key(hop, this.#rows(hop, 0, hop.events.length)) !== wanted) break;
      count++;
    }
    return count;
  }

  /** The lines of a hop's events, from one up to another. */
  #rows(hop: Hop, from: number, to: number): readonly Row[] {
    const rowsAt = (event: TraceEvent, at: number): readonly Row[] =>
      rowsOf(event, hop.events[from + at - 1], this.#detail, this.#p);
    return hop.events.slice(from, to).flatMap(rowsAt);
  }

  /** Each way on from a fork. */
  #branches(runs: readonly Run[], at: Position): void {
    for (const run of runs) {
      if (this.#told.size >= MOST_BRANCHES) {
        this.#page.line();
        this.#page.line(this.#page.paint('quiet', this.#p.furtherBranches(this.#runs.length - this.#told.size)));
        return;
      }
      this.#page.line();
      const title = this.#title(runsFrom(run, at, this.#runs), at);
      this.#page.line(this.#page.paint('place', `--- ${title} ---`));
      this.#tell(run, at);
    }
  }

  /** Of one branch, or of several that go on together for now. */
  #title(runs: readonly Run[], at: Position): string {
    const numbers = runs.map((run) => run.index + 1);
    const [least, most] = [Math.min(...numbers), Math.max(...numbers)];
    const chance = runs.reduce((sum: number | null, { p }) => (sum === null || p === null ? null : sum + p), 0);
    const n = least === most ? `${least}` : `${least}-${most}`;
    const branch = this.#p.branch(n, this.#runs.length, percent(chance, this.#p));
    const translations = new Set(runs.map((run) => translationFrom(run, at)));
    const [to] = translations;
    if (translations.size !== 1 || to === undefined) return branch;
    const owner = this.#owners[to.replace(/:\d+$/, '')];
    return this.#p.branchTo(branch, owner === undefined ? to : `${to} (${owner})`);
  }

  #hop(hop: Hop, index: number, same: number, how: 'begins' | 'goes on'): void {
    const page = this.#page;
    const number = (same === 1 ? `${index + 1}` : `${index + 1}-${index + same}`).padStart(3);
    const host = hop.host === hop.netns ? '' : ` ${this.#p.on(hop.host)}`;
    const devices = [hop.in, hop.out].filter((dev) => dev !== null);
    const way = hop.in === null && hop.out !== null ? `> ${hop.out}` : devices.join(' > ');
    const notes = [...(how === 'goes on' ? [this.#p.continued] : []), ...(same > 1 ? [this.#p.frames(same)] : [])];
    const rest = `${host}  ${way}${notes.length === 0 ? '' : `  (${notes.join(', ')})`}`;
    page.line(`${page.paint('quiet', number)} ${page.paint('place', hop.netns)}${page.paint('quiet', rest)}`);
  }
}
