import { formatIpv4, formatPrefix, type Ipv4Prefix } from '../address/index.js';
import type { RibRoute } from './rib.js';

/** A prefix whose routes go on changing. */
export interface Oscillation {
  readonly net: Ipv4Prefix;
  /** Those whose best route changes, in order of configuration. */
  readonly speakers: readonly {
    readonly name: string;
    /** The best routes that alternate, in order of first use; `undefined` for a time without any. */
    readonly routes: readonly (RibRoute | undefined)[];
  }[];
}

/** What was seen of routes that do not settle. */
export interface Unsettled {
  /** In order of prefixes. */
  readonly oscillations: readonly Oscillation[];
  /**
   * Whether tables and messages under way have become what they were before, again and again: an order of messages that
   * never ends is then proven to exist, and is what a network that converges in any case has not. Otherwise there were
   * only more messages than any network is known to need.
   */
  readonly recurs: boolean;
}

/**
 * Thrown by `BgpSimulation.converge` where routes go on changing though all sessions are up: RFC 3345, or filters that
 * cannot be satisfied all together (T. Griffin, F. Shepherd, G. Wilfong: The Stable Paths Problem and Interdomain Routing,
 * 2002). A property of the network, not of the simulation, which stands where it was and may be asked and advanced.
 */
export class BgpOscillationError extends Error implements Unsettled {
  readonly oscillations: readonly Oscillation[];
  readonly recurs: boolean;

  constructor({ oscillations, recurs }: Unsettled) {
    super(describe(oscillations, recurs));
    this.name = 'BgpOscillationError';
    this.oscillations = oscillations;
    this.recurs = recurs;
  }
}

const MOST_SPEAKERS = 8;
const MOST_NETS = 8;

function describe(oscillations: readonly Oscillation[], recurs: boolean): string {
  const nets = some(
    oscillations.map(({ net }) => formatPrefix(net)),
    MOST_NETS,
  );
  const how = recurs ? 'the same routes come again and again' : 'routes still change, after very many messages';
  const lines = [`BGP does not converge: ${nets.join(', ')}: ${how}`];
  for (const { net, speakers } of oscillations.slice(0, 1)) {
    const rows = speakers.map(
      ({ name, routes }) => `  ${formatPrefix(net)} on ${name}: ${routes.map(tell).join(' | ')}`,
    );
    lines.push(...some(rows, MOST_SPEAKERS, '  '));
  }
  return lines.join('\n');
}

function some(all: readonly string[], most: number, indent = ''): readonly string[] {
  return all.length <= most ? all : [...all.slice(0, most), `${indent}and ${all.length - most} more`];
}

/** `via 10.0.0.2 on eth0 (to_2), AS_PATH 65002`. */
function tell(route: RibRoute | undefined): string {
  if (route === undefined) return 'none';
  const [hop] = route.nexthops;
  const via = hop?.via === undefined ? '' : `via ${formatIpv4(hop.via)} `;
  const way = hop === undefined ? route.type : `${via}on ${hop.dev}`;
  const path = (route.attributes?.asPath ?? []).map(({ type, as }) =>
    type === 'set' ? `{${as.join(' ')}}` : as.join(' '),
  );
  return `${way} (${route.protocol})${path.length === 0 ? '' : ` AS_PATH ${path.join(' ')}`}`;
}
