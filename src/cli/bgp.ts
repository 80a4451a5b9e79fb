import type { BgpSimulation } from '../bgp/index.js';
import type { OpenedNetwork } from '../input/index.js';
import type { BuiltLab } from '../lab/index.js';
import { type ChangeOptions, changedOrThrow } from './change.js';
import { UsageError } from './exit.js';
import type { Io } from './io.js';
import { labSource, shippedLabs } from './lab-argument.js';

/** From so many nodes on, a terminal is told that it takes a while. */
const MANY = 200;

/**
 * The BGP simulation of a lab, converged, with the faults that were asked for.
 *
 * @throws UsageError where nobody speaks BGP; InputError where a fault or command is wrong.
 */
export async function simulationOf(lab: string, options: ChangeOptions, io: Io): Promise<BgpSimulation> {
  const { openNetwork } = await import('../input/index.js');
  const opened = await openNetwork(labSource(lab));
  if (opened.kind === 'snapshot')
    throw new UsageError(
      `${lab} is a folder of dumps, which do not tell what BGP daemons know; what one has installed: ` +
        `podpath show ${lab} NODE routes | grep 'proto bird'`,
    );
  await changedOrThrow(opened, options, io);
  const count = opened.opened.lab.nodes.length;
  const slow = count >= MANY && io.errIsTerminal;
  if (slow) io.err(`${count} nodes exchange their routes …`);
  const simulation = bgpOf(opened.opened.built);
  if (slow) io.err('\r\x1b[K');
  if (simulation === undefined) throw new UsageError(noBgp(lab, opened));
  return simulation;
}

function bgpOf(built: BuiltLab): BgpSimulation | undefined {
  return (built as { readonly bgp?: BgpSimulation }).bgp;
}

function noBgp(lab: string, { opened }: Extract<OpenedNetwork, { readonly kind: 'lab' }>): string {
  const speaking = shippedLabs().filter((name) => name.startsWith('calico-') && !name.includes('vxlan'));
  const hint = speaking.length === 0 ? '' : `; labs with BGP are ${speaking.join(', ')}`;
  return `nobody speaks BGP in ${lab}: its network is ${opened.lab.cni.name}, and none of its routers has bgp${hint}`;
}
