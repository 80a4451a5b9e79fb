/**
 * Events in virtual time. What is due in the same millisecond comes in an order that the seed decides, one of the same
 * time that is added meanwhile included; adding and taking cost constant time, whatever is under way.
 */
export class EventQueue<E> {
  /** Milliseconds. */
  now = 0;
  /** Events under way that are more than a timer that waits. */
  work = 0;
  readonly #due = new Map<number, E[]>();
  /** A binary heap of the times in `#due`. */
  readonly #times: number[] = [];
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** A whole number below `bound`: mulberry32. */
  random(bound: number): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 0x1_0000_0000) * bound);
  }

  add(event: E, delay: number): void {
    const at = this.now + delay;
    const due = this.#due.get(at);
    if (due !== undefined) {
      due.push(event);
      return;
    }
    this.#due.set(at, [event]);
    this.#push(at);
  }

  /** When the next event is due; undefined: there is none. */
  next(): number | undefined {
    return this.#times[0];
  }

  /** Takes an event and lets time pass until then. */
  take(): E | undefined {
    const at = this.#times[0];
    if (at === undefined) return undefined;
    const due = this.#due.get(at);
    if (due === undefined) throw new Error(`nothing is due at ${at}`);
    this.now = at;
    const last = due.pop();
    const index = this.random(due.length + 1);
    const event = index < due.length ? due[index] : last;
    if (index < due.length && last !== undefined) due[index] = last;
    if (due.length === 0) {
      this.#due.delete(at);
      this.#pop();
    }
    return event;
  }

  #push(time: number): void {
    const heap = this.#times;
    let i = heap.push(time) - 1;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      const above = heap[parent] ?? 0;
      if (above <= time) break;
      heap[i] = above;
      i = parent;
    }
    heap[i] = time;
  }

  #pop(): void {
    const heap = this.#times;
    const time = heap.pop();
    if (time === undefined || heap.length === 0) return;
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && (heap[child + 1] ?? 0) < (heap[child] ?? 0)) child++;
      const below = heap[child] ?? 0;
      if (below >= time) break;
      heap[i] = below;
      i = child;
    }
    heap[i] = time;
  }
}
