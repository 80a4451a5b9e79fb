import { expect, test } from 'vitest';
import { readLab } from '../../src/input/read-lab.js';

const EVENTS = `events:
  - node-1: birdc disable Mesh_192_168_56_13
  - calicoctl delete bgppeer nix
  - calicoctl patch bgpfilter f -p '{"spec":{"exportV4":[]}}'
faults:
  limit: {node-1: fib limit 3}
  known: {node-1: [birdc disable Mesh_192_168_56_12, calicoctl delete bgppeer tor, calicoctl delete bgppeer tor]}
`;

/** The paths of what is wrong with a lab of these lines and {@link EVENTS}, in their order. */
function problems(lines: string): string[] {
  const read = readLab(`${lines}\n${EVENTS}`, 'lab.yaml');
  return 'problems' in read ? read.problems.map(({ path }) => path.join('.')) : [];
}

const CNI = 'cni: calico/bgp';
const NODES = 'nodes: {node-1: 192.168.56.11, node-2: 192.168.56.12}';
const OBJECTS = 'calico: {bgpPeers: {tor: {peerIP: 192.168.56.1, asNumber: 65001}}, bgpFilters: {f: {}}}';

const SESSION = 'events.0.node-1';
const PEER = 'events.1';
/** The second time it is gone. */
const OBJECTS_WRONG = [PEER, 'faults.known.node-1.2'];
const LIMIT = 'faults.limit.node-1';

test('all of it, where nothing else is wrong', () => {
  expect(problems(`${CNI}\n${NODES}\n${OBJECTS}`)).toEqual([SESSION, PEER, LIMIT, 'faults.known.node-1.2']);
});

test.each([
  { what: 'pods: {a: node-9}', path: 'pods.a' },
  { what: 'pods: {a: {node: node-1, ip: 10.9.9.9}}', path: 'pods.a.ip' },
  { what: 'hosts: {out: 192.168.56.11}', path: 'hosts.out' },
])('beside $what', ({ what, path }) => {
  expect(problems(`${CNI}\n${NODES}\n${OBJECTS}\n${what}`)).toEqual([
    path,
    SESSION,
    PEER,
    LIMIT,
    'faults.known.node-1.2',
  ]);
});

test.each([
  { why: 'an address twice', cni: CNI, nodes: NODES.replace('56.12', '56.11'), path: 'nodes.node-2' },
  { why: 'no such plug-in', cni: 'cni: calico/bgpp', nodes: NODES, path: 'cni' },
  { why: 'a misspelt key', cni: `${CNI}\npodCidr: 10.244.0.0/16`, nodes: NODES, path: 'podCidr' },
])('$why: nothing is said of sessions, which may come of it', ({ cni, nodes, path }) => {
  expect(problems(`${cni}\n${nodes}\n${OBJECTS}`)).toEqual([path, PEER, LIMIT, 'faults.known.node-1.2']);
});

test('an object that something is wrong with is there all the same', () => {
  const bad = OBJECTS.replace('192.168.56.1,', '192.168.56.999,').replace('f: {}', 'f: {exportV4: [{action: No}]}');
  expect(problems(`${CNI}\n${NODES}\n${bad}`)).toEqual([
    'calico.bgpPeers.tor.peerIP',
    'calico.bgpFilters.f.exportV4.0.action',
    PEER,
    LIMIT,
  ]);
});

test.each([
  { why: 'the objects below a misspelt key', objects: OBJECTS.replace('calico:', 'calicos:'), path: 'calicos' },
  { why: 'peers below a misspelt key', objects: OBJECTS.replace('bgpPeers', 'bgpPeer'), path: 'calico.bgpPeer' },
  {
    why: 'a manifest with objects',
    objects: `pods: {a: node-9}\ncommands: {node-9: ip link}\n${OBJECTS}\nmanifest: []`,
    path: 'pods.a',
  },
])('$why: nothing is said of objects that may be there', ({ objects, path }) => {
  const found = problems(`${CNI}\n${NODES}\n${objects}`);
  expect(found[0]).toBe(path);
  expect(found).toContain(LIMIT);
  for (const each of OBJECTS_WRONG) expect(found).not.toContain(each);
});
