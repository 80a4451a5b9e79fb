import type { Language } from '../text/phrases.js';
import type { Fate, HealthRow, NoEndpointBecause, NotServedBecause, UnusedBecause } from './service-rows.js';

/** What the list of Services says in one language. Names of Kubernetes are not translated. */
export interface ServicePhrases {
  readonly none: string;
  readonly allUsable: (count: number) => string;
  readonly lacking: (lacking: number, count: number) => string;
  readonly label: Readonly<Record<ServiceLabel, string>>;
  readonly notServed: Readonly<Record<NotServedBecause, string>>;
  readonly noSelector: string;
  readonly port: (port: string, targetPort: string, nodePort: string) => string;
  readonly onNodes: (nodes: string) => string;
  readonly noEndpoint: string;
  readonly unused: (because: UnusedBecause) => string;
  readonly noEndpointBecause: (because: NoEndpointBecause) => string;
  readonly fate: (of: 'internal' | 'external', fate: Exclude<Fate, 'cluster' | 'local'>) => string;
  readonly affinity: (seconds: number) => string;
  readonly health: (row: HealthRow) => string;
}

/** What stands at the beginning of a line. */
export type ServiceLabel =
  | 'address'
  | 'external'
  | 'balancer'
  | 'sources'
  | 'policy'
  | 'affinity'
  | 'selector'
  | 'health'
  | 'uses'
  | 'local'
  | 'unused'
  | 'result'
  | 'noEndpoint'
  | 'note';

const en: ServicePhrases = {
  none: 'there are no Services',
  allUsable: (count) => `${count} ${count === 1 ? 'Service' : 'Services'}: every port that is served has an endpoint`,
  lacking: (lacking, count) =>
    `${lacking} of ${count} Services ${lacking === 1 ? 'has' : 'have'} a port without endpoint`,
  label: {
    address: 'cluster IP',
    external: 'external IP',
    balancer: 'balancer',
    sources: 'sources',
    policy: 'policy',
    affinity: 'affinity',
    selector: 'selector',
    health: 'health',
    uses: 'uses',
    local: 'local',
    unused: 'not used',
    result: 'so',
    noEndpoint: 'no endpoint',
    note: 'note',
  },
  notServed: {
    headless: 'headless: only DNS knows it, kube-proxy installs nothing',
    'external-name': 'ExternalName: only DNS knows it, kube-proxy installs nothing',
    'other-proxy': 'left to another proxy (service.kubernetes.io/service-proxy-name)',
    'no-proxy': 'no kube-proxy runs in this lab: nothing is installed for it',
  },
  noSelector: 'none: its EndpointSlices are made by hand',
  port: (port, target, nodePort) => `${port} -> ${target}${nodePort === '' ? '' : `, node port ${nodePort}`}`,
  onNodes: (nodes) => `on ${nodes}`,
  noEndpoint: 'nothing: no endpoint',
  unused: (because) => {
    switch (because.code) {
      case 'not-ready':
        return 'not ready';
      case 'stopped':
        return 'terminating, and serves no more';
      case 'terminating':
        return 'terminating, and others are ready';
      case 'hinted-nodes':
        return `hinted for ${because.hinted.join(', ')}, not for ${because.mine}`;
      case 'hinted-zones':
        return `hinted for zone ${because.hinted.join(', ')}, not for ${because.mine}`;
      case 'other-node':
        return 'on another node, and the policy is Local';
      case 'no-port':
        return `no port ${because.port}`;
    }
  },
  noEndpointBecause: (because) => {
    switch (because.code) {
      case 'labels':
        return `its label ${because.key} is ${because.found ?? 'missing'}, wanted ${because.wanted}`;
      case 'namespace':
        return `its labels fit, but it is in namespace ${because.namespace}`;
      case 'no-address':
        return 'it has no address';
    }
  },
  fate: (of, fate) => {
    const what = of === 'internal' ? 'packets to the cluster IP' : 'packets from outside';
    if (fate === 'rejected') return `${what} are rejected: there is no endpoint anywhere`;
    const done = fate === 'dropped' ? 'dropped' : 'rejected';
    return `${what} are ${done}: no endpoint is on the node, and the policy is Local`;
  },
  affinity: (seconds) => `a client stays with its endpoint for ${seconds} s (ClientIP)`,
  health: ({ node, status, localEndpoints }) =>
    `${node} ${status}, ${localEndpoints} ready ${localEndpoints === 1 ? 'endpoint' : 'endpoints'}`,
};

const zh: ServicePhrases = {
  none: '没有 Service',
  allUsable: (count) => `${count} 个 Service：每个由 kube-proxy 处理的端口都有可用的 endpoint`,
  lacking: (lacking, count) => `${count} 个 Service 中有 ${lacking} 个存在没有可用 endpoint 的端口`,
  label: {
    address: 'cluster IP',
    external: 'external IP',
    balancer: '负载均衡',
    sources: '允许的源',
    policy: '策略',
    affinity: '会话保持',
    selector: 'selector',
    health: '健康检查',
    uses: '使用',
    local: '本地',
    unused: '未使用',
    result: '结果',
    noEndpoint: '不是 endpoint',
    note: '说明',
  },
  notServed: {
    headless: 'headless：只有 DNS 知道它，kube-proxy 不写任何规则',
    'external-name': 'ExternalName：只有 DNS 知道它，kube-proxy 不写任何规则',
    'other-proxy': '交给别的代理处理（service.kubernetes.io/service-proxy-name）',
    'no-proxy': '这个实验里没有 kube-proxy：没有为它写任何规则',
  },
  noSelector: '无：EndpointSlice 由人手工维护',
  port: (port, target, nodePort) => `${port} -> ${target}${nodePort === '' ? '' : `，node port ${nodePort}`}`,
  onNodes: (nodes) => `在 ${nodes} 上`,
  noEndpoint: '没有 endpoint',
  unused: (because) => {
    switch (because.code) {
      case 'not-ready':
        return '未就绪';
      case 'stopped':
        return '正在终止，已不再服务';
      case 'terminating':
        return '正在终止，而还有别的 endpoint 就绪';
      case 'hinted-nodes':
        return `hints 指定给 ${because.hinted.join('、')}，不是 ${because.mine}`;
      case 'hinted-zones':
        return `hints 指定给可用区 ${because.hinted.join('、')}，不是 ${because.mine}`;
      case 'other-node':
        return '在别的节点上，而策略是 Local';
      case 'no-port':
        return `没有端口 ${because.port}`;
    }
  },
  noEndpointBecause: (because) => {
    switch (because.code) {
      case 'labels':
        return `标签 ${because.key} ${because.found === undefined ? '缺失' : `是 ${because.found}`}，应为 ${because.wanted}`;
      case 'namespace':
        return `标签符合，但它在命名空间 ${because.namespace}`;
      case 'no-address':
        return '它没有地址';
    }
  },
  fate: (of, fate) => {
    const what = of === 'internal' ? '发往 cluster IP 的包' : '来自集群外的包';
    if (fate === 'rejected') return `${what}被拒绝：哪里都没有 endpoint`;
    return `${what}被${fate === 'dropped' ? '丢弃' : '拒绝'}：本节点没有 endpoint，而策略是 Local`;
  },
  affinity: (seconds) => `同一客户端在 ${seconds} 秒内使用同一个 endpoint（ClientIP）`,
  health: ({ node, status, localEndpoints }) => `${node} ${status}，${localEndpoints} 个就绪的 endpoint`,
};

/** All languages. */
export const SERVICE_PHRASES: Readonly<Record<Language, ServicePhrases>> = { en, zh };
