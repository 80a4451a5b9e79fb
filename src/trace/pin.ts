import { formatIpv4 } from '../address/index.js';
import { argumentProblem, didYouMean, InputError } from '../problem/index.js';
import { type Network, objectName } from '../topology/index.js';
import type { Run } from './explore.js';
import type { LegDraft } from './record.js';

/**
 * The likeliest of the runs that `name` fits: by the text of an option that was taken at a fork, by whom the packet was
 * for after DNAT, or by who took it.
 *
 * @throws InputError when it fits none.
 */
export function pinned(network: Network, runs: readonly [Run, ...Run[]], name: string): Run {
  const object = network.directory.find(name);
  const meant = new Set([name]);
  if (object !== undefined) {
    meant.add(objectName(object));
    for (const address of object.addresses) meant.add(formatIpv4(address));
  }
  const fitting = runs.filter((run) => namesOf(run).some((each) => meant.has(each)) || hasLabel(run, name));
  const [best] = fitting.sort(
    (a, b) => missedBy(a, name) - missedBy(b, name) || (b.probability ?? 0) - (a.probability ?? 0),
  );
  if (best !== undefined) return best;
  const known = [...new Set(runs.flatMap((run) => [...namesOf(run), ...labelsOf(run)]))];
  const hint = didYouMean(name, known) || (known.length === 0 ? '' : `; there are ${known.join(', ')}`);
  throw new InputError([
    argumentProblem('options', ['branching', 'name'], 'unknown-name', `no branch is "${name}"${hint}`),
  ]);
}

/** Forks that had an option of this name, of which another was taken. */
function missedBy({ answered }: Run, name: string): number {
  return answered.filter(({ options, taken }) => {
    const named = options.map(({ label }) => label.includes(name));
    return named.includes(true) && named[taken] !== true;
  }).length;
}

function hasLabel(run: Run, name: string): boolean {
  return labelsOf(run).some((label) => label.includes(name));
}

function labelsOf({ answered }: Run): string[] {
  return answered.flatMap(({ options, taken }) => options[taken]?.label ?? []);
}

/** Where the packet went: the destinations that NAT gave it, and who took it. */
function namesOf({ recorder }: Run): string[] {
  const ways = recorder.legs.filter(isOfPacket);
  const takers = ways.flatMap(({ ends }) => [...ends.values()].flatMap(({ endpoint }) => endpoint ?? []));
  const events = ways.flatMap(({ hops }) => hops.flatMap((hop) => hop.events));
  const translated = events.flatMap((event) =>
    (event.k === 'nat' && event.manip === 'dst') || (event.k === 'ipvs' && event.way === 'in')
      ? event.diff.flatMap((diff) => (diff.op === 'set' && diff.path.endsWith('/dst') ? [String(diff.to)] : []))
      : [],
  );
  return [...new Set([...translated, ...takers])];
}

/** The packet that was asked for, what programs send on of it, and copies of these. */
function isOfPacket({ kind, of }: LegDraft): boolean {
  return kind === 'forward' || kind === 'proxied' || (kind === 'copy' && of !== undefined && isOfPacket(of));
}
