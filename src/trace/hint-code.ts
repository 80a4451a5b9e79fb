/** What a trace can say of a cause besides the drop's own code: stable, each with a sentence in `output/reason`. */
export const HINT_CODES = [
  /** A host has no route for an address of the lab, and took its default route instead. */
  'POD_ROUTE_MISSING',
  /** The kernel refused a route because its gateway is on none of the host's links. */
  'GATEWAY_OFF_LINK',
  /** The kernel refused the call that would have written the route. */
  'CALL_REFUSED',
  /** A packet for a ClusterIP that no rule translated. */
  'CLUSTER_IP_UNTRANSLATED',
  /** A packet for a ClusterIP was never made: the sender's route comes before the rules. */
  'CLUSTER_IP_NO_ROUTE',
  /** A tunnel device lacks a neighbour entry, and floods to nobody who could be asked. */
  'NEIGH_ENTRY_MISSING',
  /** Another took the packet than was asked for. */
  'TAKEN_BY_ANOTHER',
] as const;

/** One of {@link HINT_CODES}. */
export type HintCode = (typeof HINT_CODES)[number];
