import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { SHIPPED } from '../shipped.js';
import { podpath } from './cli.js';

const folder = mkdtempSync(join(tmpdir(), 'podpath-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** A lab file of that text. */
function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

describe('exit codes', () => {
  const odd = file(
    'odd.yaml',
    'nodes: {n: 10.0.0.1}\npods: {a: n, b: {node: n, ports: [80]}}\nfaults: {q: {n: iptables -I FORWARD -j NFQUEUE}}\n',
  );

  test.each([
    { args: ['trace', 'flannel-vxlan', 'client', 'web-1'], code: 0, why: 'delivered and answered' },
    { args: ['trace', 'flannel-vxlan', 'client', '10.244.9.9:80'], code: 1, why: 'not delivered' },
    { args: ['trace', odd, 'a', 'b', '--fault', 'q'], code: 3, why: 'the input does not decide' },
    { args: ['trace', 'flannel-vxlan', 'clinet', 'web-1'], code: 2, why: 'no such sender' },
    { args: ['trace', 'flannel-vxlan', 'client', 'web-1:0'], code: 2, why: 'no port' },
    { args: ['trace', 'no-such-lab', 'client', 'web-1'], code: 2, why: 'no such lab' },
    { args: ['trace', 'flannel-vxlan', 'client'], code: 2, why: 'too few arguments' },
    { args: ['trace', 'flannel-vxlan', 'client', 'web-1', '--fault', 'x'], code: 2, why: 'no such fault' },
    { args: ['trace', 'flannel-vxlan', 'client', 'web-1', '--ttl', '256'], code: 2, why: 'a number out of range' },
    { args: ['trace', 'flannel-vxlan', 'client', 'web-1', '--proto', 'quic'], code: 2, why: 'no such protocol' },
    { args: ['trace', 'flannel-vxlan', 'client', 'web-1', '--branches', 'some'], code: 2, why: 'no such branching' },
    { args: ['trace', 'flannel-vxlan', 'client', 'web-1', '--json', '--mermaid'], code: 2, why: 'two formats' },
    { args: ['trace', 'flannel-vxlan', 'client', 'web-1', '--exec', 'ip link'], code: 2, why: 'no place to run it' },
    {
      args: ['trace', 'flannel-vxlan', 'client', 'web-1', '--exec', 'node-9: ip link set eth0 up'],
      code: 2,
      why: 'no node',
    },
    {
      args: ['trace', 'flannel-vxlan', 'client', 'web-1', '--exec', 'node-1: ip rote add x'],
      code: 2,
      why: 'no command',
    },
    { args: ['trac', 'flannel-vxlan'], code: 2, why: 'no such command' },
    { args: ['show', 'flannel-vxlan', 'node-1', 'weather'], code: 2, why: 'nothing of that kind' },
    { args: [], code: 2, why: 'nothing to do' },
    { args: ['--help'], code: 0, why: 'help was asked for' },
    { args: ['--version'], code: 0, why: 'the version was asked for' },
  ])('$code: $why', async ({ args, code }) => {
    const ran = await podpath(args);
    expect(ran.code, ran.err).toBe(code);
    expect(ran.err).not.toMatch(/^ +at /m);
    if (code === 2) expect(ran.out).toBe('');
  });
});

describe('suggestions', () => {
  test.each([
    { args: ['trac', 'x'], hint: 'Did you mean trace?', why: 'a command' },
    {
      args: ['trace', 'flannel-vxlan', 'client', 'web-1', '--fautl', 'x'],
      hint: 'Did you mean --fault?',
      why: 'an option',
    },
    { args: ['trace', 'flannel-vxla', 'client', 'web-1'], hint: 'did you mean "flannel-vxlan"?', why: 'a lab' },
    { args: ['trace', 'flannel-vxlan', 'clint', 'web-1'], hint: 'did you mean "client"?', why: 'a sender' },
    { args: ['trace', 'flannel-vxlan', 'client', 'service/wep:80'], hint: 'did you mean "service/', why: 'a Service' },
    {
      args: ['trace', 'flannel-vxlan', 'client', 'web-1', '--fault', 'no-rout'],
      hint: 'did you mean "no-route"?',
      why: 'a fault',
    },
    { args: ['show', 'flannel-vxlan', 'node-1', 'route'], hint: 'did you mean "routes"?', why: 'a part' },
    { args: ['show', 'flannel-vxlan', 'node1', 'routes'], hint: 'did you mean "node-1"?', why: 'a namespace' },
  ])('$why', async ({ args, hint }) => {
    expect((await podpath(args)).err).toContain(hint);
  });
});

describe('trace', () => {
  test('the result is alone on stdout, so that it can be piped', async () => {
    const { out, err } = await podpath(['trace', 'flannel-vxlan', 'client', 'web-1', '--json']);
    expect(JSON.parse(out)).toMatchObject({ format: 'podpath-trace/1', verdict: { forward: 'delivered' } });
    expect(err).toBe('');
  });

  // As ip itself, which exits with 2: the change that was asked for has not been made.
  test('a command that the kernel refuses is an error', async () => {
    const exec = ['--exec', 'node-1: ip route add 10.9.0.0/16 via 10.8.0.1'];
    const { code, err, out } = await podpath(['trace', 'flannel-vxlan', 'client', 'web-1', ...exec]);
    expect(err).toBe(
      '--exec:1:9: node-1 refuses "ip route add 10.9.0.0/16 via 10.8.0.1": Nexthop has invalid gateway (ENETUNREACH)\n',
    );
    expect([code, out]).toEqual([2, '']);
  });

  test('a sysctl that the kernel has and nothing here reads is a note', async () => {
    const exec = ['--exec', 'node-1: sysctl -w net.ipv4.tcp_fin_timeout=9'];
    const { code, err } = await podpath(['trace', 'flannel-vxlan', 'client', 'web-1', ...exec]);
    expect(err).toBe('note: net.ipv4.tcp_fin_timeout is kept, but nothing that is modelled reads it\n');
    expect(code).toBe(0);
  });

  test.each([
    { args: ['web-1', '--proto', 'icmp', '--port', '9'], want: 'podpath: --port: icmp has no ports\n' },
    { args: ['web-1:8080', '--proto', 'icmp'], want: 'podpath: TO: icmp has no ports, found ":8080"\n' },
    { args: ['web-1:8080', '--port', '9'], want: 'podpath: --port: "web-1:8080" says already which port\n' },
  ])('a port that would be ignored: $args', async ({ args, want }) => {
    expect((await podpath(['trace', 'flannel-vxlan', 'client', ...args])).err).toBe(want);
  });

  test('all that is wrong is told at once', async () => {
    const wrong = '--ttl abc --size -1 --port 99999 --proto foo --branches x --fault no --lang de'.split(' ');
    const exec = ['--exec', 'node-9: ip x', '--exec', 'node-1: ip route del 10.9.9.9'];
    const { err, code } = await podpath(['trace', 'flannel-vxlan', 'clint', 'webb', ...wrong, ...exec]);
    expect(err.split('\n').map((line) => line.split(' ').slice(0, 2).join(' '))).toEqual([
      'podpath: --ttl:',
      'podpath: --size:',
      'podpath: --port:',
      'podpath: --proto:',
      'podpath: --branches:',
      'podpath: --lang:',
      'podpath: --fault:',
      '--exec:1:1: no',
      '--exec:1:12: object',
      '--exec:2:9: node-1',
      'podpath: from:',
      'podpath: to:',
      '',
    ]);
    expect(code).toBe(2);
  });

  test('commands run in order, after the faults', async () => {
    const heal = ['--exec', 'node-1: ip route add 10.244.2.0/24 via 192.168.56.12'];
    const { code } = await podpath(['trace', 'flannel-vxlan', 'client', 'web-1', '--fault', 'no-route', ...heal]);
    expect(code).toBe(0);
  });

  test.each([
    { options: ['--branches', 'pin:10.244.2.2'], branches: 1, why: 'the one whose text holds it' },
    { options: ['--branches', 'seed:7'], branches: 1, why: 'one drawn' },
    { options: ['--branches', 'all'], branches: 2, why: 'each endpoint' },
  ])('$options: $why', async ({ options, branches }) => {
    const { out } = await podpath(['trace', 'flannel-vxlan', 'client', 'service/web:80', '--json', ...options]);
    expect(JSON.parse(out).verdict.branches).toBe(branches);
  });

  test('what the packet is like', async () => {
    const options = [
      '--proto',
      'udp',
      '--port',
      '8080',
      '--sport',
      '1234',
      '--ttl',
      '9',
      '--size',
      '100',
      '--df',
      '--json',
    ];
    const { out } = await podpath(['trace', 'flannel-vxlan', 'client', '10.244.2.2', ...options]);
    const [ip, udp] = JSON.parse(out).legs[0].packet;
    expect(ip).toMatchObject({ proto: 'udp', ttl: 9, df: true, len: 128 });
    expect(udp).toMatchObject({ sport: 1234, dport: 8080 });
  });

  test('-vv tells the rules that did not match, -v those that did, and without neither', async () => {
    const count = async (...options: string[]): Promise<number> =>
      (await podpath(['trace', 'flannel-vxlan', 'client', 'web-1', ...options])).out.split('\n').length;
    const [none, v, vv] = [await count(), await count('-v'), await count('-vv')];
    expect(none).toBeLessThan(v);
    expect(v).toBeLessThan(vv);
  });
});

describe('colours', () => {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are ANSI's
  const ansi = /\u001b\[/;
  test.each([
    { io: { outIsTerminal: true }, want: true, why: 'a terminal' },
    { io: { outIsTerminal: false }, want: false, why: 'a pipe' },
    { io: { outIsTerminal: true, env: { NO_COLOR: '1' } }, want: false, why: 'NO_COLOR' },
    { io: { outIsTerminal: false, env: { FORCE_COLOR: '1' } }, want: true, why: 'FORCE_COLOR in a pipe' },
    { io: { outIsTerminal: true, env: { FORCE_COLOR: '0' } }, want: false, why: 'FORCE_COLOR=0' },
    { io: { outIsTerminal: true, env: { TERM: 'dumb' } }, want: false, why: 'a dumb terminal' },
  ])('$why: $want', async ({ io, want }) => {
    expect(ansi.test((await podpath(['trace', 'flannel-vxlan', 'client', 'web-1'], io)).out)).toBe(want);
  });

  test('--no-color wins', async () => {
    const { out } = await podpath(['trace', 'flannel-vxlan', 'client', 'web-1', '--no-color'], { outIsTerminal: true });
    expect(out).not.toMatch(ansi);
  });
});

describe('show', () => {
  test.each([
    {
      what: 'links',
      line: 'vxlan id 1 local 192.168.56.11 dev eth0 srcport 0 0 dstport 8472 nolearning ttl auto ageing 300',
    },
    { what: 'addresses', line: 'inet 10.244.1.0/32 scope global flannel.1' },
    { what: 'routes', line: '10.244.2.0/24 via 10.244.2.0 dev flannel.1 onlink' },
    { what: 'rules', line: '32766:\tfrom all lookup main' },
    { what: 'neighbours', line: '10.244.2.0 dev flannel.1 lladdr 02:f1:0a:f4:02:00 PERMANENT' },
    { what: 'fdb', line: '02:f1:0a:f4:02:00 dev flannel.1 dst 192.168.56.12 self permanent' },
    { what: 'iptables', line: '-A FLANNEL-FWD -s 10.244.0.0/16 -m comment --comment "flanneld forward" -j ACCEPT' },
    { what: 'sysctls', line: 'net.ipv4.ip_forward = 1' },
  ])('$what as the native tool prints it', async ({ what, line }) => {
    const { out, code } = await podpath(['show', 'flannel-vxlan', 'node-1', what]);
    expect(out).toContain(line);
    expect(code).toBe(0);
  });

  test('what the kernel refused, with its reason', async () => {
    const { out } = await podpath(['show', 'flannel-host-gw-two-segments', 'node-1', 'refused']);
    expect(out).toContain(
      'route add 10.244.2.0/24 via 192.168.57.12 dev eth0\n  ENETUNREACH: Nexthop has invalid gateway',
    );
    expect((await podpath(['show', 'flannel-vxlan', 'node-1', 'refused'])).out).toBe('');
  });

  test('with a change made first', async () => {
    const { out } = await podpath(['show', 'flannel-vxlan', 'node-1', 'routes', '--fault', 'no-route']);
    expect(out).not.toContain('10.244.2.0/24');
  });

  test('a pod by its name', async () => {
    expect((await podpath(['show', 'flannel-vxlan', 'pod/client', 'addresses'])).out).toContain('10.244.1.2/24');
  });
});

describe('test', () => {
  test('is TAP, and 0 when all is as expected', async () => {
    const { out, code } = await podpath(['test', 'flannel-host-gw-two-segments']);
    const [version, plan, ...rest] = out.trimEnd().split('\n');
    const last = rest.pop();
    expect(version).toBe('TAP version 14');
    expect(plan).toBe(`1..${rest.length}`);
    expect(rest.every((line, i) => line.startsWith(`ok ${i + 1} - flannel-host-gw-two-segments: `))).toBe(true);
    expect(last).toBe(`# ${rest.length} passed, 0 failed`);
    expect(code).toBe(0);
  });

  test('tells what came instead, and where the line is', async () => {
    const lab = file(
      'wrong.yaml',
      'nodes: {n: 10.0.0.1}\npods: {a: n, b: {node: n, ports: [80]}}\nexpect:\n  - a -> b: dropped\n',
    );
    const { out, code } = await podpath(['test', lab]);
    expect(out).toContain('not ok 1 - wrong: a -> b: dropped\n  ---\n  got: delivered\n');
    expect(out).toContain(`at: ${lab}:4`);
    expect(code).toBe(1);
  });

  test('a lab that is wrong stops it before anything runs', async () => {
    const { out, err, code } = await podpath(['test', 'flannel-vxlan', file('bad.yaml', 'nodes: {n: x}\n')]);
    expect([out, code]).toEqual(['', 2]);
    expect(err).toContain('bad.yaml:1:12: nodes.n: expected an IPv4 address');
  });
});

describe('what the kernel refuses of a lab', () => {
  const two = 'nodes: {n: 10.0.0.1}\npods: {a: n, b: {node: n, ports: [80]}}\n';
  const faulty = file(
    'faulty.yaml',
    `${two}faults:\n  f: {n: ip route del 10.9.0.0/16}\n  g: {n: iptables -A FORWRD -j DROP}\nexpect: ["a -> b with f: delivered"]\n`,
  );

  test('is a problem of each fault', async () => {
    const { out, code } = await podpath(['validate', faulty]);
    expect(
      out
        .split('\n')
        .map((line) => line.replace(`${faulty}:`, ''))
        .slice(0, 2),
    ).toEqual([
      '4:10: faults.f.n: fault "f": n refuses "ip route del 10.9.0.0/16": No such process (ESRCH)',
      expect.stringMatching(/^5:10: faults\.g\.n: fault "g": n refuses .*did you mean "FORWARD"\? \(ENOENT\)$/),
    ]);
    expect(code).toBe(2);
  });

  test('fails what is expected with it, and a trace with it', async () => {
    const { out, code } = await podpath(['test', faulty]);
    expect(out).toContain('not ok 1 - faulty: a -> b with f: delivered');
    expect(out).toContain('No such process (ESRCH)');
    expect(code).toBe(1);
    expect((await podpath(['trace', faulty, 'a', 'b', '--fault', 'f'])).code).toBe(2);
    expect((await podpath(['trace', faulty, 'a', 'b'])).code).toBe(0);
  });

  test.each([
    { lab: 'commands: {n: [ip link set lo up, ip route del 10.9.0.0/16]}\n', at: '3:35: commands.n[1]: ' },
    { lab: 'links: {n: {eth9: {mtu: 900}}}\n', at: '3:25: links.n.eth9.mtu: ' },
  ])('is a problem of $lab', async ({ lab, at }) => {
    const path = file('commands.yaml', two + lab);
    for (const args of [
      ['validate', path],
      ['test', path],
      ['trace', path, 'a', 'b'],
      ['graph', path],
    ]) {
      const { out, err, code } = await podpath(args);
      expect(out + err).toContain(`commands.yaml:${at}n refuses "ip `);
      expect(code).toBe(2);
    }
  });
});

describe('validate', () => {
  test('a lab that is wrong in three ways is told all three', async () => {
    const lab = file(
      'three.yaml',
      'nodes: {n: 10.0.0.1}\npods:\n  a: m\n  b: {node: n, prots: [80]}\nfaults: {f: {n: ip rute del x}}\n',
    );
    const { out, code } = await podpath(['validate', lab]);
    expect(out.split('\n').map((line) => line.replace(`${lab}:`, ''))).toEqual([
      '3:6: pods.a: no node is called "m"',
      '4:16: pods.b.prots: unknown key; did you mean "ports"?',
      expect.stringMatching(/^5:\d+: faults\.f\.n: /),
      ' 3 problems',
      '',
    ]);
    expect(code).toBe(2);
  });

  test('a lab that is right is told what was chosen for it', async () => {
    const { out, code } = await podpath(['validate', 'flannel-vxlan']);
    expect(out).toContain('flannel-vxlan:5:11: note: podCIDR of node-1 is 10.244.1.0/24');
    expect(out).toMatch(
      /^flannel-vxlan: ok: flannel\/vxlan, 3 nodes, 3 pods, 1 service, \d+ faults, \d+ expectations$/m,
    );
    expect(code).toBe(0);
  });
});

describe('labs and completion', () => {
  test('each lab has a name and a line', async () => {
    const { out } = await podpath(['labs']);
    const lines = out.trimEnd().split('\n');
    expect(lines.map((line) => line.split(' ')[0])).toEqual([...SHIPPED].sort());
    for (const line of lines)
      expect(line).toMatch(/^(flannel-\S+ {2,}Flannel|calico-\S+ {2,}Calico|services\S* {2,}Services)\b/);
  });

  test('the line is the description that the lab has', async () => {
    const { out } = await podpath(['labs', '--path']);
    const { readFileSync } = await import('node:fs');
    const described = out
      .trimEnd()
      .split('\n')
      .map((path) => parse(readFileSync(path, 'utf8')).description);
    const { out: listed } = await podpath(['labs']);
    for (const description of described) expect(listed).toContain(description);
  });

  test.each(['bash', 'zsh', 'fish'])('%s completes commands, options and labs', async (shell) => {
    const { out } = await podpath(['completion', shell]);
    for (const word of ['trace', 'validate', 'flannel-vxlan', 'fault', 'neighbours']) expect(out).toContain(word);
  });
});

test.each([
  { words: ['podpath', 'tr'], want: ['trace'], why: 'commands' },
  { words: ['podpath', 'trace', '--fa'], want: ['--fault'], why: 'options' },
  { words: ['podpath', 'show', 'flannel-u'], want: ['flannel-udp'], why: 'labs' },
  { words: ['podpath', 'show', 'flannel-udp', 'node-1', 'neigh'], want: ['neighbours'], why: 'fixed words' },
  { words: ['podpath', 'diff', 'flannel-udp', '--na'], want: ['--namespace'], why: 'options' },
  { words: ['podpath', 'import', 'kub'], want: ['kubectl'], why: 'further commands' },
])('bash itself completes $words: $why', async ({ words, want }) => {
  const { out: script } = await podpath(['completion', 'bash']);
  const ask = `COMP_WORDS=(${words.join(' ')}); COMP_CWORD=${words.length - 1}; _podpath; echo "\${COMPREPLY[@]}"`;
  const { stdout } = spawnSync('bash', ['-c', `${script}\n${ask}`], { encoding: 'utf8', cwd: folder });
  expect(stdout.trim().split(' ')).toEqual(want);
});

test('every command explains itself with examples', async () => {
  for (const command of ['trace', 'show', 'test', 'validate', 'diff', 'collect', 'import', 'labs', 'completion']) {
    const { out, code } = await podpath([command, '--help']);
    expect(out).toContain('Examples:\n  podpath ');
    expect(code).toBe(0);
  }
});

test('a bug asks to be reported, with what it takes to repeat it', async () => {
  const breaks = (): never => {
    throw new Error('out of cheese');
  };
  const { code, err } = await podpath(['labs'], { out: breaks });
  expect(code).toBe(70);
  expect(err).toContain('podpath: out of cheese\nThis is a bug in podpath');
  expect(err).toMatch(/podpath \d+\.\d+\.\d+, Node v\d+/);
  expect(err).toContain('  podpath labs\n');
});
