import type { Header } from '../packet/index.js';
import type { Diff } from './trace.js';

/**
 * What turns one header stack into another: headers pushed or popped at the outside, then fields set. Index 0 is the
 * outermost header after the pushes and pops.
 */
export function diffHeaders(before: readonly Header[], after: readonly Header[]): Diff[] {
  const diffs: Diff[] = [];
  let base = before;
  const grown = after.length - before.length;
  if (grown > 0 && sameLayers(after.slice(grown), before)) {
    const headers = after.slice(0, grown);
    diffs.push({ op: 'push', headers });
    base = [...headers, ...before];
  } else if (grown < 0 && sameLayers(before.slice(-grown), after)) {
    diffs.push({ op: 'pop', headers: before.slice(0, -grown) });
    base = before.slice(-grown);
  } else if (!sameLayers(before, after)) {
    return [
      { op: 'pop', headers: before },
      { op: 'push', headers: after },
    ];
  }
  for (const [i, header] of after.entries()) diffs.push(...diffHeader(i, base[i], header));
  return diffs;
}

function sameLayers(a: readonly Header[], b: readonly Header[]): boolean {
  return a.length === b.length && a.every((header, i) => header.l === b[i]?.l);
}

function diffHeader(index: number, before: Header | undefined, after: Header): Diff[] {
  const old = new Map(Object.entries(before ?? {}));
  return Object.entries(after)
    .filter(([field, value]) => old.get(field) !== value)
    .map(([field, to]) => ({ op: 'set', path: `/${index}/${field}`, from: old.get(field), to }));
}

/** The header stack after the changes of an event; throws when they do not fit it. */
export function applyDiff(headers: readonly Header[], diffs: readonly Diff[]): readonly Header[] {
  let stack = [...headers];
  for (const diff of diffs) {
    switch (diff.op) {
      case 'push':
        stack = [...diff.headers, ...stack];
        break;
      case 'pop':
        if (JSON.stringify(stack.slice(0, diff.headers.length)) !== JSON.stringify(diff.headers))
          throw new Error('a diff pops headers that are not there');
        stack = stack.slice(diff.headers.length);
        break;
      case 'set': {
        const [, index = '', field = ''] = diff.path.split('/');
        const header = new Map<string, unknown>(Object.entries(stack[Number(index)] ?? {}));
        if (header.get(field) !== diff.from) throw new Error(`a diff changes ${diff.path}, which is not ${diff.from}`);
        stack[Number(index)] = Object.fromEntries(header.set(field, diff.to)) as unknown as Header;
        break;
      }
      case 'meta':
        break;
      default:
        diff satisfies never;
    }
  }
  return stack;
}
