import { formatIpv4, type Ipv4 } from '../address/index.js';
import { openOf, refusal } from './open.js';
import { BgpReason } from './reason.js';
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

/** What was said of a session's connections: of those that are opened here, or by the neighbour. */
export function reachOf({ reachable }: World, session: Session, role: Connection['role']): boolean | BgpReason {
  if (reachable === undefined) return true;
  if (session.reach?.by !== reachable) {
    const { local, neighbor } = session.config;
    const ask = (from: Ipv4, to: Ipv4): boolean | BgpReason => {
      const said = reachable(from, to);
      return typeof said === 'string' ? new BgpReason('said', { text: said }) : said;
    };
    session.reach = { by: reachable, outgoing: ask(local, neighbor), incoming: ask(neighbor, local) };
  }
  return session.reach[role];
}

/** What keeps all connections of a session away: each side opens one, unless it waits for the other to do so. */
function cutOff(world: World, session: Session): readonly BgpReason[] | undefined {
  const roles: Connection['role'][] = session.config.passive ? [] : ['outgoing'];
  if (counterpart(world, session)?.config.passive === false) roles.push('incoming');
  const ways = roles.map((role) => reachOf(world, session, role));
  if (ways.length === 0 || ways.includes(true)) return undefined;
  const why = ways.filter((each) => each instanceof BgpReason);
  return [new BgpReason('unreachable', { neighbor: formatIpv4(session.config.neighbor) }), ...why.slice(0, 1)];
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
function obstacle(world: World, session: Session): readonly BgpReason[] | undefined {
  const { speaker } = session;
  if (!speaker.running) return [new BgpReason('daemon-down')];
  const own = ownObstacle(session);
  if (own !== undefined) return [own];
  const cut = world.owners.has(session.config.neighbor) ? cutOff(world, session) : undefined;
  if (cut !== undefined) return cut;
  const others = othersObstacle(world, session);
  return others === undefined ? undefined : [others];
}

/** Why a session is not established: as things are, or the last error. */
export function whyDown(world: World, session: Session): readonly BgpReason[] {
  const { lastError: text } = session;
  const last = text === undefined ? new BgpReason('not-yet') : new BgpReason('said', { text });
  return obstacle(world, session) ?? [last];
}

function ownObstacle(session: Session): BgpReason | undefined {
  const neighbor = formatIpv4(session.config.neighbor);
  if (!session.enabled) return new BgpReason('disabled');
  if (isSecond(session)) return new BgpReason('second-session', { neighbor });
  return isInPlace(session) ? undefined : new BgpReason('not-connected', { neighbor });
}

function othersObstacle(world: World, session: Session): BgpReason | undefined {
  const { config } = session;
  const [neighbor, local] = [formatIpv4(config.neighbor), formatIpv4(config.local)];
  const owner = world.owners.get(config.neighbor);
  if (owner === undefined) return new BgpReason('no-speaker', { neighbor });
  const values = { speaker: owner.name, local };
  if (!owner.running) return new BgpReason('refused', values);
  const other = counterpart(world, session);
  if (other === undefined) return new BgpReason('no-session', values);
  if (!other.enabled) return new BgpReason('other-disabled', values);
  if (!isInPlace(other)) return new BgpReason('other-not-connected', values);
  return mismatch(session, other);
}

function mismatch(session: Session, other: Session): BgpReason | undefined {
  const { config } = session;
  if (config.passive && other.config.passive) return new BgpReason('both-passive');
  if (config.password !== other.config.password) return new BgpReason('passwords');
  return refused(session, other, session) ?? refused(other, session, session);
}

/** Why one side refuses the other's OPEN, as told on `here`. */
function refused(by: Session, from: Session, here: Session): BgpReason | undefined {
  const open = openOf(from);
  switch (refusal(by, open)?.text) {
    case undefined:
      return undefined;
    case 'Unacceptable hold time':
      return new BgpReason('hold-time', { seconds: open.holdTime });
    case 'Bad BGP identifier':
      if (open.routerId === 0) return new BgpReason('no-router-id', { speaker: from.speaker.name });
      return new BgpReason('same-router-id', { speaker: (by === here ? from : by).speaker.name });
    case 'Bad peer AS': {
      const speaker = (by === here ? from : by).speaker.name;
      const values = { speaker, as: open.as, expected: by.config.neighborAs };
      return new BgpReason(by === here ? 'other-as' : 'own-as', values);
    }
  }
}

/** Whether the simulation has not settled before this session has been tried. */
export function isUnsettled(world: World, session: Session): boolean {
  if (session.state === 'up' || !session.speaker.running || !session.enabled) return false;
  if (obstacle(world, session) === undefined) return true;
  return !session.tried && !session.config.passive && isInPlace(session);
}
