import { type Agent, callsOn, type Steps } from './agent.js';
import { canary, ensureChain, ensureRule } from './iptables.js';

/** Lets only answers reach 127/8 from outside, which kube-proxy's route_localnet would otherwise open. */
const BLOCK_LOCALNET = [
  ...['-m', 'comment', '--comment', 'block incoming localnet connections'],
  ...['--dst', '127.0.0.0/8', '!', '--src', '127.0.0.0/8'],
  ...['-m', 'conntrack', '!', '--ctstate', 'RELATED,ESTABLISHED,DNAT', '-j', 'DROP'],
];

/**
 * kubelet: the chain that shows which iptables is in use, KUBE-FIREWALL, and its canaries (k8s 1.30
 * pkg/kubelet/kubelet_network_linux.go, syncIPTablesRules()). Since 1.28 it leaves KUBE-MARK-DROP, KUBE-MARK-MASQ and
 * KUBE-POSTROUTING to kube-proxy.
 */
export const kubelet: Agent = {
  name: 'kubelet',
  *install({ view, self }): Steps {
    const user = { view, netns: self.name, origin: { by: 'kubelet', object: 'iptables rules' } };
    if (!(yield* ensureChain(user, 'mangle', 'KUBE-IPTABLES-HINT'))) return;
    if (!(yield* ensureChain(user, 'filter', 'KUBE-FIREWALL'))) return;
    for (const chain of ['OUTPUT', 'INPUT'])
      if (!(yield* ensureRule(user, 'prepend', 'filter', chain, ['-j', 'KUBE-FIREWALL']))) return;
    if (!(yield* ensureRule(user, 'append', 'filter', 'KUBE-FIREWALL', BLOCK_LOCALNET))) return;
    yield* canary({ ...user, origin: { by: 'kubelet', object: 'canary' } }, 'KUBE-KUBELET-CANARY');
  },
};

/**
 * What a machine must have before kubeadm takes it for a node: forwarding, and bridged packets shown to iptables
 * (/etc/sysctl.d/k8s.conf; asked for by cmd/kubeadm/app/preflight/checks_linux.go of k8s 1.29). kubelet sets neither,
 * so switching it off leaves them.
 */
export const nodePrerequisites: Agent = {
  name: 'sysctl.d',
  *install({ self }): Steps {
    const call = callsOn(self.name, { by: 'sysctl.d', object: 'prerequisites of kubeadm' });
    for (const path of ['net/ipv4/ip_forward', 'net/bridge/bridge-nf-call-iptables'])
      yield call({ call: 'sysctl set', path, value: '1' });
  },
};
