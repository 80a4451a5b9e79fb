import { formatAddress, type IpAddress, isIpv4Address, isLoopback, isZeronet } from '../address/index.js';
import { needsHealthCheck, type Service } from '../cluster/index.js';
import type { LabContext } from './context.js';
import type { NamedService } from './named-service.js';

/** What one Service may say, as the API server checks it (ValidateService(), k8s 1.30 pkg/apis/core/validation). */
export function checkService(named: NamedService, service: Service, context: LabContext): void {
  checkPorts(named, service, context);
  checkType(named, service, context);
  checkExternalName(named, service, context);
  checkExternal(named, service, context);
  checkLoadBalancer(named, service, context);
  const { annotations } = service;
  const [mode, old] = [annotations[`${TOPOLOGY}-mode`], annotations[`${TOPOLOGY}-aware-hints`]];
  if (mode !== undefined && old !== undefined && mode !== old)
    context.complain(
      named.at('annotations'),
      'conflict',
      `${TOPOLOGY}-mode must be the same as ${TOPOLOGY}-aware-hints`,
    );
  // SetDefaults_Service(), k8s 1.30 pkg/apis/core/v1/defaults.go.
  if (named.service.sessionAffinityConfig !== undefined && named.service.sessionAffinity !== 'ClientIP')
    context.note(
      named.at('sessionAffinityConfig'),
      'sessionAffinityConfig is dropped without sessionAffinity: ClientIP',
    );
}

const TOPOLOGY = 'service.kubernetes.io/topology';

/** The port of kubelet, which no load balancer may lead to. */
const KUBELET_PORT = 10250;

function checkPorts({ service: said, at }: NamedService, { ports, type }: Service, context: LabContext): void {
  const several = said.ports !== undefined && ports.length > 1;
  const names = new Set<string>();
  const numbers = new Set<string>();
  for (const [i, { name, port, protocol, nodePort }] of ports.entries()) {
    const place = said.ports === undefined ? at('port') : at('ports', i);
    if (several && name === '')
      context.complain(place, 'missing', 'expected a name, found none; several ports need names');
    if (names.has(name) && name !== '')
      context.complain(at('ports', i, 'name'), 'conflict', `two ports are called "${name}"`);
    names.add(name);
    const key = `${port}/${protocol}`;
    if (numbers.has(key)) context.complain(place, 'conflict', `port ${key} is there twice`);
    numbers.add(key);
    if (type === 'LoadBalancer' && port === KUBELET_PORT)
      context.complain(place, 'conflict', `a load balancer may not lead to ${KUBELET_PORT}, the port of kubelet`);
    if (nodePort !== undefined && type !== 'NodePort' && type !== 'LoadBalancer') {
      const message = `nodePort ${nodePort} needs type NodePort or LoadBalancer, found ${type}`;
      context.complain(said.ports === undefined ? at('nodePort') : at('ports', i, 'nodePort'), 'conflict', message);
    }
  }
}

function checkType({ service: said, at }: NamedService, { type, clusterIPs }: Service, context: LabContext): void {
  const key = said.clusterIP === undefined ? 'clusterIPs' : 'clusterIP';
  if (clusterIPs === 'None' && (type === 'NodePort' || type === 'LoadBalancer'))
    context.complain(at(key), 'conflict', `a Service of type ${type} can't be headless`);
  if (clusterIPs !== undefined && type === 'ExternalName')
    context.complain(at(key), 'conflict', 'a Service of type ExternalName has no clusterIP');
}

/** IsDNS1123Subdomain() of k8s.io/apimachinery; ValidateService() takes one dot at the end away. */
const LABEL = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const SUBDOMAIN = new RegExp(`^${LABEL}(\\.${LABEL})*$`);
const SUBDOMAIN_LENGTH = 253;

function checkExternalName({ place, at }: NamedService, { type, externalName }: Service, context: LabContext): void {
  if (type !== 'ExternalName') return;
  if (externalName === undefined || externalName === '') {
    context.complain(place, 'missing', 'expected externalName for type ExternalName, found none');
    return;
  }
  const name = externalName.replace(/\.$/, '');
  if (name.length <= SUBDOMAIN_LENGTH && SUBDOMAIN.test(name)) return;
  const message = `expected a DNS name of small letters, digits, - and dots, found "${externalName}"`;
  context.complain(at('externalName'), 'bad-value', message);
}

/** ValidateNonSpecialIP(), validateServiceExternalTrafficPolicy(). */
function checkExternal({ service: said, at }: NamedService, service: Service, context: LabContext): void {
  const { type, externalIPs } = service;
  for (const [i, address] of externalIPs.entries()) {
    const what = special(address);
    if (what !== undefined)
      context.complain(
        at('externalIPs', i),
        'bad-address',
        `${formatAddress(address)} is ${what}: no externalIP can be`,
      );
  }
  const accessible = type === 'NodePort' || type === 'LoadBalancer' || externalIPs.length > 0;
  if (said.externalTrafficPolicy !== undefined && !accessible) {
    const message = `externalTrafficPolicy needs type NodePort or LoadBalancer, or externalIPs; found ${type}`;
    context.complain(at('externalTrafficPolicy'), 'conflict', message);
  }
}

function special(address: IpAddress): string | undefined {
  const text = formatAddress(address);
  if (!isIpv4Address(address)) {
    if (text === '::') return 'unspecified';
    if (text === '::1') return 'a loopback address';
    if (/^fe[89ab]/.test(text)) return 'link-local';
    return text.startsWith('ff02:') ? 'link-local multicast' : undefined;
  }
  if (isZeronet(address) && text === '0.0.0.0') return 'unspecified';
  if (isLoopback(address)) return 'a loopback address';
  if (text.startsWith('169.254.')) return 'link-local';
  return text.startsWith('224.0.0.') ? 'link-local multicast' : undefined;
}

/** What only a load balancer may have. */
function checkLoadBalancer({ service: said, at }: NamedService, service: Service, context: LabContext): void {
  const { type } = service;
  if (type !== 'LoadBalancer')
    for (const key of ['loadBalancerSourceRanges', 'ingress', 'allocateLoadBalancerNodePorts'] as const) {
      const value = said[key];
      if (value === undefined || (Array.isArray(value) && value.length === 0)) continue;
      context.complain(at(key), 'conflict', `${key} needs type LoadBalancer, found ${type}`);
    }
  if (said.healthCheckNodePort !== undefined && !needsHealthCheck(service)) {
    const message = 'healthCheckNodePort needs type LoadBalancer and externalTrafficPolicy Local';
    context.complain(at('healthCheckNodePort'), 'conflict', message);
  }
}
