import { cniBackend } from '../agents/index.js';
import type { Lab } from '../lab/index.js';
import { inside, type LabContext, type Place } from './context.js';
import type { NamedNode } from './nodes.js';
import { valueAt } from './value-at.js';

/** Every link of an IPv4 network carries this much (RFC 791; ETH_MIN_MTU). */
const IPV4_MIN_MTU = 68;

/** That the network plug-in leaves enough of each node's MTU. Told once for each place that says an MTU. */
export function checkMtu(
  { cni, podCIDR, nodes, segments }: Pick<Lab, 'cni' | 'podCIDR' | 'nodes' | 'segments'>,
  { root, named }: { readonly root: Place; readonly named: readonly NamedNode[] },
  context: LabContext,
): void {
  const configured = cniBackend(cni.name)?.configure(cni.options, podCIDR);
  const podMtu = configured !== undefined && 'setup' in configured ? configured.setup.podMtu : undefined;
  if (podMtu === undefined) return;
  const told = new Set<string>();
  for (const { name, mtu, segment } of nodes) {
    const left = podMtu(mtu);
    if (mtu === 0 || left >= IPV4_MIN_MTU) continue;
    const own = named.find((each) => each.name === name);
    const common = segments.some((each) => each.name === segment) ? inside(root, 'segments', segment, 'mtu') : root;
    const places = own === undefined ? [common] : [inside(own.place, 'mtu'), common];
    const said = places.find(({ document, path }) => valueAt(document.value, path) !== undefined);
    const place = said ?? inside(root, 'mtu');
    const key = JSON.stringify(place.path);
    if (told.has(key)) continue;
    told.add(key);
    context.misfit(
      place,
      `an MTU of ${mtu} leaves pods ${left} with ${cni.name}; IPv4 needs ${IPV4_MIN_MTU}`,
      'bad-value',
    );
  }
}
