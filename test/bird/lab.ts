import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { formatIpv4, formatPrefix, parseIpv4, parsePrefix, prefixOf } from '../../src/address/index.js';
import type { LocalRoute, SpeakerConfig } from '../../src/bgp/index.js';
import { birdConf, kernelName, tunnelsOf } from './conf.js';
import { birdc } from './control.js';
import { Machine } from './machine.js';
import { parseRoutes, parseSessions, withStale } from './parse.js';
import { type BirdPlan, type PlanEvent, PlanState } from './plan.js';
import type { Seen, SeenFibRoute, SeenSpeaker } from './seen.js';

/**
 * How long nothing may change before it counts as quiet, how often that is asked, and after what it is given up. On a busy
 * machine time says little: so many answers of each BIRD say that its loop went round so often, and that is once for each
 * speaker that a message has to pass.
 */
const SETTLED_MS = 700;
const SETTLED_ANSWERS = 8;
const POLL_MS = 80;
const GIVE_UP_MS = 30_000;
/** When what stands still and is not as it should be is looked into. */
const STUCK_MS = 2500;

/** A plan that BIRD has not come to an end with, or not in time. */
export class NeverQuiet extends Error {}

/** Real BIRDs, each in a network namespace; interfaces of one subnet are joined by a bridge in a namespace of its own. */
export class BirdLab {
  readonly #machine = new Machine();
  readonly #state: PlanState;
  readonly #plan: BirdPlan;
  readonly #pids = new Map<string, number>();

  constructor(plan: BirdPlan) {
    this.#plan = plan;
    this.#state = new PlanState(plan);
  }

  /** What is to be seen when all is quiet: after the start and after each event. `order`: of the start. */
  async run(order: readonly string[]): Promise<Seen[]> {
    try {
      const { speakers, events } = this.#plan;
      await this.#machine.run(networkScript(speakers));
      for (const name of order) await this.#start(name);
      const seen = [await this.#seen()];
      for (const event of events) {
        await this.#happens(event);
        seen.push(await this.#seen());
      }
      return seen;
    } finally {
      await this.#machine.close();
    }
  }

  async #start(name: string): Promise<void> {
    this.#configure(this.#state.config(name));
    const { folder } = this.#machine;
    const [conf, socket, log] = ['conf', 'ctl', 'log'].map((end) => join(folder, `${name}.${end}`));
    const pid = await this.#machine.run(
      `rm -f ${socket}; nsenter --net=/run/netns/${name} bird -f -c ${conf} -s ${socket} >${log} 2>&1 & echo $!`,
    );
    this.#pids.set(name, Number(pid));
  }

  #configure(config: SpeakerConfig): void {
    writeFileSync(join(this.#machine.folder, `${config.name}.conf`), birdConf(config));
  }

  #ask(name: string, command: string): Promise<string> {
    return birdc(join(this.#machine.folder, `${name}.ctl`), command);
  }

  async #happens(event: PlanEvent): Promise<void> {
    switch (event.type) {
      case 'kill':
      case 'shutdown': {
        const pid = this.#pids.get(event.speaker);
        const signal = event.type === 'kill' ? 'KILL' : 'TERM';
        await this.#machine.run(`kill -${signal} ${pid}; wait ${pid}; true`);
        break;
      }
      case 'start':
        await this.#start(event.speaker);
        break;
      case 'disable':
      case 'enable':
        await this.#ask(event.speaker, `${event.type} ${event.session}`);
        break;
      case 'reconfigure': {
        const { config } = event;
        const old = this.#state.config(config.name);
        await this.#machine.run(
          [...kernelRoutes(old, config, 'del'), ...kernelRoutes(config, old, 'add')].join('\n') || 'true',
        );
        this.#configure(config);
        await this.#ask(config.name, 'configure');
        break;
      }
      case 'cut':
      case 'mend':
        await this.#machine.run(barrier(event.type === 'cut' ? '-A' : '-D', ...this.#ends(event.between)));
        break;
      case 'wait':
        await sleep(event.seconds * 1000);
        break;
    }
    this.#state.apply(event);
  }

  #ends(between: readonly [string, string]): [SpeakerConfig, SpeakerConfig] {
    return [this.#state.config(between[0]), this.#state.config(between[1])];
  }

  /** Waits until the sessions are there that should be, and nothing changes any more. */
  async #seen(): Promise<Seen> {
    const end = performance.now() + GIVE_UP_MS;
    const wanted = [...this.#state.wanted()].sort().join();
    let [last, since, answers] = ['', 0, 0];
    for (;;) {
      const { text, up } = await this.#look();
      const now = performance.now();
      if (text !== last) [last, since, answers] = [text, now, 0];
      answers++;
      const settled = answers > SETTLED_ANSWERS && now - since > SETTLED_MS;
      if (settled && up === wanted && !(await this.#inFlight())) {
        const seen = await Promise.all([...this.#state.configs.values()].map((config) => this.#dump(config)));
        await this.#fibs(seen);
        // What has changed meanwhile is not one picture.
        if ((await this.#look()).text === last) return seen;
      }
      if (settled && now - since > STUCK_MS) await this.#mustReach();
      if (now > end) throw new NeverQuiet(`wanted ${wanted}\nhas ${up}`);
      await sleep(POLL_MS);
    }
  }

  /** Whether a session has something in its sockets that the other side has not read: it is yet to change something. */
  async #inFlight(): Promise<boolean> {
    const script = ['true', ...[...this.#state.running].map((name) => `ss -N ${name} -tnH state established`)].join(
      '\n',
    );
    return /^[1-9]\d* |^0 +[1-9]/m.test(await this.#machine.run(script));
  }

  /**
   * Routes that BGP brings may lead the packets of its own sessions nowhere: what came through before is then a matter of
   * time, and nothing to compare. The hold timers are much longer than anybody waits here.
   */
  async #mustReach(): Promise<void> {
    const ends = this.#state.wantedEnds().filter(({ session }) => session.multihop);
    // Nobody listens there, which the neighbour tells, if it hears of it.
    const knock = (neighbor: string): string =>
      `timeout 1 bash -c 'exec 3<>/dev/tcp/${neighbor}/9' 2>&1 | grep -q refused`;
    const script = ends.map(
      ({ speaker, session: { neighbor } }) =>
        `{ ip netns exec ${speaker} ${knock(formatIpv4(neighbor))} || echo ${speaker}; } &`,
    );
    const lost = (await this.#machine.run(['(', ...script, 'wait )'].join('\n'))).trim().split('\n').filter(Boolean);
    if (lost.length > 0) throw new NeverQuiet(`routes that were learned cut off sessions of ${lost.sort().join(', ')}`);
  }

  async #look(): Promise<{ readonly text: string; readonly up: string }> {
    const asked = await Promise.all([...this.#state.running].map((name) => this.#glance(name)));
    const up = asked.flatMap(({ established }) => established);
    return { text: asked.map(({ print }) => print).join(), up: up.sort().join() };
  }

  async #glance(name: string): Promise<{ readonly print: string; readonly established: string[] }> {
    try {
      const [protocols, routes] = await Promise.all([
        this.#ask(name, 'show protocols all'),
        this.#ask(name, 'show route all'),
      ]);
      const sessions = parseSessions(protocols);
      const established = sessions.filter(({ state }) => state === 'Established').map((one) => `${name}/${one.name}`);
      const counts = sessions.map((one) => [one.imported, one.exported, one.preferred].join('/'));
      const print = [...established, ...counts, routes.replace(/ \d+-\d+-\d+ [\d:.]+/g, '')].join();
      return { print, established };
    } catch (error) {
      // It is about to start: a socket that is not there yet, or does not listen.
      if (error instanceof Error && 'code' in error) return { print: error.message, established: [] };
      throw error;
    }
  }

  async #dump(config: SpeakerConfig): Promise<SeenSpeaker & { fib: SeenFibRoute[] }> {
    const { name } = config;
    if (!this.#state.running.has(name)) return { name, running: false, sessions: [], rib: [], fib: [] };
    const [protocols, routes, exported] = await Promise.all([
      this.#ask(name, 'show protocols all'),
      this.#ask(name, 'show route all'),
      this.#ask(name, `show route export ${kernelName(config)} all`),
    ]);
    const tunnels = tunnelsOf(config);
    const chosen = parseRoutes(exported).map(({ net, tunnel }) => ({ net, tunnel: tunnels[tunnel ?? -1] }));
    const sessions = parseSessions(protocols);
    const rib = withStale(parseRoutes(routes), sessions);
    const fib = chosen.map(({ net, tunnel }) => ({ net, tunnel, type: 'unicast' as const, nexthops: [] }));
    return { name, running: true, sessions, rib, fib };
  }

  /** What is in the kernels, with the devices that the filters chose. */
  async #fibs(seen: readonly (SeenSpeaker & { fib: SeenFibRoute[] })[]): Promise<void> {
    const text = await this.#machine.run(
      seen.map(({ name }) => `ip -j -n ${name} route show proto bird; echo`).join('\n'),
    );
    const tables = text.trim().split(/\n+/);
    for (const [n, speaker] of seen.entries()) {
      const chosen = new Map(speaker.fib.map(({ net, tunnel }) => [formatPrefix(net), tunnel]));
      speaker.fib = (JSON.parse(tables[n] ?? '[]') as KernelRoute[]).map((route) => {
        const made = fibRoute(route);
        return { ...made, tunnel: chosen.get(formatPrefix(made.net)) };
      });
    }
  }
}

/** At one of them, which neither forwards for nor speaks with anybody else that way. */
function barrier(what: '-A' | '-D', one: SpeakerConfig, other: SpeakerConfig): string {
  const rules = other.interfaces.flatMap(({ address }) => [
    `INPUT -s ${formatIpv4(address)} -j DROP`,
    `OUTPUT -d ${formatIpv4(address)} -j DROP`,
  ]);
  return rules.map((rule) => `nsenter --net=/run/netns/${one.name} iptables -w ${what} ${rule}`).join(' && ');
}

interface KernelHop {
  readonly gateway?: string;
  readonly dev?: string;
  readonly weight?: number;
}

type KernelRoute = KernelHop & {
  readonly dst: string;
  readonly type?: SeenFibRoute['type'];
  readonly nexthops?: readonly KernelHop[];
};

function fibRoute({ dst, type = 'unicast', nexthops, ...hop }: KernelRoute): Omit<SeenFibRoute, 'tunnel'> {
  const net = parsePrefix(dst === 'default' ? '0.0.0.0/0' : dst.includes('/') ? dst : `${dst}/32`);
  if (net === undefined) throw new Error(`the kernel has a route to ${dst}`);
  const hops = type === 'unicast' ? (nexthops ?? [hop]) : [];
  return {
    net,
    type,
    nexthops: hops.map(({ gateway, dev = '', weight = 1 }) => ({
      via: gateway === undefined ? undefined : parseIpv4(gateway),
      dev,
      weight,
    })),
  };
}

function networkScript(speakers: readonly SpeakerConfig[]): string {
  const lines = ['(', 'set -e', 'ip netns add podpath-switch'];
  const segments: string[] = [];
  let port = 0;
  for (const { name, interfaces, routes } of speakers) {
    lines.push(`ip netns add ${name}`, `ip netns exec ${name} sysctl -qw net.ipv4.ip_forward=1`);
    lines.push(`ip -n ${name} link set lo up`);
    for (const { name: dev, address, prefixLength } of interfaces) {
      const subnet = formatPrefix(prefixOf(address, prefixLength));
      if (!segments.includes(subnet)) {
        segments.push(subnet);
        lines.push(`ip -n podpath-switch link add br${segments.length} type bridge`);
        lines.push(`ip -n podpath-switch link set br${segments.length} up`);
      }
      const bridge = `br${segments.indexOf(subnet) + 1}`;
      port++;
      lines.push(
        `ip link add p${port} netns podpath-switch type veth peer name ${dev} netns ${name}`,
        `ip -n podpath-switch link set p${port} master ${bridge} up`,
        `ip -n ${name} link set ${dev} up`,
        `ip -n ${name} addr add ${formatIpv4(address)}/${prefixLength} dev ${dev}`,
      );
    }
    const devices = new Set(routes.flatMap(({ nexthops }) => nexthops.map(({ dev }) => dev)));
    for (const { name: dev } of interfaces) devices.delete(dev);
    for (const dev of devices) {
      lines.push(`ip -n ${name} link add ${dev} type veth peer name ${dev}-peer`);
      lines.push(...[dev, `${dev}-peer`].map((one) => `ip -n ${name} link set ${one} up`));
    }
  }
  // What leads over others comes when all interfaces are there.
  for (const speaker of speakers) lines.push(...kernelRoutes(speaker, undefined, 'add'));
  lines.push(')');
  return lines.join('\n');
}

/** Commands for the kernel's own routes that the other configuration has not. */
function kernelRoutes(config: SpeakerConfig, other: SpeakerConfig | undefined, what: 'add' | 'del'): string[] {
  const known = new Set(other?.routes.map((route) => JSON.stringify(route)));
  return config.routes
    .filter((route) => route.source === 'kernel' && !known.has(JSON.stringify(route)))
    .map((route) => `ip -n ${config.name} route ${what} ${kernelRoute(route)}`);
}

function kernelRoute({ net, type, nexthops }: LocalRoute): string {
  const hops = nexthops.map(({ via, dev }) => (via === undefined ? `dev ${dev}` : `via ${formatIpv4(via)} dev ${dev}`));
  return [type === 'unicast' ? '' : type, formatPrefix(net), ...hops.slice(0, 1)].filter(Boolean).join(' ');
}
