/**
 * Who put an entry into the state, and from what.
 *
 * An agent names itself and the object (`flanneld`, `lease 10.244.2.0/24 of node-2`); a dump names file and line; what
 * the kernel adds by itself says `kernel` and the cause.
 */
export interface Origin {
  /** `kernel`, an agent (`kube-proxy`), `dump`, or `command` for what a user ran. */
  readonly by: string;
  /** The object, lease, address or command that it was made for. */
  readonly object?: string;
  readonly file?: string;
  /** 1-based line in `file`. */
  readonly line?: number;
  /** What it means for a packet to be stopped by this entry, where whoever made it knows: a reason code. */
  readonly reason?: string;
}

/** `flanneld: lease 10.244.2.0/24 of node-2`, `iptables-save.txt:12`, or just the agent. */
export function formatOrigin(origin: Origin): string {
  if (origin.file !== undefined) return origin.line === undefined ? origin.file : `${origin.file}:${origin.line}`;
  return origin.object === undefined ? origin.by : `${origin.by}: ${origin.object}`;
}
