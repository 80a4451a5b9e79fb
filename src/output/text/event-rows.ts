import type { TracedRoute, TracedRule, TraceEvent } from '../../trace/index.js';
import { packetLine } from '../packet-line.js';
import { fill } from '../reason/reason.js';
import type { Row } from './page.js';
import type { Phrases } from './phrases.js';
import { decapText, encapText } from './tunnel-text.js';

/** 0: what happened. 1: each rule that mattered, connections, checks. 2: each rule that was tried, and captures. */
export type Detail = 0 | 1 | 2;

/** The lines that tell of an event; none where the detail does not ask for it. `before` is the event before it. */
export function rowsOf(event: TraceEvent, before: TraceEvent | undefined, detail: Detail, p: Phrases): readonly Row[] {
  return [...markRows(event, before, p), ...bodyRows(event, before, detail, p)];
}

/** The mark has changed since the event before: an event of a rule comes after what its target did. */
function markRows(event: TraceEvent, before: TraceEvent | undefined, p: Phrases): readonly Row[] {
  const rule = event.k === 'rule' && event.hit ? event.rule : before?.k === 'rule' ? before.rule : undefined;
  return event.diff.flatMap((diff): readonly Row[] => {
    if (diff.op !== 'meta') return [];
    const origin = rule === undefined ? undefined : originOf(rule, p);
    return [{ label: p.label.mark, text: `${hex(diff.from)} -> ${hex(diff.to)}`, origin }];
  });
}

/** `kube-proxy: service/default/web, nat KUBE-SEP-23NJSXDYUSXY5E7Q rule 2`. */
function originOf(rule: TracedRule, p: Phrases): string {
  return [rule.origin, place(rule, p)].filter((each) => each !== '').join(', ');
}

function hex(value: number): string {
  return value === 0 ? '0' : `0x${value.toString(16)}`;
}

function bodyRows(event: TraceEvent, before: TraceEvent | undefined, detail: Detail, p: Phrases): readonly Row[] {
  const { label } = p;
  switch (event.k) {
    case 'origin':
      return [{ label: label.send, text: p.said(event.note) }];
    case 'rx':
    case 'tx':
      return detail < 2
        ? []
        : [
            {
              label: label.capture,
              text: `${event.dev} ${event.dir}: ${p.said(packetLine(event.headers))}`,
              tone: 'quiet',
            },
          ];
    case 'bridge':
      return [bridgeRow(event, p)];
    case 'hook':
      return detail < 1 && event.verdict !== 'drop' ? [] : [hookRow(event, p)];
    case 'rule':
      return ruleRows(event, detail, p);
    case 'nat':
      return [natRow(event, p)];
    case 'ipvs': {
      const text = `${event.service} -> ${event.server} (${p.said(event.because)})`;
      return [{ label: 'IPVS', text, origin: event.origin ?? undefined }];
    }
    case 'ct':
      return detail < 1 && event.what !== 'invalid' ? [] : [connectionRow(event, p)];
    case 'route':
      return routeRows(event, detail, p);
    case 'neigh':
      return [
        {
          label: label.neigh,
          text: event.mac === null ? `${event.ip} ${event.state}` : p.isAt(event.ip, event.mac),
          origin: event.origin ?? (before?.k === 'queue' ? p.byArp : undefined),
        },
      ];
    case 'forward':
      return [{ label: label.forward, text: forwardText(event, detail, p) }];
    case 'check':
      return detail < 1 ? [] : [{ label: label.check, text: `${p.said(event.what)}: ${p.said(event.result)}` }];
    case 'encap':
      return [{ label: label.encap, text: encapText(event, p), origin: event.fdb?.origin }];
    case 'decap':
      return [{ label: label.decap, text: decapText(event, p) }];
    default:
      return endRows(event, detail, p);
  }
}

type Kind<K extends TraceEvent['k']> = Extract<TraceEvent, { readonly k: K }>;
type EndKind =
  | 'split'
  | 'join'
  | 'copy'
  | 'queue'
  | 'deliver'
  | 'relay'
  | 'icmp'
  | 'drop'
  | 'fork'
  | 'unsupported'
  | 'errno'
  | 'note';

function endRows(event: Kind<EndKind>, detail: Detail, p: Phrases): readonly Row[] {
  const { label } = p;
  switch (event.k) {
    case 'split':
      return [{ label: label.split, text: p.split(p.said(event.why), event.pieces.length) }];
    case 'join':
      return [{ label: label.join, text: p.joined(event.frames.length) }];
    case 'copy':
      return detail < 2 ? [] : [{ label: label.copy, text: p.goesOn(event.leg) }];
    case 'queue':
      return detail < 1 ? [] : [{ label: label.wait, text: p.said(event.why) }];
    case 'deliver':
      return [{ label: label.deliver, text: p.takes(p.said(event.to), event.remote, event.local), tone: 'good' }];
    case 'relay':
      return [{ label: label.relay, text: `${event.process} ${p.said(event.note)}` }];
    case 'icmp':
      return [{ label: label.icmp, text: (event.leg === null ? p.sendsNot : p.sends)(p.said(event.name)) }];
    case 'drop': {
      const why = fill(p.reasons[event.code].why, event.values);
      const kernel = detail < 1 || event.kernel === null ? '' : ` (${event.kernel})`;
      const origin = event.rule === null || event.rule.origin === '' ? undefined : event.rule.origin;
      return [{ label: label.drop, text: `${event.code}${kernel}: ${why}`, origin, tone: 'bad' }];
    }
    case 'fork':
      return [
        { label: label.fork, text: `${p.said(event.about)}: ${p.said(event.take)}`, origin: percent(event.p, p) },
      ];
    case 'unsupported': {
      const where = event.rule === null ? '' : `  ${p.by(place(event.rule, p))}`;
      return [{ label: label.unsupported, text: `${p.said(event.what)}${where}`, tone: 'unsure' }];
    }
    case 'errno':
      return [{ label: label.errno, text: `${event.call}: ${event.errno}`, tone: 'bad' }];
    case 'note':
      return detail < 1 ? [] : [{ label: label.note, text: p.said(event.note) }];
    default:
      event satisfies never;
      return [];
  }
}

const BROADCAST = 'ff:ff:ff:ff:ff:ff';

function bridgeRow(event: Kind<'bridge'>, p: Phrases): Row {
  const { bridge, mac, ports } = event;
  const list = ports.length === 0 ? p.noPort : ports.join(', ');
  switch (event.decision) {
    case 'local':
      return { label: p.label.bridge, text: p.toHost(bridge) };
    case 'forward':
      return { label: p.label.bridge, text: p.outOf(bridge, mac, list) };
    case 'flood':
      return { label: p.label.bridge, text: (mac === BROADCAST ? p.broadcast : p.flooded)(bridge, mac, list) };
  }
}

function hookRow(event: Kind<'hook'>, p: Phrases): Row {
  const via = event.via === 'bridge' ? ' (br_netfilter)' : '';
  const because = event.because === null ? '' : `: ${p.said(event.because)}`;
  return { label: p.label.hook, text: `${event.hook}${via} ${p.hook[event.verdict]}${because}` };
}

/** `filter FORWARD rule 3`. */
export function place(rule: TracedRule, p: Phrases): string {
  return rule.n === 0 ? p.policy(rule.table, rule.chain) : p.rule(rule.table, rule.chain, rule.n);
}

/** A rule as iptables prints it; comments, which only repeat what the origin says, in full detail alone. */
export function ruleText(rule: TracedRule, detail: Detail): string {
  if (rule.n === 0) return rule.text.replace(/^policy /, '');
  return detail < 2 ? rule.text.replace(/-m comment --comment ("[^"]*"|\S+) ?/g, '').trim() : rule.text;
}

function ruleRows(event: Kind<'rule'>, detail: Detail, p: Phrases): readonly Row[] {
  const { rule, hit, fail, next, missesBefore } = event;
  const origin = rule.origin === '' ? undefined : rule.origin;
  const where = place(rule, p);
  if (detail === 0)
    return hit && next === 'ACCEPT' && rule.n > 0 && rule.table !== 'nat'
      ? [{ label: p.label.accept, text: where, origin }]
      : [];
  const missed: Row[] =
    missesBefore === 0 ? [] : [{ label: p.label.miss, text: p.missed(missesBefore), tone: 'quiet' }];
  if (!hit) {
    const why = fail === null ? '' : `: ${p.fails(fail.match, p.said(fail.have))}`;
    return detail < 2 ? [] : [...missed, { label: p.label.miss, text: `${where}${why}`, tone: 'quiet' }];
  }
  const text = rule.n === 0 ? `${where} ${next}` : `${where}: ${ruleText(rule, detail)}`;
  return [...missed, { label: p.label.rule, text, origin }];
}

/** Which addresses and ports NAT has changed, from the event's diff. */
function natRow(event: Kind<'nat'>, p: Phrases): Row {
  const { manip, rule, connection } = event;
  const [address, port] = manip === 'src' ? ['src', 'sport'] : ['dst', 'dport'];
  const changed = (field: string): readonly [string, string] | undefined => {
    const diff = event.diff.find((each) => each.op === 'set' && each.path.endsWith(`/${field}`));
    return diff?.op === 'set' ? [String(diff.from), String(diff.to)] : undefined;
  };
  const addresses = changed(address);
  const ports = changed(port);
  const end = (i: 0 | 1): string => [addresses?.[i], ports?.[i]].filter((each) => each !== undefined).join(':');
  const bare = addresses === undefined && ports !== undefined ? `${port} ` : '';
  const text =
    addresses === undefined && ports === undefined ? p.connection(connection) : `${bare}${end(0)} -> ${end(1)}`;
  const label = manip === 'src' ? 'SNAT' : 'DNAT';
  const origin = p.connection(connection);
  if (rule === null) return { label, text, origin: text === origin ? undefined : origin };
  return { label, text, origin: originOf(rule, p) };
}

function connectionRow(event: Kind<'ct'>, p: Phrases): Row {
  const { what, connection, state, original, reply } = event;
  if (connection === null) return { label: p.label.ct, text: p.ct[what], tone: what === 'invalid' ? 'bad' : 'plain' };
  const tuples = original === null ? '' : `  ${original}${what === 'confirmed' ? `, ${reply}` : ''}`;
  return { label: p.label.ct, text: `${p.connection(connection)} ${p.ct[what]} ${state ?? ''}${tuples}` };
}

function routeRows(event: Kind<'route'>, detail: Detail, p: Phrases): readonly Row[] {
  const { got, want } = event;
  const asked = detail < 1 ? '' : `  ${p.forAddress(want.dst, want.src)}`;
  if (got.type === 'error')
    return [
      {
        label: p.label.route,
        text: `${got.route ?? p.noRoute(got.errno)}${asked}`,
        origin: got.origin ?? undefined,
        tone: 'bad',
      },
    ];
  // That a packet for this host is for this host is told by what takes it.
  if (got.type !== 'unicast' && detail < 1) return [];
  return [{ label: p.label.route, text: `${routeText(got, detail)}${asked}`, origin: got.origin ?? undefined }];
}

/** A route as `ip route` prints it; protocol and scope in more detail alone. */
export function routeText(route: TracedRoute, detail: Detail): string {
  const text = (route.route ?? '').trim();
  const table =
    route.table === null || route.table === 'main' || route.table === 'local' ? '' : ` table ${route.table}`;
  return `${detail < 1 ? text.replace(/ (proto|scope|src) \S+/g, '') : text}${table}`;
}

function forwardText(event: Kind<'forward'>, detail: Detail, p: Phrases): string {
  const diff = event.diff.find((each) => each.op === 'set' && each.path.endsWith('/ttl'));
  const ttl = diff?.op === 'set' ? p.ttl(Number(diff.from), Number(diff.to)) : `TTL ${event.ttl}`;
  return detail < 1 ? ttl : `${ttl}, ${p.ofMtu(event.length, event.mtu)}`;
}

/** `50 %`; what it is called when nobody knows. */
export function percent(probability: number | null, p: Phrases): string {
  if (probability === null) return p.unknownChance;
  return `${Number((probability * 100).toFixed(1))} %`;
}
