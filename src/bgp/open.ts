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

/** What an OPEN is refused for, in BIRD's words (RFC 4271 §6.2). */
export type OpenError = 'Unacceptable hold time' | 'Bad BGP identifier' | 'Bad peer AS';

/** Why a session refuses an OPEN: bgp_rx_open(), bird proto/bgp/packets.c; undefined: it does not. */
export function refusal(session: Session, open: Open): OpenError | undefined {
  // RFC 4271 §4.2: 0, or at least 3.
  if (open.holdTime === 1 || open.holdTime === 2) return 'Unacceptable hold time';
  // RFC 6286 §2.2: unique within an AS.
  if (open.routerId === 0 || (session.internal && open.routerId === session.speaker.config.routerId)) {
    return 'Bad BGP identifier';
  }
  return open.as === session.config.neighborAs ? undefined : 'Bad peer AS';
}
