import * as z from 'zod/mini';
import { nearest } from '../../problem/index.js';
import { checkObject } from '../check-object.js';
import { inside, type LabContext, type Place } from '../context.js';
import { noteKind } from '../unmodelled.js';
import type { CalicoSpecs } from './calico-file.js';
import { SPECS } from './calico-schema.js';
import type { CalicoEntry } from './entries.js';

/** Kinds that are read; IPAMConfig is called otherwise by calicoctl than by kubectl. */
const KINDS: Readonly<Record<string, keyof CalicoSpecs>> = {
  ...(Object.fromEntries(Object.keys(SPECS).map((kind) => [kind, kind])) as Record<string, keyof CalicoSpecs>),
  IPAMConfiguration: 'IPAMConfig',
};

/** Whether an object is of Calico's API: as calicoctl and its API server print it, or as kubectl prints what is stored. */
export function isCalicoVersion(apiVersion: string): boolean {
  return apiVersion.startsWith('projectcalico.org/') || apiVersion.startsWith('crd.projectcalico.org/');
}

/** The kind under which an object of Calico is read; undefined for one that is not. */
export function calicoKind(kind: string): keyof CalicoSpecs | undefined {
  return Object.hasOwn(KINDS, kind) ? KINDS[kind] : undefined;
}

/** Kinds of Calico that are known and not read: nobody misspelt these. */
const OTHERS = new Set(
  'NetworkPolicy GlobalNetworkPolicy StagedNetworkPolicy StagedGlobalNetworkPolicy NetworkSet GlobalNetworkSet HostEndpoint Profile Tier WorkloadEndpoint ClusterInformation KubeControllersConfiguration CalicoNodeStatus IPAMHandle BlockHandle'.split(
    ' ',
  ),
);

/** Reads one object of Calico's API into `into`; of a kind that is not read it is noted. */
export function readCalicoObject(
  said: string,
  value: unknown,
  place: Place,
  into: CalicoEntry[],
  context: LabContext,
): void {
  const kind = calicoKind(said);
  if (kind === undefined) {
    const near = OTHERS.has(said) ? undefined : nearest(said, Object.keys(KINDS));
    if (near === undefined) noteKind(said, place, context);
    else context.complain(inside(place, 'kind'), 'bad-value', `no kind "${said}"; did you mean "${near}"?`);
    return;
  }
  const schema = z.looseObject({
    metadata: z.looseObject({ name: z.string({ error: 'a name' }) }),
    spec: SPECS[kind] as z.ZodMiniType<CalicoSpecs[keyof CalicoSpecs]>,
  });
  const object = checkObject(schema, value, place, context);
  if (object === undefined) return;
  const at: CalicoEntry['at'] = (...steps) => inside(place, 'spec', ...steps);
  into.push({ kind, name: object.metadata.name, spec: object.spec, place, at } as CalicoEntry);
}
