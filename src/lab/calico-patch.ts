import {
  CALICO_DEFAULTS,
  CALICO_KINDS,
  CALICO_SECTIONS,
  type CalicoKinds,
  type CalicoObjects,
  type Issue,
  patchForm,
} from '../cluster/index.js';
import { didYouMean, formatPath } from '../problem/index.js';

/** Kinds of objects that calicoctl can change. */
export type Patchable = Exclude<keyof CalicoKinds, 'IPAMConfig'>;

/** What calicoctl calls them, in the singular (registerResource(), calicoctl 3.21 calicoctl/resourcemgr). */
const NAMES: Readonly<Record<string, Patchable>> = {
  bgpconfiguration: 'BGPConfiguration',
  bgpconfig: 'BGPConfiguration',
  bgppeer: 'BGPPeer',
  bgpp: 'BGPPeer',
  bp: 'BGPPeer',
  bgpfilter: 'BGPFilter',
  ippool: 'IPPool',
  ipp: 'IPPool',
  pool: 'IPPool',
  felixconfiguration: 'FelixConfiguration',
  felixconfig: 'FelixConfiguration',
};

/** The kind of a word of calicoctl's, which may be a plural; or what is wrong with the word. */
export function patchableKind(word: string): { readonly kind: Patchable } | { readonly problem: string } {
  const kind = new Map(Object.entries(NAMES)).get(word.toLowerCase().replace(/s$/, ''));
  if (kind !== undefined) return { kind };
  return { problem: `"${word}" is no kind that can be changed here${didYouMean(word, Object.keys(NAMES))}` };
}

/** The objects as they are then, or what is wrong with the change. */
export type Patched = { readonly calico: CalicoObjects } | { readonly problem: string };

/** The objects after a merge patch of the spec of one of them. */
export function patchObject(
  calico: CalicoObjects,
  kind: Patchable,
  name: string,
  spec: Readonly<Record<string, unknown>>,
): Patched {
  const issues: Issue[] = [];
  const patched = replaceObject(calico, kind, name, (object) =>
    patchForm<object>(CALICO_KINDS[kind], object, spec, (issue) => issues.push(issue)),
  );
  const [issue] = issues;
  return issue === undefined ? patched : { problem: problemOf(issue) };
}

/** The objects without one; a configuration is then as if nothing had been said. */
export function deleteObject(calico: CalicoObjects, kind: Patchable, name: string): Patched {
  return replaceObject(calico, kind, name, () => undefined);
}

function replaceObject(
  calico: CalicoObjects,
  kind: Patchable,
  name: string,
  replace: (object: object) => object | undefined,
): Patched {
  const section = CALICO_SECTIONS[kind];
  const kept: object = calico[section];
  const list: readonly { readonly name: string }[] | undefined = Array.isArray(kept) ? kept : undefined;
  const names = list?.map((each) => each.name) ?? ['default'];
  if (!names.includes(name)) return { problem: unknownObject(kind, name, names) };
  const replaced =
    list?.flatMap((each) => (each.name === name ? (replace(each) ?? []) : [each])) ??
    replace(kept) ??
    CALICO_DEFAULTS[section];
  return { calico: { ...calico, [section]: replaced } };
}

function unknownObject(kind: Patchable, name: string, known: readonly string[]): string {
  const near = didYouMean(name, known);
  const has = known.length === 0 ? '; there is none' : `; there is ${known.join(', ')}`;
  return `no ${kind.toLowerCase()} is called "${name}"${near === '' ? has : near}`;
}

/** What can't be modelled is no change that can be made. */
function problemOf(issue: Issue): string {
  if ('unmodelled' in issue) return `not modelled: ${issue.unmodelled}`;
  const { path, message, near } = issue;
  const hint = near === undefined ? '' : didYouMean(near.word, near.known);
  return `${path.length === 0 ? '' : `${formatPath(path)}: `}${message}${hint}`;
}
