import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import { serviceChain } from '../../src/agents/index.js';
import { SCHEMAS } from '../../tools/schemas.js';
import { podpath } from '../cli/cli.js';

const CHAIN = serviceChain('KUBE-SVC-', 'default/web:http', 'tcp');

const MESH = join(mkdtempSync(join(tmpdir(), 'podpath-documents-')), 'mesh.yaml');
writeFileSync(
  MESH,
  `cni: calico/bgp
nodes: {node-1: 192.168.56.11, node-2: 192.168.56.12, node-3: 192.168.56.13}
pods: {client: node-1, web: node-2}
faults:
  killed: {node-2: pkill -KILL bird}
  off: {node-1: birdc disable Mesh_192_168_56_12}
`,
);

/** Every way in which a document differs in form. */
const DOCUMENTS = {
  services: [
    { args: ['flannel-vxlan'], why: 'no node port' },
    { args: ['services'], why: 'load balancers, affinity, health checks, a misspelt label' },
    { args: ['services-ipvs'], why: 'rejected here' },
    { args: ['services', 'slow'], why: 'not ready' },
  ],
  explain: [
    { args: ['services', 'KUBE-SERVICES'], why: 'a built-in chain is jumped from' },
    { args: ['services', 'PREROUTING'], why: 'a policy' },
    { args: ['flannel-vxlan', CHAIN], why: 'a subject' },
    { args: ['services-ipvs', 'KUBE-CLUSTER-IP'], why: 'an IP set' },
    { args: ['flannel-vxlan', 'flannel.1'], why: 'a tunnel' },
    { args: ['flannel-vxlan', 'cni0'], why: 'a bridge' },
    { args: ['flannel-vxlan', '0x4000'], why: 'a mark' },
    { args: ['flannel-vxlan', 'net.ipv4.ip_forward'], why: 'a sysctl' },
    { args: ['flannel-vxlan', 'main'], why: 'a table' },
    { args: ['flannel-vxlan', 'KUBE-LOAD-BALANCER'], why: 'known, and nowhere' },
  ],
  compare: [
    { args: ['flannel-vxlan', 'client', 'service/web:80'], why: 'a Service' },
    { args: ['flannel-vxlan', 'client', 'web-1'], why: 'a pod' },
    { args: ['services', 'client', 'service/misspelt:80'], why: 'rejected' },
    {
      args: ['flannel-vxlan', 'client', 'service/web:80', '--exec', 'node-1: ipset flush KUBE-CLUSTER-IP'],
      why: 'a mode that a command does not fit',
    },
  ],
  bgp: [
    { args: [MESH], why: 'all sessions' },
    { args: [MESH, 'sessions', 'node-1', '--fault', 'killed'], why: 'one that is down' },
    { args: [MESH, 'rib', 'node-1'], why: 'a table' },
    { args: [MESH, 'rib', 'node-2', '--fault', 'killed'], why: 'no daemon' },
    { args: [MESH, 'explain', 'node-1', 'web'], why: 'a path, and neighbours that are silent' },
    { args: [MESH, 'explain', 'node-1', 'web', '--fault', 'off'], why: 'none, and where it gets lost' },
    { args: [MESH, 'messages', '--limit', '9'], why: 'messages' },
    { args: ['calico-bgp', 'sessions', '--fault', 'mesh-off'], why: 'no sessions' },
    { args: ['calico-route-reflectors', '--fault', 'both-gone'], why: 'sessions that are tried again' },
    { args: ['calico-route-reflectors', 'explain', 'node-1', 'web-1', '--fault', 'both-gone'], why: 'falls back' },
    { args: ['calico-route-reflectors', 'explain', 'node-1', 'web-1', '--fault', 'no-peers'], why: 'no sessions' },
    { args: ['calico-tor', 'rib', 'tor-2', '--fault', 'fib-full'], why: 'no room' },
    { args: ['calico-ipip', 'rib', 'node-1'], why: 'a tunnel' },
  ],
} as const;

describe.each(Object.keys(DOCUMENTS) as (keyof typeof DOCUMENTS)[])('podpath %s --json', (command) => {
  const validate = new Ajv2020({ allErrors: true }).compile(SCHEMAS[`${command}.schema.json`] ?? {});

  test.each<{ readonly args: readonly string[]; readonly why: string }>(DOCUMENTS[command])(
    'fits its schema: $why',
    async ({ args }) => {
      const { out, err } = await podpath([command, ...args, '--json']);
      expect(out, err).not.toBe('');
      const document = JSON.parse(out) as Record<string, unknown>;
      expect(document['schema']).toBe(`podpath-${command}/1`);
      expect(validate(document), JSON.stringify(validate.errors)).toBe(true);
      expect(validate({ ...document, more: 1 })).toBe(false);
    },
  );
});
