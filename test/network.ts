import { Runtime } from '../src/linux/index.js';
import { apply, parseCommand, type Refusal } from '../src/plan/index.js';
import type { Network } from '../src/topology/index.js';
import { Network as EmptyNetwork } from '../src/topology/index.js';
import { readable } from './recordings/load.js';

/** A network built from command lines, `NETNS: command`; lines without a namespace are run outside of all. */
export function networkFrom(text: string): Network {
  const { network, refused } = run(text, EmptyNetwork.of([]), new Runtime());
  const [first] = refused;
  if (first !== undefined) throw new Error(`refused: ${JSON.stringify(first.install.call)}: ${first.message}`);
  return network;
}

/** Runs command lines on a network. */
export function run(
  text: string,
  network: Network,
  runtime: Runtime,
): { readonly network: Network; readonly refused: readonly Refusal[] } {
  const installs = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
    .flatMap((line) => {
      const [, netns, command = line] = /^([\w-]+): (.*)$/.exec(line) ?? [];
      return readable(parseCommand(command, { netns, file: 'test' }));
    });
  return apply(installs, network, runtime);
}

/** Two hosts and a router between them: a 10.0.0.1 – 10.0.0.2 r 10.0.1.2 – 10.0.1.1 b. */
export const ROUTER = `
ip netns add a
ip netns add r
ip netns add b
a: ip link set lo up
r: ip link set lo up
b: ip link set lo up
ip link add eth0 address 02:00:00:00:00:01 netns a type veth peer name eth0 address 02:00:00:00:00:02 netns r
ip link add eth1 address 02:00:00:00:01:02 netns r type veth peer name eth0 address 02:00:00:00:01:01 netns b
a: ip link set eth0 up
r: ip link set eth0 up
r: ip link set eth1 up
b: ip link set eth0 up
a: ip addr add 10.0.0.1/24 dev eth0
r: ip addr add 10.0.0.2/24 dev eth0
r: ip addr add 10.0.1.2/24 dev eth1
b: ip addr add 10.0.1.1/24 dev eth0
a: ip route add default via 10.0.0.2
b: ip route add default via 10.0.1.2
r: sysctl -w net.ipv4.ip_forward=1
`;

/** Hosts on one bridge, br0 of s, each with its address on eth0: the first has MAC 02:00:00:00:00:01, and so on. */
export function bridged(hosts: Readonly<Record<string, string>>, bridgeOptions = ''): string {
  const names = Object.keys(hosts);
  return [
    ...[...names, 's'].map((name) => `ip netns add ${name}`),
    `s: ip link add br0 type bridge ${bridgeOptions}`,
    's: ip link set br0 up',
    ...names.map(
      (name, i) =>
        `ip link add eth0 address 02:00:00:00:00:0${i + 1} netns ${name} type veth peer name p${i + 1} netns s`,
    ),
    ...names.map((_, i) => `s: ip link set p${i + 1} master br0`),
    ...names.map((_, i) => `s: ip link set p${i + 1} up`),
    ...names.flatMap((name) => [
      `${name}: ip link set lo up`,
      `${name}: ip link set eth0 up`,
      `${name}: ip addr add ${hosts[name]} dev eth0`,
    ]),
    '',
  ].join('\n');
}

/** Two hosts, a and b, with two cables between them; only the first has addresses. */
export const TWO_CABLES = `
ip netns add a
ip netns add b
a: ip link set lo up
b: ip link set lo up
ip link add eth0 address 02:00:00:00:00:01 netns a type veth peer name eth0 address 02:00:00:00:00:02 netns b
ip link add eth1 address 02:00:00:00:01:01 netns a type veth peer name eth1 address 02:00:00:00:01:02 netns b
a: ip link set eth0 up
a: ip link set eth1 up
b: ip link set eth0 up
b: ip link set eth1 up
a: ip addr add 10.0.0.1/24 dev eth0
b: ip addr add 10.0.0.2/24 dev eth0
`;
