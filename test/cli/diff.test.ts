import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, describe, expect, test } from 'vitest';
import { SCHEMAS } from '../../tools/schemas.js';
import { podpath } from './cli.js';

const folder = mkdtempSync(join(tmpdir(), 'podpath-diff-'));
afterAll(() => rmSync(folder, { recursive: true }));

const LAB = 'flannel-vxlan';
const validate = new Ajv2020().compile(SCHEMAS['diff.schema.json'] ?? {});

describe('podpath diff', () => {
  test.each([
    { args: [LAB], code: 0, why: 'the same' },
    { args: [LAB, '--fault', 'no-route'], code: 1, why: 'a fault' },
    { args: [LAB, '--fault', 'no-route', '-n', 'node-2'], code: 0, why: 'a fault elsewhere' },
    { args: [LAB, '--fault', 'no-route', '--only', 'iptables,fdb'], code: 0, why: 'a fault of another kind' },
    { args: ['flannel-host-gw', '--only', 'route'], code: 1, why: 'another lab' },
    { args: [LAB, '--fault', 'no-rote'], code: 2, why: 'no such fault' },
    { args: [LAB, '--exec', 'node-1: ip rote'], code: 2, why: 'no such command' },
    { args: [LAB, '-n', 'node-9'], code: 2, why: 'no such namespace' },
    { args: [LAB, '--only', 'routes'], code: 2, why: 'no such kind' },
    { args: ['no-such-lab'], code: 2, why: 'no such lab' },
    { args: [], code: 2, why: 'one lab' },
  ])('$code: $why', async ({ args, code }) => {
    const ran = await podpath(['diff', LAB, ...args]);
    expect(ran.code, ran.err).toBe(code);
    if (code === 2) expect(ran.out).toBe('');
    else expect(validate(JSON.parse((await podpath(['diff', LAB, ...args, '--json'])).out)), 'schema').toBe(true);
  });

  test('nothing in common is no sameness', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'podpath-diff-'));
    for (const name of ['a', 'b']) {
      mkdirSync(join(folder, name, `node-${name}`), { recursive: true });
      writeFileSync(
        join(folder, name, 'network.yaml'),
        `podpath: 1\nkind: snapshot\nnamespaces: {node-${name}: {role: host}}\n`,
      );
    }
    const { code, out } = await podpath(['diff', join(folder, 'a'), join(folder, 'b')]);
    rmSync(folder, { recursive: true });
    expect(out).toMatch(/^\? nothing to compare /);
    expect(code).toBe(3);
  });

  test('says what is missing, in whose name and where', async () => {
    const { out } = await podpath([
      'diff',
      LAB,
      LAB,
      '--fault',
      'no-route,small-mtu',
      '--exec',
      'node-2: ip rule add pref 9 lookup 7',
    ]);
    expect(
      out,
    ).toBe(`✗ different  flannel-vxlan and flannel-vxlan with no-route, small-mtu, node-2: ip rule add pref 9 lookup 7: 1 missing, 1 extra, 1 different in 10 namespaces

node-1
  flanneld: lease 10.244.2.0/24 of node-2
    - missing    route 10.244.2.0/24 via 10.244.2.0 dev flannel.1 onlink

node-2
  lab: node/node-2
    ~ different  link eth0 mtu 1500 -> 1400
  --exec
    + extra      rule 9: from all lookup 7
`);
  });

  test('is coloured as the others are', async () => {
    const { out } = await podpath(['diff', LAB, LAB, '--fault', 'no-route'], { env: { FORCE_COLOR: '1' } });
    expect(out).toContain('\u001b[31m    - missing');
  });

  test('a folder of dumps is compared as far as it goes', async () => {
    const dumps = join(folder, 'dumps');
    expect((await podpath(['export', LAB, dumps])).code).toBe(0);
    expect((await podpath(['diff', LAB, dumps])).out).toBe(`= same  flannel-vxlan and ${dumps}: 10 namespaces\n`);
    expect((await podpath(['diff', dumps, LAB, '--fault', 'no-fdb'])).out).toContain(
      '- missing    fdb 02:f1:0a:f4:02:00',
    );
    // Of node-2 and its pod there is nothing; of node-3 no routes.
    for (const lost of ['node-2', 'web-1', 'node-3/ip-route.json']) rmSync(join(dumps, lost), { recursive: true });
    const network = join(dumps, 'network.yaml');
    const lines = readFileSync(network, 'utf8').split('\n');
    writeFileSync(network, lines.filter((line) => !/node-2|web-1/.test(line)).join('\n'));
    expect(await podpath(['diff', LAB, dumps])).toMatchObject({
      code: 0,
      out: expect.stringContaining(
        'not compared: node-2, web-1 (nothing is dumped of the machine that they are on)\nnot compared: route of node-3 (no dump tells it)\n',
      ) as string,
    });
  });
});

describe('podpath import kubectl', () => {
  const fixture = (name: string): string => fileURLToPath(new URL(`../input/kubectl/${name}`, import.meta.url));
  const files = ['cluster.json', 'flannel.yaml', 'kube-proxy.yaml'].map(fixture);

  test('prints a lab that validates and traces', async () => {
    const { code, out, err } = await podpath(['import', 'kubectl', ...files]);
    expect(code).toBe(0);
    expect(err).toContain('not modelled: NetworkPolicy (shop/web-from-front)');
    const lab = join(folder, 'lab.yaml');
    writeFileSync(lab, out);
    expect((await podpath(['validate', lab])).code).toBe(0);
    expect((await podpath(['trace', lab, 'pod/shop/front', 'service/shop/web:80'])).code).toBe(0);
  });

  test.each([
    { args: [fixture('flannel.yaml')], why: 'no nodes' },
    { args: [join(folder, 'none.json')], why: 'no such file' },
    { args: [], why: 'no file' },
  ])('2: $why', async ({ args }) => {
    expect(await podpath(['import', 'kubectl', ...args])).toMatchObject({ code: 2, out: '' });
  });
});
