import * as z from 'zod/mini';
import type {
  EndpointRow,
  HealthRow,
  NoEndpointRow,
  PortOnNode,
  ServicePortRow,
  ServiceRow,
  UnusedRow,
} from '../src/output/index.js';
import type { InJson, Same } from './same.js';
import { int, list, maybeInt, maybeText, text } from './schema-words.js';

const policy = z.enum(['Cluster', 'Local']);
const fate = z.enum(['cluster', 'local', 'rejected', 'dropped', 'rejected-here']);

const endpointShape = { address: text, target: maybeText, nodeName: maybeText };
const endpoint = z.strictObject(endpointShape);
const unused = z.strictObject({
  ...endpointShape,
  because: z.discriminatedUnion('code', [
    z.strictObject({ code: z.enum(['not-ready', 'stopped', 'terminating', 'other-node']) }),
    z.strictObject({ code: z.enum(['hinted-nodes', 'hinted-zones']), hinted: list(text), mine: text }),
    z.strictObject({ code: z.literal('no-port'), port: text }),
  ]),
});
const onNode = z.strictObject({
  node: text,
  cluster: list(endpoint),
  local: list(endpoint),
  unused: list(unused),
  internal: fate,
  external: z.nullable(fate),
});
const port = z.strictObject({
  id: text,
  name: text,
  protocol: text,
  port: int,
  targetPort: z.union([int, text]),
  nodePort: maybeInt,
  usable: z.nullable(z.boolean()),
  nodes: list(onNode),
});
const noEndpoint = z.strictObject({
  pod: text,
  because: list(
    z.discriminatedUnion('code', [
      z.strictObject({ code: z.literal('labels'), key: text, wanted: text, found: maybeText }),
      z.strictObject({ code: z.literal('namespace'), namespace: text }),
      z.strictObject({ code: z.literal('no-address') }),
    ]),
  ),
});
const health = z.strictObject({ node: text, status: z.literal([200, 503]), localEndpoints: int });
const service = z.strictObject({
  namespace: text,
  name: text,
  type: text,
  clusterIPs: list(text),
  externalIPs: list(text),
  loadBalancer: list(z.strictObject({ ip: text, ipMode: z.enum(['VIP', 'Proxy']) })),
  loadBalancerSourceRanges: list(text),
  selector: z.nullable(z.readonly(z.record(text, text))),
  internalTrafficPolicy: policy,
  externalTrafficPolicy: z.nullable(policy),
  affinitySeconds: maybeInt,
  healthCheckNodePort: maybeInt,
  notServed: z.nullable(z.enum(['headless', 'external-name', 'other-proxy', 'no-proxy'])),
  ports: list(port),
  noEndpoints: list(noEndpoint),
  health: list(health),
});

/** What `podpath services --json` prints. */
export const servicesSchema: z.ZodMiniType = z.strictObject({
  schema: z.literal('podpath-services/1'),
  /** Whether every port that kube-proxy serves has an endpoint to send to. */
  ok: z.boolean(),
  services: list(service),
});

true satisfies Same<z.infer<typeof endpoint>, InJson<EndpointRow>>;
true satisfies Same<z.infer<typeof unused>, InJson<UnusedRow>>;
true satisfies Same<z.infer<typeof onNode>, InJson<PortOnNode>>;
true satisfies Same<z.infer<typeof port>, InJson<ServicePortRow>>;
true satisfies Same<z.infer<typeof noEndpoint>, InJson<NoEndpointRow>>;
true satisfies Same<z.infer<typeof health>, InJson<HealthRow>>;
true satisfies Same<z.infer<typeof service>, InJson<ServiceRow>>;
