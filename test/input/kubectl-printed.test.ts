import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { importKubectl, readLab } from '../../src/input/index.js';
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
