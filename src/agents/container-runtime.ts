import type { Ipv4, Mac } from '../address/index.js';
import { type Pod, podsOn } from '../cluster/index.js';
import { type Agent, type AgentContext, callsOn, type Steps } from './agent.js';
import type { CniSetup, PodNetwork } from './cni/backend.js';
import { loopback } from './cni/loopback.js';
import type { CniArgs } from './cni/plugin.js';
import { sha256Hex } from './digest.js';

/** The network namespace of a pod: its name, with its Kubernetes namespace before it unless that is `default`. */
export function podNetns({ namespace, name }: Pick<Pod, 'namespace' | 'name'>): string {
  return namespace === 'default' ? name : `${namespace}.${name}`;
}

/** A pod's sandbox ID, 64 hex digits: random in reality, here the same each time. */
export function sandboxId({ namespace, name }: Pick<Pod, 'namespace' | 'name'>): string {
  return sha256Hex(`${namespace}/${name}`);
}

/**
 * The container runtime: a namespace for each pod of the node, in order, and the CNI plug-ins in it, `loopback` first
 * (containerd internal/cri/server/sandbox_run.go). A pod on the host network has no namespace of its own.
 */
export function containerRuntime(cni: CniSetup): Agent {
  return {
    name: 'containerd',
    *install(context): Steps {
      const network = cni.plugins?.(context);
      for (const pod of podsOn(context.cluster, context.self.name))
        if (!pod.hostNetwork) yield* runSandbox(context, pod, network);
    },
  };
}

/**
 * One pod. Where a plug-in fails, DEL is called for what the others did: the pod's interface goes, and it never runs.
 * A pod without an address is one that IPAM refused, so nothing of its ADD is left.
 */
function* runSandbox(context: AgentContext, pod: Pod, network: PodNetwork | undefined): Steps {
  const netns = podNetns(pod);
  const object = `pod/${pod.namespace}/${pod.name}`;
  const call = callsOn(netns, { by: 'containerd', object });
  if ((yield call({ call: 'netns add', role: 'pod', host: context.self.name })) !== undefined) return;
  const args: CniArgs = {
    host: context.self.name,
    netns,
    containerID: sandboxId(pod),
    ifname: 'eth0',
    mac: pod.podIP === undefined ? undefined : podMac(pod.podIP),
    object,
    view: context.view,
  };
  if ((yield* loopback(args, undefined)) === undefined || pod.podIP === undefined || network === undefined) return;
  if (yield* network(pod, args)) return;
  if (context.view.netns(netns)?.links.has(args.ifname) === true) yield call({ call: 'link del', dev: args.ifname });
}

/**
 * The address of a pod's interface. The kernel would draw one; this is 0a:58 and the pod's IP, as earlier releases of
 * the plug-ins made it (containernetworking/plugins 0.6 pkg/utils/hwaddr), so that a reader sees whose it is.
 */
function podMac(ip: Ipv4): Mac {
  return (0x0a58_0000_0000 + ip) as Mac;
}
