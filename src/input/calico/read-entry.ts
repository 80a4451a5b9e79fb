import type { Ipv4Prefix } from '../../address/index.js';
import { CALICO_KINDS, type CalicoKinds, readForm, SUBNET, type Tell } from '../../cluster/index.js';
import { inside, type LabContext, type Place } from '../context.js';
import type { EntryOf } from './entries.js';

/** What an object's spec says, with defaults for the rest; undefined where it has lost what it can't be without. */
export function readEntry<K extends keyof CalicoKinds>(
  { kind, name, spec, at }: EntryOf<K>,
  context: LabContext,
): CalicoKinds[K] | undefined {
  return readForm(CALICO_KINDS[kind], spec, [], tellAt(at, `${kind.toLowerCase()}/${name}`, context));
}

/** Tells what is found in an object in its place. `where` is what the object is called. */
export function tellAt(at: EntryOf<keyof CalicoKinds>['at'], where: string, context: LabContext): Tell {
  return (issue) => {
    const place = at(...issue.path);
    if ('unmodelled' in issue) context.notModelled(place, { what: issue.unmodelled, where });
    // The schema has told it, or a manifest may have it.
    else if (issue.code === 'unknown-key') return;
    else if (issue.near === undefined) context.complain(place, issue.code, issue.message);
    else context.unknownName(place, issue.near.word, issue.message, () => issue.near?.known ?? []);
  };
}

/** An IPv4 prefix without bits outside its length; one of IPv6 is not modelled. */
export function readSubnet(text: string, place: Place, where: string, context: LabContext): Ipv4Prefix | undefined {
  return readForm(
    SUBNET,
    text,
    [],
    tellAt((...steps) => inside(place, ...steps), where, context),
  );
}
