import { expect, test } from 'vitest';
import { BgpSimulation, SESSION_DEFAULTS, type SessionConfig, type SpeakerConfig } from '../../src/bgp/index.js';
import { isolatedMachine } from '../isolated.js';
import { ip } from '../must.js';
import { whyNoBird } from './capable.js';

const [A, B] = ['10.0.0.1', '10.0.0.2'] as const;

interface Side {
  readonly name: string;
  readonly neighbor: string;
  readonly as: number;
  readonly multihop: boolean;
}

/** Of a, whose neighbour b is AS 65001 and expects 64512. */
const SIDES: readonly Side[] = [
  { name: 'wrong', neighbor: B, as: 65002, multihop: false },
  { name: 'nobody', neighbor: '10.0.0.9', as: 65001, multihop: false },
  { name: 'nobody_far', neighbor: '10.0.0.8', as: 65001, multihop: true },
  { name: 'noroute', neighbor: '10.9.0.9', as: 65001, multihop: true },
  { name: 'offlink', neighbor: '10.9.0.8', as: 65001, multihop: false },
];
const BACK: Side = { name: 'back', neighbor: A, as: 64512, multihop: false };

/** When ARP has given up, and the wrong AS has been told: s after the start. */
const WAIT = 5;

function script(): string {
  const timers = 'connect delay time 1; connect retry time 60; error wait time 60, 60;';
  const conf = (own: string, as: number, sides: readonly Side[]): string =>
    [
      `router id ${own};`,
      'protocol device {}',
      ...sides.map(
        (side) =>
          `protocol bgp ${side.name} { local ${own} as ${as}; neighbor ${side.neighbor} as ${side.as}; ${side.multihop ? 'multihop;' : ''} ${timers} ipv4 { import all; export none; }; }`,
      ),
    ].join('\n');
  const start = (name: string, text: string): string =>
    `cat > /run/${name}.conf <<'EOF'\n${text}\nEOF\nnsenter --net=/run/netns/${name} bird -c /run/${name}.conf -s /run/${name}.ctl -P /run/${name}.pid`;
  return `set -e
for n in a b; do ip netns add $n; ip -n $n link set lo up; done
ip link add e netns a type veth peer name e netns b
ip -n a addr add ${A}/24 dev e; ip -n b addr add ${B}/24 dev e
ip -n a link set e up; ip -n b link set e up
${start('b', conf(B, 65001, [BACK]))}
${start('a', conf(A, 64512, SIDES))}
sleep ${WAIT}
for n in a b; do birdc -s /run/$n.ctl show protocols | grep ' BGP ' | tr -s ' '; done
ip -n a link set e down
sleep 1
birdc -s /run/a.ctl show protocols | grep '^wrong ' | tr -s ' '
birdc -s /run/b.ctl down > /dev/null
birdc -s /run/a.ctl down > /dev/null`;
}

function speaker(own: string, as: number, sides: readonly Side[]): SpeakerConfig {
  return {
    name: own,
    as,
    routerId: ip(own),
    interfaces: [{ name: 'e', address: ip(own), prefixLength: 24 }],
    routes: [],
    sessions: sides.map(
      ({ name, neighbor, as: neighborAs, multihop }): SessionConfig => ({
        ...SESSION_DEFAULTS,
        ...{ name, local: ip(own), neighbor: ip(neighbor), neighborAs, multihop },
        timers: { connectDelay: 1, connectRetry: 60, errorWait: [60, 60] },
      }),
    ),
    kernel: { export: { terms: [], otherwise: 'reject' }, mergePaths: false, limit: undefined, persist: false },
  };
}

/** Of `birdc show protocols`: the last error by session; states that come and go with a timer are left out. */
function told(out: string): Readonly<Record<string, string>> {
  const lines = out.matchAll(/^(\S+) BGP \S+ \S+ \S+ (?:Idle|Connect|Active|Passive) ?(.*)$/gm);
  return Object.fromEntries([...lines].map(([, name = '', error = '']) => [name, error.trim()]));
}

const why = whyNoBird();
test.skipIf(why !== undefined)(
  `a real BIRD's last errors${why === undefined ? '' : ` (skipped: ${why})`}`,
  async () => {
    const { stdout, stderr, status } = await isolatedMachine(script());
    expect([stderr, status]).toEqual(['', 0]);
    const [before = '', after = ''] = stdout.split(/(?<=^back .*\n)/m);
    const speakers = [speaker(A, 64512, SIDES), speaker(B, 65001, [BACK])];
    const simulation = new BgpSimulation({ speakers, reachable: undefined, seed: 1 });
    simulation.advance(WAIT * 1000);
    const ours = [A, B].flatMap((name) => simulation.sessions(name).map((s) => [s.name, s.lastError ?? ''] as const));
    const real = told(before);
    expect(Object.keys(real)).toHaveLength(SIDES.length + 1);
    expect(real).toEqual(Object.fromEntries(ours));
    simulation.apply({ type: 'rescan', speaker: A, interfaces: [], routes: [] });
    expect(told(after)).toEqual({ wrong: simulation.sessions(A)[0]?.lastError });
  },
  60_000,
);
