import { NOTIFICATIONS } from './notification.js';
import type { Open, Session } from './state.js';

/** The OPEN that a session sends: bgp_create_open() and bgp_prepare_capabilities(), bird proto/bgp/packets.c. */
export function openOf({ config, speaker }: Session): Open {
  const restarting = speaker.recovering !== undefined;
  return {
    type: 'OPEN',
    as: speaker.config.as,
    routerId: speaker.config.routerId,
    holdTime: config.holdTime,
    addPaths: config.addPaths,
    restart: config.gracefulRestart ? { time: config.restartTime, restarting } : undefined,
  };
}

/** What an OPEN is refused for (RFC 4271 §6.2). */
type OpenError = (typeof NOTIFICATIONS)['badHoldTime' | 'badIdentifier' | 'badPeerAs'];

/** Why a session refuses an OPEN: bgp_rx_open(), bird proto/bgp/packets.c; undefined: it does not. */
export function refusal(session: Session, open: Open): OpenError | undefined {
  // RFC 4271 §4.2: 0, or at least 3.
  if (open.holdTime === 1 || open.holdTime === 2) return NOTIFICATIONS.badHoldTime;
  // RFC 6286 §2.2: unique within an AS.
  if (open.routerId === 0 || (session.internal && open.routerId === session.speaker.config.routerId)) {
    return NOTIFICATIONS.badIdentifier;
  }
  return open.as === session.config.neighborAs ? undefined : NOTIFICATIONS.badPeerAs;
}
