import fc from 'fast-check';
import { formatIpv4 } from '../../src/address/index.js';
import {
  type Chooser,
  createNetnsRuntime,
  type Destination,
  type Netns,
  outputFlow,
  Runtime,
  routeInput,
  routeOutput,
} from '../../src/linux/index.js';
import { isolated } from '../isolated.js';
import { ip } from '../must.js';
import type { Plan } from './plan.js';
import { ROUTING_PLAN } from './router.js';
import { build } from './simulate.js';

/** What came of comparing lookups: level 1. */
export interface LookupResult {
  readonly lookups: number;
  /** A line for each that differs. */
  readonly different: readonly string[];
}

interface Lookup {
  readonly dst: string;
  readonly src: string | undefined;
  /** Received by it; undefined for what the router sends. */
  readonly iif: string | undefined;
  readonly mark: number;
}

const ADDRESSES = [
  '10.0.0.1',
  '10.0.0.3',
  '10.0.0.2',
  '10.0.1.2',
  '10.0.1.1',
  '10.2.0.1',
  '10.2.7.7',
  '10.9.0.9',
  '1.2.3.4',
];
const LOOKUPS: readonly Lookup[] = [undefined, 'eth0', 'eth1'].flatMap((iif) =>
  [...ADDRESSES, '10.0.0.255', '127.0.0.1', '203.0.113.9'].flatMap((dst) =>
    [...(iif === undefined ? [undefined] : ['127.0.0.1', '240.0.0.1']), ...ADDRESSES].flatMap((src) =>
      [0, 1].map((mark) => ({ dst, src, iif, mark })),
    ),
  ),
);

/** Asks `ip route get`, in one process for each of some random routers, and the FIB alone. */
export function compareLookups(seed: number, routers = 20): LookupResult {
  const plans = fc.sample(ROUTING_PLAN, { numRuns: routers, seed });
  const batch = LOOKUPS.map(({ dst, src, iif, mark }) => {
    const words = [src && `from ${src}`, iif && `iif ${iif}`, mark > 0 && `mark ${mark}`].filter(Boolean);
    return `route get ${dst} ${words.join(' ')}`;
  });
  const script = plans.map((plan, i) =>
    [
      `echo "@plan ${i}"`,
      ...[...plan.fixed, ...plan.random].map((line) => `{ ${line}\n} >/dev/null 2>&1`),
      'ip -n r -force -batch - 2>&1 <<EOF',
      ...batch,
      'EOF',
      ...['a', 'r', 'b'].map((ns) => `ip netns del ${ns}`),
    ].join('\n'),
  );
  const { stdout, stderr } = isolated(script.join('\n'));
  const answers = stdout.split(/^@plan \d+\n/m).slice(1);
  if (answers.length !== plans.length) throw new Error(`not all routers were asked: ${stderr}`);
  let lookups = 0;
  const different = plans.flatMap((plan, i) => {
    const found = comparePlan(plan, readAnswers(answers[i] ?? ''));
    lookups += found.lookups;
    return found.different;
  });
  return { lookups, different };
}

const ERRORS = new Map([
  ['Invalid argument', 'EINVAL'],
  ['Permission denied', 'EACCES'],
  ['Network is unreachable', 'ENETUNREACH'],
  ['No route to host', 'EHOSTUNREACH'],
]);

function readAnswers(text: string): string[] {
  return text.split('\n').flatMap((line) => {
    if (line.startsWith('RTNETLINK answers: ')) {
      const words = line.slice('RTNETLINK answers: '.length);
      return [ERRORS.get(words) ?? words];
    }
    const [, type = 'unicast', rest = ''] =
      /^(?:(local|broadcast|multicast) )?(\d+\.\d+\.\d+\.\d+ .*)$/.exec(line) ?? [];
    if (rest === '') return [];
    const word = (name: string): string => new RegExp(` ${name} (\\S+)`).exec(rest)?.[1] ?? '-';
    const received = rest.includes(' from ') ? '-' : word('src');
    return [type === 'unicast' ? `unicast via ${word('via')} dev ${word('dev')} src ${received}` : type];
  });
}

function comparePlan(plan: Plan, theirs: readonly string[]): LookupResult {
  const ns = build(plan, new Runtime()).network.netns('r');
  if (ns === undefined) throw new Error('no router');
  let lookups = 0;
  const different = LOOKUPS.flatMap((lookup, i) => {
    const mine = answer(ns, lookup);
    if (mine === undefined) return [];
    lookups++;
    if (mine === theirs[i]) return [];
    return [`${JSON.stringify(lookup)}: kernel ${theirs[i]}, ours ${mine}; ${plan.random.join('; ')}`];
  });
  return { lookups, different };
}

/** No router has a route with several next hops. */
const NO_CHOICE: Chooser = { fork: () => 0, guess: () => undefined, value: () => 0, hash: () => 0 };

/** undefined when the answer leans on what is not modelled. */
function answer(ns: Netns, { dst, src, iif, mark }: Lookup): string | undefined {
  const context = { ns, runtime: createNetnsRuntime(), choose: NO_CHOICE, now: 0 };
  if (iif !== undefined) {
    const packet = { src: ip(src ?? '0.0.0.0'), dst: ip(dst), tos: 0, mark, dev: iif, l4key: '' };
    const route = routeInput(context, packet);
    if (route.ok) return textOf(route.destination, src);
    // inet_rtm_getroute() tells no drop from another (Linux 6.18).
    return route.drop === 'UNSUPPORTED' ? undefined : 'EINVAL';
  }
  const flow = outputFlow(ip(dst), { mark, ...(src !== undefined && { src: ip(src) }) });
  const route = routeOutput(context, flow, '', 'own');
  if (route.ok) return textOf(route.destination, src);
  return 'unsupported' in route ? undefined : route.errno;
}

function textOf(destination: Destination, src: string | undefined): string {
  // What leaves by lo has arrived; it is told by the type of its route all the same.
  if (destination.type === 'local' && destination.direction === 'output' && destination.route?.type === 'unicast')
    return `unicast via - dev lo src ${src === undefined ? formatIpv4(destination.source) : '-'}`;
  switch (destination.type) {
    case 'error':
      return destination.errno;
    case 'unicast': {
      const via = destination.gateway === undefined ? '-' : formatIpv4(destination.gateway);
      return `unicast via ${via} dev ${destination.dev} src ${src === undefined ? formatIpv4(destination.source) : '-'}`;
    }
    default:
      return destination.type;
  }
}
