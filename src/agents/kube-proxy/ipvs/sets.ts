import type { RestoreChunk } from '../../../plan/index.js';
import type { Family } from '../service-port.js';

type SetType = 'hash:ip' | 'hash:ip,port' | 'hash:ip,port,ip' | 'hash:ip,port,net' | 'bitmap:port';

interface SetInfo {
  readonly type: SetType;
  /** What rules that look into the set say of it. */
  readonly comment: string;
}

/** A set of IPVS mode, by its name for IPv4. */
export type SetName =
  | 'KUBE-LOOP-BACK'
  | 'KUBE-CLUSTER-IP'
  | 'KUBE-EXTERNAL-IP'
  | 'KUBE-EXTERNAL-IP-LOCAL'
  | 'KUBE-LOAD-BALANCER'
  | 'KUBE-LOAD-BALANCER-FW'
  | 'KUBE-LOAD-BALANCER-LOCAL'
  | 'KUBE-LOAD-BALANCER-SOURCE-IP'
  | 'KUBE-LOAD-BALANCER-SOURCE-CIDR'
  | 'KUBE-NODE-PORT-TCP'
  | 'KUBE-NODE-PORT-LOCAL-TCP'
  | 'KUBE-NODE-PORT-UDP'
  | 'KUBE-NODE-PORT-LOCAL-UDP'
  | 'KUBE-NODE-PORT-SCTP-HASH'
  | 'KUBE-NODE-PORT-LOCAL-SCTP-HASH'
  | 'KUBE-HEALTH-CHECK-NODE-PORT'
  | 'KUBE-IPVS-IPS';

/** The IP sets of IPVS mode, by the name that they have for IPv4 (ipsetInfo, k8s 1.30 pkg/proxy/ipvs/proxier.go). */
export const SETS: Readonly<Record<SetName, SetInfo>> = {
  'KUBE-LOOP-BACK': {
    type: 'hash:ip,port,ip',
    comment: 'Kubernetes endpoints dst ip:port, source ip for solving hairpin purpose',
  },
  'KUBE-CLUSTER-IP': {
    type: 'hash:ip,port',
    comment: 'Kubernetes service cluster ip + port for masquerade purpose',
  },
  'KUBE-EXTERNAL-IP': {
    type: 'hash:ip,port',
    comment: 'Kubernetes service external ip + port for masquerade and filter purpose',
  },
  'KUBE-EXTERNAL-IP-LOCAL': {
    type: 'hash:ip,port',
    comment: 'Kubernetes service external ip + port with externalTrafficPolicy=local',
  },
  'KUBE-LOAD-BALANCER': { type: 'hash:ip,port', comment: 'Kubernetes service lb portal' },
  'KUBE-LOAD-BALANCER-FW': {
    type: 'hash:ip,port',
    comment: 'Kubernetes service load balancer ip + port for load balancer with sourceRange',
  },
  'KUBE-LOAD-BALANCER-LOCAL': {
    type: 'hash:ip,port',
    comment: 'Kubernetes service load balancer ip + port with externalTrafficPolicy=local',
  },
  'KUBE-LOAD-BALANCER-SOURCE-IP': {
    type: 'hash:ip,port,ip',
    comment: 'Kubernetes service load balancer ip + port + source IP for packet filter purpose',
  },
  'KUBE-LOAD-BALANCER-SOURCE-CIDR': {
    type: 'hash:ip,port,net',
    comment: 'Kubernetes service load balancer ip + port + source cidr for packet filter purpose',
  },
  'KUBE-NODE-PORT-TCP': { type: 'bitmap:port', comment: 'Kubernetes nodeport TCP port for masquerade purpose' },
  'KUBE-NODE-PORT-LOCAL-TCP': {
    type: 'bitmap:port',
    comment: 'Kubernetes nodeport TCP port with externalTrafficPolicy=local',
  },
  'KUBE-NODE-PORT-UDP': { type: 'bitmap:port', comment: 'Kubernetes nodeport UDP port for masquerade purpose' },
  'KUBE-NODE-PORT-LOCAL-UDP': {
    type: 'bitmap:port',
    comment: 'Kubernetes nodeport UDP port with externalTrafficPolicy=local',
  },
  'KUBE-NODE-PORT-SCTP-HASH': {
    type: 'hash:ip,port',
    comment: "Kubernetes nodeport SCTP port for masquerade purpose with type 'hash ip:port'",
  },
  'KUBE-NODE-PORT-LOCAL-SCTP-HASH': {
    type: 'hash:ip,port',
    comment: "Kubernetes nodeport SCTP port with externalTrafficPolicy=local with type 'hash ip:port'",
  },
  'KUBE-HEALTH-CHECK-NODE-PORT': { type: 'bitmap:port', comment: 'Kubernetes health check node port' },
  'KUBE-IPVS-IPS': { type: 'hash:ip', comment: 'Addresses on the ipvs interface' },
};

/** In the order of ipsetInfo. */
export const SET_NAMES: readonly SetName[] = Object.keys(SETS) as SetName[];

/** One member of a set, as kube-proxy spells it: `10.96.0.1,tcp:443`, `30080`. */
export interface SetEntry {
  readonly set: SetName;
  readonly entry: string;
}

/** Characters of a set's name that the kernel takes (IPSET_MAXNAMELEN is 32 with the zero byte). */
const MOST_CHARACTERS = 31;

/** What a set is called in a family: `KUBE-6-…` for IPv6, cut where it gets too long (NewIPSet(), ipset.go). */
export function setName(set: SetName, family: Family): string {
  return family === 'ip' ? set : set.replace('KUBE-', 'KUBE-6-').slice(0, MOST_CHARACTERS);
}

/** Creates the sets of a family where they are not there (CreateSet(), k8s 1.30 pkg/proxy/ipvs/ipset/ipset.go). */
export function createSets(family: Family): readonly RestoreChunk[] {
  return CREATE[family];
}

const CREATE: Readonly<Record<Family, readonly RestoreChunk[]>> = { ip: creation('ip'), ip6: creation('ip6') };

function creation(family: Family): readonly RestoreChunk[] {
  const inet = family === 'ip' ? 'inet' : 'inet6';
  const lines = SET_NAMES.map((set) => {
    const { type } = SETS[set];
    const options = type === 'bitmap:port' ? 'range 0-65535' : `family ${inet} hashsize 1024 maxelem 65536`;
    return `create ${setName(set, family)} ${type} ${options} -exist`;
  });
  return [{ origin: { by: 'kube-proxy', object: 'IP sets' }, lines }];
}
