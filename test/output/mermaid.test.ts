import { describe, expect, test } from 'vitest';
import { loadLab } from '../../src/input/index.js';
import { formatTrace } from '../../src/output/index.js';
import { escapeText } from '../../src/output/mermaid.js';
import { trace } from '../../src/trace/index.js';
import { SHIPPED, shippedFile } from '../shipped.js';

/** The statements of a Mermaid sequence diagram that we use; a text ends at a `;` or `#` that is no entity. */
const TEXT = '([^#;<\\n]|#\\d+;)*';
const STATEMENTS = [
  '  participant n\\d+ as [\\w.-]+',
  `  Note over n\\d+: ${TEXT}`,
  `  n\\d+(->>|-x)n\\d+: ${TEXT}`,
  `  (alt|else) ${TEXT}`,
  '  end',
].map((statement) => new RegExp(`^${statement}$`));

describe.each(SHIPPED)('%s', (name) => {
  test.each(['web-1', 'service/web:80', '10.244.9.9:80'])(
    'client to %s is a diagram that Mermaid reads',
    async (to) => {
      const text = formatTrace(trace(await loadLab(shippedFile(name)), { from: 'client', to }), { format: 'mermaid' });
      const [head, ...lines] = text.trimEnd().split('\n');
      expect(head).toBe('sequenceDiagram');
      for (const line of lines)
        expect(
          STATEMENTS.some((statement) => statement.test(line)),
          line,
        ).toBe(true);
      const named = new Set(lines.flatMap((line) => /participant (n\d+)/.exec(line)?.[1] ?? []));
      for (const [used] of text.matchAll(/\bn\d+(?=:|->>|-x)/g)) expect(named).toContain(used);
      expect(lines.filter((line) => line === '  end')).toHaveLength(
        lines.some((line) => line.startsWith('  alt')) ? 1 : 0,
      );
    },
  );
});

test.each([
  { text: 'a; b', want: 'a#59; b', why: 'a semicolon would end the statement' },
  { text: 'rule #1', want: 'rule #351', why: 'a number sign begins an entity' },
  { text: 'a\n b', want: 'a b', why: 'a line would end the text' },
  { text: '<script>', want: '#60;script>', why: 'no HTML' },
])('escapes $text: $why', ({ text, want }) => {
  expect(escapeText(text)).toBe(want.replace('#351', '#35;1'));
});
