import type { BgpSimulation } from '../bgp/index.js';
import type { OpenedNetwork } from '../input/index.js';
import type { Lab } from '../lab/index.js';
import { didYouMean, InputError } from '../problem/index.js';
import type { Network } from '../topology/index.js';
import { type ChangeOptions, changeReader } from './change.js';
import { UsageError } from './exit.js';
import type { Io } from './io.js';
import { labSource, shippedLabs } from './lab-argument.js';

/** From so many nodes on, a terminal is told that it takes a while. */
const MANY = 200;

/** The BGP of a lab, and the names that its user knows. */
export interface LabBgp {
  readonly simulation: BgpSimulation;
  readonly network: Network;
}

/** How a lab's BGP is run. */
interface HowBgp {
  /** What is asked to be changed. */
  readonly change: ChangeOptions;
  /** Puts messages in order that are under way at the same time; undefined: as in every lab. */
  readonly seed: number | undefined;
}

/**
 * The BGP simulation of a lab, converged, with what was asked to be changed.
 *
 * @throws UsageError where nobody speaks BGP; InputError where what is to be changed is wrong.
 */
export async function simulationOf(source: string, how: HowBgp, io: Io): Promise<LabBgp> {
  const { openNetwork } = await import('../input/index.js');
  const opened = await openNetwork(labSource(source));
  if (opened.kind === 'snapshot')
    throw new UsageError(
      `${source} is a folder of dumps, which do not tell what BGP daemons know; what one has installed: ` +
        `podpath show ${source} NODE routes | grep 'proto bird'`,
    );
  const { lab } = opened.opened;
  const simulation = await run(opened, how, io);
  if (simulation === undefined) throw new UsageError(noBgp(source, lab));
  return { simulation, network: opened.network };
}

async function run(
  opened: Extract<OpenedNetwork, { readonly kind: 'lab' }>,
  { change, seed }: HowBgp,
  io: Io,
): Promise<BgpSimulation | undefined> {
  const { lab, built } = opened.opened;
  const { applyFaults } = await import('../lab/index.js');
  const read = await changeReader(change);
  const { faults, problems, tell } = read(opened);
  if (problems.length > 0) throw new InputError(problems);
  const slow = lab.nodes.length >= MANY && io.errIsTerminal;
  if (slow) io.err(`${lab.nodes.length} nodes exchange their routes …`);
  const changed =
    faults.length === 0 && seed === undefined
      ? { problems: [], bgp: built.bgp }
      : applyFaults(built.network, lab, faults, { bgpSeed: seed });
  if (changed.problems.length > 0) throw new InputError(changed.problems);
  const { bgp } = changed;
  if (slow) io.err('\r\x1b[K');
  tell(io);
  return bgp;
}

function noBgp(source: string, { cni }: Lab): string {
  const speaking = shippedLabs().filter((name) => name.startsWith('calico-') && !name.includes('vxlan'));
  const hint = speaking.length === 0 ? '' : `; labs with BGP are ${speaking.join(', ')}`;
  const felix = cni.name.startsWith('calico/vxlan') ? ', where Felix writes the routes,' : '';
  return `nobody speaks BGP in ${source}: its network is ${cni.name}${felix} and none of its routers has bgp${hint}`;
}

/**
 * The speaker of a name.
 *
 * @throws UsageError where there is none.
 */
export function speakerNamed({ simulation, network }: LabBgp, name: string): string {
  const names = simulation.config.speakers.map((speaker) => speaker.name);
  const plain = name.replace(/^(node|host)\//, '');
  if (names.includes(plain)) return plain;
  const few = names.length > 12 ? [...names.slice(0, 12), '…'] : names;
  const hint = `speakers are ${few.join(', ')}`;
  if (network.directory.find(name) !== undefined) throw new UsageError(`${name} speaks no BGP; ${hint}`);
  throw new UsageError(`no BGP speaker is called "${name}"${didYouMean(plain, names) || `; ${hint}`}`);
}
