import { readdirSync } from 'node:fs';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import { checkLab, formatExpectation } from '../../src/analyze/index.js';
import { type OpenedLab, openLab } from '../../src/input/index.js';
import { applyFaults } from '../../src/lab/index.js';
import { formatTrace } from '../../src/output/index.js';
import { trace } from '../../src/trace/index.js';
import { SCHEMAS } from '../../tools/schemas.js';
import { FLANNEL_LABS, SERVICE_LABS, SHIPPED, shippedFile } from '../shipped.js';

const labs = new Map<string, OpenedLab>();
for (const name of SHIPPED) labs.set(name, await openLab(shippedFile(name)));

const validate: ValidateFunction = new Ajv2020({ allErrors: true, strictTypes: false }).compile(
  SCHEMAS['trace.schema.json'] ?? {},
);

test('these are the labs of topologies/', () => {
  const folder = new URL('../../topologies/', import.meta.url);
  expect(readdirSync(folder).sort()).toEqual(SHIPPED.map((name) => `${name}.yaml`).sort());
});

describe.each([...labs])('%s', (name, { lab, built }) => {
  test.each([...checkLab(lab, built.network)])('%#', ({ expectation, passed, got, trace: result }) => {
    expect(passed ? 'as expected' : got, formatExpectation(expectation)).toBe('as expected');
    validate(result);
    expect(validate.errors, `${name}: ${formatExpectation(expectation)}`).toBeNull();
    for (const lang of ['en', 'zh'] as const)
      for (const detail of [0, 1, 2] as const)
        expect(formatTrace(result, { detail, lang })).not.toMatch(/undefined|NaN|\{/);
  });

  test('every fault has an expectation that needs it', () => {
    const used = new Set(lab.expect.flatMap((expectation) => expectation.faults));
    expect(lab.faults.map((fault) => fault.name).filter((fault) => !used.has(fault))).toEqual([]);
  });

  test('no command of a fault is refused', () => {
    for (const { name: fault } of lab.faults) {
      const { refused } = applyFaults(built.network, lab, [fault]);
      expect(refused.map(({ install, errno }) => `${fault}: ${install.origin.object}: ${errno}`)).toEqual([]);
    }
  });

  test('a full trace, with every rule that was tried, fits the published schema', () => {
    validate(trace(built.network, { from: 'client', to: 'service/web:80' }, { detail: 'all' }));
    expect(validate.errors).toBeNull();
  });
});

describe.each([
  { what: 'Flannel backends', names: FLANNEL_LABS },
  { what: 'modes of kube-proxy', names: SERVICE_LABS },
])('$what', ({ names: [first, ...others] }) => {
  test.each(others)('the workload of %s is that of the first', (name) => {
    const { lab } = labs.get(name) ?? {};
    const { lab: like } = labs.get(first) ?? {};
    expect(lab?.pods).toEqual(like?.pods);
    expect(lab?.services).toEqual(like?.services);
    expect(lab?.hosts.map((host) => host.listen)).toEqual(like?.hosts.map((host) => host.listen));
    expect(lab?.nodes.map((node) => node.name)).toEqual(['node-1', 'node-2', 'node-3']);
  });
});

test('host-gw across segments fails where the real one does: the kernel refuses the next hop', () => {
  const refused = labs.get('flannel-host-gw-two-segments')?.built.refusedIn('node-1') ?? [];
  expect(refused.map(({ install, errno }) => `${install.call.call} ${errno}`)).toEqual(['route add ENETUNREACH']);
});
