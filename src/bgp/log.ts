import type { Notification } from './notification.js';

/** What a message was, as it is logged. */
export const LOGGED = [
  'OPEN',
  'KEEPALIVE',
  'NOTIFICATION',
  'END-OF-RIB',
  'announce',
  'withdraw',
  'ROUTE-REFRESH',
] as const;
export type Logged = (typeof LOGGED)[number];

const FIRST_CAPACITY = 1024;

/** All messages in order of sending, 20 octets each and 4 more for a prefix: a thousand routers send millions. */
export class MessageLog {
  length = 0;
  #at = new Float64Array(FIRST_CAPACITY);
  #session = new Int32Array(FIRST_CAPACITY);
  #kind = new Uint8Array(FIRST_CAPACITY);
  /** Where the nets of each start. */
  #start = new Int32Array(FIRST_CAPACITY + 1);
  #nets = new Int32Array(FIRST_CAPACITY);
  /** Of NOTIFICATIONs, by the message: there are few. */
  readonly #errors = new Map<number, Notification>();

  add(at: number, session: number, kind: Logged, nets: readonly number[], error?: Notification): void {
    const i = this.length++;
    if (error !== undefined) this.#errors.set(i, error);
    if (i + 1 >= this.#start.length) this.#grow();
    this.#at[i] = at;
    this.#session[i] = session;
    this.#kind[i] = LOGGED.indexOf(kind);
    let next = this.#start[i] ?? 0;
    if (next + nets.length > this.#nets.length) this.#growNets(next + nets.length);
    for (const net of nets) this.#nets[next++] = net;
    this.#start[i + 1] = next;
  }

  at(i: number): number {
    return this.#at[i] ?? 0;
  }

  /** Index of the session that sent it. */
  session(i: number): number {
    return this.#session[i] ?? 0;
  }

  kind(i: number): Logged {
    const kind = LOGGED[this.#kind[i] ?? 0];
    if (kind === undefined) throw new Error(`message ${i} has no kind`);
    return kind;
  }

  error(i: number): Notification | undefined {
    return this.#errors.get(i);
  }

  netCount(i: number): number {
    return (this.#start[i + 1] ?? 0) - (this.#start[i] ?? 0);
  }

  nets(i: number): readonly number[] {
    return [...this.#nets.subarray(this.#start[i], this.#start[i + 1])];
  }

  #grow(): void {
    const capacity = 2 * this.#at.length;
    this.#at = copy(new Float64Array(capacity), this.#at);
    this.#session = copy(new Int32Array(capacity), this.#session);
    this.#kind = copy(new Uint8Array(capacity), this.#kind);
    this.#start = copy(new Int32Array(capacity + 1), this.#start);
  }

  #growNets(least: number): void {
    this.#nets = copy(new Int32Array(Math.max(least, 2 * this.#nets.length)), this.#nets);
  }
}

function copy<A extends Float64Array | Int32Array | Uint8Array>(to: A, from: A): A {
  to.set(from);
  return to;
}
