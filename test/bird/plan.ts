import type { Ipv4 } from '../../src/address/index.js';
import type { BgpEvent, SessionConfig, SpeakerConfig } from '../../src/bgp/index.js';

/** What a lab of BIRDs and the simulation both go through. */
export interface BirdPlan {
  readonly name: string;
  /** In the order of their start; interfaces of one subnet share a segment. */
  readonly speakers: readonly SpeakerConfig[];
  readonly events: readonly PlanEvent[];
}

/** What happens, each time all is quiet. */
export type PlanEvent =
  | Exclude<BgpEvent, { readonly type: 'reachable' }>
  /** Nothing: timers end. */
  | { readonly type: 'wait'; readonly seconds: number }
  /** Two no longer hear each other: their hold timers end. */
  | { readonly type: 'cut'; readonly between: readonly [string, string] }
  /** And do again. */
  | { readonly type: 'mend'; readonly between: readonly [string, string] };

/** Which speakers run with which configuration, and which sessions were disabled. */
export class PlanState {
  readonly configs: Map<string, SpeakerConfig> = new Map();
  readonly running: Set<string> = new Set();
  readonly #disabled = new Set<string>();
  /** `n1 n2`. */
  readonly #cut = new Set<string>();

  constructor({ speakers }: BirdPlan) {
    for (const speaker of speakers) {
      this.configs.set(speaker.name, speaker);
      this.running.add(speaker.name);
    }
  }

  config(speaker: string): SpeakerConfig {
    const config = this.configs.get(speaker);
    if (config === undefined) throw new Error(`no speaker ${speaker}`);
    return config;
  }

  apply(event: PlanEvent): void {
    switch (event.type) {
      case 'kill':
      case 'shutdown':
        this.running.delete(event.speaker);
        break;
      case 'start':
        this.running.add(event.speaker);
        this.#enableAll(event.speaker);
        break;
      case 'disable':
        this.#disabled.add(`${event.speaker}/${event.session}`);
        break;
      case 'enable':
        this.#disabled.delete(`${event.speaker}/${event.session}`);
        break;
      case 'reconfigure':
        this.configs.set(event.config.name, event.config);
        this.#enableAll(event.config.name);
        break;
      case 'cut':
        this.#cut.add(pair(...event.between));
        break;
      case 'mend':
        this.#cut.delete(pair(...event.between));
        break;
      case 'wait':
        break;
    }
  }

  /** No configuration file knows of `birdc disable`. */
  #enableAll(speaker: string): void {
    for (const side of this.#disabled) if (side.startsWith(`${speaker}/`)) this.#disabled.delete(side);
  }

  /** Whether the speakers with these addresses hear each other. */
  reachable(from: Ipv4, to: Ipv4): boolean {
    const [a, b] = [this.#owner(from), this.#owner(to)];
    return a !== undefined && b !== undefined && !this.#cut.has(pair(a, b));
  }

  #owner(address: Ipv4): string | undefined {
    return [...this.configs.values()].find(({ interfaces }) => interfaces.some((one) => one.address === address))?.name;
  }

  /**
   * The sessions that both sides want, `SPEAKER/SESSION` for each side: when these are established and no others, and
   * nothing changes any more, all is quiet. It only tells when to look, what is seen then is compared.
   */
  wanted(): Set<string> {
    return new Set(this.wantedEnds().map(({ speaker, session }) => `${speaker}/${session.name}`));
  }

  /** The same, with their configuration. */
  wantedEnds(): readonly End[] {
    const ends = [...this.running].flatMap((speaker) =>
      this.config(speaker)
        .sessions.filter(({ name }) => !this.#disabled.has(`${speaker}/${name}`))
        .map((session) => ({ speaker, as: this.config(speaker).as, session })),
    );
    return ends.filter((one) =>
      ends.some((other) => meet(one, other) && this.reachable(one.session.local, other.session.local)),
    );
  }
}

function pair(a: string, b: string): string {
  return [a, b].sort().join(' ');
}

interface End {
  readonly speaker: string;
  readonly as: number;
  readonly session: SessionConfig;
}

function meet(a: End, b: End): boolean {
  return (
    a.session.local === b.session.neighbor &&
    a.session.neighbor === b.session.local &&
    a.session.neighborAs === b.as &&
    b.session.neighborAs === a.as &&
    a.session.password === b.session.password &&
    !(a.session.passive && b.session.passive)
  );
}
