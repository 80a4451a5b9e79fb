import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { formatAddress } from '../../src/address/index.js';
import { importKubectl, readLab } from '../../src/input/index.js';
import { buildNetwork, type Lab } from '../../src/lab/index.js';
import { formatProblem } from '../../src/problem/index.js';

/**
 * Objects with the fields that `kubectl get -o yaml` prints of a cluster, and rarer ones that the API has
 * (k8s.io/api core/v1 and discovery/v1 types.go, meta/v1 types.go).
 */
const OBJECTS = readFileSync(new URL('kubectl-printed.yaml', import.meta.url), 'utf8');

function told(text: string): readonly string[] {
  const read = readLab(text, 'lab.yaml');
  return 'problems' in read ? read.problems.map(formatProblem) : [];
}

describe('objects as kubectl prints them', () => {
  test('are read as a manifest: no field that the API has is misspelt', () => {
    expect(told(OBJECTS)).toEqual([]);
  });

  test('are imported', () => {
    const read = importKubectl([{ file: 'objects.yaml', text: OBJECTS }]);
    if ('problems' in read) throw new Error(read.problems.map(formatProblem).join('\n'));
    expect(read.value.misfits).toEqual([]);
    expect(read.value.text).toContain('database: {type: ExternalName, externalName: db.example.org}');
    expect(told(read.value.text)).toEqual([]);
  });

  const imported = (text: string): Lab => {
    const read = importKubectl([{ file: 'objects.yaml', text }]);
    if ('problems' in read) throw new Error(read.problems.map(formatProblem).join('\n'));
    const made = readLab(read.value.text, 'lab.yaml');
    if ('problems' in made) throw new Error(made.problems.map(formatProblem).join('\n'));
    return made.value;
  };
  /** Where the Service `web` leads, and whether the endpoint is ready. */
  const endpoints = (lab: Lab): readonly string[] =>
    buildNetwork(lab)
      .cluster.endpointSlices.filter(({ service }) => service === 'web')
      .flatMap((slice) => slice.endpoints.map(({ address, ready }) => `${formatAddress(address)} ${ready}`));

  test('endpoints of a cluster whose network is not known are those of its pods', () => {
    const lab = imported(OBJECTS);
    expect(lab.cni.name).toBe('none');
    expect(lab.endpointSlices).toEqual([]);
    expect(endpoints(lab)).toEqual(['10.244.1.7 true']);
  });

  test('and without the Pod objects those of the EndpointSlice', () => {
    const pod = /- apiVersion: v1\n {2}kind: Pod\n(?: .*\n)*/;
    expect(OBJECTS).toMatch(pod);
    expect(endpoints(imported(OBJECTS.replace(pod, '')))).toEqual(['10.244.1.7 true']);
  });

  test('all problems of an object are told at once', () => {
    const wrong = OBJECTS.replace('type: LoadBalancer', 'type: LoadBalancr').replace(
      '    clusterIP: 10.96.0.20',
      '    clusterIP: 10.96.0.300',
    );
    expect(told(wrong).map((line) => line.replace(/^.*?: /, ''))).toEqual([
      'items[2].spec.clusterIP: expected an IP address or None, found "10.96.0.300"',
      expect.stringMatching(/^items\[2\]\.spec\.type: expected a type of Service, found "LoadBalancr"/),
    ]);
  });

  test.each([
    {
      key: '    deletionTimestmp: "2024-05-01T10:00:00Z"',
      after: 'generateName: web-7db6d8ff4d-',
      meant: 'deletionTimestamp',
    },
    { key: '    externalIP: [192.0.2.1]', after: 'externalName: db.example.org', meant: 'externalIPs' },
    { key: '    externlName: x', after: 'loadBalancerClass: example.org/lb', meant: 'externalName' },
  ])('but $meant can be', ({ key, after, meant }) => {
    expect(told(OBJECTS.replace(`    ${after}`, `    ${after}\n${key}`)).join('\n')).toContain(
      `did you mean "${meant}"?`,
    );
  });
});
