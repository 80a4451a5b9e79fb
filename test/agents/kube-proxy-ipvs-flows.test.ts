import { describe, expect, test } from 'vitest';
import { buildNetwork } from '../../src/lab/index.js';
import { type Path, trace } from '../../src/trace/index.js';
import { host, listener, makeLab, pod, service } from '../lab/make-lab.js';
import { ip } from '../must.js';
import { proxyConfig, servicePort } from './ipvs-node.js';

/**
 * Where the first packet of a TCP connection ends, and how it looks there: web-2 is on node-2 and all that `web` has,
 * self is on node-1 and all that `self` has; both listen on 8080.
 */
function flow(from: string, to: string) {
  const lab = makeLab({
    kubeProxy: { mode: 'ipvs', config: proxyConfig() },
    hosts: [host('outside', '192.168.10.50', 'lan')],
    pods: [
      pod('client', 'node-1', { podIP: ip('10.244.1.2') }),
      pod('self', 'node-1', { podIP: ip('10.244.1.3'), labels: { app: 'self' }, listen: [listener(8080)] }),
      pod('web-2', 'node-2', { podIP: ip('10.244.2.2'), labels: { app: 'web' }, listen: [listener(8080)] }),
    ],
    services: [
      service('web', 80, {
        type: 'NodePort',
        clusterIPs: [ip('10.96.0.80')],
        ports: [servicePort({ nodePort: 30080 })],
      }),
      service('self', 80, { clusterIPs: [ip('10.96.0.81')], ports: [servicePort()] }),
    ],
  });
  const { legs } = trace(buildNetwork(lab).network, { from, to });
  const paths = legs.filter(({ kind }) => kind === 'forward').flatMap((leg) => leg.paths);
  const replies = legs.filter(({ kind }) => kind === 'reply').flatMap((leg) => leg.paths);
  return {
    ends: paths.map(({ outcome, code, endpoint }) => `${outcome} ${code ?? endpoint}`),
    source: paths.map(sourceOf),
    replies: replies.map(({ outcome }) => outcome),
  };
}

/** The innermost source with which a packet was last sent. */
function sourceOf({ hops }: Path): string {
  const sent = hops.flatMap((hop) => hop.events).findLast((event) => event.k === 'tx');
  const header = sent?.k === 'tx' ? sent.headers.findLast((each) => each.l === 'ip4') : undefined;
  return header?.l === 'ip4' ? header.src : '';
}

// MASQUERADE takes the address of the device that a packet leaves by: flannel.1 has 10.244.1.0, cni0 10.244.1.1.
describe('connections through IPVS', () => {
  test.each([
    { from: 'pod/client', to: '10.96.0.80:80', source: '10.244.1.2', why: 'a pod to a cluster IP: as it is' },
    { from: 'pod/client', to: '192.168.10.11:30080', source: '10.244.1.0', why: 'KUBE-NODE-PORT-TCP marks it' },
    {
      from: 'pod/client',
      to: '10.244.1.1:30080',
      source: '10.244.1.0',
      why: 'cni0 takes node ports since the second sync',
    },
    { from: 'host/outside', to: '192.168.10.11:30080', source: '10.244.1.0', why: 'KUBE-NODE-PORT-TCP marks it' },
    {
      from: 'node/node-1',
      to: '10.96.0.80:80',
      source: '10.244.1.0',
      why: 'its source is the cluster IP: not of the pod CIDR',
    },
  ])('$from to $to arrives from $source: $why', ({ from, to, source }) => {
    expect(flow(from, to)).toEqual({
      ends: ['delivered pod/default/web-2'],
      source: [source],
      replies: ['delivered'],
    });
  });

  test('a pod reaches itself by its Service: KUBE-LOOP-BACK masquerades', () => {
    expect(flow('pod/self', '10.96.0.81:80')).toEqual({
      ends: ['delivered pod/default/self'],
      source: ['10.244.1.1'],
      replies: ['delivered'],
    });
  });

  test('another port of a cluster IP is refused by KUBE-IPVS-FILTER', () => {
    expect(flow('pod/client', '10.96.0.80:22').ends).toEqual(['rejected NF_REJECT']);
  });
});
