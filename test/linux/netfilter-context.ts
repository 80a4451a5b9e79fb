import type {
  Chooser,
  Connection,
  CtState,
  InetAddress,
  Ipset,
  Link,
  Netns,
  NetnsRuntime,
  NfContext,
  Option,
  Route,
  Ruleset,
  TableVerdict,
} from '../../src/linux/index.js';
import {
  createNetns,
  createNetnsRuntime,
  evaluate,
  FibTable,
  type Hook,
  Journal,
  parseIpsets,
  parseRuleset,
  type RuleWatcher,
  restoreRuleset,
  Skb,
  type TableName,
} from '../../src/linux/index.js';
import { ipPacket, type L4, type Packet } from '../../src/packet/index.js';
import { formatProblem } from '../../src/problem/index.js';
import { ip, prefix } from '../must.js';

const ORIGIN = { by: 'test' };

/** A chooser that answers from a list, then always with the first option, and notes what it was asked. A guess has
 * no options: 0 for true, -1 for unknown. */
export class ScriptedChooser implements Chooser {
  readonly asked: { readonly about: string; readonly options: readonly Option[] }[] = [];
  readonly #answers: number[];

  constructor(answers: readonly number[] = []) {
    this.#answers = [...answers];
  }

  fork(about: string, options: readonly [Option, ...Option[]]): number {
    this.asked.push({ about, options });
    return this.#answers.shift() ?? 0;
  }

  guess(about: string): boolean | undefined {
    this.asked.push({ about, options: [] });
    const answer = this.#answers.shift() ?? 0;
    return answer < 0 ? undefined : answer === 0;
  }

  value(): number {
    return 0;
  }

  hash(): number {
    return 0;
  }
}

/** What a test can say about a packet and the place where it is looked at. */
export interface Scene {
  readonly src?: string;
  readonly dst?: string;
  readonly l4?: L4;
  readonly payload?: number;
  /** Changes to the packet before it becomes an skb. */
  readonly packet?: (packet: Packet) => void;
  readonly skb?: (skb: Skb) => void;
  readonly hook?: Hook;
  readonly in?: string;
  readonly out?: string;
  readonly now?: number;
  readonly ns?: Netns;
  readonly runtime?: NetnsRuntime;
  readonly choose?: Chooser;
  /** State of a connection made from the packet's own tuple. */
  readonly state?: CtState;
  readonly ct?: (ct: Connection) => void;
}

export const UDP: L4 = { l4: 'udp', sport: 1500, dport: 53, length: 9 };
export const SYN: L4 = { l4: 'tcp', sport: 1500, dport: 80, flags: 2, seq: 1, ack: 0, options: 4, mss: 1460 };

/** A packet from 10.0.0.5 to 10.0.0.9 at INPUT by eth0, unless the scene says otherwise. */
export function contextOf(scene: Scene = {}, table: TableName = 'filter'): NfContext {
  const { l4 = UDP, runtime = createNetnsRuntime() } = scene;
  const packet = ipPacket(
    { src: ip(scene.src ?? '10.0.0.5'), dst: ip(scene.dst ?? '10.0.0.9') },
    l4,
    scene.payload ?? (l4.l4 === 'udp' ? 1 : 0),
  );
  scene.packet?.(packet);
  const skb = new Skb(packet);
  skb.type = 'host';
  skb.dev = scene.in ?? 'eth0';
  if (scene.state !== undefined) {
    const ports = l4.l4 === 'icmp' ? { sport: l4.id, dport: l4.type * 256 + l4.code } : l4;
    const { sport, dport } = ports;
    const { src, dst, protocol } = packet.ip ?? { src: ip('0.0.0.0'), dst: ip('0.0.0.0'), protocol: 0 };
    const ct = runtime.conntrack.create({ src, dst, protocol, sport, dport }, 0, new Journal());
    if (ct === undefined) throw new Error('no connection for this packet');
    scene.ct?.(ct);
    skb.ct = ct;
    skb.ctState = scene.state;
  }
  scene.skb?.(skb);
  return {
    skb,
    table,
    hook: scene.hook ?? 'INPUT',
    in: scene.in ?? 'eth0',
    out: scene.out ?? '',
    ns: scene.ns ?? host(),
    runtime,
    journal: new Journal(),
    choose: scene.choose ?? new ScriptedChooser(),
    now: scene.now ?? 0,
  };
}

/** A namespace with lo and eth0 10.0.0.9/24, its local table, and a default route by eth0. */
export function host(change: Partial<Netns> = {}): Netns {
  const ns = createNetns('n1', 'node');
  const local = new FibTable();
  for (const [dst, dev, type] of [
    ['127.0.0.0/8', 'lo', 'local'],
    ['10.0.0.9/32', 'eth0', 'local'],
    ['10.0.0.255/32', 'eth0', 'broadcast'],
  ] as const)
    local.append({ ...route(dst), type, dev, prefsrc: undefined });
  const main = new FibTable();
  main.append(unicast('10.0.0.0/24', 'eth0', undefined));
  main.append(unicast('0.0.0.0/0', 'eth0', '10.0.0.1'));
  main.append({ ...route('192.0.2.0/24'), type: 'blackhole' });
  const links = new Map([
    ['lo', link('lo', 1, 'loopback')],
    ['eth0', link('eth0', 2, 'physical')],
    ['eth1', link('eth1', 3, 'physical')],
  ]);
  const tables = new Map([
    [255, local],
    [254, main],
  ]);
  const ipv4 = { ...ns.ipv4, tables, addresses: [address('lo', '127.0.0.1', 8), address('eth0', '10.0.0.9', 24)] };
  return { ...ns, links, ipv4, ...change };
}

export function address(dev: string, local: string, prefixLength: number): InetAddress {
  return {
    dev,
    local: ip(local),
    prefixLength,
    peer: ip(local),
    broadcast: undefined,
    scope: dev === 'lo' ? 254 : 0,
    secondary: false,
    label: dev,
    origin: ORIGIN,
  };
}

export function unicast(dst: string, dev: string, via: string | undefined): Route {
  const nexthop = { dev, via: via === undefined ? undefined : ip(via), onlink: false, weight: 1 };
  return { ...route(dst), type: 'unicast', nexthops: [nexthop], prefsrc: undefined };
}

function route(dst: string) {
  const common = { tos: 0, metric: 0, protocol: 'kernel', scope: 0, mtu: undefined, mtuLock: false, origin: ORIGIN };
  return { ...common, dst: prefix(dst) };
}

function link(name: string, ifindex: number, kind: 'loopback' | 'physical'): Link {
  return {
    kind,
    name,
    ifindex,
    mtu: 1500,
    address: 0 as Link['address'],
    up: true,
    carrier: true,
    noarp: false,
    promisc: false,
    master: undefined,
    port: undefined,
    origin: ORIGIN,
  };
}

/** A ruleset of one table from lines as iptables-restore takes them; throws when it is refused. */
export function rules(table: TableName, ...lines: string[]): Ruleset {
  const chunk = { origin: ORIGIN, lines: [`*${table}`, ...lines, 'COMMIT'] };
  const { ruleset, refusal } = restoreRuleset(new Map(), [chunk], 'noflush');
  if (refusal !== undefined) throw new Error(`line ${refusal.line}: ${refusal.errno}: ${refusal.message}`);
  return ruleset;
}

/** What these rules of a table say of a packet. */
export function run(
  table: TableName,
  lines: readonly string[],
  scene: Scene = {},
  watcher?: RuleWatcher,
): TableVerdict {
  const context = contextOf(scene, table);
  return evaluateIn(context, rules(table, ...lines), watcher);
}

/** What a ruleset says of a packet in a context. */
export function evaluateIn(context: NfContext, ruleset: Ruleset, watcher?: RuleWatcher): TableVerdict {
  const table = ruleset.get(context.table);
  if (table === undefined) throw new Error(`no table ${context.table}`);
  return evaluate(table, context.hook, context, watcher);
}

/** Whether one match holds for a packet; `unsupported` when the chooser was asked instead. */
export function matches(match: string, scene: Scene = {}): boolean | 'unsupported' {
  const choose = new ScriptedChooser();
  const hook = scene.hook ?? 'INPUT';
  const table = match.includes('rpfilter') ? 'raw' : 'filter';
  const context = contextOf({ ...scene, choose: scene.choose ?? choose }, table);
  // In a chain of its own, so that `-i` and `-o` can be asked for at any hook.
  const verdict = evaluateIn(context, rules(table, ':X - [0:0]', `-A ${hook} -j X`, `-A X ${match} -j DROP`));
  return choose.asked.length > 0 ? 'unsupported' : verdict.verdict === 'DROP';
}

/** The sets of an `ipset save` text. */
export function sets(text: string): ReadonlyMap<string, Ipset> {
  const read = parseIpsets(text, 'sets');
  if ('problems' in read) throw new Error(read.problems.map(formatProblem).join('\n'));
  return read.value;
}

/** The ruleset of an iptables-save text; throws with its problems. */
export function dump(text: string): Ruleset {
  const read = parseRuleset(text, 'dump');
  if ('problems' in read) throw new Error(read.problems.map(formatProblem).join('\n'));
  return read.value;
}
