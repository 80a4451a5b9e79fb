import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatIpvs, formatIpvsTable, readIpvs, type VirtualService } from '../../src/linux/index.js';
import { onMachine } from '../machine.js';
import { readable } from '../recordings/load.js';
import { guest, whyNoGuest } from '../uml.js';

/** ipvsadm 1.31 and the IPVS of Linux 6.1; the kernel of a machine seldom has it. */
const why = whyNoGuest() ?? (guest('ipvsadm -Ln').status === 0 ? undefined : 'ipvsadm is missing');

interface Dump {
  /** What `ipvsadm -R` said. */
  readonly refused: string;
  readonly saved: string;
  readonly listed: string;
}

/** Loads each text into IPVS, alone, and dumps it. */
function dumps(texts: readonly string[]): Dump[] {
  const script = texts.flatMap((text) => [
    'echo "@text"; ipvsadm -C',
    `ipvsadm -R 2>&1 <<'@'\n${text}@`,
    'echo "@saved"; ipvsadm -Sn; echo "@listed"; ipvsadm -Ln',
  ]);
  const { stdout } = guest(script.join('\n'));
  return stdout
    .split('@text\n')
    .slice(1)
    .map((part) => {
      const [, refused = '', saved = '', listed = ''] = /^(.*)@saved\n(.*)@listed\n(.*)$/s.exec(part) ?? [];
      return { refused, saved, listed };
    });
}

function services(text: string): VirtualService[] {
  return readable(readIpvs({ file: 'ipvs.txt', text }));
}

/** ipvsadm sorts what it prints, by differences of addresses that overflow (ipvs_cmp_dests(), libipvs.c). */
function lines(text: string): string[] {
  return text.split('\n').sort();
}

const ADDRESS = fc.nat({ max: 250 }).map((n) => `10.96.${n % 3}.${n + 1}`);
const ADDRESS6 = fc.nat({ max: 250 }).map((n) => `[fd00::${(n + 1).toString(16)}]`);
const PORT = fc.integer({ min: 1, max: 65535 });
const SCHEDULER = fc.constantFrom(
  ...['rr', 'wrr', 'lc', 'wlc', 'lblc', 'lblcr', 'dh', 'sh', 'sed', 'nq', 'fo', 'ovf', 'mh'],
  ...['sh -b sh-fallback', 'sh -b sh-port', 'mh -b mh-fallback,mh-port', 'wrr -b flag-2'],
);
const TUNNEL = fc.constantFrom('ipip', 'gre --tun-nocsum', 'gre --tun-csum', 'gue --tun-port 6080 --tun-nocsum');

/** A service with servers, as `ipvsadm -Sn` spells it. */
const SERVICE: fc.Arbitrary<readonly string[]> = fc
  .record({
    key: fc.constantFrom('-t', '-u', '--sctp-service', '-f'),
    inet6: fc.boolean(),
    address: ADDRESS,
    address6: ADDRESS6,
    port: PORT,
    scheduler: SCHEDULER,
    persistent: fc.option(fc.integer({ min: 1, max: 100_000 })),
    mask: fc.integer({ min: 8, max: 31 }),
    onePacket: fc.boolean(),
    servers: fc.uniqueArray(
      fc.record({
        host: fc.integer({ min: 1, max: 250 }),
        port: PORT,
        how: fc.constantFrom('-m', '-g', '-i'),
        tunnel: TUNNEL,
        weight: fc.integer({ min: 0, max: 65535 }),
      }),
      { maxLength: 4, selector: ({ host }) => host },
    ),
  })
  .map(({ key, inet6, address, address6, port, scheduler, persistent, mask, onePacket, servers }) => {
    const what = key === '-f' ? `-f ${port}${inet6 ? ' -6' : ''}` : `${key} ${inet6 ? address6 : address}:${port}`;
    const [name = '', ...flags] = scheduler.split(' ');
    // For IPv6 the mask is a length; as many bits for IPv4.
    const netmask = inet6 ? `${mask}` : `255.255.255.${256 - 2 ** (32 - Math.max(mask, 24))}`;
    const words = [
      ...(persistent === null ? [] : ['-p', persistent, '-M', netmask]),
      ...(key === '-u' && onePacket ? ['-o'] : []),
      ...flags,
    ];
    return [
      ['-A', what, '-s', name, ...words].join(' '),
      ...servers.map((server) => {
        const host = inet6 ? `[fd01::${server.host.toString(16)}]` : `10.244.1.${server.host}`;
        // What is not translated goes to the port of the service; that of a mark is none.
        const to = server.how === '-m' ? server.port : key === '-f' ? 0 : port;
        const tunnel = server.how === '-i' ? ['--tun-type', server.tunnel] : [];
        return ['-a', what, '-r', `${host}:${to}`, server.how, '-w', server.weight, ...tunnel].join(' ');
      }),
    ];
  });
const ANY_SERVICES: fc.Arbitrary<VirtualService[]> = fc
  .uniqueArray(SERVICE, { maxLength: 5, selector: ([first = '']) => first.split(' -s ')[0] })
  .map((all) =>
    services(
      all
        .flat()
        .map((line) => `${line}\n`)
        .join(''),
    ),
  );

/** In the order in which ipvsadm prints. */
const CLUSTER = `-A -t 10.96.0.1:443 -s rr
-a -t 10.96.0.1:443 -r 192.168.56.105:6443 -m -w 1
-A -t 10.96.0.12:80 -s sh -b sh-fallback,sh-port
-a -t 10.96.0.12:80 -r 10.244.2.2:80 -i -w 1 --tun-type gue --tun-port 6080 --tun-nocsum
-a -t 10.96.0.12:80 -r 10.244.2.3:80 -i -w 1 --tun-type gue --tun-port 6080 --tun-remcsum
-a -t 10.96.0.12:80 -r 10.244.2.4:80 -i -w 1 --tun-type gre --tun-csum
-A -t 10.96.0.13:80 -s rr -b flag-1,flag-3
-A -u 10.96.0.10:53 -s wrr -o
-a -u 10.96.0.10:53 -r 10.244.1.2:53 -g -w 3
-a -u 10.96.0.10:53 -r 10.244.2.2:53 -i -w 0 --tun-type ipip
-A -u 10.96.0.11:5060 -s rr -p 60 --pe sip
-A --sctp-service 10.0.2.15:31514 -s rr
-A -t [fd00:96::1]:443 -s mh -b mh-fallback,mh-port
-a -t [fd00:96::1]:443 -r [fd00::5]:6443 -m -w 1
-A -u [fd00:96::1]:53 -s mh -p 100 -M 64 -b mh-port
-A -f 7 -s lc
-a -f 7 -r 10.244.2.2:0 -g -w 1
-A -f 8 -6 -s rr
-a -f 8 -6 -r [fd00::5]:0 -g -w 1
-a -f 8 -6 -r 10.244.2.9:0 -i -w 1 --tun-type ipip
`;

/** What ipvsadm takes and prints otherwise. */
const SPOKEN = `--add-service --tcp-service 10.96.0.14:80 --scheduler rr --persistent
-A -t 10.96.0.15:80
`;

describe.skipIf(why !== undefined)(onMachine('our text and ipvsadm', why), { timeout: 120_000 }, () => {
  test('what we print is taken, and printed by both alike', () => {
    const [dump, spoken] = dumps([formatIpvs(services(CLUSTER)), SPOKEN]);
    expect(dump?.refused).toBe('');
    expect(dump?.saved).toBe(CLUSTER);
    expect(formatIpvs(services(dump?.saved ?? ''))).toBe(CLUSTER);
    expect(dump?.listed).toBe(formatIpvsTable(services(CLUSTER)));
    expect(formatIpvsTable(services(dump?.listed ?? ''))).toBe(dump?.listed);
    expect(spoken?.refused).toBe('');
    expect(spoken?.saved).toBe(formatIpvs(services(SPOKEN)));
  });

  test('so is any other', () => {
    const drawn = fc.sample(ANY_SERVICES, { numRuns: 40, seed: 1 });
    const texts = drawn.map(formatIpvs);
    const found = dumps(texts);
    expect(found).toHaveLength(texts.length);
    for (const [i, { refused, saved, listed }] of found.entries()) {
      expect(refused).toBe('');
      expect(lines(saved)).toEqual(lines(texts[i] ?? ''));
      expect(lines(listed)).toEqual(lines(formatIpvsTable(drawn[i] ?? [])));
      expect(formatIpvs(services(saved))).toBe(saved);
      expect(formatIpvsTable(services(listed))).toBe(listed);
    }
  });
});
