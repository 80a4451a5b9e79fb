import { buildNetwork, type KubeProxyChoice, type Lab } from '../../lab/index.js';
import type { BranchRow, Comparison, ModeRow, ShareRow } from '../../output/index.js';
import { InputError, type Problem, type Read } from '../../problem/index.js';
import type { Network } from '../../topology/index.js';
import { type Probe, type Query, type Trace, type TraceOptions, trace } from '../../trace/index.js';
import { answerRow, branchRows } from './answer.js';
import { type TriedServers, tryServers } from './servers.js';
import { portOfNone, serviceOf, withoutEndpoints, withProxyMode } from './target.js';

/** How modes of kube-proxy are compared. */
export interface CompareOptions extends Pick<TraceOptions, 'branching' | 'start' | 'seed'> {
  /** In this order; iptables and ipvs unless given. */
  readonly modes?: readonly KubeProxyChoice['mode'][];
  /** Makes the network of a mode's lab, with faults on it, say; what can't be made is a problem of that mode. */
  readonly build?: (lab: Lab) => Read<Network>;
}

/**
 * Follows one packet in a lab with each mode of kube-proxy: what becomes of it, what is looked at on the way, and of one
 * to a Service what a port that no Service has answers, and what the Service does once it has no endpoints.
 *
 * @throws InputError with what is wrong with the probe, and when the network of no mode can be made.
 */
export function compareModes(lab: Lab, probe: Probe, options: CompareOptions = {}): Comparison {
  const { modes = ['iptables', 'ipvs'], build = buildPlain, ...traced } = options;
  const asked = askedOf(lab, probe);
  const tried = modes.map((mode) => tryMode(mode, { lab, probe, asked, build, traced }));
  const problems = tried.flatMap((each) => each.problems);
  // What no mode takes is wrong input; what one does not take says something of that mode.
  if (tried.length > 0 && tried.every((each) => each.problems.length > 0)) throw new InputError(distinct(problems));
  const { query, name, wrongPort } = asked;
  return { ...query, service: name, wrongPort, modes: tried.map(({ row }) => row) };
}

function buildPlain(lab: Lab): Read<Network> {
  return { value: buildNetwork(lab).network };
}

/** What the probe asks for, and what is asked besides. */
interface Asked {
  readonly query: Pick<Query, 'from' | 'to' | 'proto'>;
  readonly name: string | undefined;
  readonly wrongPort: number | undefined;
  readonly wrong: Probe | undefined;
  /** The lab without the Service's endpoints. */
  readonly empty: ((lab: Lab) => Lab) | undefined;
}

function askedOf(lab: Lab, probe: Probe): Asked {
  const { cluster, network } = buildNetwork(lab);
  const { query } = trace(network, probe, { branching: { branches: 'seed', seed: 1 } });
  const { from, to, proto } = query;
  const service = serviceOf(query, cluster, network);
  if (service === undefined || query.port === null)
    return { query: { from, to, proto }, name: undefined, wrongPort: undefined, wrong: undefined, empty: undefined };
  const wrongPort = portOfNone(cluster, query.port);
  return {
    query: { from, to, proto },
    name: `service/${service.namespace}/${service.name}`,
    wrongPort,
    wrong: { ...probe, to: to.replace(/:\d+$/, ''), port: wrongPort, proto: proto as NonNullable<Probe['proto']> },
    empty: (other) => withoutEndpoints(other, service),
  };
}

/** What a mode is tried with. */
interface Trial {
  readonly lab: Lab;
  readonly probe: Probe;
  readonly asked: Asked;
  readonly build: (lab: Lab) => Read<Network>;
  readonly traced: TraceOptions;
}

/** What a mode comes to, with the problems that keep it from being followed. */
function tryMode(
  mode: KubeProxyChoice['mode'],
  { lab, probe, asked, build, traced }: Trial,
): { readonly row: ModeRow; readonly problems: readonly Problem[] } {
  const own = withProxyMode(lab, mode);
  const read = build(own);
  if ('problems' in read) return { row: { mode, problem: read.problems[0].message, exit: 3 }, problems: read.problems };
  const network = read.value;
  // A command about a chain of the Service's is not carried out where the Service has no endpoints and no such chain.
  const empty = asked.empty === undefined ? undefined : build(asked.empty(own));
  const main = trace(network, probe, { ...traced, detail: 'all' });
  const { branching, ...plain } = traced;
  const one = branching !== undefined && branching.branches !== 'all';
  const tried = one ? undefined : tryServers(network, probe, main, plain);
  const told = tried?.traces.find(({ verdict }) => verdict.exit !== 0) ?? main;
  const row: ModeRow = {
    mode,
    problem: undefined,
    probe: answerRow(told),
    share: shareOf(main, tried),
    branches: tried === undefined ? branchRows(main, network) : serverRows(tried, network),
    wrongPort: asked.wrong === undefined ? undefined : answerRow(trace(network, asked.wrong, traced)),
    empty: empty === undefined || 'problems' in empty ? undefined : answerRow(trace(empty.value, probe, traced)),
    exit: told.verdict.exit,
  };
  return { row, problems: [] };
}

function shareOf({ verdict }: Trace, tried: TriedServers | undefined): ShareRow | undefined {
  if (tried !== undefined) {
    const { servers, traces } = tried;
    return {
      by: 'scheduler',
      delivered: traces.filter((each) => each.verdict.exit === 0).length,
      tried: traces.length,
      servers,
    };
  }
  const { branches, pDelivered } = verdict;
  return branches === 1 || pDelivered === 1 ? undefined : { by: 'chance', p: pDelivered };
}

/** Each server in the order of its turn: that is no chance. */
function serverRows({ traces }: TriedServers, network: Network): readonly BranchRow[] {
  return traces.flatMap((each) =>
    branchRows(each, network).map((row) => ({ ...row, p: traces.length === 1 ? 1 : null })),
  );
}

function distinct(problems: readonly Problem[]): Problem[] {
  return [...new Map(problems.map((problem) => [JSON.stringify(problem), problem])).values()];
}
