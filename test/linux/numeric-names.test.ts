import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { readRoutes, readRouteText, readRules, readRuleText } from '../../src/linux/index.js';
import { readable } from '../recordings/load.js';

/** What `ip` of iproute2 6.1 printed of one namespace with `ip OPTIONS route show table all` and `ip OPTIONS rule`. */
const PRINTED = readFileSync(new URL('iproute2-6.1-numeric.txt', import.meta.url), 'utf8');

function must<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('missing');
  return value;
}

function printed(options: string): { routes: string; rules: string } {
  const part = must(PRINTED.split(/^## ip ?/m).find((each) => each.startsWith(`${options}\n`)));
  const [routes = '', rules = ''] = part.slice(options.length + 1).split('\n\n');
  return { routes: `${routes}\n`, rules: `${rules}\n` };
}

/** Without where it was read, and maps as lists. */
function plain(value: unknown): unknown {
  const replacer = (key: string, each: unknown): unknown =>
    key === 'origin'
      ? undefined
      : each instanceof Map
        ? [...each]
        : Symbol.iterator in Object(each) && typeof each !== 'string'
          ? [...(each as Iterable<unknown>)]
          : each;
  return JSON.parse(JSON.stringify(value, replacer));
}

const file = 'f';
const routeText = (text: string) => readable(readRouteText({ file, text }));
const ruleText = (text: string) => readable(readRuleText({ file, text }));
const ruleJson = (text: string) => readable(readRules({ file, text }));
/** Without the route whose JSON has its encapsulation's fields over its own. */
function routeJson(text: string): ReturnType<typeof routeText> {
  const records = (JSON.parse(text) as Readonly<Record<string, unknown>>[]).filter((each) => !('encap' in each));
  return readable(readRoutes({ file, text: JSON.stringify(records) }));
}

describe('`ip -N` says the same as `ip`', () => {
  const [names, numbers] = [printed(''), printed('-N')];
  const [namesJson, numbersJson] = [printed('-j'), printed('-N -j')];

  test('of routes', () => {
    expect(numbers.routes).not.toBe(names.routes);
    expect(plain(routeText(numbers.routes))).toEqual(plain(routeText(names.routes)));
    expect(plain(routeJson(numbersJson.routes))).toEqual(plain(routeJson(namesJson.routes)));
  });

  test('of rules', () => {
    expect(numbers.rules).not.toBe(names.rules);
    expect(plain(ruleText(numbers.rules))).toEqual(plain(ruleText(names.rules)));
    expect(plain(ruleJson(numbersJson.rules))).toEqual(plain(ruleJson(namesJson.rules)));
    expect(plain(ruleJson(numbersJson.rules))).toEqual(plain(ruleText(names.rules)));
  });

  test('and it is what was configured', () => {
    const routes = [...must(routeText(numbers.routes).tables.get(100))];
    // ip route add 10.1.1.0/24 tos 0xb8 dev v0 table 100 scope site
    expect(routes.find(({ tos }) => tos === 0xb8)).toMatchObject({ scope: 200, type: 'unicast' });
    expect(routes.map(({ protocol }) => protocol).sort()).toEqual(['bird', 'boot']);
    const main = [...must(routeText(numbers.routes).tables.get(254))];
    expect(main.find(({ mtu }) => mtu === 1400)?.mtuLock).toBe(true);
    expect(main.map(({ type }) => type)).toContain('blackhole');
    expect(ruleText(numbers.rules).inet.map(({ action }) => action.action)).toEqual([
      'lookup',
      'lookup',
      'prohibit',
      'blackhole',
      'lookup',
      'lookup',
      'lookup',
    ]);
  });
});

// iproute2 6.1 etc/iproute2/rt_dsfield.
test.each([
  ['default', 0x00],
  ['AF11', 0x28],
  ['AF23', 0x58],
  ['AF43', 0x98],
  ['CS1', 0x20],
  ['CS7', 0xe0],
  ['EF', 0xb8],
])('TOS %s is %i', (name, tos) => {
  const { tables } = routeText(`10.0.0.0/8 tos ${name} dev eth0\n`);
  expect([...must(tables.get(254))][0]?.tos).toBe(tos);
  const [rule] = ruleJson(`[{"priority":5,"src":"all","tos":"${name}","table":"main"}]`).inet;
  expect(rule?.tos).toBe(tos);
});

test.each([
  ['10.0.0.0/8 dev eth0 table mgmt', 'rt_tables'],
  ['10.0.0.0/8 dev eth0 proto mgmt', 'rt_protos'],
  ['10.0.0.0/8 tos mgmt dev eth0', 'rt_dsfield'],
  ['10.0.0.0/8 dev eth0 scope mgmt', 'rt_scopes'],
])('%s: the name is in %s', (text, names) => {
  const read = readRouteText({ file, text });
  const [problem] = 'problems' in read ? read.problems : [];
  expect(problem?.message).toContain(`(its number is in /etc/iproute2/${names}; \`ip -N\` prints numbers)`);
});

test('of rules as well', () => {
  const json = readRules({ file, text: '[{"priority":5,"src":"all","table":"mgmt"}]' });
  const text = readRuleText({ file, text: '5: from all lookup mgmt\n' });
  for (const read of [json, text]) expect(JSON.stringify(read)).toContain('/etc/iproute2/rt_tables; `ip -N`');
});
