import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { type Cell, CLIENTS, expected, KINDS, MODES } from './table-rules.js';

const PAGE = readFileSync(new URL('../../docs/services.md', import.meta.url), 'utf8');
const ROWS = PAGE.split('\n')
  .filter((line) => /^\| [^|]+ \| [^|]+ \| (any|Cluster|Local) \|/.test(line))
  .map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );

/** The clients of a row; a client that asks itself has a row of its own. */
function isClient(words: string, { client, sort }: Cell['client']): boolean {
  if (client === 'pod/web-1') return false;
  return words.split(', ').includes(sort === 'external' ? 'outside' : sort);
}

function isKind(words: string, kind: Cell['kind']): boolean {
  if (words === 'cluster IP') return kind === 'ClusterIP';
  if (words === 'node port') return kind === 'NodePort';
  if (words === 'external IP, load balancer') return kind === 'externalIP' || kind === 'LoadBalancer';
  return kind !== 'ClusterIP';
}

/** What the page calls a source address. */
function isSaid(words: string, source: string, client: Cell['client']): boolean {
  const ofNode = [`10.244.${client.handler}.1`, `192.168.10.1${client.handler}`].includes(source);
  if (words.endsWith("node's")) return ofNode;
  return words.startsWith("the Service's own") ? /^198\.51\.100\./.test(source) : source === client.address;
}

test('the source addresses that the page gives are those of the table', () => {
  expect(ROWS).toHaveLength(8);
  for (const [clients = '', to = '', policies = '', ...said] of ROWS) {
    const cells = MODES.flatMap((mode) =>
      KINDS.flatMap((kind) =>
        CLIENTS.flatMap((client) =>
          (['Cluster', 'Local'] as const).map(
            (policy): Cell => ({ mode, kind, policy, client, detector: 'ClusterCIDR' }),
          ),
        ),
      ),
    ).filter(
      ({ client, kind, policy }) =>
        isClient(clients, client) && isKind(to, kind) && (policies === 'any' || policies === policy),
    );
    if (clients !== 'the endpoint itself') expect(cells.length).toBeGreaterThan(0);
    for (const cell of cells)
      for (const { source } of expected(cell).met)
        expect(
          isSaid(said[MODES.indexOf(cell.mode)] ?? '', source, cell.client),
          JSON.stringify({ cell, source }),
        ).toBe(true);
  }
});
