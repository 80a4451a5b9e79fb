/**
 * Random commands, on the kernel of this machine and on ours: prints the sequences after which the two differ:
 * `npx tsx test/oracle/fuzz-commands.ts [SEQUENCES] [SEED]`.
 */
import { isDeepStrictEqual } from 'node:util';
import { describeNetns } from '../plan/describe-netns.js';
import { givenMacs, recordedNamespaces, replay } from '../plan/replay-commands.js';
import { runOnKernel } from './kernel.js';

const START = [
  '| ip netns add a',
  '| ip netns add b',
  '| ip link add e0 address 02:00:00:00:00:0a netns a type veth peer name e0 address 02:00:00:00:00:0b netns b',
  'a| ip link add br0 type bridge',
  'a| ip link add v1 address 02:00:00:00:00:21 type veth peer name w1 address 02:00:00:00:00:31',
  'a| ip link add v2 address 02:00:00:00:00:12 type veth peer name w2 address 02:00:00:00:00:32',
  'a| ip link set e0 up',
  'a| ip link set v1 up',
  'b| ip link set e0 up',
  'a| ip addr add 10.0.0.1/24 dev e0',
];
const WORDS: Readonly<Record<string, readonly string[]>> = {
  DEV: ['e0', 'v1', 'v2', 'w1', 'br0', 'lo', 'vx'],
  ADDR: ['10.0.0.1/24', '10.0.0.2/24', '10.0.0.3/25', '10.1.0.1/24', '10.1.0.1/32', '10.2.0.1/30', '10.0.0.1/16'],
  DST: ['10.9.0.0/16', '10.9.1.0/24', '10.0.0.0/24', 'default', '10.1.0.0/24', '10.9.0.1'],
  GW: ['10.0.0.2', '10.0.0.1', '10.1.0.2', '10.9.0.1', '10.2.0.2', '192.168.0.1'],
  TABLE: ['', '', '', ' table 100', ' table local'],
  METRIC: ['', '', ' metric 5', ' metric 6', ' tos 0x10'],
  SRC: ['', '', '', ' src 10.0.0.1', ' src 10.1.0.1'],
  ONLINK: ['', '', '', ' onlink'],
  VERB: ['add', 'add', 'add', 'replace', 'append', 'prepend', 'change'],
  MTU: ['1500', '1400', '1300', '9000', '70000'],
  MAC: ['02:00:00:00:00:71', '02:00:00:00:00:05', '01:00:00:00:00:01'],
  IP: ['10.0.0.2', '10.0.0.3', '10.1.0.2'],
  BOOL: ['0', '1'],
  PREF: ['', ' pref 50', ' pref 51'],
  NAME: ['e0', 'n1', 'n2', 'br0', 'w3'],
  RULE: ['from 10.1.0.0/16 lookup 100', 'to 10.2.0.0/16 prohibit', 'fwmark 0x1/0x1 lookup 100', 'iif e0 lookup main'],
};
const COMMANDS = [
  'a| ip link set DEV up',
  'a| ip link set DEV up',
  'a| ip link set DEV down',
  'b| ip link set e0 down',
  'b| ip link set e0 up',
  'a| ip link set DEV mtu MTU',
  'a| ip link set DEV address MAC',
  'a| ip link set DEV master br0',
  'a| ip link set DEV nomaster',
  'a| ip link set DEV promisc on',
  'a| ip addr add ADDR dev DEV',
  'a| ip addr add ADDR dev DEV',
  'a| ip addr add ADDR brd + dev DEV',
  'a| ip addr replace ADDR dev DEV',
  'a| ip addr del ADDR dev DEV',
  'a| ip addr flush dev DEV',
  'a| ip route VERB DST via GWTABLEMETRICSRC',
  'a| ip route VERB DST via GW dev DEVONLINKTABLEMETRICSRC',
  'a| ip route VERB DST dev DEVTABLEMETRICSRC',
  'a| ip route VERB blackhole DSTTABLEMETRIC',
  'a| ip route add local DST dev DEV',
  'a| ip route add DST nexthop via GW nexthop via GW weight 2',
  'a| ip route del DSTTABLEMETRIC',
  'a| ip route del DST via GWTABLE',
  'a| ip route del DST dev DEVTABLE',
  'a| ip route flush dev DEV',
  'a| ip neigh add IP lladdr 02:00:00:00:00:41 dev DEV',
  'a| ip neigh replace IP lladdr 02:00:00:00:00:42 dev DEV nud permanent',
  'a| ip neigh del IP dev DEV',
  'a| ip neigh add proxy IP dev DEV',
  'a| ip rule add RULEPREF',
  'a| ip rule del RULEPREF',
  'a| ip link add vx address 02:00:00:00:00:51 type vxlan id 5 local 10.0.0.1 dev e0 dstport 8472',
  'a| bridge fdb add MAC dev vx dst IP',
  'a| bridge fdb replace MAC dev vx dst IP self permanent',
  'a| bridge fdb del MAC dev vx',
  'a| bridge fdb add 02:aa:00:00:00:01 dev DEV master static',
  'a| ip link del vx',
  'a| ip link del w2',
  'a| ip link set DEV name NAME',
  // Not vx: a VXLAN device whose underlay stays behind is not modelled.
  'a| ip link set v1 netns b',
  'a| ip link set e0 netns b',
  'b| ip link set DEV netns a',
  'b| ip link set DEV up',
  'b| ip addr add ADDR dev DEV',
  'a| ip link add NAME type bridge',
  'a| ip link set DEV master NAME',
  'a| ip link set NAME up',
  'a| ip link set DEV arp off',
  'a| bridge link set dev DEV hairpin on',
  'a| ip link del DEV',
  'a| ip link add NAME address 02:00:00:00:00:61 type veth peer name w3 address 02:00:00:00:00:62 netns b',
  'a| sysctl -qw net.ipv4.conf.all.promote_secondaries=BOOL',
  'a| sysctl -qw net.ipv4.ip_forward=BOOL',
  'a| sysctl -qw net.ipv4.conf.DEV.rp_filter=BOOL',
];

/** Whether a table was there is worded differently from whether the route was. */
const SAME_ERRNO = /FIB table does not exist|^Error: No such file or directory/;

const [count = 20, seed = 1] = process.argv.slice(2).map(Number);
let state = seed >>> 0;
/** mulberry32. */
function random(n: number): number {
  state = (state + 0x6d2b79f5) >>> 0;
  let t = Math.imul(state ^ (state >>> 15), state | 1);
  t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
  return ((t ^ (t >>> 14)) >>> 0) % n;
}
function pick(list: readonly string[]): string {
  return list[random(list.length)] ?? '';
}

let different = 0;
for (let sequence = 0; sequence < count; sequence++) {
  const names = new RegExp(Object.keys(WORDS).join('|'), 'g');
  const more = Array.from({ length: 30 }, () => pick(COMMANDS).replace(names, (word) => pick(WORDS[word] ?? [])));
  const scenario = runOnKernel({ name: `sequence ${sequence}`, run: [...START, ...more] });
  const { applier, answers } = replay(scenario.steps);
  const reasons: string[] = [];
  for (const { step, by, words } of answers) {
    const refused = step.exit !== undefined;
    if (refused !== (by !== 'nobody'))
      reasons.push(`${step.cmd}: kernel ${step.stderr ?? 'done'}, ours ${words[0] ?? 'done'}`);
    else if (by === 'kernel' && !words.includes(step.stderr ?? '') && !SAME_ERRNO.test(words[0] ?? ''))
      reasons.push(`${step.cmd}: kernel "${step.stderr ?? ''}", ours "${words[0] ?? ''}"`);
  }
  const given = givenMacs(scenario.steps);
  const network = applier.network();
  for (const wanted of recordedNamespaces(scenario, network)) {
    const got = network.netns(wanted.name);
    const ours = got === undefined ? {} : describeNetns(got, given);
    const theirs = describeNetns(wanted, given);
    for (const [part, lines] of Object.entries(theirs) as [keyof typeof theirs, string[]][]) {
      const mine = (ours as typeof theirs)[part];
      if (isDeepStrictEqual(mine, lines)) continue;
      reasons.push(`${wanted.name} ${part}:`);
      reasons.push(...lines.filter((l) => !mine.includes(l)).map((l) => `  - ${l}`));
      reasons.push(...mine.filter((l) => !lines.includes(l)).map((l) => `  + ${l}`));
      if (reasons.at(-1)?.endsWith(`${part}:`)) reasons.push(`  order: ${lines.join(' | ')} / ${mine.join(' | ')}`);
    }
  }
  if (reasons.length === 0) continue;
  different++;
  process.stdout.write(`\n=== sequence ${sequence}\n${more.join('\n')}\n---\n${reasons.join('\n')}\n`);
}
process.stdout.write(`\n${different} of ${count} sequences differ\n`);
