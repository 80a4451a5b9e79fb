import { describe, expect, test } from 'vitest';
import { readLab, readLabWithNotes } from '../../src/input/read-lab.js';

/** `line:col code path` of each problem. */
function problems(text: string): string[] {
  const read = readLab(text, 'lab.yaml');
  if (!('problems' in read)) return [];
  return read.problems.map(({ line, col, code, path }) => `${line}:${col} ${code} ${path.join('.')}`);
}

function notes(text: string): string[] {
  const read = readLabWithNotes(text, 'lab.yaml');
  if ('problems' in read) throw new Error(read.problems.map(({ message }) => message).join('\n'));
  return read.value.notes.map(({ message }) => message);
}

describe('what BIRD would not read', () => {
  const found = (text: string): string[] => problems(`cni: calico/bgp\n${text}\n`);
  const node = (key: string, value: string): string =>
    `nodes: {n: {address: 192.168.56.11, annotations: {projectcalico.org/${key}: "${value}"}}}`;
  const peer = (spec: string): string => `nodes: {n: 192.168.56.11}\ncalico: {bgpPeers: {p: {${spec}}}}`;

  // `bird -p` of 2.0.12: "Local AS number must be set", "Remote AS number (or peer type) must be set"; RFC 7607.
  test.each([
    { text: node('ASNumber', '0'), value: '"0"', at: 'nodes.n.annotations.projectcalico.org/ASNumber' },
    { text: node('ASNumber', '0.0'), value: '"0.0"', at: 'nodes.n.annotations.projectcalico.org/ASNumber' },
    {
      text: 'nodes: {n: 192.168.56.11}\ncalico: {bgpConfiguration: {asNumber: 0}}',
      value: '0',
      at: 'calico.bgpConfiguration.asNumber',
    },
    { text: peer('peerIP: 192.168.56.1, asNumber: 0'), value: '0', at: 'calico.bgpPeers.p.asNumber' },
    { text: peer('peerIP: 192.168.56.1, asNumber: "0"'), value: '"0"', at: 'calico.bgpPeers.p.asNumber' },
    {
      text: 'nodes: {n: 192.168.56.11}\nrouters: {t: {addresses: [192.168.56.1], bgp: {as: 0}}}',
      value: '0',
      at: 'routers.t.bgp.as',
    },
    // `rr cluster id yes;` is a syntax error.
    {
      text: node('RouteReflectorClusterID', 'yes'),
      value: '"yes"',
      code: 'bad-address',
      at: 'nodes.n.annotations.projectcalico.org/RouteReflectorClusterID',
    },
    // validateIPPort(), libcalico-go 3.21.6 lib/validator/v3: an uint16 that is not 0.
    {
      text: peer('peerIP: "192.168.56.1:99999", asNumber: 1'),
      value: '"192.168.56.1:99999"',
      at: 'calico.bgpPeers.p.peerIP',
    },
    { text: peer('peerIP: "192.168.56.1:0", asNumber: 1'), value: '"192.168.56.1:0"', at: 'calico.bgpPeers.p.peerIP' },
    // An uint8 in the API.
    {
      text: peer('peerIP: 192.168.56.1, asNumber: 1, ttlSecurity: 256'),
      value: '256',
      at: 'calico.bgpPeers.p.ttlSecurity',
    },
  ])('$text', ({ text, value, at, code = 'bad-value' }) => {
    // The last line, which is the second or third with `cni` before it, and where the value begins in it.
    const lines = text.split('\n');
    const column = (lines.at(-1) ?? '').lastIndexOf(value) + 1;
    expect(found(text)).toEqual([`${lines.length + 1}:${column} ${code} ${at}`]);
  });

  test('objects of a manifest too', () => {
    const text = `cni: calico/bgp
---
apiVersion: v1
kind: Node
metadata: {name: n, annotations: {projectcalico.org/ASNumber: "0"}}
status: {addresses: [{type: InternalIP, address: 192.168.56.11}]}
---
apiVersion: projectcalico.org/v3
kind: Node
metadata: {name: n}
spec: {bgp: {asNumber: 0}}
---
apiVersion: projectcalico.org/v3
kind: Node
metadata: {name: m}
spec: {bgp: {routeReflectorClusterID: one}}
---
apiVersion: projectcalico.org/v3
kind: BGPPeer
metadata: {name: p}
spec: {peerIP: 192.168.56.1, asNumber: 1, ttlSecurity: 256}
`;
    expect(problems(text)).toEqual([
      '5:63 bad-value metadata.annotations.projectcalico.org/ASNumber',
      '11:24 bad-value spec.bgp.asNumber',
      '16:39 bad-address spec.bgp.routeReflectorClusterID',
      '21:56 bad-value spec.ttlSecurity',
    ]);
  });

  test('an AS number that can not be read is none: K8sNodeToCalico() of libcalico-go 3.21.6', () => {
    expect(notes(`cni: calico/bgp\n${node('ASNumber', '99999999999')}\n`)).toContain(
      '"99999999999" is no AS number, so n has that of BGPConfiguration',
    );
  });

  test('a peerIP without an AS is taken by the API, and keeps BIRD from starting', () => {
    expect(notes(`cni: calico/bgp\n${peer('peerIP: 192.168.56.1')}\n`)).toContain(
      'BGPPeer p has a peerIP and no asNumber: BIRD reads no bird.cfg with AS 0, so it does not run on its nodes',
    );
  });
});
