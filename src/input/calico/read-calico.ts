import {
  CALICO_DEFAULTS,
  type CalicoObjects,
  type IPPool,
  type Labels,
  NODE_ANNOTATIONS,
} from '../../cluster/index.js';
import { inside, keyOf, type LabContext, type Place } from '../context.js';
import { misspeltKeys } from '../misspelt.js';
import { noteKind } from '../unmodelled.js';
import { readAS, readBgpConfiguration, readFilters, readPeers } from './bgp.js';
import { readBlocks } from './blocks.js';
import type { CalicoFile } from './calico-file.js';
import { felixSchema } from './calico-schema.js';
import { type CalicoEntry, type EntryOf, entriesOf, entriesOfFile } from './entries.js';
import { readFelixConfiguration } from './felix.js';
import { readCidr, readPools, type Surroundings } from './pools.js';
import { noteUnreadFields } from './unmodelled-fields.js';

/** Whether a network is one of Calico's. */
export function isCalico(cni: string): boolean {
  return cni.startsWith('calico/');
}

/**
 * Calico's objects of a lab: those of its section `calico:` and those of its manifest. With another network nothing reads
 * them: of the section that is noted, and the objects are told to be not modelled.
 */
export function readCalico(
  file: CalicoFile | undefined,
  place: Place,
  manifest: readonly CalicoEntry[],
  around: Surroundings & { readonly cni: string },
  context: LabContext,
): CalicoObjects {
  const own = entriesOfFile(file ?? {}, place);
  for (const { path, meant } of misspeltKeys(felixSchema, file?.felixConfiguration)) {
    const at = keyOf(inside(place, 'felixConfiguration', ...path));
    context.complain(at, 'unknown-key', `unknown key; did you mean "${meant.at(-1)}"?`);
  }
  const reads = isCalico(around.cni);
  if (!reads) {
    if (file !== undefined) context.note(place, `calico is read by Calico's networks alone, and cni is ${around.cni}`);
    for (const entry of manifest) noteKind(entry.kind, entry.place, context);
  }
  const entries = reads ? [...own, ...manifest] : own;
  checkTwice(entries, context);
  for (const entry of entries) if (reads && isGlobal(entry)) noteUnreadFields(entry, context);
  const ipPools = readPools(entriesOf(entries, 'IPPool'), around, context);
  const pools = ipPools.length === 0 ? [madePool(around)] : ipPools;
  const bgpFilters = readFilters(entriesOf(entries, 'BGPFilter'), context);
  return {
    ipPools,
    ipReservations: entriesOf(entries, 'IPReservation').flatMap(({ name, spec, at }) =>
      (spec.reservedCIDRs ?? []).flatMap(
        (cidr, i) => readCidr(cidr, at('reservedCIDRs', i), `ipreservation/${name}`, context) ?? [],
      ),
    ),
    blocks: readBlocks(entries, { pools, nodes: around.nodes }, context),
    ipamConfig: readIpamConfig(entriesOf(entries, 'IPAMConfig')[0]),
    bgpConfiguration: readBgpConfiguration(onlyGlobal(entriesOf(entries, 'BGPConfiguration'), context), context),
    bgpPeers: readPeers(entriesOf(entries, 'BGPPeer'), bgpFilters, around.nodes, context),
    bgpFilters,
    felixConfiguration: readFelixConfiguration(onlyGlobal(entriesOf(entries, 'FelixConfiguration'), context), context),
  };
}

/** The pool that calico/node makes where there is none, as far as blocks have to fit to it. */
function madePool({ podCIDR }: Surroundings): Pick<IPPool, 'name' | 'cidr' | 'blockSize'> {
  return { name: 'default-ipv4-ippool', cidr: podCIDR, blockSize: Math.max(26, podCIDR.length) };
}

function checkTwice(entries: readonly CalicoEntry[], context: LabContext): void {
  const seen = new Set<string>();
  for (const { kind, name, place } of entries) {
    if (kind === 'BlockAffinity' || kind === 'IPReservation') continue;
    if (seen.has(`${kind} ${name}`)) context.complain(place, 'conflict', `there are two of ${kind} ${name}`);
    seen.add(`${kind} ${name}`);
  }
}

function readIpamConfig(entry: EntryOf<'IPAMConfig'> | undefined): CalicoObjects['ipamConfig'] {
  const { strictAffinity, autoAllocateBlocks, maxBlocksPerHost } = CALICO_DEFAULTS.ipamConfig;
  const said = entry?.spec;
  return {
    strictAffinity: said?.strictAffinity ?? strictAffinity,
    autoAllocateBlocks: said?.autoAllocateBlocks ?? autoAllocateBlocks,
    maxBlocksPerHost: said?.maxBlocksPerHost || maxBlocksPerHost,
  };
}

/** The one that is called `default`; others are of single nodes, and not modelled. */
function isGlobal({ kind, name }: CalicoEntry): boolean {
  return name === 'default' || (kind !== 'BGPConfiguration' && kind !== 'FelixConfiguration');
}

function onlyGlobal<K extends 'BGPConfiguration' | 'FelixConfiguration'>(
  entries: readonly EntryOf<K>[],
  context: LabContext,
): EntryOf<K> | undefined {
  for (const { kind, name, place } of entries)
    if (name !== 'default') context.notModelled(place, { what: `${kind} of one node`, where: name });
  return entries.find(({ name }) => name === 'default');
}

/** By node, the annotations that a Node of projectcalico.org/v3 stands for (libcalico-go lib/backend/k8s/resources/node.go). */
export function annotationsOfNodes(entries: readonly CalicoEntry[], context: LabContext): ReadonlyMap<string, Labels> {
  return new Map(
    entriesOf(entries, 'Node').map(({ name, spec, at }) => {
      const { bgp } = spec;
      const as = readAS(bgp?.asNumber, at('bgp', 'asNumber'), context);
      const said: Readonly<Record<string, string | undefined>> = {
        [NODE_ANNOTATIONS.ipv4Address]: bgp?.ipv4Address,
        [NODE_ANNOTATIONS.asNumber]: as === undefined ? undefined : String(as),
        [NODE_ANNOTATIONS.routeReflectorClusterID]: bgp?.routeReflectorClusterID,
        [NODE_ANNOTATIONS.ipv4IPIPTunnelAddr]: bgp?.ipv4IPIPTunnelAddr,
        [NODE_ANNOTATIONS.ipv4VXLANTunnelAddr]: spec.ipv4VXLANTunnelAddr,
        [NODE_ANNOTATIONS.vxlanTunnelMACAddr]: spec.vxlanTunnelMACAddr,
      };
      return [name, Object.fromEntries(Object.entries(said).flatMap(([key, value]) => (value ? [[key, value]] : [])))];
    }),
  );
}
