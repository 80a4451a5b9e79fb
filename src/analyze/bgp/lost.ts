import type { Ipv4Prefix } from '../../address/index.js';
import type { Explanation } from '../../bgp/index.js';
import type { BgpLostRow } from '../../output/index.js';
import { type BgpView, ownersOf, speakerOf } from './rows.js';

/** Neighbours that know the prefix and do not announce it to this speaker: those of sessions that are down too. */
export function withheldFrom(view: BgpView, { speaker, net, withheld }: Explanation): readonly BgpLostRow[] {
  const told = withheld.map(({ speaker: from, session, why }) => ({ from, to: speaker, session, why }));
  const silent = new Set(told.map(({ from }) => from));
  const down = neighborsOf(view, speaker)
    .filter(({ up, name }) => !up && !silent.has(name) && knows(view, name, net))
    .map(({ name, theirs, session, why }) => ({ from: name, to: speaker, session: theirs ?? session, why }));
  return [...told, ...down];
}

/**
 * Where an announcement gets lost on its way to a speaker: from it back along all sessions, through speakers that know
 * nothing either, until there are some that do. Only the nearest of these are told.
 */
export function lostOnTheWay(view: BgpView, speaker: string, net: Ipv4Prefix): readonly BgpLostRow[] {
  const seen = new Set([speaker]);
  let border = [speaker];
  while (border.length > 0) {
    const lost = border.flatMap((name) => withheldFrom(view, view.explain(name, net)));
    if (lost.length > 0) return lost;
    border = border
      .flatMap((name) => neighborsOf(view, name).map((neighbor) => neighbor.name))
      .filter((name) => {
        const fresh = !seen.has(name) && view.running(name) && !knows(view, name, net);
        seen.add(name);
        return fresh;
      });
  }
  return [];
}

function knows(view: BgpView, speaker: string, net: Ipv4Prefix): boolean {
  return view.running(speaker) && view.explain(speaker, net).candidates.some(({ route }) => route.best);
}

/** The speakers that a speaker has a session with, or should have. */
function neighborsOf(view: BgpView, speaker: string) {
  const owners = ownersOf(view);
  return view.sessions(speaker).flatMap(({ name: session, neighbor, state, reason }) => {
    const name = owners.get(neighbor);
    if (name === undefined) return [];
    const mine = new Set(speakerOf(view, speaker).sessions.map(({ local }) => local));
    const theirs = speakerOf(view, name).sessions.find((each) => mine.has(each.neighbor))?.name;
    const why = `${state}${reason === undefined ? '' : `: ${reason}`}`;
    return [{ name, session, theirs, up: state === 'Established', why }];
  });
}
