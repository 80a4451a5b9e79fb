import fc from 'fast-check';
import { expect, test } from 'vitest';
import { podpath } from './cli.js';

const WORDS = [
  ...[
    'trace',
    'show',
    'test',
    'validate',
    'labs',
    'services',
    'explain',
    'compare',
    'completion',
    'help',
    'flannel-vxlan',
    'flannel-host-gw-two-segments',
  ],
  ...[
    'client',
    'web-1',
    'pod/default/web-0',
    'service/web',
    'service/web:http',
    'internet',
    'router',
    'lan-1',
    'node-1',
  ],
  ...[
    '10.96.0.2:80',
    '10.244.2.2',
    '0.0.0.0:1',
    '255.255.255.255:9',
    '127.0.0.1:80',
    '224.0.0.1:5',
    'x:y:z',
    '',
    '/',
    'pod/',
    ':',
  ],
  ...[
    '--proto',
    'icmp',
    'udp',
    'sctp',
    '--port',
    '80',
    '--ttl',
    '0',
    '1',
    '--size',
    '9000',
    '--df',
    '--branches',
    'seed:3',
    'pin:x',
  ],
  ...[
    '--fault',
    'no-route',
    'no-route,no-fdb',
    '--exec',
    'node-1: ip link set eth0 down',
    'client: ip addr flush dev eth0',
  ],
  ...[
    '--json',
    '--mermaid',
    '-v',
    '-vv',
    '--lang',
    'zh',
    '--no-color',
    'routes',
    'links',
    'iptables',
    'refused',
    'bash',
    '--proxy',
    'ipvs',
    'KUBE-SERVICES',
    '0x4000',
    '--',
    '-',
  ],
];

test('no command line is a bug', async () => {
  const line = fc.oneof(
    fc.array(fc.constantFrom(...WORDS), { maxLength: 8 }),
    fc
      .tuple(
        fc.constantFrom(...WORDS),
        fc.constantFrom(...WORDS),
        fc.array(fc.constantFrom(...WORDS), { maxLength: 5 }),
      )
      .map(([from, to, rest]) => ['trace', 'flannel-vxlan', from, to, ...rest]),
  );
  await fc.assert(
    fc.asyncProperty(line, async (args) => {
      const { code, err } = await podpath(args);
      expect([0, 1, 2, 3], err).toContain(code);
      if (code === 2) expect(err + args.join('')).not.toBe('');
    }),
    { numRuns: 500 },
  );
}, 120_000);
