import type { Shipped } from '../shipped.js';
import type { Backend } from './backend.js';
import { run, socket } from './cases.js';
import { IPIP, shippedPlan } from './labs.js';
import type { Case, Plan, SocketCase } from './plan.js';

/** The shipped labs' own names for what all of them have. */
const INTERNET = '203.0.113.10';
const SERVICE = '10.96.0.2';

/** The kernel that can run a lab of Calico's. */
export function calicoBackend(lab: Shipped): Backend {
  return IPIP.includes(lab) ? 'uml' : 'host';
}

/** Fixed packets through a lab of Calico's, and through it with one thing after the other gone or wrong, and mended. */
export function calicoPlan(lab: Shipped): Plan {
  const { fixed, listeners, unwatched } = shippedPlan(lab);
  const [client, web0, web1] = ['client', 'web-0', 'web-1'].map((pod) => addressOf(fixed, pod)) as [
    string,
    string,
    string,
  ];
  const ports = portNumbers();
  const all: All = (from, to, port, rest = {}) =>
    (['tcp', 'udp', 'ping'] as const).map((send) =>
      socket(send, from, to, { ...(send !== 'ping' && { port }), sport: ports(), ...rest }),
    );
  const told = { connected: true, recverr: true } as const;
  const cases: Case[] = [
    ...(lab === 'calico-bgp-two-segments' ? routerLearns(fixed, web1) : []),
    ...between(
      `ip netns exec node-1 sysctl -qw net.ipv4.conf.${deviceOf(fixed, client)}.proxy_arp=0`,
      `ip netns exec node-1 sysctl -qw net.ipv4.conf.${deviceOf(fixed, client)}.proxy_arp=1`,
      [socket('udp', 'client', web1, { port: 8080, sport: ports(), recverr: true })],
    ),
    ...all('client', web0, 8080),
    ...all('client', web1, 8080),
    ...all('web-1', client, 81, told),
    ...all('client', INTERNET, 80),
    // Once: ip_error() tells one source no more than five times in a burst.
    socket('udp', 'internet', web1, { port: 8080, sport: ports(), ...told }),
    ...all('node-1', web0, 8080),
    ...all('node-3', web1, 8080),
    ...['client', 'web-0', 'web-1', 'node-3'].flatMap((from) =>
      (['tcp', 'udp'] as const).map((send) => socket(send, from, SERVICE, { port: 80, sport: ports() })),
    ),
    ...(['tcp', 'udp'] as const).map((send) =>
      socket(send, 'internet', addressOf(fixed, 'node-3'), { port: 30080, sport: ports() }),
    ),
    socket('ping', 'client', addressOf(fixed, 'node-1')),
    socket('ping', 'client', addressOf(fixed, 'node-2')),
    // Nobody has the first address, which is of no block, nor the second, which is of web-1's.
    ...['10.244.9.9', free(web1)].map((to) => socket('udp', 'client', to, { port: 80, sport: ports(), ...told })),
    socket('udp', 'client', web1, { port: 8080, sport: ports(), payload: 1472, df: true, recverr: true }),
    ...[1, 2, 3].map((ttl) => socket('udp', 'client', web1, { port: 8080, sport: ports(), ttl, recverr: true })),
    ...between('ip -n client addr add 10.244.9.9/32 dev eth0', 'ip -n client addr del 10.244.9.9/32 dev eth0', [
      ...all('client', web0, 8080, { source: '10.244.9.9' }),
      ...all('client', INTERNET, 80, { source: '10.244.9.9' }),
    ]),
    ...without(fixed, 'node-1', blockOf(web1), all('client', web1, 8080, told)),
    ...without(fixed, 'node-2', web1, all('client', web1, 8080, told)),
    ...(lab === 'calico-two-clusters' ? otherCluster(fixed, web1, all) : []),
    ...lostHosts(fixed).flatMap((set) => {
      const words = `${set} ${addressOf(fixed, 'node-1')}`;
      return between(
        `ip netns exec node-2 ipset del ${words}`,
        `ip netns exec node-2 ipset add ${words}`,
        all('client', web1, 8080),
      );
    }),
    run('ip netns exec node-1 iptables -t nat -F cali-nat-outgoing'),
    ...all('client', INTERNET, 80),
    run('ip netns exec node-2 iptables -F cali-to-wl-dispatch'),
    ...all('client', web1, 8080),
  ];
  return { name: lab, fixed, random: [], listeners, cases, unwatched };
}

type All = (from: string, to: string, port: number, rest?: Partial<SocketCase>) => Case[];

/** Another cluster's pods, and the faults of the lab: the peering is gone, answers come by any node, no pool is theirs. */
function otherCluster(fixed: readonly string[], web1: string, all: All): Case[] {
  const web = addressOf(fixed, 'other-web');
  const client = addressOf(fixed, 'client');
  const back = (node: string): string =>
    `ip -n other-node route replace ${blockOf(client)} via ${addressOf(fixed, node)} dev eth0 proto bird metric 32`;
  return [
    ...['client', 'node-3'].flatMap((from) => all(from, web, 8080)),
    ...all('client', web, 81, { connected: true, recverr: true }),
    ...['other-web', 'other-node'].flatMap((from) => all(from, web1, 8080)),
    ...all('other-web', SERVICE, 80),
    ...all('other-web', addressOf(fixed, 'node-3'), 30080),
    // From another source than before, and once: see above.
    ...without(fixed, 'node-1', blockOf(web), [socket('udp', 'web-0', web, { port: 8080, recverr: true })]),
    ...between(back('node-2'), back('node-1'), [
      ...all('client', web, 8080),
      ...all('other-web', client, 81, { recverr: true }),
    ]),
    ...between(
      'ip netns exec node-1 ipset del cali40all-ipam-pools 10.245.0.0/16',
      'ip netns exec node-1 ipset add cali40all-ipam-pools 10.245.0.0/16',
      all('client', web, 8080),
    ),
  ];
}

/** Of two segments without a tunnel: the router does not know the pods, until somebody tells it. */
function routerLearns(fixed: readonly string[], web1: string): Case[] {
  return [
    ...(['tcp', 'udp'] as const).map((send) => socket(send, 'client', web1, { port: 8080, recverr: true })),
    ...['client', 'web-1'].map((pod, i) =>
      run(`ip -n router route add ${blockOf(addressOf(fixed, pod))} via ${addressOf(fixed, `node-${i + 1}`)}`),
    ),
  ];
}

/** A source port for each, so that none is the connection of another. */
function portNumbers(): () => number {
  let next = 20_000;
  return () => next++;
}

function between(before: string, after: string, cases: readonly Case[]): Case[] {
  return [run(before), ...cases, run(after)];
}

/** While the route to a destination is gone. */
function without(fixed: readonly string[], node: string, dst: string, cases: readonly Case[]): Case[] {
  const pattern = new RegExp(`^ip -n ${node} route (?:add|replace) (${dst.replaceAll('.', '\\.')}(?:/32)? .*)$`);
  const words = fixed.flatMap((line) => pattern.exec(line)?.[1] ?? []);
  if (words.length !== 1) throw new Error(`${node} has ${words.length} routes to ${dst}`);
  return between(`ip -n ${node} route del ${dst}`, `ip -n ${node} route add ${words[0]}`, cases);
}

/** The sets of addresses that tunnels are let in from. */
function lostHosts(fixed: readonly string[]): string[] {
  const names = fixed.flatMap((line) => line.match(/\bcali40all-(?:hosts|vxlan)-net\b/g) ?? []);
  return [...new Set(names)];
}

/** The first address of a namespace's card. */
function addressOf(fixed: readonly string[], netns: string): string {
  const pattern = new RegExp(`^ip -n ${netns} addr add (\\S+)/\\d+ .*dev eth0$`);
  const [found] = fixed.flatMap((line) => pattern.exec(line)?.[1] ?? []);
  if (found === undefined) throw new Error(`${netns} has no address`);
  return found;
}

/** The node's end of a pod's cable. */
function deviceOf(fixed: readonly string[], address: string): string {
  const pattern = new RegExp(
    `^ip -n \\S+ route (?:add|replace) ${address.replaceAll('.', '\\.')}(?:/32)? dev (cali\\S+)`,
  );
  const [found] = fixed.flatMap((line) => pattern.exec(line)?.[1] ?? []);
  if (found === undefined) throw new Error(`no route to ${address}`);
  return found;
}

function blockOf(address: string): string {
  return address.replace(/\d+$/, '0/26');
}

function free(address: string): string {
  return address.replace(/\d+$/, '60');
}
