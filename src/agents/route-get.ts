import type { Ipv4 } from '../address/index.js';
import { type Chooser, createNetnsRuntime, type Netns, outputFlow, routeOutput } from '../linux/index.js';

/** Where the kernel would send a packet. */
export interface RouteGetAnswer {
  readonly dev: string;
  /** undefined for what is on-link or local. */
  readonly gateway: Ipv4 | undefined;
}

/** Of several next hops the first is told: which one a real hash takes is nobody's to know beforehand. */
const FIRST: Chooser = { fork: () => 0, guess: () => undefined, value: () => 0, hash: () => 0 };

/** As `ip route get DST`: the answer to a program that asks with nothing but a destination; undefined for none. */
export function routeGet(ns: Netns, dst: Ipv4): RouteGetAnswer | undefined {
  const context = { ns, runtime: createNetnsRuntime(), choose: FIRST, now: 0 };
  const found = routeOutput(context, outputFlow(dst), '', 'own');
  if (!found.ok || found.destination.type === 'error') return undefined;
  const { destination } = found;
  return { dev: destination.dev, gateway: destination.type === 'unicast' ? destination.gateway : undefined };
}
