import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Machine } from '../bird/machine.js';
import { addressOf, bgpdCommands, changeCommands, shutCommands } from './conf.js';
import { type BestPath, type Event, lineOf, type Scenario, type Seen } from './scenario.js';
import { vty } from './vty.js';

/** How long nothing may change before it counts as quiet (FRR gathers changes for up to a second), and when it is given up. */
const SETTLED_MS = 2500;
const POLL_MS = 250;
const GIVE_UP_MS = 40_000;

/** Real bgpds of FRR, each in a network namespace, without zebra: then each next hop counts as resolved. */
export class FrrLab {
  readonly #machine = new Machine();
  readonly #root: string;
  readonly #scenario: Scenario;
  #speakers: Scenario['speakers'];
  readonly #shut = new Set<string>();

  /** `root`: where FRR lies, `/` or a folder that its package was unpacked into. */
  constructor(root: string, scenario: Scenario) {
    this.#root = root;
    this.#scenario = scenario;
    this.#speakers = scenario.speakers;
  }

  async run(): Promise<Seen[]> {
    try {
      await this.#machine.run(this.#script());
      for (const n of this.#speakers.keys()) await this.#configure(n, bgpdCommands(this.#scenario, n));
      const seen = [await this.#settled()];
      for (const event of this.#scenario.events) {
        await this.#happens(event);
        seen.push(await this.#settled());
      }
      return seen;
    } finally {
      await this.#machine.close();
    }
  }

  #script(): string {
    const lines = ['ip netns add switch', 'ip -n switch link add br0 type bridge', 'ip -n switch link set br0 up'];
    const libraries = ['', '/frr'].map((end) => join(this.#root, `usr/lib/x86_64-linux-gnu${end}`)).join(':');
    const start = `LD_LIBRARY_PATH=${libraries} ${join(this.#root, 'usr/lib/frr/bgpd')} -Z -S -u root -g root -P 0 -f /dev/null`;
    for (const n of this.#speakers.keys()) {
      const folder = join(this.#machine.folder, `n${n}`);
      lines.push(
        `ip netns add n${n}`,
        `ip link add p${n} netns switch type veth peer name eth0 netns n${n}`,
        `ip -n switch link set p${n} master br0 up`,
        `ip -n n${n} addr add ${addressOf(n)}/16 dev eth0`,
        `ip -n n${n} link set eth0 up`,
        `mkdir ${folder}`,
        `nsenter --net=/run/netns/n${n} env ${start} --vty_socket ${folder} -i ${folder}/pid >${folder}/log 2>&1 &`,
        `until [ -S ${folder}/bgpd.vty ]; do sleep 0.1; done`,
      );
    }
    return `set -e\n${lines.join('\n')}\nset +e`;
  }

  #ask(n: number, commands: readonly string[]): Promise<string[]> {
    return vty(join(this.#machine.folder, `n${n}/bgpd.vty`), ['enable', ...commands]);
  }

  async #configure(n: number, commands: readonly string[]): Promise<void> {
    await this.#ask(n, ['configure terminal', ...commands, 'end']);
  }

  async #happens(event: Event): Promise<void> {
    if ('shut' in event || 'open' in event) {
      const ends = 'shut' in event ? event.shut : event.open;
      if ('shut' in event) this.#shut.add(String([...ends].sort()));
      else this.#shut.delete(String([...ends].sort()));
      await this.#configure(ends[0], shutCommands(this.#scenario, ends, 'shut' in event));
      return;
    }
    const { speaker, ...change } = event;
    const from = this.#speakers[speaker];
    if (from === undefined) throw new Error(`there is no speaker ${speaker}`);
    const to = { ...from, ...change };
    await this.#configure(speaker, changeCommands(speaker, from, to));
    this.#speakers = this.#speakers.with(speaker, to);
  }

  /** Waits until the sessions are there that should be, and nothing changes any more. */
  async #settled(): Promise<Seen> {
    const end = performance.now() + GIVE_UP_MS;
    const wanted = 2 * this.#scenario.links.filter(([a, b]) => !this.#shut.has(String([a, b].sort()))).length;
    let [last, since] = ['', 0];
    for (;;) {
      const all = await Promise.all([...this.#speakers.keys()].map((n) => this.#look(n)));
      const seen = Object.fromEntries(all.map(({ lines }, n) => [`n${n}`, lines]));
      const up = all.reduce((sum, one) => sum + one.established, 0);
      const now = performance.now();
      const text = JSON.stringify(seen) + up;
      if (text !== last) [last, since] = [text, now];
      if (now - since > SETTLED_MS && up === wanted) return seen;
      if (now > end) throw new Error(`${this.#scenario.name}: ${up} of ${wanted} sides of sessions are up`);
      await sleep(POLL_MS);
    }
  }

  async #look(n: number): Promise<{ readonly established: number; readonly lines: string[] }> {
    const show = 'show bgp ipv4 unicast';
    const [, summary = '', table = ''] = await this.#ask(n, [`${show} summary json`, `${show} json`]);
    const peers = Object.values((JSON.parse(summary) as { peers?: Record<string, { state: string }> }).peers ?? {});
    const { routes = {} } = JSON.parse(table) as { routes?: Record<string, FrrLine[]> };
    const nets = Object.keys(routes);
    const suppressed = nets.filter((net) => routes[net]?.some((path) => path.bestpath && path.suppressed));
    const [, ...details] = await this.#ask(
      n,
      nets.map((net) => `${show} ${net} json`),
    );
    const lines = details.flatMap((text, i) =>
      ((JSON.parse(text) as { paths?: FrrPath[] }).paths ?? [])
        .filter(({ bestpath }) => bestpath?.overall === true)
        .map((path) => lineOf({ ...bestPath(nets[i] ?? '', path), suppressed: suppressed.includes(nets[i] ?? '') })),
    );
    return { established: peers.filter(({ state }) => state === 'Established').length, lines: lines.sort() };
  }
}

/** A path as `show bgp ipv4 unicast json` has it. */
interface FrrLine {
  readonly bestpath?: boolean;
  readonly suppressed?: boolean;
}

/** A path as `show bgp ipv4 unicast NET json` has it (route_vty_out_detail(), bgpd/bgp_route.c). */
interface FrrPath {
  readonly aspath: { readonly segments: readonly { readonly type: string; readonly list: readonly number[] }[] };
  readonly origin: 'IGP' | 'EGP' | 'incomplete';
  readonly metric?: number;
  readonly locPrf?: number;
  readonly atomicAggregate?: boolean;
  /** Of this speaker: a network, or an aggregate. */
  readonly sourced?: boolean;
  readonly aggregatorAs?: number;
  readonly aggregatorId?: string;
  readonly community?: { readonly list: readonly string[] };
  readonly largeCommunity?: { readonly list: readonly string[] };
  readonly bestpath?: { readonly overall?: boolean };
}

/** community_str_get(), bgpd/bgp_community.c. */
const WELL_KNOWN: Readonly<Record<string, string>> = { gracefulShutdown: '65535:0', noExport: '65535:65281' };

function bestPath(net: string, path: FrrPath): Omit<BestPath, 'suppressed'> {
  const { aggregatorAs, aggregatorId, origin } = path;
  return {
    net,
    own: path.sourced === true && aggregatorAs === undefined,
    asPath: path.aspath.segments
      .map(({ type, list }) => (type === 'as-set' ? `{${list.join(',')}}` : list.join(' ')))
      .join(' '),
    origin: origin === 'incomplete' ? 'INCOMPLETE' : origin,
    med: path.metric ?? 0,
    localPref: path.locPrf ?? 100,
    atomicAggregate: path.atomicAggregate === true,
    aggregator: aggregatorAs === undefined ? undefined : `${aggregatorAs} ${aggregatorId}`,
    communities: (path.community?.list ?? []).map((each) => WELL_KNOWN[each] ?? each),
    largeCommunities: path.largeCommunity?.list ?? [],
  };
}
