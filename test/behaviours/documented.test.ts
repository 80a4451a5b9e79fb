import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { loadPlans } from '../oracle/corpus.js';
import { CLUSTER_PLANS } from './plans-cluster.js';
import { NODE_PLANS } from './plans-nodes.js';

const ROOT = new URL('../../', import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, ROOT), 'utf8');
const inOneLine = (text: string): string => text.replace(/\s+/g, ' ');

/** The sections of the page, each with its lines: the sentence in bold, and what is said of it. */
const SECTIONS = new Map(
  read('docs/kernel-behaviours.md')
    .split(/^## /m)
    .slice(1)
    .map((section) => {
      const [title = '', ...lines] = section.split('\n');
      const entries = [...lines.join('\n').matchAll(/^- \*\*([\s\S]*?)\*\*([\s\S]*?)(?=^- |(?![\s\S]))/gm)];
      const said = entries.map(([, bold = '', rest = '']) => ({ bold: inOneLine(bold), rest: inOneLine(rest) }));
      return [title, { file: /^`(test\/\S+)`$/m.exec(section)?.[1], said }];
    }),
);

/** The tests of a file, by their titles. */
function titles(file: string): string[] {
  return [...read(file).matchAll(/^ *test\(\s*(['"])(.*?)\1,/gms)].map(([, , title = '']) => title);
}

const TESTED = [...SECTIONS].flatMap(([section, { file, said }]) =>
  file === undefined ? [] : [{ section, file, said }],
);

test('each file of tests has its section in docs/kernel-behaviours.md', () => {
  const files = readdirSync(new URL('test/behaviours/', ROOT)).filter((name) => name.endsWith('.test.ts'));
  const wanted = files.filter((name) => name !== 'documented.test.ts').map((name) => `test/behaviours/${name}`);
  expect(TESTED.map(({ file }) => file).sort()).toEqual(wanted.sort());
});

test.each(TESTED)(
  '$section: each line is proved by the test of its name, and each test has its line',
  ({ file, said }) => {
    expect(said.map(({ bold }) => bold.replace(/\.$/, ''))).toEqual(titles(file));
  },
);

describe('what is said of components', () => {
  test.each(SECTIONS.get('Components')?.said ?? [])('$bold', ({ rest }) => {
    const [, file = '', title = ''] = /`(test\/\S+)`: "(.*)"/.exec(rest) ?? [];
    expect(titles(file)).toContain(title);
  });
});

describe('what is not modelled stands in docs/not-modelled.md', () => {
  const page = inOneLine(read('docs/not-modelled.md'));
  test.each(SECTIONS.get('Not modelled')?.said ?? [])('$bold', ({ rest }) => {
    const [, words = ''] = /"(.+)"/.exec(rest) ?? [];
    expect(words).not.toBe('');
    expect(page).toContain(words);
  });
});

test('each plan is recorded, and each recording has its plan', () => {
  const recorded = loadPlans(new URL('recorded/', import.meta.url)).map(({ name }) => name);
  expect(recorded.sort()).toEqual([...NODE_PLANS, ...CLUSTER_PLANS].map(({ name }) => name).sort());
});
