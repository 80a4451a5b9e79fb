import { describe, expect, test } from 'vitest';
import { formatPicture } from '../../src/output/index.js';
import { Topology } from '../../src/topology/index.js';
import { SHIPPED, shipped } from '../shipped.js';

/** The statements of a Mermaid flowchart that we use. */
const SUBGRAPH = /^ +subgraph (h\d+(?:n\d+)?)\["[^"]+"\]$/;
const NODE = /^ +(d\d+)\["[^"]+"\]$/;
const LINE = /^ {2}(d\d+) (?:---|-\.-|<-\. tunnel \.->) (d\d+)$/;

describe.each(SHIPPED)('%s', (name) => {
  const topology = new Topology(shipped(name));
  const [head, ...lines] = formatPicture({ hosts: topology.hosts(), connections: topology.connections() })
    .trimEnd()
    .split('\n');
  const matches = (pattern: RegExp) => lines.flatMap((line) => pattern.exec(line)?.slice(1) ?? []);

  test('is a flowchart, each box closed', () => {
    expect(head).toBe('flowchart LR');
    expect(lines.filter((line) => ![SUBGRAPH, NODE, LINE, /^ +end$/].some((p) => p.test(line)))).toEqual([]);
    expect(lines.filter((line) => /^ +end$/.test(line))).toHaveLength(matches(SUBGRAPH).length);
  });

  test('each box has its own name, and each line joins two of them', () => {
    const nodes = matches(NODE);
    expect(new Set(nodes).size).toBe(nodes.length);
    const ends = matches(LINE);
    expect(ends).toHaveLength(2 * topology.connections().length);
    expect(new Set(ends)).toEqual(new Set(nodes));
  });
});

test('a quote in a name does not end its label', () => {
  const hosts = [{ name: 'a"b', namespaces: [] }];
  expect(formatPicture({ hosts, connections: [] })).toBe('flowchart LR\n  subgraph h0["a#34;b"]\n  end\n');
});
