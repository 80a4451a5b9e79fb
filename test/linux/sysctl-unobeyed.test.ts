import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { Sysctls, unobeyedSysctls } from '../../src/linux/index.js';

/** Source files that carry packets or decide about them, but for the ones that only keep sysctls. */
const SOURCES = ['linux', 'trace', 'plan/apply']
  .flatMap((folder) => {
    const root = new URL(`../../src/${folder}/`, import.meta.url);
    return readdirSync(root, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts') && !(folder === 'linux' && file.startsWith('sysctl')))
      .map((file) => readFileSync(new URL(file, root), 'utf8'));
  })
  .join('\n');

/** Names that no packet's path depends on, and why. */
const WITHOUT_EFFECT: Readonly<Record<string, string>> = {
  arp_notify: 'it announces an address when a link comes up, and no packet is on its way then',
  log_martians: 'it writes a line to the log',
  'net/bridge/bridge-nf-call-arptables': 'there are no arptables here to call',
  'net/bridge/bridge-nf-call-ip6tables': 'IPv6 packets are not followed',
  'net/ipv4/ip_forward': 'another name of conf/all/forwarding',
};

const names = [
  ...new Set(
    Sysctls.create()
      .entries(['all'])
      .map(([path]) => path.replace('net/ipv4/conf/all/', '')),
  ),
];

test('there are some', () => expect(names.length).toBeGreaterThan(30));

// What is kept and printed is obeyed, or told as not modelled; never both, never neither.
test.each(names)('%s', (name) => {
  const sysctls = Sysctls.create();
  const path = name.includes('/') ? name : `net/ipv4/conf/default/${name}`;
  sysctls.set(path, '77');
  const told = unobeyedSysctls(sysctls).some(([each]) => each === path);
  // One that is read may still have values that are not.
  const isRead = [name, name.replace('net/netfilter/', '')].some((each) => SOURCES.includes(`'${each}'`));
  const read = isRead && name !== 'net/ipv4/fib_multipath_hash_policy';
  expect([read, told, name in WITHOUT_EFFECT].filter(Boolean)).toHaveLength(1);
});

describe('unobeyedSysctls', () => {
  test.each([
    { path: 'net/ipv4/fib_multipath_hash_policy', value: '1', want: 0 },
    { path: 'net/ipv4/fib_multipath_hash_policy', value: '2', want: 1 },
    { path: 'net/ipv4/conf/all/bc_forwarding', value: '0', want: 0 },
    { path: 'net/ipv4/conf/eth0/bc_forwarding', value: '1', want: 1 },
    { path: 'net/ipv4/neigh/eth0/retrans_time_ms', value: '1000', want: 0 },
    { path: 'net/ipv4/neigh/eth0/mcast_solicit', value: '5', want: 1 },
    { path: 'net/netfilter/nf_conntrack_tcp_max_retrans', value: '3', want: 0 },
    { path: 'net/netfilter/nf_conntrack_tcp_max_retrans', value: '5', want: 1 },
    { path: 'net/core/somaxconn', value: '1', want: 0 },
  ])('$path = $value: $want', ({ path, value, want }) => {
    const sysctls = Sysctls.create();
    sysctls.set(path, value);
    expect(unobeyedSysctls(sysctls)).toHaveLength(want);
  });
});
