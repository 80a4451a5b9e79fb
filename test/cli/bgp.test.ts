import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { podpath } from './cli.js';

const folder = mkdtempSync(join(tmpdir(), 'podpath-bgp-'));
afterAll(() => rmSync(folder, { recursive: true }));

const NODES = 4;
const mesh = join(folder, 'mesh.yaml');
writeFileSync(
  mesh,
  `cni: calico/bgp
nodes: {${Array.from({ length: NODES }, (_, i) => `node-${i + 1}: 192.168.56.${11 + i}`).join(', ')}}
hosts: {internet: 192.168.56.200}
pods: {${Array.from({ length: NODES }, (_, i) => `web-${i + 1}: node-${i + 1}`).join(', ')}, web: node-1}
services: {web: {port: 80}, headless: {clusterIP: None, port: 80}}
faults:
  killed: {node-2: pkill -KILL bird}
  expired: {node-2: 'pkill -KILL bird; sleep 121'}
  off: {node-1: birdc disable Mesh_192_168_56_12}
  down: {node-2: ip link set eth0 down}
`,
);

interface Document {
  readonly ok: boolean;
  readonly speakers: readonly {
    readonly name: string;
    readonly sessions: readonly { readonly neighborName: string; readonly state: string }[];
  }[];
  readonly routes: readonly { readonly net: string; readonly source: string; readonly best: boolean }[];
  readonly counts: { readonly open: number };
}

async function json(...args: readonly string[]): Promise<Document> {
  const { out, err } = await podpath(['bgp', mesh, ...args, '--json']);
  expect(out, err).not.toBe('');
  return JSON.parse(out) as Document;
}

/** Nets that a node has by BGP. */
async function learned(node: string, ...options: readonly string[]): Promise<readonly string[]> {
  const { routes } = await json('rib', node, ...options);
  return routes.filter(({ source, best }) => source === 'bgp' && best).map(({ net }) => net);
}

describe('a full mesh', () => {
  test('sessions is what is shown unless something else is asked for; n(n - 1) sides are up', async () => {
    const { code, out } = await podpath(['bgp', mesh]);
    expect(code).toBe(0);
    expect(out.split('\n')[0]).toBe(`✓ ${NODES * (NODES - 1)} sides of sessions on ${NODES} speakers, all established`);
  });

  test('each node has a session with each other', async () => {
    const { speakers } = await json('sessions');
    for (const { name, sessions } of speakers)
      expect([name, ...sessions.map((each) => each.neighborName)].sort()).toEqual([
        'node-1',
        'node-2',
        'node-3',
        'node-4',
      ]);
  });

  test('of one node', async () => {
    expect((await json('sessions', 'node/node-3')).speakers.map(({ name }) => name)).toEqual(['node-3']);
  });

  test('each node opens each of its sessions once', async () => {
    expect((await json('messages')).counts.open).toBe(NODES * (NODES - 1));
    expect((await json('messages', '--from', 'node-1', '--to', 'node-2')).counts.open).toBe(1);
  });

  test('the only session between two nodes is the only way (RFC 4271 §9.2): without it each lacks the other’s block', async () => {
    const [one, two] = [await learned('node-1'), await learned('node-2')];
    const without = ['--fault', 'off'];
    expect(one.filter((net) => net.startsWith('10.244.2.'))).toHaveLength(1);
    expect(await learned('node-1', ...without)).toEqual(one.filter((net) => !net.startsWith('10.244.2.')));
    expect(await learned('node-2', ...without)).toEqual(two.filter((net) => !net.startsWith('10.244.1.')));
    expect(await learned('node-3', ...without)).toEqual(await learned('node-3'));
  });

  test('a killed daemon: its block stays until the restart time of 120 s is over (RFC 4724 §4.2)', async () => {
    const all = await learned('node-1');
    expect(await learned('node-1', '--fault', 'killed')).toEqual(all);
    expect(await learned('node-1', '--fault', 'expired')).toEqual(all.filter((net) => !net.startsWith('10.244.2.')));
  });
});

describe('explain', () => {
  test('the name of a pod stands for its address, the best path comes first', async () => {
    const { code, out } = await podpath(['bgp', mesh, 'explain', 'node-1', 'web-2']);
    expect(code).toBe(0);
    expect(out).toMatch(
      /^✓ 10\.244\.2\.\d+\/26 on node-1: via 192\.168\.56\.12 on eth0, from node-2 \(Mesh_192_168_56_12\)\n/,
    );
    expect(out).toContain('node-3, node-4: ');
  });

  test('a pod and a Service of one name are told apart by their kind', async () => {
    const netOf = async (name: string) =>
      (JSON.parse((await podpath(['bgp', mesh, 'explain', 'node-2', name, '--json'])).out) as { net: string }).net;
    expect(await netOf('pod/web')).toMatch(/^10\.244\.1\./);
    // No ClusterIPs are announced: the default route is all there is.
    expect(await netOf('service/web')).toBe('0.0.0.0/0');
  });

  test('where it gets lost', async () => {
    const { code, out } = await podpath(['bgp', mesh, 'explain', 'node-1', 'web-2', '--fault', 'off']);
    expect(code).toBe(1);
    const text = out.replace(/\s+/g, ' ');
    expect(text).toContain(
      'lost node-2 does not get it to node-1 (Mesh_192_168_56_12): the session is not established: disabled',
    );
    expect(text).toContain('node-3, node-4 do not get it to node-1:');
  });

  test('in Chinese', async () => {
    const { out } = await podpath(['bgp', mesh, 'explain', 'node-1', 'web-2', '--lang', 'zh']);
    expect(out).toContain('来自 node-2（Mesh_192_168_56_12）');
  });
});

describe('in the shipped labs, where each node has a default route, that does not stand in for a block that is lost', () => {
  // By RFC 4271 §9.2 a block goes over the mesh's one session, over a reflector, or from ToR to ToR: what is cut is named.
  const disabled = /node-2 does not get it to node-1 \(Mesh_192_168_56_12\): .*disabled/;
  const gone = /node-2 does not get it to node-1 \(Mesh_192_168_56_12\): .*the daemon of node-2 does not run/;
  const filter = /node-2 does not get it to node-1 \(Mesh_192_168_56_12\): its export filter rejects it/;
  const reflectors =
    /reflector-1 .* daemon of reflector-1 does not run reflector-2 .* daemon of reflector-2 does not run/;
  const none = /node-1, node-2: no sessions are configured/;
  test.each([
    { lab: 'calico-bgp', fault: 'session-down', lost: disabled },
    { lab: 'calico-bgp', fault: 'bird-gone', lost: gone },
    { lab: 'calico-bgp', fault: 'mesh-off', lost: none },
    { lab: 'calico-bgp', fault: 'pool-not-exported', lost: filter },
    { lab: 'calico-route-reflectors', fault: 'both-gone', lost: reflectors },
    { lab: 'calico-route-reflectors', fault: 'no-peers', lost: none },
    { lab: 'calico-tor', fault: 'filtered', lost: /node-2 does not get it to tor-2 .*its export filter rejects it/ },
  ])('$lab --fault $fault', async ({ lab, fault, lost }) => {
    const { code, out } = await podpath(['bgp', lab, 'explain', 'node-1', 'web-1', '--fault', fault]);
    expect(code).toBe(1);
    expect(out).toMatch(
      /^✗ node-1 knows no path to 10\.244\.2\.\d+\/26 and falls back on 0\.0\.0\.0\/0: via 192\.168\.56\.1 /,
    );
    const [, told = ''] = out.replace(/\s+/g, ' ').split(' lost ');
    expect(told).toMatch(lost);
    expect(out).not.toMatch(/0\.0\.0\.0\/0 on node-[23]|not told by|not installed/);
  });

  test('a speaker that would not have passed it on is not blamed (RFC 4271 §9.2)', async () => {
    const { out } = await podpath(['bgp', 'calico-bgp', 'explain', 'node-1', 'web-1', '--fault', 'bird-gone']);
    expect(out).not.toContain('to node-3');
  });

  test('what nobody announces goes by the default route, and nothing is wrong with that', async () => {
    const { code, out } = await podpath(['bgp', 'calico-bgp', 'explain', 'node-1', 'internet']);
    expect(code).toBe(0);
    expect(out).toMatch(/^✓ 0\.0\.0\.0\/0 on node-1: via 192\.168\.56\.1 on eth0/);
    expect(out).toContain("0.0.0.0/0 via 192.168.56.1 on eth0, the kernel's own");
    expect(out).not.toMatch(/on node-[23],|not told by|not installed/);
  });
});

describe('rib', () => {
  const differing = async (lab: string, node: string): Promise<readonly string[]> => {
    const { out } = await podpath(['bgp', lab, 'rib', node, '--json']);
    return (JSON.parse(out) as { differences: { net: string }[] }).differences.map(({ net }) => net);
  };

  test('without a tunnel and without filters the forwarding table has what BIRD has', async () => {
    expect(await differing('calico-bgp', 'node-1')).toEqual([]);
    expect(await differing('calico-tor', 'tor-1')).toEqual([]);
  });

  test('with IPIP the blocks of other nodes go through tunl0, and nothing else differs (bird_ipam.cfg)', async () => {
    const { out } = await podpath(['bgp', 'calico-ipip', 'rib', 'node-1', '--json']);
    const { routes } = JSON.parse(out) as Document;
    const others = routes.filter(({ best, source }) => best && source === 'bgp').map(({ net }) => net);
    expect(others.length).toBeGreaterThan(0);
    expect(await differing('calico-ipip', 'node-1')).toEqual(others);
  });
});

test('protocols stand as in Calico’s bird.cfg, static only where there is a block (bird_aggr.cfg)', async () => {
  const listed = async (node: string): Promise<readonly string[]> => {
    const { out } = await podpath(['bgp', 'calico-bgp', 'sessions', node]);
    return [...out.matchAll(/^(\w+) +(?:Static|Kernel|Device|Direct) /gm)].map(([, name = '']) => name);
  };
  expect(await listed('node-1')).toEqual(['static1', 'kernel1', 'device1', 'direct1']);
  expect(await listed('node-3')).toEqual(['kernel1', 'device1', 'direct1']);
});

test('sessions that a patch of the BGPConfiguration has brought or taken are those that are told', async () => {
  const { out } = await podpath(['bgp', 'calico-bgp', 'sessions', '--fault', 'mesh-off', '--json']);
  const { speakers } = JSON.parse(out) as Document;
  expect(speakers.map(({ sessions }) => sessions.length)).toEqual([0, 0, 0]);
});

test('--seed: other times, the same one twice, and one result (no two paths here are left to chance)', async () => {
  const messages = async (seed: string) => (await podpath(['bgp', mesh, 'messages', '--seed', seed])).out;
  const [one, two] = [await messages('1'), await messages('2')];
  expect(two).not.toBe(one);
  expect(await messages('2')).toBe(two);
  expect(await learned('node-1', '--seed', '2')).toEqual(await learned('node-1', '--seed', '1'));
  expect((await podpath(['bgp', mesh, 'messages', '--seed', '2', '--fault', 'off'])).out).toContain(two.slice(0, 200));
});

test('messages: what a NOTIFICATION tells, by RFC 4486 §3 subcode 2 of Cease for a session that is disabled', async () => {
  const only = ['bgp', mesh, 'messages', '--from', 'node-1', '--to', 'node-2', '--fault', 'off'];
  const { out } = await podpath(only);
  expect(out).toMatch(/ NOTIFICATION Mesh_192_168_56_12 {2}Administrative shutdown \(6\.2\)\n/);
  const { messages } = JSON.parse((await podpath([...only, '--json'])).out) as {
    messages: { type: string; notification: unknown }[];
  };
  for (const { type, notification } of messages)
    expect(notification).toEqual(
      type === 'NOTIFICATION' ? { code: 6, subcode: 2, text: 'Administrative shutdown' } : null,
    );
});

test('each example of --help can be run', async () => {
  const { out } = await podpath(['bgp', '--help']);
  const examples = [...out.matchAll(/^ {2}podpath (bgp .*?) {2}/gm)].map(([, command = '']) => command.split(' '));
  expect(examples).toHaveLength(8);
  for (const args of examples) expect([args, (await podpath(args)).code]).not.toEqual([args, 2]);
});

describe('exit codes', () => {
  test.each([
    { args: ['sessions'], code: 0, why: 'nothing wrong' },
    { args: ['sessions', '--fault', 'off'], code: 1, why: 'a session is down' },
    { args: ['sessions', 'node-3', '--fault', 'off'], code: 0, why: 'none of this node' },
    { args: ['sessions', '--fault', 'killed'], code: 1, why: 'a daemon does not run' },
    { args: ['rib', 'node-1', '10.244.3.1'], code: 0, why: 'an address in a block' },
    { args: ['rib', 'node-1', '10.250.0.0/16'], code: 1, why: 'no such route' },
    { args: ['rib', 'node-2', '--fault', 'killed'], code: 1, why: 'nobody to ask' },
    { args: ['explain', 'node-1', '10.250.0.0/16'], code: 1, why: 'nobody has it' },
    { args: ['messages', '--fault', 'killed'], code: 0, why: 'what was said was said' },
  ])('$code: $why', async ({ args, code }) => {
    expect((await podpath(['bgp', mesh, ...args])).code).toBe(code);
  });

  test.each([
    { args: ['session'], says: 'did you mean "sessions"?' },
    { args: ['rib'], says: 'rib needs NODE' },
    { args: ['explain', 'node-1'], says: 'explain needs NODE PREFIX' },
    { args: ['rib', 'nod-1'], says: 'did you mean "node-1"?' },
    { args: ['rib', 'internet'], says: 'internet speaks no BGP; speakers are node-1, node-2, node-3, node-4' },
    { args: ['rib', 'node-1', '10.244.2.0/40'], says: 'expected a prefix' },
    { args: ['explain', 'node-1', 'wbe-1'], says: 'nothing is called "wbe-1"; did you mean "web-1"?' },
    { args: ['explain', 'node-1', 'web'], says: '"web" is pod/default/web as well as service/default/web: say which' },
    { args: ['rib', 'node-1', 'service/headless'], says: 'service/default/headless has no address: ' },
    { args: ['messages', 'node-1'], says: '--from node-1' },
    { args: ['messages', '--limit', '0'], says: 'expected a number from 1' },
    { args: ['sessions', '--all'], says: '--all is for rib' },
    { args: ['sessions', '--fault', 'of'], says: 'did you mean "off"?' },
  ])('2: $says', async ({ args, says }) => {
    const { code, out, err } = await podpath(['bgp', mesh, ...args]);
    expect([code, out]).toEqual([2, '']);
    expect(err).toContain(says);
  });

  test('2: a network without BGP is named', async () => {
    const { code, err } = await podpath(['bgp', 'flannel-vxlan']);
    expect(code).toBe(2);
    expect(err).toContain('nobody speaks BGP in flannel-vxlan: its network is flannel/vxlan');
  });

  test('2: a folder of dumps is told where to look instead', async () => {
    const dumps = join(folder, 'dumps');
    await podpath(['export', 'flannel-vxlan', dumps]);
    const { code, err } = await podpath(['bgp', dumps]);
    expect(code).toBe(2);
    expect(err).toContain('proto bird');
  });
});

test('a fault of the kernel alone is followed too', async () => {
  const { code, out, err } = await podpath(['bgp', mesh, '--fault', 'down']);
  expect([code, err]).toEqual([1, '']);
  expect(out).toContain('BGP Error: Hold timer expired');
  expect(out).toContain('(NO_ROUTE)');
});

test('completion knows what can be shown', async () => {
  const { out } = await podpath(['completion', 'bash']);
  const [line = ''] = out.split('\n').filter((each) => each.trim().startsWith('bgp)'));
  for (const word of ['sessions', 'rib', 'explain', 'messages', '--limit']) expect(line).toContain(word);
});

// A guard against pages that say something else than the program; what it says is tested above.
describe('what docs/bgp.md shows', () => {
  const page = readFileSync(new URL('../../docs/bgp.md', import.meta.url), 'utf8');
  const block = (language: string): readonly string[] =>
    [...page.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'gms'))].map(([, text = '']) => text);
  const labs = new Map(['mesh.yaml', 'rack.yaml'].map((name) => [name, join(folder, `shown-${name}`)]));
  for (const [i, path] of [...labs.values()].entries()) writeFileSync(path, block('yaml')[i] ?? '');
  const commands = block('text').map((text) => /^\$ podpath (.*?)\n(.*)$/s.exec(text) ?? []);

  test('seven commands', () => expect(commands).toHaveLength(7));

  test.each(commands.map(([, command = '', output = '']) => ({ command, output })))(
    '$command',
    async ({ command, output }) => {
      const { out } = await podpath(command.split(' ').map((word) => labs.get(word) ?? word));
      expect(out).not.toBe('');
      expect(out).toBe(output);
    },
  );
});
