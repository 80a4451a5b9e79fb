import { FROM_WORKLOAD, isEndpoint, setMark } from './match.js';
import { CHAIN, chainName, PREFIX } from './names.js';
import { type FelixChain, type FelixRule, goto } from './rule.js';
import type { RuleSettings } from './settings.js';

// From an interface to the chain of its endpoint (felix 3.21 rules/dispatch.go).

const UNKNOWN_INTERFACE: FelixRule = { action: '--jump DROP', comment: 'Unknown interface' };

/** Chains that tell pods apart by their links; what no pod has is dropped. */
export function workloadDispatchChains(interfaces: readonly string[]): FelixChain[] {
  const end = [UNKNOWN_INTERFACE];
  return [
    ...dispatchChains(CHAIN.fromWorkload, '--in-interface', PREFIX.fromWorkload, interfaces, end),
    ...dispatchChains(CHAIN.toWorkload, '--out-interface', PREFIX.toWorkload, interfaces, end),
  ];
}

/** Those of HostEndpoints, of which there are none: what is not policed goes on. */
export function hostDispatchChains(table: 'raw' | 'mangle' | 'filter'): FelixChain[] {
  const both = [CHAIN.fromHost, CHAIN.toHost];
  const names = table === 'filter' ? [...both, CHAIN.fromHostForward, CHAIN.toHostForward] : both;
  return names.map((name) => ({ name, rules: [] }));
}

/**
 * IPVS sends what it forwards through INPUT and OUTPUT. The one writes into the mark which endpoint the packet came from,
 * the other goes to that endpoint's chain (EndpointMarkDispatchChains()).
 */
export function endpointMarkChains(
  { marks }: RuleSettings,
  endpoints: ReadonlyMap<string, number>,
  interfaces: readonly string[],
): FelixChain[] {
  const last: FelixRule[] = [
    { match: [FROM_WORKLOAD], action: '--jump DROP', comment: 'Unknown endpoint' },
    { action: setMark(marks.nonCaliEndpoint, marks.endpoint), comment: 'Non-Cali endpoint mark' },
  ];
  const tree = dispatchTree(CHAIN.setEndpointMark, '--in-interface', PREFIX.setMark, interfaces, []);
  const fromMark = sorted(interfaces).flatMap((name): FelixRule[] => {
    const mark = endpoints.get(name);
    if (mark === undefined) return [];
    return [{ match: [isEndpoint(mark, marks)], action: goto(chainName(PREFIX.fromWorkload, name)) }];
  });
  return [
    ...tree.children,
    { name: CHAIN.setEndpointMark, rules: [...tree.rules, ...last] },
    { name: CHAIN.fromEndpointMark, rules: [...fromMark, UNKNOWN_INTERFACE] },
  ];
}

function dispatchChains(...args: Parameters<typeof dispatchTree>): FelixChain[] {
  const { children, rules } = dispatchTree(...args);
  return [...children, { name: args[0], rules }];
}

/**
 * A tree of two levels: interfaces with the same next letter after what all have in common share a chain, unless there is
 * only one. Chains are entered by goto, so each of them ends as the first does (buildSingleDispatchChains()).
 */
function dispatchTree(
  root: string,
  match: '--in-interface' | '--out-interface',
  prefix: string,
  interfaces: readonly string[],
  end: readonly FelixRule[],
): { readonly children: FelixChain[]; readonly rules: FelixRule[] } {
  const names = sorted(interfaces);
  const common = commonPrefix(names);
  const children: FelixChain[] = [];
  const rules: FelixRule[] = [];
  const toEndpoint = (name: string): FelixRule => ({
    match: [`${match} ${name}`],
    action: goto(chainName(prefix, name)),
  });
  const groups = new Map<string, string[]>();
  for (const name of names) {
    const start = name.slice(0, common.length + 1);
    groups.set(start, [...(groups.get(start) ?? []), name]);
  }
  for (const [start, [first, ...more]] of groups) {
    if (first === undefined) continue;
    if (more.length === 0) {
      rules.push(toEndpoint(first));
      continue;
    }
    const child = `${root}-${start.slice(common.length)}`;
    rules.push({ match: [`${match} ${start}+`], action: goto(child) });
    children.push({ name: child, rules: [...[first, ...more].map(toEndpoint), ...end] });
  }
  return { children, rules: [...rules, ...end] };
}

/** Each name once, in Go's order of strings. */
function sorted(names: readonly string[]): string[] {
  return [...new Set(names)].sort();
}

/** Of sorted names the first and the last tell it. */
function commonPrefix(names: readonly string[]): string {
  const first = names[0] ?? '';
  const last = names.at(-1) ?? '';
  let length = 0;
  while (length < first.length && first[length] === last[length]) length++;
  return first.slice(0, length);
}
