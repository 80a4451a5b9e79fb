import { formatIpv4, type Ipv4 } from '../address/index.js';
import type { Session, Speaker, World } from './state.js';

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

/** Whether TCP comes through between two addresses, and back. */
export function isReachable({ reachable }: World, session: Session): boolean {
  if (reachable === undefined) return true;
  if (session.reach?.by !== reachable) {
    const { local, neighbor } = session.config;
    session.reach = { by: reachable, through: reachable(local, neighbor) && reachable(neighbor, local) };
  }
  return session.reach.through;
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
  if (!isReachable(world, session)) return `neighbor ${formatIpv4(config.neighbor)} is unreachable`;
  if (!owner.running) return `connection refused: the daemon of ${owner.name} does not run`;
  const other = counterpart(world, session);
  if (other === undefined) return `${owner.name} has no session with ${formatIpv4(config.local)}`;
  if (!other.enabled) return `the session of ${owner.name} is disabled`;
  if (!isInPlace(other)) return `${owner.name} does not have ${formatIpv4(config.local)} on a connected subnet`;
  return mismatch(session, other);
}

function mismatch(session: Session, other: Session): string | undefined {
  const { config, speaker } = session;
  const owner = other.speaker;
  if (config.passive && other.config.passive) return 'both sides are passive';
  if (config.password !== other.config.password) return 'the TCP MD5 passwords differ';
  if (owner.config.as !== config.neighborAs) {
    return `bad peer AS: ${owner.name} has ${owner.config.as}, ${config.neighborAs} is expected`;
  }
  if (speaker.config.as !== other.config.neighborAs) {
    return `bad peer AS: ${owner.name} expects ${other.config.neighborAs}, ${speaker.config.as} is here`;
  }
  if (session.internal && speaker.config.routerId === owner.config.routerId) {
    return `bad BGP identifier: ${owner.name} has the same router id`;
  }
  return holdTime(config.holdTime) ?? holdTime(other.config.holdTime);
}

/** RFC 4271 §4.2: 0, or at least 3. */
function holdTime(seconds: number): string | undefined {
  return seconds === 1 || seconds === 2 ? `unacceptable hold time: ${seconds} s` : undefined;
}

/** Whether the simulation has not settled before this session has been tried. */
export function isUnsettled(world: World, session: Session): boolean {
  if (session.state === 'up' || !session.speaker.running || !session.enabled) return false;
  if (obstacle(world, session) === undefined) return true;
  return !session.tried && !session.config.passive && isInPlace(session);
}
