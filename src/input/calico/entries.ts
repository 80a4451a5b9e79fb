import { inside, type Place } from '../context.js';
import type { Path } from '../yaml.js';
import type { CalicoFile, CalicoSpecs } from './calico-file.js';

/** One of Calico's objects, and where each field of its `spec` stands. */
export interface EntryOf<K extends keyof CalicoSpecs> {
  readonly kind: K;
  readonly name: string;
  readonly spec: CalicoSpecs[K];
  readonly place: Place;
  at(...steps: Path): Place;
}

/** An object of any kind. */
export type CalicoEntry = { readonly [K in keyof CalicoSpecs]: EntryOf<K> }[keyof CalicoSpecs];

/** Those of one kind, in order. */
export function entriesOf<K extends keyof CalicoSpecs>(
  entries: readonly CalicoEntry[],
  kind: K,
): readonly EntryOf<K>[] {
  return entries.filter((entry): entry is CalicoEntry & EntryOf<K> => entry.kind === kind);
}

/** What a lab's section says, as objects. */
export function entriesOfFile(file: CalicoFile, place: Place): readonly CalicoEntry[] {
  const entries: CalicoEntry[] = [];
  const at =
    (...base: Path) =>
    (...steps: Path): Place =>
      inside(place, ...base, ...steps);
  const add = <K extends keyof CalicoSpecs>(
    kind: K,
    name: string,
    spec: CalicoSpecs[K],
    path: Path,
    shorthand = false,
  ): void => {
    // The value itself is the one field of a shorthand.
    const field = shorthand ? () => inside(place, ...path) : at(...path);
    entries.push({ kind, name, spec, place: inside(place, ...path), at: field } as EntryOf<K> as CalicoEntry);
  };
  for (const [name, said] of Object.entries(file.ipPools ?? {}))
    add('IPPool', name, typeof said === 'string' ? { cidr: said } : said, ['ipPools', name], typeof said === 'string');
  for (const [i, cidr] of (file.ipReservations ?? []).entries())
    add('IPReservation', `ipReservations.${i}`, { reservedCIDRs: [cidr] }, ['ipReservations', i], true);
  if (file.ipamConfig !== undefined) add('IPAMConfig', 'default', file.ipamConfig, ['ipamConfig']);
  for (const [node, blocks] of Object.entries(file.blocks ?? {}))
    for (const [i, said] of blocks.entries()) {
      const { cidr, state } = typeof said === 'string' ? { cidr: said, state: undefined } : said;
      add('BlockAffinity', `${node}-${i}`, { cidr, node, state }, ['blocks', node, i], typeof said === 'string');
    }
  if (file.bgpConfiguration !== undefined)
    add('BGPConfiguration', 'default', file.bgpConfiguration, ['bgpConfiguration']);
  for (const [name, spec] of Object.entries(file.bgpPeers ?? {})) add('BGPPeer', name, spec, ['bgpPeers', name]);
  for (const [name, spec] of Object.entries(file.bgpFilters ?? {})) add('BGPFilter', name, spec, ['bgpFilters', name]);
  if (file.felixConfiguration !== undefined)
    add('FelixConfiguration', 'default', file.felixConfiguration, ['felixConfiguration']);
  return entries;
}
