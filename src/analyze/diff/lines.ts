/** A line that is on one side only, or on both at places that do not agree; 0-based. */
export interface LineChange {
  readonly a: number | undefined;
  readonly b: number | undefined;
}

/**
 * What two lists of lines do not share, in order. The k-th of equal lines belongs to the k-th on the other side; a
 * longest run of those that are in the same order on both sides stays, the others have moved. O(n log n): chains of
 * kube-proxy have tens of thousands of rules.
 */
export function diffLines(a: readonly string[], b: readonly string[]): readonly LineChange[] {
  const partners = pairLines(a, b);
  const stay = increasing(partners);
  const paired = new Set(partners.filter((at) => at !== undefined));
  const changes: LineChange[] = [];
  for (const [i, at] of partners.entries()) if (!stay.has(i)) changes.push({ a: i, b: at });
  for (const i of b.keys()) if (!paired.has(i)) changes.push({ a: undefined, b: i });
  return changes;
}

/** For each line of `a` the place of its equal in `b`. */
function pairLines(a: readonly string[], b: readonly string[]): (number | undefined)[] {
  const places = new Map<string, number[]>();
  for (const [i, line] of b.entries()) {
    const list = places.get(line);
    if (list === undefined) places.set(line, [i]);
    else list.push(i);
  }
  const used = new Map<string, number>();
  return a.map((line) => {
    const k = used.get(line) ?? 0;
    used.set(line, k + 1);
    return places.get(line)?.[k];
  });
}

/** Indexes of a longest increasing subsequence of the numbers that are there (patience sorting). */
function increasing(values: readonly (number | undefined)[]): ReadonlySet<number> {
  /** By length less one: the index at which the best run of that length ends. */
  const ends: number[] = [];
  const before = new Map<number, number | undefined>();
  for (const [i, value] of values.entries()) {
    if (value === undefined) continue;
    let [low, high] = [0, ends.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((values[ends[middle] ?? 0] ?? 0) < value) low = middle + 1;
      else high = middle;
    }
    before.set(i, ends[low - 1]);
    ends[low] = i;
  }
  const run = new Set<number>();
  for (let at = ends.at(-1); at !== undefined; at = before.get(at)) run.add(at);
  return run;
}
