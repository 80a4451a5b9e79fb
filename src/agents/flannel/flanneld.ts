import type { Node } from '../../cluster/index.js';
import { type Agent, type AgentContext, ownNetns, type Steps } from '../agent.js';
import { type ExternalInterface, externalInterface, type FlannelConfig, holds } from './config.js';
import { type Lease, type LeaseAttrs, leaseOf, leases } from './lease.js';
import { trafficRules } from './traffic-manager.js';

/** What a backend works with on a node. */
export interface BackendContext extends AgentContext {
  readonly config: FlannelConfig;
  readonly external: ExternalInterface;
  /** This node's own. */
  readonly lease: Lease;
}

/** One of flanneld's backends (backend.Backend and backend.Network, flannel 0.28 pkg/backend/common.go). */
export interface FlannelBackend {
  /** Its name in net-conf.json. */
  readonly type: string;
  /** What it adds to the lease of its node. */
  attrs(node: Node): LeaseAttrs;
  /** `FLANNEL_MTU` in subnet.env: what pods get. */
  mtu(external: Pick<ExternalInterface, 'mtu'>): number;
  /** Whether it can work with that interface: false ends flanneld. */
  starts?(external: ExternalInterface): boolean;
  /** Makes the device, before there is a lease; false ends flanneld. */
  device?(context: Omit<BackendContext, 'lease'>): Steps<boolean>;
  /** Gives the device its address; false ends flanneld. */
  configure?(context: BackendContext): Steps<boolean>;
  /** The leases of the other nodes come in. */
  run(context: BackendContext, others: readonly Lease[]): Steps;
}

/**
 * flanneld from its start until it has seen all leases, in the order of main(): the backend's device, the iptables
 * rules, then the leases (flannel 0.28 main.go).
 */
export function flanneld(config: FlannelConfig, backend: FlannelBackend): Agent {
  return {
    name: 'flanneld',
    *install(context): Steps {
      const external = externalInterface(ownNetns(context), context.self, config.iface);
      if (external === undefined || backend.starts?.(external) === false) return;
      if (backend.device !== undefined && !(yield* backend.device({ ...context, config, external }))) return;
      const lease = leaseOf(context.self);
      if (lease === undefined || !holds(config.network, lease.subnet)) return;
      const here: BackendContext = { ...context, config, external, lease };
      if (backend.configure !== undefined && !(yield* backend.configure(here))) return;
      yield* trafficRules(context, config, lease.subnet);
      yield* backend.run(
        here,
        leases(context.cluster).filter(({ node }) => node !== context.self.name),
      );
    },
  };
}
