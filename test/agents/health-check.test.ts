import { describe, expect, test } from 'vitest';
import { healthCheck } from '../../src/agents/index.js';
import type { Endpoint, EndpointSlice, Service } from '../../src/cluster/index.js';
import { service } from '../lab/make-lab.js';
import { ip } from '../must.js';

const WEB = service('web', 80, {
  type: 'LoadBalancer',
  externalTrafficPolicy: 'Local',
  healthCheckNodePort: 30100,
});

function endpoint(address: string, more: Partial<Endpoint> = {}): Endpoint {
  return {
    address: ip(address),
    ready: true,
    serving: true,
    terminating: false,
    nodeName: 'node-1',
    zone: undefined,
    hints: undefined,
    target: undefined,
    ...more,
  };
}

function slice(endpoints: readonly Endpoint[], port = 8080, more: Partial<EndpointSlice> = {}): EndpointSlice {
  const ports = [{ name: '', protocol: 'TCP', port }] as const;
  return { namespace: 'default', name: `web-${port}`, service: 'web', ports, endpoints, ...more };
}

// k8s 1.30 pkg/proxy/endpointschangetracker.go: "consider a Service pointing to 10.0.0.1:80 and 10.0.0.1:443 to have 1
// endpoint, not 2"; only IsReady() ones of the node. pkg/proxy/healthcheck/service_health.go: 200 where the count is
// not 0, else 503; the count is the header's value.
describe('what a load balancer learns from a healthCheckNodePort', () => {
  test.each<{ slices: readonly EndpointSlice[]; want: readonly [number, number]; why: string }>([
    { slices: [], want: [503, 0], why: 'no endpoints' },
    { slices: [slice([endpoint('10.244.1.2'), endpoint('10.244.1.3')])], want: [200, 2], why: 'two here' },
    { slices: [slice([endpoint('10.244.2.2', { nodeName: 'node-2' })])], want: [503, 0], why: 'on another node' },
    { slices: [slice([endpoint('10.244.1.2', { ready: undefined })])], want: [200, 1], why: 'unknown is ready' },
    {
      slices: [slice([endpoint('10.244.1.2', { ready: false, terminating: true })])],
      want: [503, 0],
      why: 'it serves while it terminates, but no more shall come',
    },
    {
      slices: [slice([endpoint('10.244.1.2')]), slice([endpoint('10.244.1.2')], 8443)],
      want: [200, 1],
      why: 'one address with two ports',
    },
    { slices: [slice([endpoint('10.244.1.2')], 8080, { service: 'other' })], want: [503, 0], why: "another Service's" },
    { slices: [slice([endpoint('10.244.1.2')], 8080, { namespace: 'shop' })], want: [503, 0], why: 'of a namesake' },
    { slices: [slice([endpoint('10.244.1.2')], 8080, { ports: [] })], want: [503, 0], why: 'of no port' },
  ])('$want: $why', ({ slices, want: [status, localEndpoints] }) => {
    expect(healthCheck({ endpointSlices: slices }, 'node-1', WEB)).toEqual({
      port: 30100,
      status,
      localEndpoints,
      header: { name: 'X-Load-Balancing-Endpoint-Weight', value: String(localEndpoints) },
    });
  });

  // NeedsHealthCheck(), k8s 1.30 pkg/api/v1/service/util.go.
  test.each<{ more: Partial<Service>; why: string }>([
    { more: { externalTrafficPolicy: 'Cluster' }, why: 'policy Cluster' },
    { more: { type: 'NodePort' }, why: 'no load balancer' },
    { more: { healthCheckNodePort: undefined }, why: 'no port' },
  ])('nothing: $why', ({ more }) => {
    expect(healthCheck({ endpointSlices: [] }, 'node-1', { ...WEB, ...more })).toBeUndefined();
  });
});
