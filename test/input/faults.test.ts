import { expect, test } from 'vitest';
import { readLab } from '../../src/input/read-lab.js';
import { formatProblem } from '../../src/problem/index.js';

const LAB = `cni: calico/bgp
nodes: {node-1: 192.168.56.11, node-2: 192.168.56.12}
routers: {tor: {addresses: [192.168.56.1], bgp: {as: 65001}}}
calico: {ipPools: {pods: {cidr: 10.244.0.0/16}}}
faults:
`;

const PATCH = `calicoctl patch ippool pods -p '{"spec":{"ipipMode":"Always"}}'`;

/** The lines of the fault `f`, those for the control plane before the others, and where they stand. */
function linesOf(fault: string): string[] {
  const read = readLab(`${LAB}  f: ${fault}\n`, 'lab.yaml');
  if ('problems' in read) throw new Error(read.problems.map(({ message }) => message).join('\n'));
  const [found] = read.value.faults;
  return [...(found?.events ?? []), ...(found?.commands ?? [])].map(({ netns, command }) => `${netns}: ${command}`);
}

test.each([
  { form: 'a line', fault: PATCH, lines: [`: ${PATCH}`] },
  {
    form: 'a list',
    fault: '[calicoctl delete ippool pods, {node-2: [ip link set eth0 down, birdc disable all]}, sleep 3]',
    lines: [
      ': calicoctl delete ippool pods',
      'node/node-2: birdc disable all',
      ': sleep 3',
      'node/node-2: ip link set eth0 down',
    ],
  },
  {
    form: 'a map, its events first',
    fault:
      '{description: both, node-1: birdc disable all, events: [sleep 5, {node-2: pkill bird}], node-2: ip link set eth0 up}',
    lines: [
      ': sleep 5',
      'node/node-2: pkill bird',
      'node/node-1: birdc disable all',
      'node/node-2: ip link set eth0 up',
    ],
  },
])('a fault may be $form', ({ fault, lines }) => {
  expect(linesOf(fault)).toEqual(lines);
});

test('what is wrong shows a map where one is wanted', () => {
  const faults = [
    'a: ip link set eth0 down',
    'b: 5',
    'c: birdc disable all',
    'd: fib limit 3',
    'e: ip lnik',
    'f: [calicoctl ptch x, sleep 5, {node-9: ip link set eth0 down}]',
    'g: {events: sleep 5, description: [x], node-1: {a: b}}',
    'h: {events: [{node-1: ip link set eth0 down}, ip link set eth0 down]}',
  ];
  const read = readLab(`${LAB}${faults.map((line) => `  ${line}\n`).join('')}`, 'lab.yaml');
  expect('problems' in read ? read.problems.map(formatProblem) : []).toEqual([
    'lab.yaml:6:6: faults.a: this runs on some machine: write a map such as {node-1: ip link set eth0 down}',
    'lab.yaml:7:6: faults.b: expected a map such as {node-2: ip link set eth0 down}, or a control command that needs no machine, found 5',
    'lab.yaml:8:6: faults.c: no machine is said to run it on: write a map such as {node-1: …}',
    'lab.yaml:9:6: faults.d: no machine is said to run it on: write a map such as {tor: …}',
    'lab.yaml:10:6: faults.e: "ip" is no command for the control plane; a line has them alone',
    'lab.yaml:11:17: faults.f[0]: expected patch or delete, found "ptch"; did you mean "patch"?',
    'lab.yaml:11:35: faults.f[2].node-9: nothing with a network of its own is called "node-9"; did you mean "node-1"?',
    'lab.yaml:12:15: faults.g.events: expected a list, found "sleep 5"',
    'lab.yaml:12:37: faults.g.description: expected text, found a list',
    'lab.yaml:12:50: faults.g.node-1: expected a command or a list of commands, found a map',
    'lab.yaml:13:25: faults.h.events[0].node-1: "ip" is no command for the control plane; a line has them alone',
    'lab.yaml:13:49: faults.h.events[1]: this runs on some machine: write a map such as {node-1: ip link set eth0 down}',
  ]);
});
