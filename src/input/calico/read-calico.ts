import { defaultPool } from '../../agents/index.js';
import {
  AS_NUMBER,
  CALICO_DEFAULTS,
  CALICO_KINDS,
  type CalicoKinds,
  type CalicoObjects,
  defaultsOf,
  type Labels,
  NODE_ANNOTATIONS,
  readForm,
} from '../../cluster/index.js';
import { inside, keyOf, type LabContext, type Place } from '../context.js';
import { misspeltKeys } from '../misspelt.js';
import { noteKind } from '../unmodelled.js';
import { readFilters, readPeers } from './bgp.js';
import { readBlocks } from './blocks.js';
import type { CalicoFile } from './calico-file.js';
import { felixSchema } from './calico-schema.js';
import { type CalicoEntry, entriesOf, entriesOfFile } from './entries.js';
import { checkClusterId } from './node-annotations.js';
import { readPools, type Surroundings } from './pools.js';
import { readEntry, readSubnet, tellAt } from './read-entry.js';

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
  for (const { path, meant } of misspeltKeys(felixSchema, file?.felixConfiguration)) {
    const at = keyOf(inside(place, 'felixConfiguration', ...path));
    context.complain(at, 'unknown-key', `unknown key; did you mean "${meant.at(-1)}"?`);
  }
  if (!isCalico(around.cni)) {
    if (file !== undefined) context.note(place, `calico is read by Calico's networks alone, and cni is ${around.cni}`);
    for (const entry of manifest) noteKind(entry.kind, entry.place, context);
    return CALICO_DEFAULTS;
  }
  const entries = [...entriesOfFile(file ?? {}, place), ...manifest];
  checkTwice(entries, context);
  const ipPools = readPools(entriesOf(entries, 'IPPool'), around, context);
  const pools = ipPools.length === 0 ? [defaultPool(around.podCIDR, NO_TUNNEL)] : ipPools;
  const bgpFilters = readFilters(entriesOf(entries, 'BGPFilter'), context);
  return {
    ipPools,
    ipReservations: entriesOf(entries, 'IPReservation').flatMap(({ name, spec, at }) =>
      (spec.reservedCIDRs ?? []).flatMap(
        (cidr, i) => readSubnet(cidr, at('reservedCIDRs', i), `ipreservation/${name}`, context) ?? [],
      ),
    ),
    blocks: readBlocks(entries, { pools, nodes: around.nodes }, context),
    ipamConfig: readGlobal('IPAMConfig', entries, context),
    bgpConfiguration: readGlobal('BGPConfiguration', entries, context),
    bgpPeers: readPeers(entriesOf(entries, 'BGPPeer'), bgpFilters, around.nodes, context),
    bgpFilters,
    felixConfiguration: readGlobal('FelixConfiguration', entries, context),
  };
}

/** Blocks have to fit to the pool that calico/node makes, however it is encapsulated. */
const NO_TUNNEL = { ipipMode: 'Never', vxlanMode: 'Never' } as const;

function checkTwice(entries: readonly CalicoEntry[], context: LabContext): void {
  const seen = new Set<string>();
  for (const { kind, name, place } of entries) {
    if (kind === 'BlockAffinity' || kind === 'IPReservation') continue;
    if (seen.has(`${kind} ${name}`)) context.complain(place, 'conflict', `there are two of ${kind} ${name}`);
    seen.add(`${kind} ${name}`);
  }
}

/** The object of a kind that is called `default`; others are of single nodes, and not modelled. */
function readGlobal<K extends 'IPAMConfig' | 'BGPConfiguration' | 'FelixConfiguration'>(
  kind: K,
  all: readonly CalicoEntry[],
  context: LabContext,
): CalicoKinds[K] {
  const entries = entriesOf(all, kind);
  for (const { name, place } of entries)
    if (name !== 'default') context.notModelled(place, { what: `${kind} of one node`, where: name });
  const entry = entries.find(({ name }) => name === 'default');
  return (entry && readEntry(entry, context)) ?? defaultsOf(CALICO_KINDS[kind]);
}

/** By node, the annotations that a Node of projectcalico.org/v3 stands for (libcalico-go lib/backend/k8s/resources/node.go). */
export function annotationsOfNodes(entries: readonly CalicoEntry[], context: LabContext): ReadonlyMap<string, Labels> {
  return new Map(
    entriesOf(entries, 'Node').map(({ name, spec, at }) => {
      const { bgp } = spec;
      const tell = tellAt(at, `node/${name}`, context);
      const as = bgp?.asNumber === undefined ? undefined : readForm(AS_NUMBER, bgp.asNumber, ['bgp', 'asNumber'], tell);
      checkClusterId(bgp?.routeReflectorClusterID ?? '', at('bgp', 'routeReflectorClusterID'), context);
      const said: Readonly<Record<string, unknown>> = { ...spec, ...bgp, asNumber: as };
      const annotations = Object.entries(NODE_ANNOTATIONS).flatMap(([key, annotation]) =>
        said[key] ? [[annotation, String(said[key])]] : [],
      );
      return [name, Object.fromEntries(annotations)];
    }),
  );
}
