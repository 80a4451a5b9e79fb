import { readdirSync, readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { readLab } from '../../src/input/read-lab.js';
import { SCHEMAS } from '../../tools/schemas.js';

const root = new URL('../../', import.meta.url);
const labs = readdirSync(new URL('topologies/', root)).filter((name) => name.endsWith('.yaml'));

test.each(Object.keys(SCHEMAS))('docs/schema/%s is what `npm run schema` writes', (name) => {
  const published: unknown = JSON.parse(readFileSync(new URL(`docs/schema/${name}`, root), 'utf8'));
  expect(published).toEqual(JSON.parse(JSON.stringify(SCHEMAS[name])));
});

describe('the published schema of a lab and the reader agree', () => {
  const validate = new Ajv2020({ allErrors: true }).compile(SCHEMAS['lab.schema.json'] ?? {});

  test.each(labs)('%s is a lab', (name) => {
    const text = readFileSync(new URL(`topologies/${name}`, root), 'utf8');
    validate(parse(text));
    expect(validate.errors).toBeNull();
  });

  test.each([
    { text: 'nodes: {n: 10.0.0.1}', valid: true, why: 'a shorthand' },
    { text: 'nodes: {n: {address: 10.0.0.1, off: [flanneld/masq]}}', valid: true, why: 'a map' },
    { text: 'nodes: {n: 10.0.0.01}', valid: false, why: 'a leading zero' },
    { text: 'nodes: {N: 10.0.0.1}', valid: false, why: 'a key with a capital' },
    { text: 'nodes: {n: {adress: 10.0.0.1}}', valid: false, why: 'an unknown key' },
    { text: 'nodes: {n: {address: 10.0.0.1, mtu: 0}}', valid: false, why: 'a number out of range' },
    { text: 'nodes: {n: 10.0.0.1}\nkubeProxy: ipvs', valid: true, why: 'a mode' },
    { text: 'nodes: {n: 10.0.0.1}\nkubeProxy: userspace', valid: false, why: 'no such mode' },
    { text: 'nodes: {n: 10.0.0.1}\nkubeProxy: {clusterCIDR: none}', valid: true, why: 'a word for an empty one' },
    { text: 'nodes: {n: 10.0.0.1}\ncni: {directRouting: true}', valid: false, why: 'a plug-in without a name' },
  ])('$text: $why', ({ text, valid }) => {
    expect(validate(parse(text))).toBe(valid);
    expect('value' in readLab(text, 'lab.yaml')).toBe(valid);
  });
});
