import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import { serviceChain } from '../../src/agents/index.js';
import { SCHEMAS } from '../../tools/schemas.js';
import { podpath } from '../cli/cli.js';

const CHAIN = serviceChain('KUBE-SVC-', 'default/web:http', 'tcp');

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
