import { formatIpv4 } from '../../address/index.js';
import type { BgpProtocolRow, BgpSessions, BgpSpeakerRow } from '../../output/index.js';
import { type BgpView, ownersOf, speakerOf } from './rows.js';

/** The sessions of all speakers, or of those that are named, each as its own side has it. */
export function describeBgpSessions(view: BgpView, names?: readonly string[]): BgpSessions {
  const asked = names ?? view.config.speakers.map(({ name }) => name);
  const owners = ownersOf(view);
  return { show: 'sessions', now: view.now, speakers: asked.map((name) => speakerRow(view, name, owners)) };
}

function speakerRow(view: BgpView, name: string, owners: ReturnType<typeof ownersOf>): BgpSpeakerRow {
  const speaker = speakerOf(view, name);
  const locals = new Map(speaker.sessions.map((session) => [session.name, session.local]));
  return {
    name,
    as: speaker.as,
    routerId: formatIpv4(speaker.routerId),
    running: view.running(name),
    protocols: protocolRows(view, name),
    sessions: view.sessions(name).map((session) => {
      const local = locals.get(session.name);
      return {
        name: session.name,
        local: local === undefined ? '' : formatIpv4(local),
        neighbor: formatIpv4(session.neighbor),
        neighborName: owners.get(session.neighbor),
        neighborAs: session.neighborAs,
        type: session.type,
        rrClient: session.rrClient,
        state: session.state,
        reason: session.reason,
        lastError: session.lastError,
        since: session.since,
        imported: session.imported,
        exported: session.exported,
        preferred: session.preferred,
      };
    }),
  };
}

/**
 * The protocols that are not BGP, in the order in which they stand in Calico's bird.cfg, which birdc keeps: bird_aggr.cfg
 * comes first, with `protocol static` where there is something for it (confd 3.21 etc/calico/confd/templates).
 */
function protocolRows(view: BgpView, name: string): readonly BgpProtocolRow[] {
  const { routes, aggregates = [] } = speakerOf(view, name);
  const named = (wanted: 'static' | 'kernel'): readonly string[] => [
    ...new Set(routes.filter(({ source }) => source === wanted).map(({ protocol }) => protocol)),
  ];
  const kernel = named('kernel');
  return [
    ...named('static').map((each): BgpProtocolRow => ({ name: each, proto: 'Static' })),
    ...(kernel.length === 0 ? ['kernel1'] : kernel).map((each): BgpProtocolRow => ({ name: each, proto: 'Kernel' })),
    { name: 'device1', proto: 'Device' },
    { name: 'direct1', proto: 'Direct' },
    ...(aggregates.length === 0 ? [] : [{ name: 'aggregator1', proto: 'Aggregator' } as const]),
  ];
}
