import { Page } from '../text/page.js';
import type { Language } from '../text/phrases.js';
import { EXPLAIN_PHRASES, type ExplainLabel, type ExplainPhrases } from './explain-phrases.js';
import type { Explanation, PlacedThing, RuleRow, SubjectRow } from './explanation.js';
import { type KnownName, knownName } from './known-names.js';

/** How an explanation is told. */
export interface ExplainFormatOptions {
  readonly color?: boolean;
  readonly lang?: Language;
  /** Columns of the terminal. 100 unless given. */
  readonly width?: number;
}

/** Lines of one list; of more, how many there are is said. */
const MOST = 12;

/** An explanation as text: what the name is, then each thing that has it. */
export function formatExplanation(explanation: Explanation, options: ExplainFormatOptions = {}): string {
  const { color = false, lang = 'en', width = 100 } = options;
  const p = EXPLAIN_PHRASES[lang];
  const page = new Page({ width, color, labels: Object.values(p.label) });
  const teller = new Teller(page, p, lang);
  if (explanation.things.length === 0) teller.absent(explanation);
  for (const [i, thing] of explanation.things.slice(0, MOST).entries()) {
    if (i > 0) page.line();
    teller.thing(explanation.name, thing, explanation.things[i - 1]?.kind);
  }
  const more = explanation.things.length - MOST;
  if (more > 0) page.line(`\n${page.paint('quiet', p.more(more))}`);
  return page.toString();
}

class Teller {
  readonly #page: Page;
  readonly #p: ExplainPhrases;
  readonly #lang: Language;

  constructor(page: Page, p: ExplainPhrases, lang: Language) {
    this.#page = page;
    this.#p = p;
    this.#lang = lang;
  }

  absent({ name, subject }: Explanation): void {
    const known = knownName(name, undefined);
    this.#head(name, known === undefined ? '' : this.#p.kind[known.kind]);
    this.#meaning(name, known?.kind);
    this.#subject(subject);
    // Nothing has such a name; it stands in routes and neighbours.
    if (known?.kind === 'address' || known?.kind === 'protocol') return;
    this.#say('on', subject === undefined ? this.#p.nowhere : this.#p.nowhereYet);
  }

  /** What the name means is said of the first thing of its kind. */
  thing(name: string, thing: PlacedThing, before: PlacedThing['kind'] | undefined): void {
    const kind = this.#p.kind[thing.kind];
    const table = thing.kind === 'chain' ? `${thing.family === 'ip6tables' ? 'ip6tables ' : ''}${thing.table}` : '';
    this.#head(name, table === '' ? kind : this.#p.inTable(kind, table));
    if (before !== thing.kind) this.#meaning(name, thing.kind);
    if (thing.kind === 'chain') this.#subject(thing.subject);
    this.#list('on', [thing.on.join(', ')]);
    if ('origins' in thing) this.#list('origin', thing.origins);
    this.#details(thing);
  }

  #details(thing: PlacedThing): void {
    switch (thing.kind) {
      case 'chain':
        this.#chain(thing);
        return;
      case 'ipset':
        this.#say('type', thing.type);
        this.#list('members', thing.members);
        this.#rules('from', thing.from, 'place');
        return;
      case 'device':
        this.#device(thing);
        return;
      case 'mark':
        this.#rules('set', thing.setBy, 'place');
        this.#rules('read', thing.readBy, 'place');
        this.#list('routed', thing.routedBy);
        return;
      case 'sysctl':
        this.#say('value', thing.value);
        return;
      case 'table':
        this.#list('from', thing.lookedUpBy);
        this.#list('routes', thing.routes);
        return;
    }
  }

  #chain(thing: Extract<PlacedThing, { readonly kind: 'chain' }>): void {
    const { from, rules, policy } = thing;
    if (from.length > 0) this.#rules('from', from, 'place');
    else if (policy === undefined) this.#say('from', this.#p.unused);
    if (rules.length === 0) this.#say('rule', this.#p.empty);
    this.#rules('rule', rules, 'number');
    if (policy !== undefined) this.#say('otherwise', this.#p.policy(policy));
  }

  #device(thing: Extract<PlacedThing, { readonly kind: 'device' }>): void {
    const { type, up, mtu, mac, master, addresses, peer, ports, tunnel, routes } = thing;
    const words = [type, up ? this.#p.up : this.#p.down, `mtu ${mtu}`, mac];
    this.#say('type', [...words, ...(master === undefined ? [] : [`master ${master}`])].join(', '));
    this.#list('address', addresses);
    this.#list('peer', peer === undefined ? [] : [peer]);
    this.#list('ports', ports);
    this.#list('tunnel', tunnel === undefined ? [] : [tunnel]);
    this.#list('routes', routes);
  }

  #head(name: string, kind: string): void {
    this.#page.line(`${this.#page.paint('place', name)}  ${kind}`);
  }

  #meaning(name: string, kind: KnownName['kind'] | undefined): void {
    const known = kind === undefined ? undefined : knownName(name, kind);
    if (known === undefined) return;
    this.#say('is', known.means[this.#lang]);
    this.#say('by', known.by);
  }

  #subject(subject: SubjectRow | undefined): void {
    if (subject === undefined) return;
    const { service, protocol, endpoint, owner, by } = subject;
    const whose = owner === undefined ? '' : ` (${owner})`;
    const parts = [
      `service ${service}${protocol === undefined ? '' : ` ${protocol}`}`,
      ...(endpoint === undefined ? [] : [`${this.#p.ofEndpoint(endpoint)}${whose}`]),
    ];
    this.#say('for', `${parts.join(', ')}: ${by === 'hash' ? this.#p.byHash : this.#p.byComment}`);
  }

  #say(label: ExplainLabel, text: string): void {
    this.#page.paragraph(2, this.#p.label[label], text);
  }

  #list(label: ExplainLabel, lines: readonly string[]): void {
    for (const [i, line] of lines.slice(0, MOST).entries())
      this.#page.paragraph(2, i === 0 ? this.#p.label[label] : '', line);
    if (lines.length > MOST) this.#page.paragraph(2, '', this.#p.more(lines.length - MOST), 'quiet');
  }

  #rules(label: ExplainLabel, rules: readonly RuleRow[], by: 'place' | 'number'): void {
    const p = this.#p;
    this.#list(
      label,
      rules.map((rule) => {
        const head = by === 'number' ? `${rule.n}` : p.at(rule.table, rule.chain, rule.n);
        const count = rule.packets === undefined ? '' : p.matched(rule.packets);
        return `${head}  ${ruleWords(rule, p)}${count}`;
      }),
    );
  }
}

/** A rule in words. */
function ruleWords({ conditions, action }: RuleRow, p: ExplainPhrases): string {
  const words = conditions.map(({ is, value, not }) => p.condition[is](value, not ? p.not : ''));
  return p.when(words.join(p.and), p.action[action.does](action.value));
}

/** An explanation as a document: `undefined` is null there. */
export function formatExplanationJson(explanation: Explanation): string {
  const { name, things } = explanation;
  const kinds = things.length === 0 ? [undefined] : new Set(things.map(({ kind }) => kind));
  const known = [...kinds].flatMap((kind) => knownName(name, kind) ?? []);
  const document = { schema: 'podpath-explain/1', ...explanation, known };
  return `${JSON.stringify(document, (_, value: unknown) => (value === undefined ? null : value), 2)}\n`;
}
