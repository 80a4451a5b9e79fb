import { describe, expect, test } from 'vitest';
import { trackEntry } from '../../src/linux/conntrack/entry.js';
import { readConntrack } from '../../src/linux/conntrack/read.js';
import { createNetns, Runtime } from '../../src/linux/index.js';
import { Applier, formatCommand, parseCommand } from '../../src/plan/index.js';
import { Network } from '../../src/topology/index.js';
import { isolated } from '../isolated.js';
import { missing, onMachine } from '../machine.js';
import { readable } from '../recordings/load.js';

/** Translated and not, by address and by port alone, to the Service and to its node port: told apart by source port. */
const ENTRIES = [
  '-p udp -s 10.0.0.1 -d 10.96.0.10 --sport 1 --dport 53 --dst-nat 10.244.1.2:5353',
  '-p udp -s 10.0.0.1 -d 10.96.0.10 --sport 2 --dport 53',
  '-p udp -s 10.0.0.1 -d 10.244.1.2 --sport 3 --dport 5353',
  '-p udp -s 10.0.0.1 -d 192.168.0.1 --sport 4 --dport 30053 --dst-nat 10.244.1.2:5353',
  '-p tcp --state SYN_SENT -s 10.0.0.1 -d 10.96.0.10 --sport 5 --dport 53 --dst-nat 10.244.1.2:5353',
  '-p udp -s 10.0.0.1 -d 10.244.1.2 --sport 6 --dport 30053 --dst-nat 10.244.1.2:5353',
  '-p udp -s 10.0.0.1 -d 10.96.0.10 --sport 7 --dport 53 --dst-nat 10.244.1.3:5353',
];

/** All that kube-proxy asks for (k8s 1.30 pkg/proxy/conntrack/conntrack.go), and the rest of what we read. */
const COMMANDS = [
  'conntrack -D --orig-dst 10.96.0.10 -p udp',
  'conntrack -D -p udp --dport 30053',
  'conntrack -D --orig-dst 10.96.0.10 --dst-nat 10.244.1.2 -p udp',
  'conntrack -D -p udp --dport 30053 --dst-nat 10.244.1.2',
  'conntrack -D --dst-nat 10.244.1.2',
  'conntrack -D -p tcp -d 10.96.0.10',
  'conntrack -D -p sctp -d 10.96.0.10',
  'conntrack -F',
];

const why =
  missing('unshare', 'conntrack', 'iptables') ??
  (isolated(`iptables -t nat -A OUTPUT -j ACCEPT && conntrack -I ${ENTRIES[0]} -t 100`).status === 0
    ? undefined
    : 'needs namespaces and conntrack');

describe.skipIf(why !== undefined)(onMachine('what conntrack deletes', why), () => {
  test.each(COMMANDS)('%s', (command) => {
    const script = [
      'iptables -t nat -A OUTPUT -j ACCEPT',
      ...ENTRIES.map((entry) => `conntrack -I ${entry} -t 100`),
      'conntrack -L; echo "@"',
      // It prints what it deletes.
      `${command} >/dev/null`,
      'conntrack -L',
    ];
    const [before = '', after = ''] = isolated(script.join('\n')).stdout.split('@\n');
    const kernel = [...after.matchAll(/^\w.*? sport=(\d+)/gm)].map(([, port]) => Number(port)).sort();

    const runtime = new Runtime();
    for (const entry of readable(readConntrack({ file: 'before', text: before })))
      trackEntry(runtime.of('n1').conntrack, entry, 0, runtime.journal);
    expect(runtime.of('n1').conntrack.list(0)).toHaveLength(ENTRIES.length);
    const applier = new Applier(Network.of([createNetns('n1', 'host', 'n1')]), runtime);
    const installs = readable(parseCommand(command, { netns: 'n1', file: 'test' }));
    for (const install of installs) expect(applier.apply(install)).toBeUndefined();
    const ours = runtime.of('n1').conntrack.list(0);
    expect(ours.map(({ original }) => original.sport).sort()).toEqual(kernel);
    expect(
      readable(parseCommand(formatCommand(installs[0] ?? never()), { netns: undefined, file: 'test' }))[0]?.call,
    ).toEqual(installs[0]?.call);
  });
});

function never(): never {
  throw new Error('no call');
}
