import type { BGPFilter, BGPFilterRule, BGPPeer, Node } from '../../cluster/index.js';
import { didYouMean } from '../../problem/index.js';
import type { LabContext, Place } from '../context.js';
import type { EntryOf } from './entries.js';
import { selectsAny } from './pools.js';
import { readEntry } from './read-entry.js';

/** Reads BGPPeers; one that will have no session is noted. */
export function readPeers(
  entries: readonly EntryOf<'BGPPeer'>[],
  filters: readonly BGPFilter[],
  nodes: readonly Node[],
  context: LabContext,
): readonly BGPPeer[] {
  const names = new Set(nodes.map(({ name }) => name));
  const known = filters.map(({ name }) => name);
  return entries.flatMap((entry) => {
    const { name, spec, place, at } = entry;
    const peer = readEntry(entry, context);
    // One whose address can't be read is not one of all peers.
    if (peer === undefined || (peer.peerIP === undefined && (spec['peerIP'] ?? '') !== '')) return [];
    notePeer({ name, ...peer }, place, context);
    const { node } = peer;
    if (node !== undefined && !names.has(node))
      context.note(at('node'), `BGPPeer ${name} is of no node: none is called "${node}"${didYouMean(node, names)}`);
    for (const key of ['nodeSelector', 'peerSelector'] as const)
      if (nodes.length > 0 && peer[key] !== undefined && !selectsAny(peer[key], nodes))
        context.note(at(key), `${key} of BGPPeer ${name} selects no node`);
    for (const [i, filter] of peer.filters.entries())
      if (!known.includes(filter))
        context.note(at('filters', i), `no BGPFilter is called "${filter}"${didYouMean(filter, known)}`);
    return [{ name, ...peer }];
  });
}

function notePeer({ name, peerIP, peerSelector, asNumber }: BGPPeer, place: Place, context: LabContext): void {
  if (peerIP === undefined && peerSelector === undefined)
    context.note(place, `BGPPeer ${name} has no peer: neither peerIP nor peerSelector is given`);
  else if (peerIP !== undefined && asNumber === undefined)
    context.note(
      place,
      `BGPPeer ${name} has a peerIP and no asNumber: BIRD reads no bird.cfg with AS 0, so it does not run on its nodes`,
    );
}

/** Reads BGPFilters; a rule whose operator never differs is noted. */
export function readFilters(entries: readonly EntryOf<'BGPFilter'>[], context: LabContext): readonly BGPFilter[] {
  return entries.flatMap((entry) => {
    const filter = readEntry(entry, context);
    if (filter === undefined) return [];
    for (const key of ['exportV4', 'importV4'] as const)
      for (const [i, rule] of filter[key].entries()) noteNeverEqual(rule, entry.at(key, i, 'matchOperator'), context);
    return [{ name: entry.name, ...filter }];
  });
}

/** A prefixLength makes a set of the cidr, to which BIRD compares the route's prefix: they are never the same. */
function noteNeverEqual({ matchOperator, prefixLength }: BGPFilterRule, place: Place, context: LabContext): void {
  if (prefixLength === undefined) return;
  const way = 'confd writes a set of prefixes, and to BIRD no prefix equals a set;';
  if (matchOperator === 'Equal')
    context.note(place, `Equal with prefixLength holds for no route: ${way} In compares with its members`);
  if (matchOperator === 'NotEqual')
    context.note(place, `NotEqual with prefixLength holds for every route: ${way} NotIn compares with its members`);
}
