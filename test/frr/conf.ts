import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { Link, Originated, Router, Scenario } from './scenario.js';

export const addressOf = (n: number): string => `10.0.0.${n + 1}`;

/** What is typed below `configure terminal` for a speaker that has nothing yet. */
export function bgpdCommands({ speakers, links }: Scenario, n: number): string[] {
  const router = speakers[n];
  if (router === undefined) throw new Error(`there is no speaker ${n}`);
  const peers = links.flatMap((link) => peerOf(link, n));
  return [
    ...routeMaps(n, router.networks),
    `router bgp ${router.as}`,
    `bgp router-id ${addressOf(n)}`,
    'no bgp ebgp-requires-policy',
    'no bgp network import-check',
    ...peers.flatMap(({ other }) => {
      const neighbor = `neighbor ${addressOf(other)}`;
      return [`${neighbor} remote-as ${speakers[other]?.as}`, `${neighbor} timers connect 1`];
    }),
    'address-family ipv4 unicast',
    ...peers.filter(({ client }) => client).map(({ other }) => `neighbor ${addressOf(other)} route-reflector-client`),
    ...networkCommands(n, {}, router.networks),
    ...aggregateCommands([], router.aggregates),
  ];
}

function peerOf([a, b, client]: Link, n: number): { other: number; client: boolean }[] {
  if (a !== n && b !== n) return [];
  return [{ other: a === n ? b : a, client: a === n && client === 'client' }];
}

/** The commands that lead from one configuration to another. */
export function changeCommands(n: number, from: Router, to: Router): string[] {
  return [
    ...routeMaps(n, to.networks),
    `router bgp ${to.as}`,
    'address-family ipv4 unicast',
    ...networkCommands(n, from.networks, to.networks),
    ...aggregateCommands(from.aggregates, to.aggregates),
  ];
}

export function shutCommands({ speakers }: Scenario, [n, other]: readonly [number, number], shut: boolean): string[] {
  return [`router bgp ${speakers[n]?.as}`, `${shut ? '' : 'no '}neighbor ${addressOf(other)} shutdown`];
}

function networkCommands(n: number, from: Router['networks'], to: Router['networks']): string[] {
  const gone = Object.keys(from).filter((net) => !isDeepStrictEqual(from[net], to[net]));
  const come = Object.keys(to).filter((net) => !isDeepStrictEqual(from[net], to[net]));
  return [
    ...gone.map((net) => `no network ${net}`),
    ...come.map((net) => `network ${net} route-map ${mapOf(n, to[net])}`),
  ];
}

function aggregateCommands(from: readonly string[], to: readonly string[]): string[] {
  return [
    ...from.filter((each) => !to.includes(each)).map((each) => `no aggregate-address ${each.split(' ')[0]}`),
    ...to.filter((each) => !from.includes(each)).map((each) => `aggregate-address ${each}`),
  ];
}

/** A name that tells what the route map does: what is set differently is another one. */
function mapOf(n: number, originated: Originated = {}): string {
  return `m${n}-${createHash('sha1').update(JSON.stringify(originated)).digest('hex').slice(0, 12)}`;
}

function routeMaps(n: number, networks: Router['networks']): string[] {
  return Object.values(networks).flatMap((each) => {
    const { origin, prepend = [], med, communities = [], largeCommunities = [] } = each;
    return [
      `route-map ${mapOf(n, each)} permit 10`,
      ...(origin === undefined ? [] : [`set origin ${origin.toLowerCase()}`]),
      ...(prepend.length === 0 ? [] : [`set as-path prepend ${prepend.join(' ')}`]),
      ...(med === undefined ? [] : [`set metric ${med}`]),
      ...(communities.length === 0 ? [] : [`set community ${communities.join(' ')}`]),
      ...(largeCommunities.length === 0 ? [] : [`set large-community ${largeCommunities.join(' ')}`]),
      'exit',
    ];
  });
}
