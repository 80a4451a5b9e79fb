import type { TargetExtension } from '../extension.js';
import type { Target } from '../rule.js';
import { accept } from './accept.js';
import { audit } from './audit.js';
import { connmarkTarget } from './connmark.js';
import { ct } from './ct.js';
import { dnat } from './dnat.js';
import { drop } from './drop.js';
import { gotoChain, jump } from './jump.js';
import { log } from './log.js';
import { markTarget } from './mark.js';
import { masquerade } from './masquerade.js';
import { nflog } from './nflog.js';
import { notrack } from './notrack.js';
import { redirect } from './redirect.js';
import { reject } from './reject.js';
import { returnTarget } from './return.js';
import { setTarget } from './set.js';
import { snat } from './snat.js';
import { tcpmss } from './tcpmss.js';
import { trace } from './trace.js';
import { unmodelledTarget } from './unmodelled.js';

/** The targets behind `-j`. */
const EXTENSIONS: readonly TargetExtension<Target>[] = [
  accept,
  audit,
  connmarkTarget,
  ct,
  dnat,
  drop,
  log,
  markTarget,
  masquerade,
  nflog,
  notrack,
  redirect,
  reject,
  returnTarget,
  setTarget,
  snat,
  tcpmss,
  trace,
];

/** The targets behind `-j`, by name. */
export const TARGETS: ReadonlyMap<string, TargetExtension<Target>> = new Map(EXTENSIONS.map((e) => [e.name, e]));

const ALL: ReadonlyMap<string, TargetExtension<Target>> = new Map(
  [...EXTENSIONS, jump, gotoChain, unmodelledTarget].map((e) => [e.name, e]),
);

/** The extension that knows a target; throws for one that no reader can have made. */
export function targetExtensionOf(target: Target): TargetExtension<Target> {
  const extension = ALL.get(target.target);
  if (extension === undefined) throw new Error(`no target is called ${target.target}`);
  return extension;
}
