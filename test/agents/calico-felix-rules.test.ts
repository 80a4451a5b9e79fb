import { describe, expect, test } from 'vitest';
import { endpointMarks, felixMarks, hexMark } from '../../src/agents/calico/felix/marks.js';
import { chainName } from '../../src/agents/calico/felix/names.js';
import { chainLines, type FelixChain, ruleHashes } from '../../src/agents/calico/felix/rule.js';
import type { RuleSettings } from '../../src/agents/calico/felix/settings.js';
import type { ChainGroup } from '../../src/agents/calico/felix/table.js';
import { felixTables } from '../../src/agents/calico/felix/tables.js';
import { CALICO_DEFAULTS, type Cluster } from '../../src/cluster/index.js';
import type { TableName } from '../../src/linux/index.js';
import { ip, prefix } from '../must.js';
import { readShared } from '../shared.js';

const FELIX = CALICO_DEFAULTS.felixConfiguration;

function settings(more: Partial<RuleSettings> = {}): RuleSettings {
  const felix = more.felix ?? FELIX;
  const marks = felixMarks(felix);
  if (marks === undefined) throw new Error('too few bits');
  return {
    felix,
    marks,
    ipip: false,
    vxlan: false,
    ipipAddress: false,
    vxlanAddress: false,
    ipvs: false,
    natOutgoing: true,
    blockedCIDRs: [],
    ...more,
  };
}

const CLUSTER: Cluster = {
  podCIDR: prefix('10.244.0.0/16'),
  serviceCIDR: prefix('10.96.0.0/12'),
  nodes: [],
  pods: [],
  services: [],
  endpointSlices: [],
};

function workload(iface: string, profiles: readonly string[]) {
  return { name: `default/${iface}`, iface, address: ip('10.244.1.2'), profiles };
}

/** All chains that Felix wants, by table and name. */
function chains(of: RuleSettings, workloads: ReturnType<typeof workload>[] = []): (key: string) => FelixChain {
  const all = new Map<string, FelixChain>();
  for (const { name, groups } of felixTables(CLUSTER, of, workloads))
    for (const group of groups) for (const chain of group.chains) all.set(`${name} ${chain.name}`, chain);
  return (key) => {
    const chain = all.get(key);
    if (chain === undefined) throw new Error(`no chain ${key}`);
    return chain;
  };
}

function groupsOf(of: RuleSettings, table: TableName): readonly ChainGroup[] {
  return felixTables(CLUSTER, of, []).find(({ name }) => name === table)?.groups ?? [];
}

/** `-A` lines of a dump by chain: only what the hash says, as the kernel prints rules in its own spelling. */
function hashesIn(dump: string): ReadonlyMap<string, string[]> {
  const found = new Map<string, string[]>();
  for (const [, chain = '', hash = ''] of dump.matchAll(/^-A (\S+) .*"cali:([\w-]{16})"/gm))
    found.set(chain, [...(found.get(chain) ?? []), hash]);
  return found;
}

describe('hashes of rules', () => {
  // felix 3.21 iptables/table_test.go: rules that its own unit tests put into FORWARD and into cali-foobar.
  test.each([
    {
      name: 'FORWARD',
      actions: ['DROP', 'ACCEPT', 'DROP', 'ACCEPT'],
      hashes: ['hecdSCslEjdBPBPo', 'plvr29-ZiKUwbzDV', 'BMJ7gfua-eMLZ8Gu', 'rmnR1gc8haxMy_0W'],
    },
    { name: 'cali-foobar', actions: ['ACCEPT', 'DROP'], hashes: ['42h7Q64_2XDzpwKe', '0sUFHicPNNqNyNx8'] },
    { name: 'FORWARD', actions: ['cali-foobar'], hashes: ['JttcEuxbGad9jG6N'] },
  ])('$name: $actions', ({ name, actions, hashes }) => {
    expect(ruleHashes({ name, rules: actions.map((to) => ({ action: `--jump ${to}` })) })).toEqual(hashes);
  });

  test('a rule of another match has another, and so has each after it', () => {
    const rules = [{ action: '--jump ACCEPT' }, { action: '--jump DROP' }];
    const changed = [{ match: ['-p 4'], action: '--jump ACCEPT' }, { action: '--jump DROP' }];
    const [a, b] = [ruleHashes({ name: 'c', rules }), ruleHashes({ name: 'c', rules: changed })];
    expect(new Set([...a, ...b]).size).toBe(4);
  });

  test('comments have none of what a shell would read', () => {
    const [line] = chainLines({ name: 'c', rules: [{ action: '--jump DROP', comment: 'a "b" $(c) <d>' }] });
    expect(line).toContain('--comment "a _b_ __c_ _d_"');
  });
});

describe('names', () => {
  test('of chains that iptables does not take: vectors of Felix, for other lengths', (context) => {
    const file = readShared(context, 'reference/calico/policy-cases.json');
    const { lengthLimitedId } = JSON.parse(file) as {
      lengthLimitedId: { prefix: string; suffix: string; max: number; id: string }[];
    };
    expect(lengthLimitedId).toHaveLength(4);
    // The prefix leaves as much room as there: 28 characters are what a chain's name has.
    for (const { prefix: start, suffix, max, id } of lengthLimitedId) {
      const longer = start.padEnd(28 - max + start.length, '-');
      expect(chainName(longer, suffix)).toBe(longer + id.slice(start.length));
    }
  });

  // Chains of an `iptables -L` of a node with Calico: 28 characters are kept, 29 are not.
  test('of profiles', () => {
    expect(chainName('cali-pri-', 'ksa.kube-system.cilium')).toMatch(/^cali-pri-_[\w-]{18}$/);
    expect(chainName('cali-pri-', 'ksa.default.default')).toBe('cali-pri-ksa.default.default');
    expect(chainName('cali-pri-', 'ksa.default.defaults')).toMatch(/^cali-pri-_[\w-]{18}$/);
  });
});

describe('mark bits', () => {
  test('of the mask that Felix has unless told otherwise', () => {
    expect(felixMarks(FELIX)).toEqual({
      accept: 0x10000,
      pass: 0x20000,
      scratch0: 0x40000,
      scratch1: 0x80000,
      endpoint: 0xfff00000,
      nonCaliEndpoint: 0x100000,
    });
  });

  test('of a mask with gaps, and of one with too few', () => {
    expect(felixMarks({ iptablesMarkMask: 0x8000_00f1 })).toMatchObject({
      accept: 1,
      pass: 0x10,
      endpoint: 0x8000_0080,
    });
    expect(felixMarks({ iptablesMarkMask: 0x70 })).toBeUndefined();
  });

  // Marks that a node with Calico and kube-proxy in IPVS mode had given to its pods (`iptables -L`, mask 0xffff0000).
  test('of endpoints', () => {
    const seen = {
      cali27d5a8fe8ae: '0xd8e00000',
      cali2aef8851418: '0xef300000',
      cali7aefa6d70b6: '0x78900000',
      cali9819c942018: '0x7ea00000',
      calia839c1cc9c9: '0xcaa00000',
    };
    const marks = endpointMarks(Object.keys(seen), settings().marks);
    expect(Object.fromEntries([...marks].map(([name, mark]) => [name, hexMark(mark)]))).toEqual(seen);
  });

  // felix 3.21 rules/endpoints_test.go, dispatch_test.go: mask 0xff00 of which 0x0100 is for others.
  test('of endpoints, in a smaller mask', () => {
    const marks = { ...settings().marks, endpoint: 0xff00, nonCaliEndpoint: 0x100 };
    expect(hexMark(endpointMarks(['cali1234'], marks).get('cali1234') ?? 0)).toBe('0xd400');
  });

  test('two bits have numbers for two endpoints: 0 is none, and 1 is for all others', () => {
    const marks = { ...settings().marks, endpoint: 0x300, nonCaliEndpoint: 0x100 };
    const given = endpointMarks(['cali1', 'cali2', 'cali3'], marks);
    expect([...given.keys()]).toEqual(['cali1', 'cali2']);
    expect([...given.values()].sort()).toEqual([0x200, 0x300]);
  });
});

describe('chains of real nodes', () => {
  const dumps = (name: string) => `reference/real-dumps/${name}`;

  test('Calico VXLAN, 2022: all of table nat', (context) => {
    const seen = hashesIn(readShared(context, dumps('iptables-save-nat.calico-vxlan.kube-proxy-ipvs.txt')));
    const wanted = chains(settings({ vxlan: true, vxlanAddress: true }));
    const own = [...seen.keys()].filter((chain) => chain.startsWith('cali-'));
    expect(own).toEqual(['cali-OUTPUT', 'cali-POSTROUTING', 'cali-PREROUTING', 'cali-nat-outgoing']);
    for (const chain of own) expect([chain, ruleHashes(wanted(`nat ${chain}`))]).toEqual([chain, seen.get(chain)]);
  });

  test('GKE, 2019: a pod’s chains as far as they are the same', (context) => {
    const seen = hashesIn(readShared(context, dumps('iptables-S-filter.calico-gke.workload-policy.txt')));
    const iface = 'cali92d634f8f03';
    const wanted = chains(settings(), [workload(iface, ['kns.alpha', 'ksa.alpha.default'])]);
    expect(ruleHashes(wanted('filter cali-pro-kns.alpha'))).toEqual(seen.get('cali-pro-kns.alpha'));
    // Of the chains that lead there the dump shows one rule each, which is not the first.
    // The same to where 3.21 drops what a pod encapsulates (egress), and to where that pod has policies (ingress).
    for (const chain of [`cali-fw-${iface}`, `cali-tw-${iface}`])
      expect(ruleHashes(wanted(`filter ${chain}`)).slice(0, 3)).toEqual(seen.get(chain)?.slice(0, 3));
    // The rule that accepted in cali-FORWARD has moved behind all others' rules since, to FORWARD.
    expect(ruleHashes(wanted('filter cali-FORWARD')).slice(0, 5)).toEqual(seen.get('cali-FORWARD')?.slice(0, 5));
  });

  test('Docker and Calico, 2017: what has not changed since', (context) => {
    const seen = hashesIn(readShared(context, dumps('iptables-S-filter.calico-docker-libnetwork.static-chains.txt')));
    const wanted = chains(settings());
    for (const chain of ['cali-from-wl-dispatch', 'cali-to-wl-dispatch', 'cali-wl-to-host'])
      expect([chain, ruleHashes(wanted(`filter ${chain}`))]).toEqual([chain, seen.get(chain)]);
    // Other mark bits, 0x1000000 and up, from the first rule on.
    expect(ruleHashes(wanted('filter cali-OUTPUT'))[0]).not.toBe(seen.get('cali-OUTPUT')?.[0]);
  });

  // `iptables -L -v` of a node with IPIP and kube-proxy in IPVS mode. Its Felix is a little older: it went to
  // cali-to-host-endpoint without a look at the state, so that cali-OUTPUT is another one from there on.
  test('IPIP and IPVS: the chains that every packet passes', () => {
    const wanted = chains(settings({ ipip: true, ipipAddress: true, ipvs: true }));
    const hashes = (chain: string) => ruleHashes(wanted(`filter ${chain}`)).join(' ');
    expect(hashes('cali-INPUT')).toBe(
      'PajejrV4aFdkZojI _wjq-Yrma8Ly1Svo ss8lEMQsXi-s6qYT PgIW-V0nEjwPhF_8 QMJlDwlS0OjHyfMN nDRe73txrna-aZjG ' +
        'iX2AYvqGXaVqwkro bhpnxD5IRtBP8KW0 H5_bccAbHV0sooVy inBL01YlfurT0dbI',
    );
    expect(hashes('cali-FORWARD')).toBe(
      'vjrMJCRpqwy5oRoX A_sPAO0mcxbT9mOV 8ZoYfO5HKXWbB3pk jdEuaPBe14V2hutn 12bc6HljsMKsmfr- NOSxoaGx8OIstr1z',
    );
    expect(hashes('cali-forward-check')).toBe('Pbldlb4FaULvpdD8 ZD-6UxuUtGW-xtzg CbPfUajQ2bFVnDq4 jmhU0ODogX-Zfe5g');
    expect(hashes('cali-forward-endpoint-mark')).toBe(
      'O0SmFDrnm7KggWqW aFl0WFKRxDqj8oA6 AZKVrO3i_8cLai5f 96HaP1sFtb-NYoYA VxO6hyNWz62YEtul',
    );
    expect(hashes('cali-OUTPUT').split(' ').slice(0, 5).join(' ')).toBe(
      'Mq1_rAdXXH3YkrzW 5Z67OUUpTOM7Xa1a M2Wf0OehNdig8MHR AJBkLho_0Qd8LNr3 iz2RWXlXJDUfsLpe',
    );
  });

  test('IPIP and IPVS: five pods, two of which share a letter', () => {
    const names = ['calia839c1cc9c9', 'cali9819c942018', 'cali2aef8851418', 'cali7aefa6d70b6', 'cali27d5a8fe8ae'];
    const monitored = ['kns.monitoring', 'ksa.monitoring.some'];
    const wanted = chains(
      settings({ ipip: true, ipipAddress: true, ipvs: true }),
      names.map((name) => workload(name, monitored)),
    );
    const hashes = (chain: string) => ruleHashes(wanted(`filter ${chain}`)).join(' ');
    expect(hashes('cali-from-wl-dispatch')).toBe(
      'fB9Zj6ek3X-WcdQa Y-YCo-lrbr8ubEc0 0C_IyHuMKlJZbFOB EwvdMvMjiZ68lqHV I7vxl4VhpuAWVxE7',
    );
    expect(hashes('cali-from-wl-dispatch-2')).toBe('NE5q7vY2OTZu5i8T Qg36YK9Lij1X-oHQ m9pbfem2W7SQRLQk');
    expect(hashes('cali-to-wl-dispatch-2')).toBe('yGP5HQI62mNC56Fw -ADzWU1f1jDfOb9A fsUUU-snRZaOs4Bz');
    expect(hashes('cali-set-endpoint-mark')).toBe(
      'tz9NBFniulUgGBjW IIdcC1Nc8DMJPOmV HhHRDuuRHawybzO0 s0llq7oHvWXgtWHF WvxmRu87ZdkMFZfN 5mtFm2IJrCxBoUiE',
    );
    expect(hashes('cali-set-endpoint-mark-2')).toBe('1Ezy3UuQellelUY6 JdjymFzDaTn6R8OT');
    expect(hashes('cali-from-endpoint-mark')).toBe(
      'yrNYN7JSyKTMrK2e Mof1pl96ntHWNQs1 P5K9PLTqVKy5i_1_ fQ0ik3KiJzTh9I70 gitZnAAukiLAmCUI tej56hiPcjcRGpe6',
    );
    expect(hashes('cali-sm-cali2aef8851418')).toBe('wNB3cxkn8Zy4hVaZ');
    expect(hashes('cali-pri-kns.monitoring')).toBe('6Jg0bcUe-W95x053 Ib2KQsRqEwfIXcDC');
    expect(hashes('cali-pro-kns.monitoring')).toBe('ygA0X70Z0o8BmXwl GoDpz1laQ6A5-7HK');
    // Up to its service account, of which only a hash is known.
    expect(hashes('cali-tw-calia839c1cc9c9').split(' ').slice(0, 5).join(' ')).toBe(
      'eWbIjOnk5IYHZFK- yxpiw-9wIo8BFnZl RLnvQpxzDtajWvl_ QAdakBMhgx2h1lpX fEotRR-h_tzTZFl0',
    );
    expect(hashes('cali-fw-calia839c1cc9c9').split(' ').slice(0, 7).join(' ')).toBe(
      'mUu2qCUWHm5DDaKs 09T6hw1JSviLVboQ 9E96RtXQAyRIYqto OLV9srB1l7_2EbUQ DE1bafpCumcmuh9T rHKjNz2F4FLmDIpO ScQF9jGbyM4zpfD8',
    );
  });

  // The same from other nodes: xtables-monitor and `iptables -L` of tables raw and mangle, and of cali-POSTROUTING.
  test('tables raw, mangle and nat', () => {
    const wanted = chains(settings({ ipip: true, ipipAddress: true }));
    const hashes = (chain: string) => ruleHashes(wanted(chain));
    // Later versions go to cali-rpf-skip before they drop, so only the beginning is the same.
    expect(hashes('raw cali-PREROUTING').slice(0, 2)).toEqual(['XFX5xbM8B9qR10JG', 'EWMPb0zVROM-woQp']);
    expect(hashes('raw cali-OUTPUT')).toEqual(['njdnLwYeGqBJyMxW', 'rz86uTUcEZAfFsh7', 'pN0F5zD0b8yf9W1Z']);
    expect(hashes('mangle cali-PREROUTING')[0]).toBe('6BJqBjBC7crtA-7-');
    expect(hashes('mangle cali-POSTROUTING').slice(1, 3)).toEqual(['nnqPh8lh2VOogSzX', 'nquN8Jw8Tz72pcBW']);
    expect(hashes('nat cali-POSTROUTING')[2]).toBe('SXWvdsbh4Mw7wOln');
  });
});

describe('what the configuration changes', () => {
  const lines = (of: RuleSettings, chain: string): string[] =>
    chainLines(chains(of)(chain)).map((line) => line.replace(/ -m comment --comment "cali:[\w-]{16}"/, ''));

  test('NAT of what leaves the pools', () => {
    const chain = 'nat cali-nat-outgoing';
    const start =
      '-A cali-nat-outgoing -m set --match-set cali40masq-ipam-pools src -m set ! --match-set cali40all-ipam-pools dst';
    expect(lines(settings({ natOutgoing: false }), chain)).toEqual([]);
    const address = { ...FELIX, natOutgoingAddress: ip('192.168.10.9') };
    expect(lines(settings({ felix: address }), chain)).toEqual([
      `${start} --jump SNAT --to-source 192.168.10.9 --random-fully`,
    ]);
    const ports = { ...FELIX, natPortRange: { min: 32768, max: 65535 } };
    expect(lines(settings({ felix: ports }), chain)).toEqual([
      `${start} -p tcp --jump MASQUERADE --to-ports 32768-65535 --random-fully`,
      `${start} -p tcp --jump RETURN`,
      `${start} -p udp --jump MASQUERADE --to-ports 32768-65535 --random-fully`,
      `${start} -p udp --jump RETURN`,
      `${start} --jump MASQUERADE --random-fully`,
    ]);
  });

  test('announced service addresses without a Service', () => {
    const blockedCIDRs = ['10.96.0.0/12', '203.0.113.0/24'];
    const chain = 'filter cali-cidr-block';
    expect(lines(settings({ blockedCIDRs }), chain)).toEqual([
      '-A cali-cidr-block --destination 10.96.0.0/12 --jump DROP',
      '-A cali-cidr-block --destination 203.0.113.0/24 --jump DROP',
    ]);
    const reject = { ...FELIX, serviceLoopPrevention: 'Reject' as const };
    expect(lines(settings({ blockedCIDRs, felix: reject }), chain)[0]).toMatch(/--jump REJECT$/);
    const off = { ...FELIX, serviceLoopPrevention: 'Disabled' as const };
    expect(lines(settings({ blockedCIDRs, felix: off }), chain)).toEqual([]);
  });

  test('from a pod to its node', () => {
    const last = (action: 'Drop' | 'Return' | 'Accept') =>
      lines(settings({ felix: { ...FELIX, defaultEndpointToHostAction: action } }), 'filter cali-wl-to-host').at(-1);
    expect(
      [last('Drop'), last('Return'), last('Accept')].map((line) => / --jump (\w+)$/.exec(line ?? '')?.[1]),
    ).toEqual(['DROP', 'RETURN', 'ACCEPT']);
  });

  test('RETURN instead of ACCEPT: a pod’s known connections are marked first', () => {
    const felix = { ...FELIX, iptablesFilterAllowAction: 'Return' as const };
    const iface = 'cali0123456789a';
    const wanted = chains(settings({ felix }), [workload(iface, [])]);
    expect(wanted(`filter cali-tw-${iface}`).rules.slice(0, 2)).toEqual([
      { match: ['-m conntrack --ctstate RELATED,ESTABLISHED'], action: '--jump MARK --set-mark 0x10000/0x10000' },
      { match: ['-m conntrack --ctstate RELATED,ESTABLISHED'], action: '--jump RETURN' },
    ]);
  });

  test('pods that may encapsulate', () => {
    const iface = 'cali0123456789a';
    const felix = { ...FELIX, allowVXLANPacketsFromWorkloads: true, allowIPIPPacketsFromWorkloads: true };
    const drops = (of: RuleSettings) =>
      chains(of, [workload(iface, [])])(`filter cali-fw-${iface}`).rules.filter(({ comment }) =>
        / encapped /.test(comment ?? ''),
      ).length;
    expect([drops(settings()), drops(settings({ felix }))]).toEqual([2, 0]);
  });

  test('chains that are the same on several nodes are the same objects', () => {
    const [a, b] = [groupsOf(settings(), 'filter'), groupsOf(settings(), 'filter')];
    expect(a[0]).toBe(b[0]);
    expect(groupsOf(settings({ vxlan: true }), 'filter')[0]).not.toBe(a[0]);
  });
});
