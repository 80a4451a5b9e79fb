import { formatIpv4, type Ipv4 } from '../address/index.js';
import { openOf, refusal } from './open.js';
import type { Connection, Session, Speaker, World } from './state.js';

/** The session on the other side: of the speaker that has the neighbour's address, the one that answers ours. */
export function counterpart(world: World, session: Session): Session | undefined {
  const { local, neighbor } = session.config;
  const owner = world.owners.get(neighbor);
  return owner === undefined ? undefined : sessionWith(owner, neighbor, local);
}

/** bgp_find_proto(), bird proto/bgp/bgp.c: for a connection from an address to one of ours. */
export function sessionWith(speaker: Speaker, local: Ipv4, neighbor: Ipv4): Session | undefined {
  return speaker.byNeighbor.get(neighbor)?.find((s) => s.config.local === local);
}

/** Whether a connection comes through: one that is opened here (`outgoing`), or by the neighbour. */
export function comesThrough(world: World, session: Session, role: Connection['role']): boolean {
  return reachOf(world, session, role) === true;
}

function reachOf({ reachable }: World, session: Session, role: Connection['role']): boolean | string {
  if (reachable === undefined) return true;
  if (session.reach?.by !== reachable) {
    const { local, neighbor } = session.config;
    session.reach = { by: reachable, outgoing: reachable(local, neighbor), incoming: reachable(neighbor, local) };
  }
  return session.reach[role];
}

/** What keeps all connections of a session away: each side opens one, unless it waits for the other to do so. */
function cutOff(world: World, session: Session): string | undefined {
  const roles: Connection['role'][] = session.config.passive ? [] : ['outgoing'];
  if (counterpart(world, session)?.config.passive === false) roles.push('incoming');
  const ways = roles.map((role) => reachOf(world, session, role));
  if (ways.length === 0 || ways.includes(true)) return undefined;
  const unreachable = `neighbor ${formatIpv4(session.config.neighbor)} is unreachable`;
  const why = ways.find((each) => typeof each === 'string');
  return why === undefined ? unreachable : `${unreachable}: ${why}`;
}

/** Whether a neighbour may be spoken to at all: on-link, unless it is a multihop session. */
export function isInPlace(session: Session): boolean {
  return (session.config.multihop || session.interface !== undefined) && !isSecond(session);
}

/** Whether another session with the same neighbour has come first: BIRD locks the address (nest/locks.c). */
function isSecond({ config, speaker }: Session): boolean {
  return sessionWith(speaker, config.local, config.neighbor)?.config.name !== config.name;
}

/** Why a session cannot be established as things are; undefined: it can. */
export function obstacle(world: World, session: Session): string | undefined {
  const { config, speaker } = session;
  if (!speaker.running) return 'the daemon does not run';
  if (!session.enabled) return 'disabled';
  if (isSecond(session)) return `another session has the neighbor ${formatIpv4(config.neighbor)}`;
  if (!isInPlace(session)) return `neighbor ${formatIpv4(config.neighbor)} is not on a connected subnet`;
  const owner = world.owners.get(config.neighbor);
  if (owner === undefined) return `no speaker has the address ${formatIpv4(config.neighbor)}`;
  const cut = cutOff(world, session);
  if (cut !== undefined) return cut;
  if (!owner.running) return `connection refused: the daemon of ${owner.name} does not run`;
  const other = counterpart(world, session);
  if (other === undefined) return `${owner.name} has no session with ${formatIpv4(config.local)}`;
  if (!other.enabled) return `the session of ${owner.name} is disabled`;
  if (!isInPlace(other)) return `${owner.name} does not have ${formatIpv4(config.local)} on a connected subnet`;
  return mismatch(session, other);
}

function mismatch(session: Session, other: Session): string | undefined {
  const { config } = session;
  if (config.passive && other.config.passive) return 'both sides are passive';
  if (config.password !== other.config.password) return 'the TCP MD5 passwords differ';
  return refused(session, other, session) ?? refused(other, session, session);
}

/** Why one side refuses the other's OPEN, as told on `here`. */
function refused(by: Session, from: Session, here: Session): string | undefined {
  const open = openOf(from);

  switch (refusal(by, open)?.text) {
    case undefined:
      return undefined;
    case 'Unacceptable hold time':
      return `unacceptable hold time: ${open.holdTime} s`;
    case 'Bad BGP identifier':
      if (open.routerId === 0) return `bad BGP identifier: ${from.speaker.name} has the router id 0.0.0.0`;
      return `bad BGP identifier: ${(by === here ? from : by).speaker.name} has the same router id`;
    case 'Bad peer AS':
      return by === here
        ? `bad peer AS: ${from.speaker.name} has ${open.as}, ${by.config.neighborAs} is expected`
        : `bad peer AS: ${by.speaker.name} expects ${by.config.neighborAs}, ${open.as} is here`;
  }
}

/** Whether the simulation has not settled before this session has been tried. */
export function isUnsettled(world: World, session: Session): boolean {
  if (session.state === 'up' || !session.speaker.running || !session.enabled) return false;
  if (obstacle(world, session) === undefined) return true;
  return !session.tried && !session.config.passive && isInPlace(session);
}
