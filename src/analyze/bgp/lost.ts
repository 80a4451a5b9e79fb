import type { Ipv4Prefix } from '../../address/index.js';
import type { Explanation } from '../../bgp/index.js';
import type { BgpLostRow } from '../../output/index.js';
import { type BgpView, ownersOf } from './rows.js';

/** Neighbours that know the prefix, and why it has not come here from them: those of sessions that are down too. */
export function withheldFrom({ speaker, withheld }: Explanation): readonly BgpLostRow[] {
  return withheld.map(({ speaker: from, session, why }) => ({ from, to: speaker, session, why }));
}

/**
 * Where an announcement gets lost on its way to a speaker: from it back along all sessions, through speakers that know
 * nothing either, until there are some that do. Only the nearest of these are told.
 */
export function lostOnTheWay(view: BgpView, speaker: string, net: Ipv4Prefix): readonly BgpLostRow[] {
  const seen = new Set([speaker]);
  let border = [speaker];
  while (border.length > 0) {
    const lost = border.flatMap((name) => withheldFrom(view.explain(name, net)));
    if (lost.length > 0) return lost;
    border = border.flatMap((name) => neighborsOf(view, name)).filter((name) => {
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
function neighborsOf(view: BgpView, speaker: string): readonly string[] {
  const owners = ownersOf(view);
  return view.sessions(speaker).flatMap(({ neighbor }) => owners.get(neighbor) ?? []);
}
