import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { importKubectl, loadLab, readLab } from '../../src/input/index.js';
import { trace } from '../../src/trace/index.js';

const here = new URL('kubectl/', import.meta.url);

/** What kubectl prints of a cluster as kubeadm and the published manifest of Flannel set it up. */
function fixture(file: string): { readonly file: string; readonly text: string } {
  return { file, text: readFileSync(new URL(file, here), 'utf8') };
}

const OBJECTS = fixture('cluster.json');
const CLUSTER = [OBJECTS, fixture('flannel.yaml'), fixture('kube-proxy.yaml')];

/** The cluster with a text in one of its files replaced. */
function changed(file: string, from: string | RegExp, to: string): typeof CLUSTER {
  const all = CLUSTER.map((each) => (each.file === file ? { file, text: each.text.replace(from, to) } : each));
  expect(all).not.toEqual(CLUSTER);
  return all;
}

function imported(sources: typeof CLUSTER): { text: string; told: readonly string[] } {
  const read = importKubectl(sources);
  if ('problems' in read) throw new Error(JSON.stringify(read.problems));
  expect(read.value.misfits).toEqual([]);
  return read.value;
}

function problems(sources: typeof CLUSTER): string[] {
  const read = importKubectl(sources);
  return 'problems' in read ? read.problems.map((p) => `${p.file}:${p.line}:${p.col} ${p.code} ${p.message}`) : [];
}

describe('a cluster of kubectl', () => {
  const { text, told } = imported(CLUSTER);

  test('becomes a lab without problems', () => {
    const read = readLab(text, 'lab.yaml');
    expect('problems' in read ? read.problems : []).toEqual([]);
  });

  test.each([
    ['pod/shop/front', 'service/shop/web:80', 'the one endpoint that is ready'],
    ['pod/shop/front', 'service/default/kubernetes:443', 'a Service without a selector'],
    ['node/worker-1', 'node/worker-2:8080', 'a host port'],
  ])('%s reaches %s: %s', async (from, to) => {
    expect(trace(await loadLab(text), { from, to }).verdict).toMatchObject({ forward: 'delivered', exit: 0 });
  });

  test('keeps the addresses of flannel: the VTEPs are those of the annotations', async () => {
    const ns = (await loadLab(text)).netns('worker-1');
    expect(ns?.links.get('flannel.1')?.address).toBe(0x0a580af40101);
  });

  test('says what is not modelled or left out, with the name of the object', () => {
    expect(told).toEqual([
      'cluster.json:465:5: pod shop/job-x has ended (phase Succeeded) and is left out',
      'cluster.json:714:5: not modelled: NetworkPolicy (shop/web-from-front)',
      "pod kube-flannel/kube-flannel-ds-aaaaa is in its node's network, declares no port and no Service selects it: left out",
      'pod shop/web-2 has no address yet: left out',
    ]);
  });

  test('and so does each trace', async () => {
    const { assumptions } = trace(await loadLab(text), { from: 'pod/shop/front', to: 'service/shop/sticky:80' });
    expect(JSON.stringify(assumptions)).toContain('shop/web-from-front');
  });

  test('is the same from YAML, from several files and with objects twice', () => {
    const cluster = JSON.parse(OBJECTS.text) as { items: object[] };
    const half = cluster.items.length >> 1;
    const list = (items: object[]): string => JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
    const split = [
      { file: 'a', text: list(cluster.items.slice(0, half + 1)) },
      {
        file: 'b',
        text: cluster.items
          .slice(half)
          .map((each) => `---\n${JSON.stringify(each)}\n`)
          .join(''),
      },
      ...CLUSTER.slice(1),
    ];
    const body = (made: string): string => made.split('\n').slice(2).join('\n');
    expect(body(imported(split).text)).toBe(body(text));
  });
});

describe('what is decided', () => {
  test.each([
    [
      '"Type": "vxlan"',
      '"Type": "vxlan", "VNI": 7, "DirectRouting": true',
      'cni: {name: flannel/vxlan, VNI: 7, DirectRouting: true}',
    ],
    ['"Type": "vxlan"', '"Type": "host-gw"', 'cni: flannel/host-gw'],
    ['"hairpinMode": true', '"hairpinMode": false', 'cni: {name: flannel/vxlan, hairpinMode: false}'],
    [
      '"Type": "vxlan"',
      '"Type": "wireguard"',
      '# Not modelled: Backend Type wireguard (configmap/kube-flannel/kube-flannel-cfg).',
    ],
    [
      '"type": "portmap"',
      '"type": "bandwidth"',
      '# Not modelled: CNI plug-in bandwidth (configmap/kube-flannel/kube-flannel-cfg).',
    ],
    [
      '"EnableNFTables": false',
      '"EnableNFTables": true',
      '# Not modelled: EnableNFTables (configmap/kube-flannel/kube-flannel-cfg).',
    ],
  ])('flannel.yaml with %s as %s: %s', (from, to, line) => {
    expect(imported(changed('flannel.yaml', from, to)).text.split('\n')).toContain(line);
  });

  test.each([
    [
      'masqueradeAll: false',
      'masqueradeAll: true',
      'kubeProxy: {mode: iptables, clusterCIDR: 10.244.0.0/16, masqueradeAll: true}',
    ],
    ['mode: ""', 'mode: nftables', '# Not modelled: mode: nftables (configmap/kube-system/kube-proxy).'],
    ['mode: ""', 'mode: ipvs', 'kubeProxy: {mode: ipvs, clusterCIDR: 10.244.0.0/16}'],
    [
      'scheduler: ""\n      strictARP: false\n    kind: KubeProxyConfiguration\n    metricsBindAddress: ""\n    mode: ""',
      'scheduler: lc\n      strictARP: true\n    mode: ipvs',
      'kubeProxy: {mode: ipvs, clusterCIDR: 10.244.0.0/16, ipvs: {scheduler: lc, strictARP: true}}',
    ],
    [
      'nodePortAddresses: null',
      'nodePortAddresses: [10.0.0.0/8]',
      'kubeProxy: {mode: iptables, clusterCIDR: 10.244.0.0/16, nodePortAddresses: [10.0.0.0/8]}',
    ],
    [
      'nodePortAddresses: null',
      'nodePortAddresses: [primary]',
      '# Not modelled: nodePortAddresses: ["primary"] (configmap/kube-system/kube-proxy).',
    ],
    ['clusterCIDR: 10.244.0.0/16', 'clusterCIDR: ""', 'kubeProxy: {mode: iptables, clusterCIDR: none}'],
    [
      'bridgeInterface: ""\n      interfaceNamePrefix: ""\n    detectLocalMode: ""',
      'bridgeInterface: cni0\n      interfaceNamePrefix: ""\n    detectLocalMode: BridgeInterface',
      'kubeProxy: {mode: iptables, clusterCIDR: 10.244.0.0/16, detectLocalMode: BridgeInterface, detectLocal: {bridgeInterface: cni0}}',
    ],
    [
      'localhostNodePorts: null',
      'localhostNodePorts: false',
      'kubeProxy: {mode: iptables, clusterCIDR: 10.244.0.0/16, iptables: {localhostNodePorts: false}}',
    ],
    [
      'masqueradeBit: null',
      'masqueradeBit: 15',
      'kubeProxy: {mode: iptables, clusterCIDR: 10.244.0.0/16, iptables: {masqueradeBit: 15}}',
    ],
  ])('kube-proxy.yaml with %s as %s: %s', (from, to, line) => {
    expect(imported(changed('kube-proxy.yaml', from, to)).text.split('\n')).toContain(line);
  });

  test('without the ConfigMaps the annotations of the nodes tell the backend', () => {
    const { text, told } = imported(CLUSTER.slice(0, 1));
    expect(text).toContain('cni: flannel/vxlan # from the nodes');
    expect(text).toContain('podCIDR: 10.244.0.0/16 # holds the podCIDRs of all nodes');
    expect(told).toContain('no ConfigMap kube-system/kube-proxy: mode iptables is assumed');
  });

  test('clusterIPs elsewhere move the serviceCIDR', () => {
    const moved = changed('cluster.json', /"10\.(96|101)\./g, '"10.43.');
    expect(imported(moved).text).toContain('serviceCIDR: 10.43.0.0/16 # not in any object; holds all clusterIPs');
  });
});

describe('what is wrong', () => {
  test.each([
    [
      'cluster.json',
      '"address": "192.168.56.11"',
      '"address": "192.168.56"',
      'cluster.json:29:22 missing expected an IPv4 address of type InternalIP',
    ],
    ['cluster.json', '"kind": "List"', '"kind": "List",,', 'cluster.json:3:18 syntax'],
    [
      'flannel.yaml',
      '"Network": "10.244.0.0/16"',
      '"Network": "10.244.0/16"',
      'flannel.yaml:23:18 bad-address in net-conf.json, line 2, column 14',
    ],
    [
      'flannel.yaml',
      '"Network": "10.244.0.0/16",',
      '"Network" "10.244.0.0/16",',
      'flannel.yaml:23:18 syntax in net-conf.json, line 2, column 13',
    ],
    ['kube-proxy.yaml', 'mode: ""', 'mode: "', 'kube-proxy.yaml:3:16 syntax in config.conf'],
  ])('%s with %s as %s is told: %s', (file, from, to, start) => {
    const told = problems(changed(file, from, to));
    expect(told.length).toBeGreaterThan(0);
    if (start.includes(':')) expect(told[0]).toContain(start);
  });

  test('all at once', () => {
    const all = [
      { ...OBJECTS, text: OBJECTS.text.replace('"targetPort": 8080', '"targetPort": 0') },
      ...changed('flannel.yaml', '10.244.0.0/16', 'x').slice(1),
    ];
    expect(problems(all).map((each) => each.split(':')[0])).toEqual(['cluster.json', 'flannel.yaml']);
  });

  test('no nodes', () => {
    expect(problems([{ file: 'p.json', text: '{"apiVersion":"v1","kind":"List","items":[]}' }])).toEqual([
      'p.json:1:1 missing expected Node objects, found none in any file; kubectl get nodes -o json prints them',
    ]);
  });

  test('what does not fit together is told of the lab', () => {
    const read = importKubectl(changed('cluster.json', '"podIP": "10.244.1.5"', '"podIP": "10.250.1.5"'));
    expect('value' in read && read.value.misfits.map(({ message }) => message)).toEqual([
      '10.250.1.5 is not in 10.244.1.0/24, the podCIDR of worker-1',
    ]);
  });
});
