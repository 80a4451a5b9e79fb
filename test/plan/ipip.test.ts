import { expect, test } from 'vitest';
import { Runtime } from '../../src/linux/index.js';
import { Applier, formatCommand, type Install, parseCommand } from '../../src/plan/index.js';
import { Network, Topology } from '../../src/topology/index.js';
import { readable } from '../recordings/load.js';

const parse = (line: string): Install[] => readable(parseCommand(line, { netns: undefined, file: 'commands' }));

/** The errno of each command, and the network that they leave. */
function carriedOut(lines: readonly string[]): {
  readonly errnos: readonly (string | undefined)[];
  readonly network: Network;
} {
  const applier = new Applier(Network.of([]), new Runtime());
  const errnos = lines.map((line) => parse(line).map((install) => applier.apply(install)?.errno)[0]);
  return { errnos, network: applier.network() };
}

// As Linux 6.1 answers, but for `ip tunnel add tunl0`, which makes the device by asking for it and then says EEXIST.
test.each([
  ['ip -n n tunnel change tunl0 mode ipip', undefined],
  ['ip -n n tunnel add tunl0 mode ipip', undefined],
  ['ip netns exec n modprobe ipip', undefined],
  ['ip -n n link add x type ipip', 'EEXIST'],
  ['ip -n n link add x type ipip local 1.2.3.4', undefined],
  ['ip -n n link add y type ipip local 1.2.3.4', 'EEXIST'],
  ['ip -n n link add w type ipip local 1.2.3.14 ttl 3 nopmtudisc', 'EINVAL'],
  ['ip -n n link set tunl0 netns m', 'EINVAL'],
  ['ip -n n link set tunl0 mtu 67', 'EINVAL'],
  ['ip -n n link set tunl0 mtu 65516', 'EINVAL'],
  ['ip -n n link set tunl0 mtu 65500', undefined],
])('%s', (line, errno) => {
  const before = ['ip netns add n', 'ip netns add m', 'ip -n n tunnel change tunl0 mode ipip'];
  const made = line.startsWith('ip -n n link add y') ? ['ip -n n link add x type ipip local 1.2.3.4'] : [];
  expect(carriedOut([...before, ...made, line]).errnos.at(-1)).toBe(errno);
});

test("`ip link del` leaves the module's device, without a word", () => {
  const { errnos, network } = carriedOut(['ip netns add n', 'ip netns exec n modprobe ipip', 'ip -n n link del tunl0']);
  expect(errnos).toEqual([undefined, undefined, undefined]);
  expect(network.netns('n')?.links.get('tunl0')).toMatchObject({
    kind: 'ipip',
    fallback: true,
    mtu: 1480,
    noarp: true,
  });
});

test.each([
  'ip -n n tunnel change tunl0 mode ipip',
  'ip -n n link add name t type ipip remote 10.0.0.2 local 10.0.0.1 dev eth0 ttl 64 tos inherit pmtudisc',
  'ip -n n link add name t mtu 1400 type ipip local 10.0.0.1 ttl inherit nopmtudisc',
  'ip -n n tunnel add t mode ipip local 10.0.0.1 ttl inherit pmtudisc',
])('%s is printed as it was read', (line) => {
  expect(parse(line).map(formatCommand)).toEqual([line]);
});

test('a drawing joins tunl0 with those of the next hops', () => {
  const { network } = carriedOut([
    ...['a', 'b'].flatMap((ns) => [
      `ip netns add ${ns}`,
      `ip netns exec ${ns} modprobe ipip`,
      `ip -n ${ns} link set tunl0 up`,
    ]),
    'ip link add eth0 netns a type veth peer name eth0 netns b',
    ...['a', 'b'].map((ns, i) => `ip -n ${ns} addr add 10.0.0.${i + 1}/24 dev eth0`),
    ...['a', 'b'].map((ns) => `ip -n ${ns} link set eth0 up`),
    'ip -n a route add 10.244.2.0/26 via 10.0.0.2 dev tunl0 onlink',
  ]);
  const tunnels = new Topology(network).connections().filter(({ kind }) => kind === 'tunnel');
  expect(tunnels.map(({ ends }) => ends.map(({ netns, dev }) => `${netns} ${dev}`))).toEqual([['a tunl0', 'b tunl0']]);
});
