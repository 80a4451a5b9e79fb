import { beforeAll, describe, expect, test } from 'vitest';
import { BgpSimulation, SESSION_DEFAULTS, type SpeakerConfig } from '../../src/bgp/index.js';
import { isolatedMachine } from '../isolated.js';
import { ip, prefix } from '../must.js';
import { whyNoBird } from './capable.js';

const [LOW, HIGH] = ['10.0.0.1', '10.0.0.2'] as const;
/** The least that BIRD takes; the restart time is longer, so that one can tell which of them routes wait for. */
const [HOLD, RESTART] = [3, 6];
/** When the hold timers have ended, and no restart timer has that they would have started. */
const SOON = HOLD + 2;

interface Case {
  readonly name: string;
  readonly command: string;
  readonly lowWaits: boolean;
  /** How long it is waited after the command, s. */
  readonly wait: number;
  /** What comes through after it: as the rules say. */
  readonly reachable: (from: number) => boolean;
}

/** What the low one opens comes through, and what the high one opens is dropped there. */
const fromLow = (from: number): boolean => from === ip(LOW);
const CASES: readonly Case[] = [
  {
    name: 'a dropped port on the side that waits',
    command: 'iptables -A INPUT -p tcp --dport 179 -j DROP',
    lowWaits: true,
    wait: SOON,
    reachable: fromLow,
  },
  {
    name: 'a dropped port where both sides open',
    command: 'iptables -A INPUT -p tcp --dport 179 -j DROP',
    lowWaits: false,
    // Until it is tried again.
    wait: 15,
    reachable: fromLow,
  },
  {
    name: 'new connections dropped',
    command: 'iptables -A INPUT -p tcp --dport 179 --syn -j DROP',
    lowWaits: true,
    wait: SOON,
    reachable: () => true,
  },
  {
    name: 'connections dropped that conntrack has not seen go out',
    command: 'iptables -A INPUT -p tcp --dport 179 -m conntrack --ctstate NEW -j DROP',
    lowWaits: true,
    wait: SOON,
    reachable: () => true,
  },
  {
    name: 'ARP answered no more, where each asks the other',
    command: 'sysctl -qw net.ipv4.conf.e.arp_ignore=8',
    lowWaits: true,
    // Neighbours are known for a second, and then asked.
    wait: 12,
    reachable: () => true,
  },
  { name: 'a link that is down', command: 'ip link set e down', lowWaits: true, wait: SOON, reachable: () => false },
];

/** What both BIRDs say when it has been waited: their session, and how many routes are from it. */
function script({ command, lowWaits, wait }: Case): string {
  const conf = (own: string, other: string, passive: boolean, net: string): string => `
router id ${own};
protocol device {}
protocol direct { ipv4; }
protocol static { ipv4; route ${net} blackhole; }
protocol bgp p {
  local ${own} as 64512; neighbor ${other} as 64512; multihop; ${passive ? 'passive;' : ''}
  hold time ${HOLD}; connect delay time 1; connect retry time 1; error wait time 1, 2;
  graceful restart; graceful restart time ${RESTART};
  ipv4 { import all; export where source = RTS_STATIC; };
}`;
  const start = (name: string, text: string): string => `cat > /run/${name}.conf <<'EOF'
${text}
EOF
nsenter --net=/run/netns/${name} bird -c /run/${name}.conf -s /run/${name}.ctl -P /run/${name}.pid`;
  const ask = (name: string, what: string): string => `birdc -s /run/${name}.ctl show ${what}`;
  return `set -e
for n in low high; do ip netns add $n; ip -n $n link set lo up; done
ip link add e netns low type veth peer name e netns high
ip -n low addr add ${LOW}/24 dev e; ip -n high addr add ${HIGH}/24 dev e
ip -n low link set e up; ip -n high link set e up
for n in low high; do nsenter --net=/run/netns/$n sysctl -qw net.ipv4.neigh.e.base_reachable_time_ms=1000 \
  net.ipv4.neigh.e.delay_first_probe_time=1 net.ipv4.neigh.e.retrans_time_ms=300; done
${start('low', conf(LOW, HIGH, lowWaits, '10.1.0.0/24'))}
${start('high', conf(HIGH, LOW, false, '10.2.0.0/24'))}
for i in $(seq 100); do
  ${ask('low', 'protocols')} | grep -q Established && ${ask('high', 'protocols')} | grep -q Established && break
  sleep 0.1
done
sleep 1
nsenter --net=/run/netns/low ${command}
sleep ${wait}
for n in low high; do
  echo "$n: $(birdc -s /run/$n.ctl show protocols | grep ' BGP ' | tr -s ' ')"
  echo "$n routes: $(birdc -s /run/$n.ctl show route protocol p | grep -c '\\[p ' || true)"
done`;
}

function speaker(own: string, other: string, passive: boolean, net: string): SpeakerConfig {
  return {
    name: own,
    as: 64512,
    routerId: ip(own),
    interfaces: [{ name: 'e', address: ip(own), prefixLength: 24 }],
    routes: [{ net: prefix(net), type: 'blackhole', source: 'static', protocol: 'static1', nexthops: [] }],
    sessions: [
      {
        ...SESSION_DEFAULTS,
        ...{ name: 'p', local: ip(own), neighbor: ip(other), neighborAs: 64512, passive },
        ...{ holdTime: HOLD, restartTime: RESTART },
        timers: { connectDelay: 1, connectRetry: 1, errorWait: [1, 2] },
        export: { terms: [{ match: { source: ['static'] }, actions: [], then: 'accept' }], otherwise: 'reject' },
      },
    ],
    kernel: { export: { terms: [], otherwise: 'reject' }, mergePaths: false, limit: undefined, persist: false },
  };
}

function simulated({ lowWaits, reachable, wait }: Case) {
  const speakers = [speaker(LOW, HIGH, lowWaits, '10.1.0.0/24'), speaker(HIGH, LOW, false, '10.2.0.0/24')];
  const simulation = new BgpSimulation({ speakers, reachable: undefined, seed: 1 });
  simulation.converge();
  simulation.apply({ type: 'reachable', reachable });
  simulation.advance(wait * 1000);
  return [LOW, HIGH].map((name) => {
    const [session] = simulation.sessions(name);
    return { up: session?.state === 'Established', lastError: session?.lastError, imported: session?.imported };
  });
}

/** Of `birdc show protocols`: what stands behind the state. */
function told(out: string, name: string): ReturnType<typeof simulated>[number] {
  // Of a protocol that is just being flushed birdc tells no state of BGP.
  const line = `^${name}: \\S+ BGP \\S+ \\S+ \\S+ ?(Idle|Connect|Active|Open\\S+|Established|Passive|Down)? ?(.*)$`;
  const [, state = '', info = ''] = new RegExp(line, 'm').exec(out) ?? [];
  const [, routes = ''] = new RegExp(`^${name} routes: (\\d+)$`, 'm').exec(out) ?? [];
  const up = state === 'Established';
  return { up, lastError: up || info === '' ? undefined : info.trim(), imported: Number(routes) };
}

const why = whyNoBird();
describe.skipIf(why !== undefined)(
  `a real BIRD after a command${why === undefined ? '' : ` (skipped: ${why})`}`,
  () => {
    let ran: readonly Awaited<ReturnType<typeof isolatedMachine>>[] = [];
    beforeAll(async () => {
      ran = await Promise.all(CASES.map((each) => isolatedMachine(script(each))));
    }, 60_000);
    test.each(CASES.map((each, i) => [each.name, i] as const))('%s', (_, i) => {
      const [each, one] = [CASES[i], ran[i]];
      if (each === undefined || one === undefined) throw new Error('no such case');
      expect([one.stderr, one.status]).toEqual(['', 0]);
      const real = ['low', 'high'].map((name) => told(one.stdout, name));
      expect(real, one.stdout).toEqual(simulated(each));
      // No NOTIFICATION of the hold timer's leaves a route behind, graceful restart or not.
      for (const { up, imported } of real) expect(imported).toBe(up ? 1 : 0);
    });
  },
);
