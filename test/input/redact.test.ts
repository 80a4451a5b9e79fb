import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatIpv4, type Ipv4, parseIpv4 } from '../../src/address/index.js';
import { redact } from '../../src/input/index.js';
import { AddressRenamer } from '../../src/input/redact/addresses.js';

const NETWORK = `# Written by podpath collect on shelf-7
podpath: 1
kind: snapshot
namespaces:
  shelf-7: {role: node}
  cart-0: {role: pod, host: shelf-7}
wires:
  - [shelf-7/veth1a2b3c4d, cart-0/eth0]
`;

const IPTABLES = `-A KUBE-SERVICES -d 10.99.7.8/32 -p tcp -m comment --comment "store/till:http cluster IP" -m tcp --dport 80 -j KUBE-SVC-CDGGSHYLG3RE2FKL
-A KUBE-SEP-X -p tcp -m comment --comment "store/till:http" -m tcp -j DNAT --to-destination 10.244.1.5:8080
-A KUBE-SERVICES -m comment --comment "kubernetes service nodeports; NOTE: this must be the last rule in this chain" -j KUBE-NODEPORTS
-A FORWARD -s 198.51.100.7 -j DROP
`;

const ROUTES =
  '[{"dst":"10.244.1.0/24","dev":"cni0","prefsrc":"10.244.1.1"},{"dst":"10.99.0.0/16","gateway":"198.51.100.1","dev":"eth0"}]';

const LINKS =
  '[{"ifname":"eth0","address":"52:54:00:aa:bb:cc","link_netns":"cart-0","linkinfo":{"info_data":{"bridge_id":"8000.52:54:0:aa:bb:cc"}}}]';

const FILES = [
  { path: 'network.yaml', text: NETWORK },
  { path: 'shelf-7/iptables-save.txt', text: IPTABLES },
  { path: 'shelf-7/ip-route.json', text: ROUTES },
  { path: 'shelf-7/ip-link.json', text: LINKS },
  {
    path: 'cart-0/ip-neigh.json',
    text: '[{"dst":"10.244.1.1","lladdr":"52:54:00:aa:bb:cc"},{"dst":"2001:db8:7::1"},{"dst":"fe80::1"}]',
  },
];

describe('a dump', () => {
  const renamed = redact(FILES, 'a key');
  const all = renamed.map(({ path, text }) => `${path}\n${text}`).join('\n');
  const textOf = (path: string): string => renamed.find((each) => each.path === path)?.text ?? '';

  test.each([...['shelf', 'cart', 'till', 'store', 'aa:bb:cc', '10.244.1.', '10.99.', '198.51', '2001:db8:7']])(
    'says nothing of %s',
    (word) => {
      expect(all).not.toContain(word);
    },
  );

  test('has its folders and files under the new names', () => {
    expect(renamed.map(({ path }) => path).sort()).toEqual([
      'network.yaml',
      'node-1/ip-link.json',
      'node-1/ip-route.json',
      'node-1/iptables-save.txt',
      'pod-1/ip-neigh.json',
    ]);
    expect(textOf('network.yaml')).toContain('pod-1: {role: pod, host: node-1}');
    expect(textOf('network.yaml')).toContain('[node-1/veth1a2b3c4d, pod-1/eth0]');
  });

  test('says the same of the same', () => {
    const route = JSON.parse(textOf('node-1/ip-route.json')) as { dst: string; prefsrc?: string; gateway?: string }[];
    const [link] = JSON.parse(textOf('node-1/ip-link.json')) as { address: string; link_netns: string }[];
    const [neigh] = JSON.parse(textOf('pod-1/ip-neigh.json')) as { dst: string; lladdr: string }[];
    expect(neigh?.lladdr).toBe(link?.address);
    expect(neigh?.dst).toBe(route[0]?.prefsrc);
    expect(link?.link_netns).toBe('pod-1');
    // A network's address is still one, and its first host the first.
    expect(route[0]?.dst.replace('.0/24', '.1')).toBe(route[0]?.prefsrc);
    expect(route[1]?.dst).toMatch(/^10\.\d+\.0\.0\/16$/);
  });

  test('keeps what the rules do, and what kube-proxy says in general', () => {
    const rules = textOf('node-1/iptables-save.txt');
    expect(rules).toMatch(/-m comment --comment "ns-1\/service-1:http cluster IP" -m tcp --dport 80 -j KUBE-SVC-/);
    expect(rules).toContain('NOTE: this must be the last rule in this chain');
    expect(rules).toMatch(/--to-destination 10\.\d+\.\d+\.5:8080/);
  });

  test('the key decides', () => {
    expect(redact(FILES, 'a key')).toEqual(renamed);
    expect(redact(FILES, 'another')).not.toEqual(renamed);
  });
});

describe('ranges', () => {
  const rules = [
    '-A FORWARD -m iprange --src-range 10.0.0.200-10.0.1.5 -j DROP',
    '-A POSTROUTING -j SNAT --to-source 203.0.113.250-203.0.114.3:1024-2048',
    'create b bitmap:ip range 192.168.3.7-192.168.12.9',
    'add b 192.168.4.1',
    '-A FORWARD -m iprange --dst-range fd00::1:5-fd00::2:4 -j DROP',
  ].join('\n');

  test.each(['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'])('stay in order with the key %s', (key) => {
    const [{ text = '' } = {}] = redact([{ path: 'n/iptables-save.txt', text: rules }], key);
    const four = /(\d+)\.(\d+)\.(\d+)\.(\d+)-(\d+)\.(\d+)\.(\d+)\.(\d+)/g;
    const ends = [...text.matchAll(four)].map((match) => match.slice(1).map(Number));
    // 10.0.1.5 is 61 addresses behind 10.0.0.200, 203.0.114.3 nine behind 203.0.113.250.
    expect(ends.length).toBe(3);
    for (const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] of ends)
      expect(((e * 256 + f) * 256 + g) * 256 + h).toBeGreaterThan(((a * 256 + b) * 256 + c) * 256 + d);
    expect(text).toMatch(/--to-source [\d.]+\.250-[\d.]+\.3:1024-2048/);
    expect(text).not.toContain('203.0.113.');
    const [, from = '', to = ''] = /--dst-range (\S+)-(\S+)/.exec(text) ?? [];
    const words = (address: string): number => {
      const [low = '', high = ''] = address.split(':').reverse();
      return Number.parseInt(high === '' ? '0' : high, 16) * 65536 + Number.parseInt(low, 16);
    };
    expect(words(to)).toBeGreaterThan(words(from));
  });

  const address = fc.integer({ min: 0, max: 0xffffffff });
  test('hold what they held', () => {
    fc.assert(
      fc.property(address, address, fc.array(address), fc.integer({ min: 0, max: 31 }), (a, b, others, near) => {
        const close = (b & (0xffffffff >>> near)) ^ a;
        const [from, to] = [Math.min(a, close >>> 0), Math.max(a, close >>> 0)];
        const text = (each: number): string => formatIpv4(each as Ipv4);
        const renamer = new AddressRenamer('a key', [[text(from), text(to)]]);
        const renamed = (each: number): number => parseIpv4(renamer.ipv4(text(each)) ?? '') ?? -1;
        const inside = (each: number): boolean => renamed(from) <= renamed(each) && renamed(each) <= renamed(to);
        const some = [
          from,
          to,
          from - 1,
          from + 1,
          to - 1,
          to + 1,
          (from + 256) >>> 0,
          ...others,
          ...others.map((x) => (from + (x >>> near)) >>> 0),
        ];
        for (const each of some.filter((x) => x >= 0 && x <= 0xffffffff))
          expect(inside(each), text(each)).toBe(from <= each && each <= to);
      }),
    );
  });
});

test('a backslash in a comment of a set ends no quote', () => {
  const text = 'add s 1.2.3.5 comment "store/till \\"\nadd s 1.2.3.6 comment "store/till"\n';
  const [{ text: left } = { text: '' }] = redact([{ path: 'n/ipset-save.txt', text }], 'a key');
  expect(left.replace(/ [\d.]+ /g, ' A ')).toBe(
    'add s A comment "ns-1/service-1 \\"\nadd s A comment "ns-1/service-1"\n',
  );
});

test('of sysctls only those of the network stay, without keys', () => {
  const text = [
    'kernel.hostname = shelf-7',
    'kernel.domainname = till.example',
    'kernel.random.boot_id = 8b7a0a0e-1c1c-4f6e-9d2e-0d8a4a0b7c11',
    'net.ipv4.ip_forward = 1',
    'net.ipv4.tcp_fastopen_key = 1a2b3c4d-5e6f7081-92a3b4c5-d6e7f809',
    'net.ipv6.conf.eth0.stable_secret = 2001:db8::1',
    'net/ipv4/conf/eth0.100/rp_filter = 2',
    '',
  ].join('\n');
  const [{ text: left } = { text: '' }] = redact([{ path: 'n/sysctl.txt', text }], 'a key');
  expect(left).toBe('net.ipv4.ip_forward = 1\nnet/ipv4/conf/eth0.100/rp_filter = 2\n');
});

test('an IPv4 address written as IPv6 is the same as without', () => {
  const text = 'tcp LISTEN 0 5 [::ffff:10.9.8.7]:80 *:*\ntcp LISTEN 0 5 10.9.8.7:81 *:*\n';
  const [{ text: left } = { text: '' }] = redact([{ path: 'n/ss.txt', text }], 'a key');
  const [, mapped] = /\[::ffff:([\d.]+)\]:80/.exec(left) ?? [];
  const [, bare] = / ([\d.]+):81/.exec(left) ?? [];
  expect(mapped).toBe(bare);
  expect(left).not.toContain('10.9.8');
});

describe('addresses', () => {
  const renamer = new AddressRenamer('a key');
  const renamed = (address: number): number => parseIpv4(renamer.ipv4(formatIpv4(address as Ipv4)) ?? '') ?? -1;
  const shared = (a: number, b: number): number => Math.clz32(a ^ b);
  const address = fc.integer({ min: 0, max: 0xffffffff });

  test('share as long a prefix as before', () => {
    fc.assert(
      fc.property(address, fc.integer({ min: 0, max: 31 }), address, (a, bits, noise) => {
        const b = ((a & ~(0xffffffff >>> bits)) | (noise & (0xffffffff >>> bits))) >>> 0;
        expect(shared(renamed(a), renamed(b))).toBe(shared(a, b));
      }),
    );
  });

  test.each(['127.0.0.1', '0.0.0.0', '255.255.255.255', '224.0.0.22'])('%s stays', (text) => {
    expect(renamer.ipv4(text)).toBe(text);
  });

  test.each([
    ['10.1.2.3', /^10\./],
    ['192.168.7.8', /^192\.168\.\d+\.8$/],
    ['172.20.1.1', /^172\.(1[6-9]|2\d|3[01])\./],
    ['169.254.1.1', /^169\.254\./],
  ])('%s stays private: %s', (text, form) => {
    expect(renamer.ipv4(text)).toMatch(form);
  });

  test('of IPv6, ::1 and multicast stay, and link-local ones stay so', () => {
    expect(renamer.ipv6('::1')).toBe('::1');
    expect(renamer.ipv6('ff02::1')).toBe('ff02::1');
    expect(renamer.ipv6('fe80::1234')).toMatch(/^fe80::/);
    expect(renamer.ipv6('2001:db8:1::/48')).toMatch(/^[23][0-9a-f]{3}:[0-9a-f]*:?[0-9a-f]*::\/48$/);
  });
});
