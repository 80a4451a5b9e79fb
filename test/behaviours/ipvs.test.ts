import { constants } from 'node:os';
import { expect, test } from 'vitest';
import { guestPlan } from './evidence.js';

test('IPVS goes through its servers backwards: who was added last is asked first', () => {
  // The servers are 10.0.1.1 and 10.2.0.1, in this order; both are host b.
  const { cases } = guestPlan('IPVS takes one server after the other');
  expect(cases.map(({ deliveries }) => deliveries[0]?.split(':')[0])).toEqual([
    'b udp 10.2.0.1',
    'b udp 10.0.1.1',
    'b udp 10.2.0.1',
  ]);
});

test('IPVS takes one from the TTL, even of what its own host sends', () => {
  const [own] = guestPlan('a datagram to IPVS from its host').cases;
  expect(own?.at('b')[0]).toMatch(/ ttl 4 /);
  const [expired] = guestPlan('IPVS looks at the TTL').cases;
  expect(expired?.deliveries).toEqual([]);
  expect(expired?.at('a').at(-1)).toMatch(/icmp time-exceeded 0/);
});

test('A virtual service without a server says port unreachable, an address of one without a service is its host', () => {
  const [nobody] = guestPlan('IPVS without a server').cases;
  expect(nobody?.at('a').at(-1)).toMatch(/icmp unreachable port/);
  expect(nobody?.errors).toEqual([constants.errno.ECONNREFUSED]);
  const [ping] = guestPlan('a ping to an address of IPVS').cases;
  expect(ping?.at('a').at(-1)).toMatch(/10\.96\.0\.1 > 10\.0\.0\.1 .*icmp echo-reply/);
  expect(ping?.at('b')).toEqual([]);
});

test('IPVS translates answers of a neighbour back in the bridge, without connection tracking', () => {
  const pods = guestPlan('bridge-nf-call-iptables=1, conntrack=0: pods on one bridge');
  const between = pods.cases[2];
  expect(between?.at('n').find((line) => line.startsWith('n veth2 out 10'))).toMatch(
    /10\.244\.1\.2 > 10\.244\.1\.3 ttl 63/,
  );
  expect(between?.at('p1').at(-1)).toMatch(/10\.96\.0\.1 > 10\.244\.1\.2 ttl 64/);
  expect(pods.connections('n')).toEqual([]);
});
