import { describe, expect, test } from 'vitest';
import { loadLab } from '../../src/input/index.js';
import { Runtime } from '../../src/linux/index.js';
import { type FormatOptions, formatTrace, outputFormats, registerFormat } from '../../src/output/index.js';
import { apply, parseCommand } from '../../src/plan/index.js';
import { type Probe, trace } from '../../src/trace/index.js';
import { readable } from '../recordings/load.js';
import { shippedFile } from '../shipped.js';

/** The text of a trace on flannel-vxlan. */
async function textOf(probe: Probe, options: FormatOptions = {}, faults: readonly string[] = []): Promise<string> {
  const network = await loadLab(shippedFile('flannel-vxlan'), { faults });
  return formatTrace(trace(network, probe, { detail: options.detail === 2 ? 'all' : 'hits' }), options);
}

const toWeb1: Probe = { from: 'client', to: 'web-1' };

describe('the verdict, its cause and the remedy come first', () => {
  test('delivered: who took it', async () => {
    const [first, why] = (await textOf(toWeb1)).split('\n');
    expect(first).toBe('✓ delivered  pod/default/client -> pod/default/web-1:8080 tcp  (answered)');
    expect(why).toBe('  why        pod/default/web-1 took it: tcp LISTEN 0.0.0.0:8080');
  });

  test('dropped by a rule: the rule, and who wrote it', async () => {
    const text = await textOf(toWeb1, { width: 200 }, ['tunnel-filtered']);
    const [first, why, end, rule, fix] = text.split('\n');
    expect(first).toBe('✗ dropped  pod/default/client -> pod/default/web-1:8080 tcp');
    expect(why).toContain('NF_DROP, It was the outer packet of flannel.1');
    expect(end).toContain('node/node-2: Rule 1 of filter/INPUT dropped it');
    expect(rule).toContain('filter INPUT rule 1: -p udp -m udp --dport 8472 -j DROP  [');
    expect(rule).toContain('flannel-vxlan.yaml');
    expect(fix).toMatch(/^ {2}try /);
  });

  test('dropped for want of a route: whose is missing, then who gave up', async () => {
    const [, why, end, fix] = (await textOf(toWeb1, { width: 200 }, ['no-route'])).split('\n');
    expect(why).toContain(
      'NO_ROUTE, node-1 has no route for 10.244.2.0/24 of pod/default/web-1, so it took its default',
    );
    expect(end).toContain('host/router: router has no route to 10.244.2.2');
    expect(fix).toMatch(/^ {2}try .*on node-1 with `ip route get 10\.244\.2\.2`/);
  });

  test('a call that fails: nothing was sent, and what the call gives', async () => {
    const [first, why, end, fix, , section] = (await textOf({ from: 'router', to: 'web-1' }, { width: 200 })).split(
      '\n',
    );
    expect(first).toBe('✗ not sent  host/router -> pod/default/web-1:8080 tcp  (connect() gives ENETUNREACH)');
    expect(why).toContain('NO_ROUTE, 10.244.2.2 is the address of pod/default/web-1');
    expect(end).toContain('host/router: router has no route to 10.244.2.2');
    expect(fix).not.toContain('DST');
    expect(section).toBe('not sent  > 10.244.2.2:8080 tcp S, 60 bytes');
  });

  test('taken by another than was asked', async () => {
    const network = await loadLab(shippedFile('flannel-vxlan'));
    const command = 'iptables -t nat -I PREROUTING -d 10.244.2.2 -j DNAT --to-destination 10.244.1.3';
    const installs = readable(parseCommand(command, { netns: 'node-1', file: 'test' }));
    const changed = apply(installs, network, new Runtime()).network;
    const [first] = formatTrace(trace(changed, toWeb1)).split('\n');
    expect(first).toBe(
      '✓ delivered  pod/default/client -> pod/default/web-1:8080 tcp  (taken by pod/default/web-0, which is not the one that was asked, answered)',
    );
  });

  test('the answer that is lost is said to be the answer', async () => {
    const probe = { from: 'client', to: 'service/web:80' };
    const [first, why, end] = (await textOf(probe, { width: 200 }, ['no-bridge-nf'])).split('\n');
    expect(first).toMatch(/^✗ answer rejected .*\(the packet itself arrives, /);
    expect(why).toContain('REPLY_NOT_TRANSLATED, the answer, node-1 translated the request');
    expect(end).toContain('pod/default/client: The answer comes from');
  });
});

describe('the way', () => {
  test('routes and rules with who installed them, and what changed', async () => {
    const text = await textOf(toWeb1);
    expect(text).toMatch(
      /route +10\.244\.2\.0\/24 via 10\.244\.2\.0 dev flannel\.1 onlink +flanneld: lease 10\.244\.2\.0\/24 of node-2/,
    );
    expect(text).toMatch(/forward +TTL 64 -> 63/);
    expect(text).toMatch(/encap +flannel\.1: VXLAN 1 to 192\.168\.56\.12, 50 bytes more +flanneld/);
    expect(text).toMatch(/accept +filter FLANNEL-FWD rule 1 +flanneld: forward rules/);
  });

  test('ARP is a word at the next hop; in full detail it is told', async () => {
    expect(await textOf(toWeb1)).toMatch(/next hop +10\.244\.1\.1 is at \S+ +asked by ARP/);
    expect(await textOf(toWeb1)).not.toContain('who has');
    expect(await textOf(toWeb1, { detail: 2 })).toContain('who has 10.244.1.1? tell 10.244.1.2');
  });

  test('-v: each rule that mattered; -vv: each that was tried, with the first condition that failed', async () => {
    const rules = await textOf(toWeb1, { detail: 1, width: 200 });
    expect(rules).toMatch(/rule +filter FORWARD rule 2: -j KUBE-FORWARD +kube-proxy: base chains/);
    expect(rules).not.toContain('KUBE-FORWARD rule 1: -m conntrack --ctstate INVALID fails');
    const all = await textOf(toWeb1, { detail: 2, width: 200 });
    expect(all).toContain('filter KUBE-FORWARD rule 1: -m conntrack --ctstate INVALID fails (NEW)');
  });

  test('what branches share is told once, then each with its chance', async () => {
    const text = await textOf({ from: 'client', to: 'service/web:80' });
    expect(text.match(/^forward /gm)).toHaveLength(1);
    expect(text.match(/^---.*$/gm)).toEqual([
      '--- branch 1 of 2, 50 %: to 10.244.1.3:8080 (pod/default/web-0) ---',
      '--- branch 2 of 2, 50 %: to 10.244.2.2:8080 (pod/default/web-1) ---',
    ]);
    expect(text.match(/^reply /gm)).toHaveLength(2);
    expect(text).toMatch(/DNAT +10\.96\.\d+\.\d+:80 -> 10\.244\.2\.2:8080/);
  });

  test('a lost packet of several pieces tells the pieces', async () => {
    const text = await textOf({ ...toWeb1, proto: 'udp', payload: 4000 });
    expect(text).toMatch(/split +into 3 pieces/);
    // Fragments that go the same way are told once, and no hop has a way out that it does not take.
    expect(text).toMatch(/^2-4 client on node-1 {2}> eth0 {2}\(3 frames\)$/m);
    expect(text).not.toMatch(/>$/m);
  });

  const unmodelled = `
nodes: {node-1: 10.0.0.1, node-2: 10.0.0.2}
pods: {a: node-1, b: {node: node-2, ports: [80]}}
faults:
  queue: {node-2: iptables -I FORWARD -j NFQUEUE}
  bpf:
    node-2: iptables -I FORWARD -m bpf --bytecode '1,6 0 0 0' -j DROP
`;

  test('what is not modelled is unknown, with the rule', async () => {
    const result = trace(await loadLab(unmodelled, { faults: ['queue'] }), { from: 'a', to: 'b' });
    const [first, why] = formatTrace(result).split('\n');
    expect(first).toBe('? unknown  pod/default/a -> pod/default/b:80 tcp');
    expect(why).toContain('UNSUPPORTED, node/node-2: It depends on something that podpath does not model: -j NFQUEUE');
  });

  test('a match that is not modelled gives both branches, and later ones within them', async () => {
    const text = formatTrace(trace(await loadLab(unmodelled, { faults: ['bpf'] }), { from: 'a', to: 'b' }));
    expect(text.match(/^--- .* ---$/gm)).toEqual([
      '--- branch 1 of 3, chance unknown ---',
      '--- branch 2-3 of 3, chance unknown ---',
      '--- branch 2 of 3, chance unknown ---',
      '--- branch 3 of 3, chance unknown ---',
    ]);
    const [first, why, more, rule] = text.split('\n');
    expect(first).toBe('? unknown  pod/default/a -> pod/default/b:80 tcp  (3 branches, chance unknown)');
    expect(`${why} ${more}`).toContain('UNSUPPORTED, node/node-2: ');
    expect(`${why} ${more}`).toContain('-m bpf --bytecode');
    expect(rule).toContain('filter FORWARD rule 1');
  });
});

test('in Chinese: sentences and labels, and the same names', async () => {
  const text = await textOf(toWeb1, { lang: 'zh' }, ['no-forwarding']);
  const [first, why] = text.split('\n');
  expect(first).toBe('✗ 被丢弃  pod/default/client -> pod/default/web-1:8080 tcp');
  expect(why).toContain('FORWARDING_OFF');
  expect(why).toContain('需要转发这个包');
});

test.each<{ probe: Probe; says: readonly string[] }>([
  { probe: { from: 'internet', to: 'client:80' }, says: ['icmp 网络不可达，关于 203.0.113.10', 'ICMP 限速未计入'] },
  {
    probe: { from: 'client', to: 'service/web:80' },
    says: ['第 2 条: 不匹配', '已由 br_netfilter 在网桥端口上执行过'],
  },
  { probe: { from: 'client', to: 'web-1:8080', proto: 'udp', payload: 4000 }, says: ['等待其余分片', '每个分片至多'] },
  { probe: { from: 'client', to: 'web-1', proto: 'icmp', ttl: 1 }, says: ['icmp TTL 超时，关于', '回显请求'] },
])('in Chinese nothing is left in English but what programs are told: $probe.to', async ({ probe, says }) => {
  const text = await textOf(probe, { lang: 'zh', detail: 2, width: 1000 });
  for (const each of says) expect(text).toContain(each);
  // Rules are printed as iptables does, with their comments, and who wrote them names itself.
  const own = text.split('\n').filter((line) => !/--comment|flanneld: |kubelet: |kernel: |lab: /.test(line));
  const english =
    /\b(about|reply|request|unreachable|match(es)?|fragments?|is at|who has|sends|waits|has run|applied)\b/;
  expect(own.filter((line) => english.test(line))).toEqual([]);
});

test('colours only when asked for, and the words stay the same', async () => {
  const plain = await textOf(toWeb1);
  const colored = await textOf(toWeb1, { color: true });
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are ANSI's
  const escapes = /\u001b\[\d+m/g;
  expect(plain).not.toMatch(escapes);
  expect(colored).toMatch(escapes);
  expect(colored.replace(escapes, '')).toBe(plain);
});

test('no line is wider than asked for, but for words that are', async () => {
  const text = await textOf({ from: 'client', to: 'service/web:80' }, { detail: 2, width: 80 });
  const words = text.split('\n').filter((line) => line.length > 80 && !/^\S|^ {0,4}\d/.test(line));
  expect(words.filter((line) => line.trim().split(/\s+/).length > 6)).toEqual([]);
});

test('JSON is the whole trace', async () => {
  const network = await loadLab(shippedFile('flannel-vxlan'));
  const result = trace(network, toWeb1);
  expect(JSON.parse(formatTrace(result, { format: 'json' }))).toEqual(result);
});

test('formats are a registry', async () => {
  expect(outputFormats().map((format) => format.name)).toEqual(['text', 'mermaid', 'json']);
  registerFormat({ name: 'verdict', description: 'one word', format: (result) => result.verdict.forward });
  expect(await textOf(toWeb1, { format: 'verdict' })).toBe('delivered');
  await expect(textOf(toWeb1, { format: 'svg' })).rejects.toThrow('no format is called "svg"');
});
