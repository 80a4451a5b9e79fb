import type { Hop, Trace, TraceEvent } from '../trace/index.js';
import { packetLine } from './packet-line.js';
import { fill } from './reason/reason.js';
import { endOf, type Run, runsOf, type Section } from './run.js';
import { percent, place } from './text/event-rows.js';
import type { Language, Phrases } from './text/phrases.js';
import { PHRASES } from './text/phrases-by-language.js';
import { decapText, encapText } from './text/tunnel-text.js';

/** A trace as a Mermaid sequence diagram: a column for each namespace, an arrow for each crossing between two. */
export function formatMermaid(trace: Trace, { lang = 'en' }: { readonly lang?: Language } = {}): string {
  const diagram = new Diagram(PHRASES[lang]);
  const runs = runsOf(trace);
  const [first] = runs;
  if (runs.length === 1 && first !== undefined) diagram.run(first);
  for (const [i, run] of runs.length === 1 ? [] : runs.entries()) {
    const title = PHRASES[lang].branch(`${i + 1}`, runs.length, percent(run.p, PHRASES[lang]));
    diagram.line(`${i === 0 ? 'alt' : 'else'} ${escapeText(title)}`);
    diagram.run(run);
  }
  if (runs.length > 1) diagram.line('end');
  return diagram.toString();
}

class Diagram {
  readonly #participants = new Map<string, string>();
  readonly #lines: string[] = [];
  readonly #p: Phrases;

  constructor(phrases: Phrases) {
    this.#p = phrases;
  }

  line(text: string): void {
    this.#lines.push(`  ${text}`);
  }

  /** ARP and the copies that came to nothing are left out. */
  run(run: Run): void {
    const main = run.sections.filter(({ leg }) => leg.kind !== 'arp' && leg.kind !== 'copy');
    const ends = new Set(main.map((section) => endOf(run, section)));
    for (const section of run.sections) if (main.includes(section) || ends.has(section)) this.#section(section);
  }

  #section({ leg, path }: Section): void {
    let before: Hop | undefined;
    for (const hop of path.hops) {
      const id = this.#participant(hop.netns);
      if (before === undefined) this.#note(id, `${this.#p.leg[leg.kind]}: ${packetLine(leg.packet)}`);
      else if (before.frame === hop.frame && before.netns !== hop.netns) this.#arrow(before, hop);
      for (const text of hop.events.flatMap((event) => this.#textOf(event) ?? [])) this.#note(id, text);
      before = hop;
    }
    const last = path.hops.at(-1);
    if (last === undefined || path.code === null) return;
    const id = this.#participant(last.netns);
    this.line(`${id}-x${id}: ${escapeText(`${this.#p.outcome[path.outcome]} (${path.code})`)}`);
  }

  #arrow(from: Hop, to: Hop): void {
    const tx = from.events.findLast((event) => event.k === 'tx');
    const text = tx?.k === 'tx' ? packetLine(tx.headers) : '';
    const ends = `${from.out ?? ''} > ${to.in ?? ''}`;
    this.line(`${this.#participant(from.netns)}->>${this.#participant(to.netns)}: ${escapeText(`${ends}  ${text}`)}`);
  }

  #note(participant: string, text: string): void {
    this.line(`Note over ${participant}: ${escapeText(text)}`);
  }

  /** What happened within a namespace, as far as a picture should show it. */
  #textOf(event: TraceEvent): string | undefined {
    const p = this.#p;
    switch (event.k) {
      case 'nat': {
        const changes = event.diff.flatMap((diff) => (diff.op === 'set' ? [`${diff.from} -> ${diff.to}`] : []));
        const rule = event.rule === null ? p.connection(event.connection) : place(event.rule, p);
        return `${event.manip === 'src' ? 'SNAT' : 'DNAT'} ${changes.join(', ')} (${rule})`;
      }
      case 'ipvs':
        return `IPVS ${event.service} -> ${event.server} (${p.said(event.because)})`;
      case 'route':
        return event.got.type === 'unicast' || event.got.type === 'error'
          ? `${p.label.route}: ${(event.got.route ?? p.noRoute(event.got.type === 'error' ? event.got.errno : '')).trim()}`
          : undefined;
      case 'encap':
        return encapText(event, p);
      case 'decap':
        return decapText(event, p);
      case 'deliver':
        return `${p.label.deliver}: ${event.to}`;
      case 'relay':
        return `${event.process} ${event.note}`;
      case 'icmp':
        return event.leg === null ? p.sendsNot(event.name) : p.sends(event.name);
      case 'drop':
        return `${event.code}: ${fill(p.reasons[event.code].why, event.values)}`;
      case 'unsupported':
        return `${p.label.unsupported}: ${event.what}`;
      case 'errno':
        return `${event.call}: ${event.errno}`;
      default:
        return undefined;
    }
  }

  #participant(netns: string): string {
    let id = this.#participants.get(netns);
    if (id === undefined) {
      id = `n${this.#participants.size + 1}`;
      this.#participants.set(netns, id);
    }
    return id;
  }

  toString(): string {
    const participants = [...this.#participants].map(([netns, id]) => `  participant ${id} as ${escapeText(netns)}`);
    return `${['sequenceDiagram', ...participants, ...this.#lines].join('\n')}\n`;
  }
}

/**
 * Text that Mermaid prints as it is: `#` begins an entity and `;` ends a statement; a `<` would begin HTML, and a
 * line ends the text.
 */
export function escapeText(text: string): string {
  return text
    .replace(/[#;<]/g, (character) => `#${character.charCodeAt(0)};`)
    .replace(/\s+/g, ' ')
    .trim();
}
