/**
 * Undoes what a probe changed. All writes to runtime records go through {@link put} and {@link set}; a roll-back is
 * only ever to where the journal was last started.
 */
export class Journal {
  #undo: (() => void)[] | undefined;

  /** From here on writes can be rolled back. */
  start(): void {
    this.#undo = [];
  }

  /** Forgets how to go back. */
  commit(): void {
    this.#undo = undefined;
  }

  /** Goes back to {@link start}, and keeps recording from there. */
  rollback(): void {
    const undo = this.#undo ?? [];
    for (let i = undo.length - 1; i >= 0; i--) undo[i]?.();
    this.#undo = [];
  }

  /** `map.set(key, value)`, or `map.delete(key)` for undefined. */
  put<K, V>(map: Map<K, V>, key: K, value: V | undefined): void {
    if (this.#undo !== undefined) {
      const had = map.has(key);
      const old = map.get(key);
      this.#undo.push(() => (had ? map.set(key, old as V) : map.delete(key)));
    }
    if (value === undefined) map.delete(key);
    else map.set(key, value);
  }

  /** `record[field] = value`. */
  set<T extends object, K extends keyof T>(record: T, field: K, value: T[K]): void {
    if (this.#undo !== undefined) {
      const old = record[field];
      this.#undo.push(() => {
        record[field] = old;
      });
    }
    record[field] = value;
  }
}
