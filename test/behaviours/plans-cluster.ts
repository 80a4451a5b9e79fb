import { socket } from '../oracle/cases.js';
import type { Case, Plan, SocketCase } from '../oracle/plan.js';
import { clusterPlan } from './topologies.js';

/** Plans about the whole cluster of {@link clusterPlan}. */

const run = (command: string): Case => ({ send: 'command', command });
const dns = (from: string, to: string, rest: Partial<SocketCase> = {}): Case =>
  socket('udp', from, to, { port: 53, ...rest });
const VTEP = '02:f1:0a:f4:02:00';
const on = (node: string, words: string): string => `ip netns exec ${node} ${words}`;

export const CLUSTER_PLANS: readonly Plan[] = [
  clusterPlan(
    'VXLAN entries that are gone or wrong',
    'flannel/vxlan',
    [],
    [
      dns('client', '10.244.2.2'),
      run(`bridge -n node-1 fdb replace ${VTEP} dev flannel.1 dst 192.168.56.13 self permanent`),
      dns('client', '10.244.2.2', { sport: 20002 }),
      run(`bridge -n node-1 fdb del ${VTEP} dev flannel.1 dst 192.168.56.13`),
      dns('client', '10.244.2.2', { sport: 20003 }),
      run('ip -n node-1 neigh del 10.244.2.0 dev flannel.1'),
      dns('client', '10.244.2.2', { sport: 20004 }),
    ],
  ),
  clusterPlan(
    'a VXLAN device goes down and up',
    'flannel/vxlan',
    [],
    [
      run('ip -n node-1 link set flannel.1 down'),
      run('ip -n node-1 link set flannel.1 up'),
      dns('client', '10.244.2.2'),
      run(`ip -n node-1 neigh replace 10.244.2.0 lladdr ${VTEP} dev flannel.1 nud permanent`),
      run('ip -n node-1 route replace 10.244.2.0/24 via 10.244.2.0 dev flannel.1 onlink'),
      dns('client', '10.244.2.2', { sport: 20002 }),
      dns('node-1', '10.244.2.2', { sport: 20003 }),
    ],
  ),
  clusterPlan(
    'the MAC address of a VXLAN device changes',
    'flannel/vxlan',
    [],
    [run('ip -n node-1 link set flannel.1 address 02:00:00:00:00:77'), dns('client', '10.244.2.2')],
  ),
  clusterPlan(
    'no VXLAN device listens',
    'flannel/vxlan',
    [],
    [
      run('ip -n node-2 link set flannel.1 down'),
      dns('client', '10.244.2.2', { recverr: true }),
      run('ip -n node-2 link del flannel.1'),
      run('ip -n node-2 link add flannel.1 type vxlan id 2 local 192.168.56.12 dev eth0 dstport 8472 nolearning'),
      run('ip -n node-2 link set flannel.1 up'),
      dns('client', '10.244.2.2', { sport: 20002, recverr: true }),
    ],
  ),
  clusterPlan(
    'errors about outer packets',
    'flannel/vxlan',
    [],
    [
      run(on('node-1', 'iptables -I OUTPUT -p udp --dport 8472 -j REJECT')),
      dns('client', '10.244.2.2', { recverr: true }),
      run(on('node-1', 'iptables -D OUTPUT -p udp --dport 8472 -j REJECT')),
      run(`bridge -n node-1 fdb replace ${VTEP} dev flannel.1 dst 192.168.56.99 self permanent`),
      dns('client', '10.244.2.2', { sport: 20002, recverr: true }),
    ],
  ),
  clusterPlan(
    'VXLAN and a firewall that knows connections',
    'flannel/vxlan',
    [
      on('node-1', 'iptables -A INPUT -p udp -m conntrack --ctstate ESTABLISHED -j ACCEPT'),
      on('node-1', 'iptables -A INPUT -p udp --dport 8472 -j DROP'),
    ],
    [dns('client', '10.244.2.2')],
  ),
  clusterPlan(
    'outer packets pass iptables',
    'flannel/vxlan',
    [
      on('node-1', 'iptables -A OUTPUT -p udp --dport 8472 -m mark --mark 0x10/0x10'),
      on('node-1', 'iptables -A OUTPUT -p udp --dport 8472 -m mark --mark 0x4000/0x4000'),
      on('node-1', 'iptables -A OUTPUT -p udp --dport 8472 -m comment --comment outer'),
      on('node-1', 'iptables -t mangle -A POSTROUTING -p udp --dport 8472 -m comment --comment outer'),
      on('node-1', 'iptables -t mangle -A POSTROUTING -d 10.244.2.2 -m mark --mark 0x4000/0x4000'),
      on('node-2', 'iptables -t mangle -A PREROUTING -p udp --dport 8472 -m comment --comment outer'),
      on('node-2', 'iptables -A INPUT -p udp --dport 8472 -m comment --comment outer'),
    ],
    [dns('node-1', '10.244.2.2', { mark: 0x10 }), dns('node-1', '10.96.0.12', { sport: 20002 })],
  ),
  clusterPlan(
    'there by VXLAN and back by the underlay',
    'flannel/vxlan',
    [
      'ip -n node-2 route replace 10.244.1.0/24 via 192.168.56.11',
      on('node-2', 'sysctl -qw net.ipv4.conf.all.rp_filter=1'),
    ],
    [
      dns('client', '10.244.2.2'),
      run(on('node-2', 'sysctl -qw net.ipv4.conf.all.rp_filter=2')),
      dns('client', '10.244.2.2', { sport: 20002 }),
    ],
  ),
  clusterPlan(
    'Services',
    'flannel/vxlan',
    [],
    [
      dns('client', '10.96.0.13', { recverr: true }),
      socket('udp', 'client', '10.96.0.12', { port: 99, sport: 20002 }),
      dns('client', '192.168.56.12', { port: 30011, sport: 20003 }),
      dns('client', '192.168.56.11', { port: 30011, sport: 20004 }),
      dns('client', '10.96.0.12', { sport: 20005, ttl: 1, recverr: true }),
      dns('node-1', '10.96.0.13', { sport: 20006 }),
    ],
  ),
  clusterPlan(
    'a node port and nobody local',
    'flannel/vxlan',
    [
      on(
        'node-2',
        'iptables -A KUBE-EXTERNAL-SERVICES -p udp -m addrtype --dst-type LOCAL -m udp --dport 30099 -j DROP',
      ),
    ],
    [dns('internet', '192.168.56.12', { port: 30099, recverr: true })],
  ),
  clusterPlan(
    'a node port on localhost',
    'flannel/vxlan',
    [],
    [
      dns('node-1', '127.0.0.1', { port: 30012 }),
      run(on('node-1', 'sysctl -qw net.ipv4.conf.all.route_localnet=0')),
      dns('node-1', '127.0.0.1', { port: 30012, sport: 20002 }),
    ],
  ),
  clusterPlan(
    'a route through the wrong node',
    'flannel/host-gw',
    ['ip -n node-1 route replace 10.244.2.0/24 via 192.168.56.13'],
    [dns('client', '10.244.2.2')],
  ),
];
