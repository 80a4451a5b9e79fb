import type { Ipv4Prefix } from '../../address/index.js';
import { BgpReason, type Explanation, reasonText } from '../../bgp/index.js';
import type { BgpLostRow } from '../../output/index.js';
import { type BgpView, ownersOf, speakerOf } from './rows.js';

/** Neighbours that know the prefix, and why it has not come here from them: those of sessions that are down too. */
export function withheldFrom({ speaker, withheld }: Explanation): readonly BgpLostRow[] {
  return withheld.map(({ speaker: from, session, why, reasons }) => ({ from, to: speaker, session, why, reasons }));
}

/**
 * Where an announcement gets lost on its way to a speaker: from it back along all sessions, through speakers that would
 * pass it on and know nothing either, until there are some that do. Only the nearest of these are told, and on the way there each whose
 * daemon does not run and would have had it to tell.
 */
export function lostOnTheWay(
  view: BgpView,
  speaker: string,
  net: Ipv4Prefix,
  origins: ReadonlySet<string>,
): readonly BgpLostRow[] {
  const seen = new Set([speaker]);
  const stopped: BgpLostRow[] = [];
  let border = [speaker];
  while (border.length > 0) {
    const lost = border.flatMap((name) => withheldFrom(view.explain(name, net)));
    stopped.push(...border.flatMap((name) => fromStopped(view, name, origins)));
    if (lost.length > 0) return [...stopped, ...lost];
    border = border
      .flatMap((name) => neighborsOf(view, name))
      .filter((name) => {
        const fresh = !seen.has(name) && view.running(name) && passesOn(view, name) && !knows(view, name, net);
        seen.add(name);
        return fresh;
      });
  }
  return stopped;
}

/** What neighbours do not tell because they do not run: what is their own, or what they would pass on. */
function fromStopped(view: BgpView, speaker: string, origins: ReadonlySet<string>): readonly BgpLostRow[] {
  const owners = ownersOf(view);
  return view.sessions(speaker).flatMap(({ name: session, neighbor, reasons: down }) => {
    const from = owners.get(neighbor);
    if (from === undefined || view.running(from) || !(origins.has(from) || passesOn(view, from))) return [];
    const reasons = [new BgpReason('session-down'), ...down];
    return [{ from, to: speaker, session, why: reasonText(reasons), reasons }];
  });
}

/** What comes by iBGP goes on only to another AS (RFC 4271 §9.2), or where clients are reflected (RFC 4456 §6). */
function passesOn(view: BgpView, name: string): boolean {
  const { as, sessions } = speakerOf(view, name);
  return sessions.some(({ neighborAs, rrClient }) => rrClient || neighborAs !== as);
}

function knows(view: BgpView, speaker: string, net: Ipv4Prefix): boolean {
  return view.running(speaker) && view.explain(speaker, net).candidates.some(({ route }) => route.best);
}

/** The speakers that a speaker has a session with, or should have. */
function neighborsOf(view: BgpView, speaker: string): readonly string[] {
  const owners = ownersOf(view);
  return view.sessions(speaker).flatMap(({ neighbor }) => owners.get(neighbor) ?? []);
}
