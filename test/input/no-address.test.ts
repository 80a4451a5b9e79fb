import { describe, expect, test } from 'vitest';
import { validateLab } from '../../src/input/index.js';
import { InputError } from '../../src/problem/index.js';
import { trace } from '../../src/trace/index.js';

/** Notes of pods without an address, `line pod: why`. */
async function unaddressed(lab: string): Promise<readonly string[]> {
  const { notes } = await validateLab(lab);
  return notes.flatMap(({ line, message }) => {
    const [, pod, why] = /^pod default\/(\S+) gets no address: (.*)$/.exec(message) ?? [];
    return pod === undefined ? [] : [`${line} ${pod}: ${why}`];
  });
}

/** Calico on n1 and n2, `pool` as the pool p, `config` as IPAMConfig; pods start in line 7. */
function calico(pool: string, config: string, pods: readonly string[]): string {
  return [
    'cni: calico/ipip',
    'nodes: {n1: {address: 192.168.56.11, labels: {rack: a}}, n2: 192.168.56.12}',
    'calico:',
    `  ipPools: {p: ${pool}}`,
    `  ipamConfig: ${config}`,
    'pods:',
    ...pods.map((pod, i) => `  p${i + 1}: ${pod}`),
  ].join('\n');
}

const ON_N1 = (count: number): readonly string[] => Array.from({ length: count }, () => 'n1');

describe('a pod that Calico gives no address is noted with its place and why', () => {
  test('maxBlocksPerHost: two blocks of 4 addresses, the tunnel has one of the 8', async () => {
    const lab = calico('{cidr: 10.244.0.0/24, blockSize: 30, ipipMode: Always}', '{maxBlocksPerHost: 2}', ON_N1(9));
    const why = 'IPPool p has no address left for it on n1: the blocks of the node are full, and maxBlocksPerHost is 2';
    expect(await unaddressed(lab)).toEqual([`14 p8: ${why}`, `15 p9: ${why}`]);
  });

  test('no pool selects the node', async () => {
    const lab = calico('{cidr: 10.244.0.0/24, nodeSelector: has(rack)}', '{}', ['n1', 'n2']);
    expect(await unaddressed(lab)).toEqual(['8 p2: no enabled IPPool selects node n2']);
  });

  test('the pool is full: one block of 4, no tunnel, both nodes use it', async () => {
    const lab = calico('{cidr: 10.244.0.0/30, blockSize: 30}', '{}', ['n1', 'n2', 'n1', 'n2', 'n1']);
    expect(await unaddressed(lab)).toEqual(['11 p5: IPPool p has no address left for it on n1: all are taken']);
  });

  test('strictAffinity: the one block is of n1, where there is room', async () => {
    const lab = calico('{cidr: 10.244.0.0/30, blockSize: 30}', '{strictAffinity: true}', ['n1', 'n2']);
    const why = "all blocks are taken, and with strictAffinity none of another node's is used";
    expect(await unaddressed(lab)).toEqual([`8 p2: IPPool p has no address left for it on n2: ${why}`]);
  });

  test('it asks for an address of a disabled pool', async () => {
    const lab = calico('{cidr: 10.244.0.0/24}, off: {cidr: 10.9.0.0/16, disabled: true}', '{}', [
      `{node: n1, annotations: {cni.projectcalico.org/ipAddrs: '["10.9.0.5"]'}}`,
    ]);
    const words = '"The provided IP address is not in a configured pool"';
    expect(await unaddressed(lab)).toEqual([
      `7 p1: 10.9.0.5, which it asks for, is in IPPool off, which is disabled: ${words}`,
    ]);
  });

  test('what it asks for', async () => {
    const asks = (key: string, value: string): string =>
      `{node: n1, annotations: {cni.projectcalico.org/${key}: '${value}'}}`;
    const lab = calico('{cidr: 10.244.0.0/30, blockSize: 30}', '{}', [
      asks('ipAddrs', '["10.244.0.2"]'),
      asks('ipAddrs', '["10.244.0.2"]'),
      asks('ipAddrs', '["10.9.9.9"]'),
      asks('ipv4pools', '["q"]'),
    ]);
    expect(await unaddressed(lab)).toEqual([
      '8 p2: 10.244.0.2, which it asks for, is given to another already',
      '9 p3: 10.9.9.9, which it asks for, is in no IPPool: "The provided IP address is not in a configured pool"',
      '10 p4: its annotation cni.projectcalico.org/ipv4pools names no list of enabled IPPools: ["q"]',
    ]);
  });
});

/** A podCIDR of /29: network, gateway and broadcast leave 5 addresses. */
const FLANNEL = `cni: flannel/vxlan
nodes: {n1: {address: 192.168.56.11, podCIDR: 10.244.1.0/29}, n2: {address: 192.168.56.12, off: [flanneld]}}
pods:
${[...ON_N1(6), 'n2'].map((node, i) => `  p${i + 1}: ${node}`).join('\n')}
`;

test("Flannel's: the subnet is full, or there is none", async () => {
  expect(await unaddressed(FLANNEL)).toEqual([
    '9 p6: host-local has no address left in 10.244.1.0/29, the podCIDR of n1',
    '10 p7: flanneld does not run on n2, so the flannel plug-in finds no subnet.env there',
  ]);
});

test('a trace from such a pod tells it too', async () => {
  const { built } = await validateLab(FLANNEL);
  const { verdict } = trace(built.network, { from: 'p6', to: 'p1:80' });
  expect(verdict.hints).toEqual([
    {
      code: 'SENDER_WITHOUT_ADDRESS',
      values: {
        owner: 'pod/default/p6',
        because: 'host-local has no address left in 10.244.1.0/29, the podCIDR of n1',
      },
    },
  ]);
});

test('an answer that does not find back to a pod of a pool without natOutgoing names the pool', async () => {
  const lab = (natOutgoing: boolean): string => `cni: calico/ipip
nodes: {n1: 192.168.56.11}
calico: {ipPools: {p: {cidr: 10.244.0.0/24, natOutgoing: ${natOutgoing}}}}
hosts: {internet: {address: 203.0.113.10, listen: [80]}}
pods: {c: n1}
`;
  const hints = async (natOutgoing: boolean): Promise<unknown> => {
    const { built } = await validateLab(lab(natOutgoing));
    return trace(built.network, { from: 'c', to: 'internet:80' }).verdict.hints.map(({ code, values }) => [
      code,
      values['pool'],
    ]);
  };
  expect(await hints(false)).toEqual([['NAT_OUTGOING_OFF', '10.244.0.0/24']]);
  expect(await hints(true)).toEqual([]);
});

test('a trace to such a pod tells why it has no address', async () => {
  const { built } = await validateLab(FLANNEL);
  const told = (): unknown => trace(built.network, { from: 'p1', to: 'p6:80' });
  expect(told).toThrow(InputError);
  expect(told).toThrow(/pod\/default\/p6 has no address: host-local has no address left in 10\.244\.1\.0\/29/);
});
