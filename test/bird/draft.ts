import { formatIpv4, type Ipv4, type Ipv4Prefix, parseIpv4, parsePrefix } from '../../src/address/index.js';
import {
  ACCEPT_ALL,
  type LocalRoute,
  SESSION_DEFAULTS,
  type SessionConfig,
  type SpeakerConfig,
  type SpeakerInterface,
} from '../../src/bgp/index.js';
import type { Dice } from './dice.js';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** A session about which nothing was drawn. Recordings leave out what is as here: who changes it, records anew. */
export const PLAIN: Omit<SessionConfig, 'name' | 'local' | 'neighbor' | 'neighborAs'> = {
  ...SESSION_DEFAULTS,
  // As short as BIRD has them.
  timers: { connectDelay: 1, connectRetry: 1, errorWait: [1, 2] },
};

/** A speaker while it is drawn. */
export interface Draft extends Mutable<Omit<SpeakerConfig, 'kernel'>> {
  readonly kernel: Mutable<SpeakerConfig['kernel']>;
  readonly interfaces: SpeakerInterface[];
  readonly routes: LocalRoute[];
  readonly sessions: SessionDraft[];
}

export type SessionDraft = Mutable<SessionConfig>;

export function ip(text: string): Ipv4 {
  const address = parseIpv4(text);
  if (address === undefined) throw new Error(`not an address: ${text}`);
  return address;
}

export function net(text: string): Ipv4Prefix {
  const prefix = parsePrefix(text);
  if (prefix === undefined) throw new Error(`not a prefix: ${text}`);
  return prefix;
}

/** A plan while it is drawn: speakers on segments 10.0.N.0/24, whose order of names says nothing of that of addresses. */
export class Draw {
  readonly dice: Dice;
  readonly speakers: Draft[] = [];
  readonly #hosts: number[];
  readonly #routerIds: readonly number[];
  /** Router ids may go with addresses, or against them. */
  readonly #ownIds: boolean;

  constructor(dice: Dice) {
    this.dice = dice;
    const numbers = Array.from({ length: 60 }, (_, n) => n + 1);
    this.#hosts = dice.shuffled(numbers);
    this.#routerIds = dice.shuffled(numbers);
    this.#ownIds = dice.percent(40);
  }

  /** A speaker with a block of its own, on those segments. */
  speaker(as: number, ...segments: readonly number[]): Draft {
    const n = this.speakers.length + 1;
    const host = this.#hosts[n] ?? n;
    const interfaces = segments.map((segment, i) => ({
      name: `eth${i}`,
      address: ip(`10.0.${segment}.${host}`),
      prefixLength: 24,
    }));
    const speaker: Draft = {
      name: `n${n}`,
      as,
      routerId:
        (this.#ownIds ? undefined : ip(`192.0.2.${this.#routerIds[n]}`)) ?? interfaces[0]?.address ?? ip('1.1.1.1'),
      interfaces,
      routes: [],
      sessions: [],
      kernel: {
        export: ACCEPT_ALL,
        mergePaths: this.dice.percent(70),
        limit: undefined,
        persist: this.dice.percent(70),
      },
    };
    this.speakers.push(speaker);
    blackhole(speaker, `10.244.${n}.0/26`);
    return speaker;
  }

  /** A session between two: over the segment that they share, else between their first addresses. */
  join(a: Draft, b: Draft, options: Partial<SessionConfig> = {}): [SessionDraft, SessionDraft] {
    const shared = this.dice.of(
      a.interfaces.flatMap(({ address: mine }) =>
        b.interfaces
          .filter(({ address }) => address >>> 8 === mine >>> 8)
          .map(({ address }) => [mine, address] as const),
      ),
    );
    const ends = shared ?? [a.interfaces[0]?.address, b.interfaces[0]?.address];
    const [from, to] = ends;
    if (from === undefined || to === undefined) throw new Error('a speaker without interface');
    return [end(a, from, to, b.as, options), end(b, to, from, a.as, options)];
  }
}

export function blackhole(speaker: Draft, prefix: string): void {
  speaker.routes.push({ net: net(prefix), type: 'blackhole', source: 'static', protocol: 'blocks', nexthops: [] });
}

/** A route of the kernel that the daemon learns, or a static one of its own. */
export function unicast(
  speaker: Draft,
  source: LocalRoute['source'],
  prefix: string,
  via: Ipv4 | undefined,
  dev: string,
): void {
  const protocol = source === 'static' ? 'static1' : 'kernel1';
  speaker.routes.push({ net: net(prefix), type: 'unicast', source, protocol, nexthops: [{ via, dev, weight: 1 }] });
}

function end(
  speaker: Draft,
  local: Ipv4,
  neighbor: Ipv4,
  neighborAs: number,
  options: Partial<SessionConfig>,
): SessionDraft {
  const session: SessionDraft = {
    name: `Node_${formatIpv4(neighbor).replaceAll('.', '_')}`,
    local,
    neighbor,
    neighborAs,
    ...PLAIN,
    multihop: speaker.as === neighborAs,
    ...options,
  };
  speaker.sessions.push(session);
  return session;
}
