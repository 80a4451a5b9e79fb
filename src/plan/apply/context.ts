import type { Ipv4 } from '../../address/index.js';
import type { Link, NetnsRuntime, Origin, Peer, Runtime } from '../../linux/index.js';
import type { Network } from '../../topology/index.js';
import { NetnsDraft } from './draft.js';

/** All namespaces while calls change them. */
export class Drafts {
  readonly #network: Network;
  readonly #drafts = new Map<string, NetnsDraft>();
  readonly runtime: Runtime;
  /** What generated hardware addresses depend on. */
  readonly seed: number;

  constructor(network: Network, runtime: Runtime, seed: number) {
    this.#network = network;
    this.runtime = runtime;
    this.seed = seed;
  }

  /** The draft of a namespace; undefined when there is no such namespace. */
  get(netns: string): NetnsDraft | undefined {
    const draft = this.#drafts.get(netns);
    if (draft !== undefined) return draft;
    const ns = this.#network.netns(netns);
    return ns === undefined ? undefined : this.add(new NetnsDraft(ns));
  }

  add(draft: NetnsDraft): NetnsDraft {
    this.#drafts.set(draft.name, draft);
    return draft;
  }

  /** Drafts of the namespaces that have been asked for. */
  all(): Iterable<NetnsDraft> {
    return this.#drafts.values();
  }

  /** The other end of a veth pair; undefined when there is none that is known. */
  peerOf(link: Link): { readonly draft: NetnsDraft; readonly link: Link } | undefined {
    if (link.kind !== 'veth' || link.peer === undefined) return undefined;
    return this.place(link.peer);
  }

  place({ netns, dev }: Peer): { readonly draft: NetnsDraft; readonly link: Link } | undefined {
    const draft = this.get(netns);
    const link = draft?.link(dev);
    return draft === undefined || link === undefined ? undefined : { draft, link };
  }
}

/** What a call is carried out on. */
export interface ApplyContext {
  readonly drafts: Drafts;
  /** The namespace that the call is for. */
  readonly draft: NetnsDraft;
  readonly origin: Origin;
}

/** The runtime of a draft's namespace. */
export function runtimeOf({ drafts, draft }: Pick<ApplyContext, 'drafts' | 'draft'>): NetnsRuntime {
  return drafts.runtime.of(draft.name);
}

/** Takes out of a runtime map all entries whose key begins with `dev|`, or those of them that `which` wants. */
export function dropEntries<V>(
  context: Pick<ApplyContext, 'drafts' | 'draft'>,
  map: Map<string, V>,
  which: (key: string, value: V) => boolean,
): void {
  for (const [key, value] of [...map]) if (which(key, value)) context.drafts.runtime.journal.put(map, key, undefined);
}

/** Whether a key made of `dev|…` is of this device. */
export function isOf(key: string, dev: string): boolean {
  return key.startsWith(`${dev}|`);
}

/** What the kernel does by itself because of an address. */
export function kernelOrigin(object: string): Origin {
  return { by: 'kernel', object };
}

/** An address with nothing set in it. */
export const NO_ADDRESS = 0 as Ipv4;
