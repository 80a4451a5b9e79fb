import type { Host, Override } from '../../src/lab/index.js';
import { host } from '../lab/make-lab.js';
import { ip, prefix } from '../must.js';

/** An external host that sends what is for Services to node `n`, as a router or load balancer would. */
export function sender(n: number): Host {
  return {
    ...host(`ext-${n}`, `192.168.10.10${n}`, 'lan'),
    routes: ['10.96.0.0/12', '198.51.100.0/24'].map((dst) => ({ dst: prefix(dst), via: ip(`192.168.10.1${n}`) })),
  };
}

/** flanneld's masquerade rules are gone from the three nodes, so that kube-proxy alone decides. */
export const KUBE_PROXY_ALONE: readonly Override[] = [1, 2, 3].map((n) => ({
  netns: `node/node-${n}`,
  command: 'iptables -t nat -F FLANNEL-POSTRTG',
  file: 'test',
  path: [],
  line: 1,
  col: 1,
}));
