import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { podpath } from './cli.js';

const folder = mkdtempSync(join(tmpdir(), 'podpath-bgp-told-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('a node without any session', () => {
  test('is said first and fails, of several nodes', async () => {
    const { code, out } = await podpath(['bgp', 'calico-bgp', '--fault', 'mesh-off']);
    expect(out).toMatch(/^✗ node-1, node-2, node-3: no sessions are configured, so BGP brings no routes there/);
    expect(code).toBe(1);
    expect((await podpath(['bgp', 'calico-bgp', 'sessions', 'node-1', '--fault', 'mesh-off'])).code).toBe(1);
  });

  test('is as it should be where it is alone', async () => {
    const alone = join(folder, 'alone.yaml');
    writeFileSync(alone, 'cni: calico/bgp\nnodes: {node-1: 192.168.56.11}\npods: {web: node-1}\n');
    const { code, out } = await podpath(['bgp', alone]);
    expect(code).toBe(0);
    expect(out).toMatch(/^node-1 {2}AS64512/);
  });
});

describe('the reasons of sessions and routes in Chinese', () => {
  const han = /\p{Script=Han}/u;
  /** Of a lab with everything that keeps sessions down, what stands in brackets and behind the colon. */
  test.each([
    { args: ['explain', 'node-1', '10.244.2.0/26', '--fault', 'session-down'], said: '会话没有建立：已被禁用' },
    { args: ['explain', 'node-1', '10.244.2.0/26', '--fault', 'session-down'], said: '它来自 iBGP' },
    { args: ['explain', 'node-1', '10.244.2.0/26', '--fault', 'pool-not-exported'], said: '被它的导出过滤器拒绝' },
    { args: ['explain', 'node-1', '10.244.2.0/26', '--fault', 'bird-gone'], said: '的守护进程没有运行' },
    { args: ['sessions', 'node-1', '--fault', 'session-down'], said: '（node-2：已被禁用）' },
  ])('$args: $said', async ({ args, said }) => {
    const { out } = await podpath(['bgp', 'calico-bgp', ...args, '--lang', 'zh']);
    expect(out.replace(/\n +/g, '')).toContain(said);
    // What is said of a loss is no English any more.
    for (const [, why = ''] of out.replace(/\n {6,}/g, '').matchAll(/没有把它通告给 .*?：(.*)$/gm)) {
      expect(why).toMatch(han);
      expect(why).not.toMatch(/\b(?:the|session|not|rejects)\b/);
    }
  });

  test('JSON is the same in both, with codes', async () => {
    const args = ['bgp', 'calico-bgp', 'explain', 'node-1', '10.244.2.0/26', '--fault', 'session-down', '--json'];
    const [en, zh] = [await podpath(args), await podpath([...args, '--lang', 'zh'])];
    expect(zh.out).toBe(en.out);
    const { lost } = JSON.parse(en.out) as {
      readonly lost: readonly { readonly why: string; readonly reasons: object }[];
    };
    expect(lost[0]).toMatchObject({
      why: 'the session is not established: disabled',
      reasons: [{ code: 'session-down' }, { code: 'disabled' }],
    });
  });
});

describe('add paths (RFC 7911)', () => {
  // Each node announces the Service prefix, and passes on those of the others: 3 from each of 3.
  const lab = (addPaths: string): string => {
    const file = join(folder, `paths${addPaths === '' ? '' : '-off'}.yaml`);
    const nodes = ['11', '12', '13'];
    writeFileSync(
      file,
      `cni: calico/bgp
nodes: {${nodes.map((n) => `n${n}: 192.168.56.${n}`).join(', ')}}
pods: {a: n11, b: n12, c: n13}
calico:
  bgpConfiguration: {serviceClusterIPs: [{cidr: 10.96.0.0/12}]}
  bgpPeers: {tor: {peerIP: 192.168.56.1, asNumber: 65001}}
routers:
  tor:
    addresses: [192.168.56.1]
    bgp: {as: 65001, neighbors: [${nodes.map((n) => `{address: 192.168.56.${n}, as: 64512${addPaths}}`).join(', ')}]}
`,
    );
    return file;
  };
  const count = (out: string, word: RegExp): number => [...out.matchAll(word)].length;

  test('rib names each of several paths, and says once why there are several', async () => {
    const { out } = await podpath(['bgp', lab(''), 'rib', 'tor', '10.96.0.0/12']);
    expect(count(out, /unicast \[Peer/g)).toBe(9);
    for (const id of [1, 2, 3]) expect(count(out, new RegExp(`  path id ${id}, AS_PATH 64512$`, 'gm'))).toBe(3);
    expect(count(out, /add paths/g)).toBe(1);
  });

  test('explain folds what nothing else tells apart', async () => {
    const { out } = await podpath(['bgp', lab(''), 'explain', 'tor', '10.96.0.0/12']);
    const lines = out.replace(/\n {6,}/g, ' ');
    expect(count(lines, /^ {2}also /gm)).toBe(2);
    expect(count(lines, /, 3 paths with AS_PATH 64512: /g)).toBe(2);
    expect(count(lines, /^ {2}(?:best|not used) .*n11/gm)).toBe(2);
    expect(count(lines, /add paths/g)).toBe(1);
  });

  test('a ToR that has them off has one path from each', async () => {
    const { out } = await podpath(['bgp', lab(', addPaths: false'), 'rib', 'tor', '10.96.0.0/12']);
    expect(count(out, /unicast \[Peer/g)).toBe(3);
    expect(out).not.toMatch(/path id|add paths/);
  });
});
