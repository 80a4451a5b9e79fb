import * as z from 'zod/mini';

/**
 * Kubernetes objects as far as they are read. Unlike a lab file, an object may hold anything else besides: real ones
 * do.
 */
const some = z.looseObject;
const opt = z.optional;
const text = z.string({ error: 'text' });
const port = z.int({ error: 'a port, 1 to 65535' }).check(z.minimum(1), z.maximum(65535));
const strings = z.record(z.string(), text);
const protocol = z.enum(['TCP', 'UDP', 'SCTP'], { error: 'one of TCP, UDP, SCTP' });

const metadata = some({ name: text, namespace: opt(text), labels: opt(strings), annotations: opt(strings) });
const conditions = opt(z.array(some({ type: text, status: text })));

/** What all objects have. */
export const objectSchema = some({ apiVersion: text, kind: text });

/** Enough of an object to know its name. */
export const namedSchema = some({ metadata: some({ name: text }) });

/** `kind: List`, as `kubectl get -o yaml` prints it. */
export const listSchema = some({ items: z.array(z.unknown()) });

export const nodeSchema = some({
  metadata,
  spec: opt(some({ podCIDR: opt(text) })),
  status: some({ addresses: z.array(some({ type: text, address: text })) }),
});

export const podSchema = some({
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
              hostIP: opt(text),
            }),
          ),
        ),
      }),
    ),
  }),
  status: opt(some({ podIP: opt(text), phase: opt(text), conditions })),
});

export const serviceSchema = some({
  metadata,
  spec: some({
    type: opt(z.enum(['ClusterIP', 'NodePort', 'LoadBalancer', 'ExternalName'], { error: 'a type of Service' })),
    clusterIP: opt(text),
    selector: opt(strings),
    ports: opt(
      z.array(
        some({
          name: opt(text),
          protocol: opt(protocol),
          port,
          targetPort: opt(z.union([port, text], { error: 'a port or the name of one' })),
          nodePort: opt(port),
        }),
      ),
    ),
  }),
});

export const sliceSchema = some({
  metadata,
  addressType: text,
  ports: opt(z.nullable(z.array(some({ name: opt(text), protocol: opt(protocol), port })))),
  endpoints: opt(
    z.nullable(
      z.array(
        some({
          addresses: z.array(text),
          nodeName: opt(text),
          conditions: opt(some({ ready: opt(z.boolean()), serving: opt(z.boolean()), terminating: opt(z.boolean()) })),
          targetRef: opt(some({ namespace: opt(text), name: opt(text) })),
        }),
      ),
    ),
  ),
});
