import * as z from 'zod/mini';
import { parseAddress } from '../address/index.js';
import type {
  ListFile,
  NamedFile,
  NodeObject,
  ObjectFile,
  PodObject,
  ServiceObject,
  SliceObject,
} from './kubernetes.js';

import { address, name, subnet } from './schema-words.js';
import { sloppy } from './services.js';

/**
 * Kubernetes objects as far as they are read. Unlike a lab file, an object may hold anything else besides: real ones
 * do.
 */
const some = z.looseObject;
const opt = z.optional;
const text = z.string({ error: 'text' });
const port = z.int({ error: 'a port, 1 to 65535' }).check(z.minimum(1), z.maximum(65535));
const strings = z.record(z.string(), text);
/** Fields that the API has and that are not read (k8s.io/api core/v1 and discovery/v1 up to 1.36, meta/v1): nobody misspelt these. */
const unread = (names: string): object =>
  Object.fromEntries(names.split(' ').map((each) => [each, z.optional(z.unknown())]));
const protocol = z.enum(['TCP', 'UDP', 'SCTP'], { error: 'one of TCP, UDP, SCTP' });

const metadata = some({
  name,
  namespace: opt(name),
  labels: opt(strings),
  annotations: opt(strings),
  deletionTimestamp: opt(text),
  ...unread(
    'generateName selfLink uid resourceVersion generation creationTimestamp deletionGracePeriodSeconds ownerReferences finalizers managedFields',
  ),
});
const SECONDS = 'seconds, 1 to 86400';
const conditions = opt(
  z.array(
    some({
      type: text,
      status: text,
      ...unread('lastProbeTime lastTransitionTime lastHeartbeatTime observedGeneration reason message'),
    }),
  ),
);

/** What all objects have. */
export const objectSchema: z.ZodMiniType<ObjectFile> = some({ apiVersion: text, kind: text });

/** Enough of an object to know its name. */
export const namedSchema: z.ZodMiniType<NamedFile> = some({ metadata: some({ name: text }) });

/** `kind: List`, as `kubectl get -o yaml` prints it. */
export const listSchema: z.ZodMiniType<ListFile> = some({ items: z.array(z.unknown()) });

export const nodeSchema: z.ZodMiniType<NodeObject> = some({
  metadata,
  spec: opt(
    some({
      podCIDR: opt(subnet),
      ...unread('podCIDRs providerID unschedulable taints configSource externalID podPreemptionPolicy'),
    }),
  ),
  status: some({
    addresses: z.array(some({ type: text, address: text })),
    ...unread(
      'capacity allocatable phase conditions daemonEndpoints nodeInfo images volumesInUse volumesAttached config runtimeHandlers features declaredFeatures',
    ),
  }),
});

const POD =
  'volumes initContainers ephemeralContainers restartPolicy terminationGracePeriodSeconds activeDeadlineSeconds dnsPolicy nodeSelector serviceAccountName serviceAccount automountServiceAccountToken hostPID hostIPC hostUsers hostname hostnameOverride shareProcessNamespace securityContext imagePullSecrets subdomain affinity schedulerName tolerations hostAliases priorityClassName priority dnsConfig readinessGates runtimeClassName enableServiceLinks preemptionPolicy overhead topologySpreadConstraints setHostnameAsFQDN os schedulingGates resourceClaims resources workloadRef schedulingGroup evictionResponders';
const POD_STATUS =
  'hostIP hostIPs podIPs message reason nominatedNodeName startTime initContainerStatuses containerStatuses ephemeralContainerStatuses qosClass resize resourceClaimStatuses extendedResourceClaimStatus observedGeneration allocatedResources resources nodeAllocatableResourceClaimStatuses volumeHealth';
const CONTAINER =
  'name image command args workingDir envFrom env resources resizePolicy restartPolicy restartPolicyRules volumeMounts volumeDevices livenessProbe readinessProbe startupProbe lifecycle stdin stdinOnce tty securityContext imagePullPolicy terminationMessagePath terminationMessagePolicy';

export const podSchema: z.ZodMiniType<PodObject> = some({
  metadata,
  spec: some({
    nodeName: opt(text),
    hostNetwork: opt(z.boolean({ error: 'true or false' })),
    containers: z.array(
      some({
        ports: opt(
          z.array(
            some({
              name: opt(text),
              containerPort: port,
              protocol: opt(protocol),
              hostPort: opt(port),
              hostIP: opt(address),
            }),
          ),
        ),
        ...unread(CONTAINER),
      }),
    ),
    ...unread(POD),
  }),
  status: opt(some({ podIP: opt(address), phase: opt(text), conditions, ...unread(POD_STATUS) })),
});

const word = <const T extends readonly string[]>(...values: T): z.ZodMiniEnum<{ [K in T[number]]: K }> =>
  z.enum(values, { error: `one of ${values.join(', ')}` });
const flag = opt(z.boolean({ error: 'true or false' }));
const list = opt(z.array(text, { error: 'a list' }));
const policy = opt(word('Cluster', 'Local'));

/** Told with whatever else is wrong in the object. */
function isClusterIP(said: string): boolean {
  return said === '' || said === 'None' || parseAddress(sloppy(said)) !== undefined;
}

export const serviceSchema: z.ZodMiniType<ServiceObject> = some({
  metadata,
  spec: some({
    type: opt(z.enum(['ClusterIP', 'NodePort', 'LoadBalancer', 'ExternalName'], { error: 'a type of Service' })),
    clusterIP: opt(text.check(z.refine(isClusterIP, { error: 'an IP address or None' }))),
    clusterIPs: list,
    ipFamilies: opt(z.array(word('IPv4', 'IPv6'))),
    selector: opt(strings),
    ports: opt(
      z.array(
        some({
          name: opt(text),
          protocol: opt(protocol),
          port,
          targetPort: opt(z.union([port, text], { error: 'a port or the name of one' })),
          nodePort: opt(port),
          ...unread('appProtocol'),
        }),
      ),
    ),
    externalIPs: list,
    sessionAffinity: opt(word('None', 'ClientIP')),
    sessionAffinityConfig: opt(
      some({
        clientIP: opt(some({ timeoutSeconds: opt(z.int({ error: SECONDS }).check(z.minimum(1), z.maximum(86400))) })),
      }),
    ),
    externalTrafficPolicy: policy,
    internalTrafficPolicy: policy,
    healthCheckNodePort: opt(port),
    loadBalancerSourceRanges: list,
    allocateLoadBalancerNodePorts: flag,
    publishNotReadyAddresses: flag,
    trafficDistribution: opt(word('PreferClose', 'PreferSameZone', 'PreferSameNode')),
    externalName: opt(text),
    ...unread('ipFamily ipFamilyPolicy loadBalancerIP loadBalancerClass topologyKeys'),
  }),
  status: opt(
    some({
      loadBalancer: opt(
        some({
          ingress: opt(
            z.array(
              some({ ip: opt(text), ipMode: opt(word('VIP', 'Proxy')), hostname: opt(text), ...unread('ports') }),
            ),
          ),
        }),
      ),
      ...unread('conditions'),
    }),
  ),
});

const hinted = opt(z.array(some({ name: text })));

export const sliceSchema: z.ZodMiniType<SliceObject> = some({
  metadata,
  addressType: text,
  ports: opt(z.nullable(z.array(some({ name: opt(text), protocol: opt(protocol), port, ...unread('appProtocol') })))),
  endpoints: opt(
    z.nullable(
      z.array(
        some({
          addresses: z.array(text),
          nodeName: opt(text),
          zone: opt(text),
          hints: opt(some({ forZones: hinted, forNodes: hinted })),
          conditions: opt(some({ ready: opt(z.boolean()), serving: opt(z.boolean()), terminating: opt(z.boolean()) })),
          targetRef: opt(
            some({
              namespace: opt(text),
              name: opt(text),
              ...unread('kind uid apiVersion resourceVersion fieldPath'),
            }),
          ),
          ...unread('hostname deprecatedTopology topology'),
        }),
      ),
    ),
  ),
});
