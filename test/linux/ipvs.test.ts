import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatIpvs, formatIpvsTable, readIpvs, type VirtualService } from '../../src/linux/index.js';
import { formatProblem } from '../../src/problem/index.js';
import { readable } from '../recordings/load.js';

function services(text: string): VirtualService[] {
  return readable(readIpvs({ file: 'ipvs.txt', text }));
}

// As print_service_entry() and print_dest_entry() write them (ipvsadm 1.31 ipvsadm.c).
const SAVED = `-A -t 10.96.0.1:443 -s rr
-a -t 10.96.0.1:443 -r 192.168.56.105:6443 -m -w 1
-A -t 10.96.0.10:53 -s sh -p 10800 -M 255.255.255.0
-A -u 10.96.0.10:53 -s wrr -o
-a -u 10.96.0.10:53 -r 10.244.1.2:53 -g -w 3
-a -u 10.96.0.10:53 -r 10.244.2.2:53 -i -w 0
-A --sctp-service 10.0.2.15:31514 -s rr
-A -t [fd00:96::1]:443 -s mh -b mh-fallback,mh-port
-a -t [fd00:96::1]:443 -r [fd00::5]:6443 -m -w 1
-A -f 7 -s lc
-A -f 8 -6 -s rr --pe sip
`;

const TABLE = `IP Virtual Server version 1.2.1 (size=4096)
Prot LocalAddress:Port Scheduler Flags
  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn
TCP  10.96.0.1:443 rr persistent 10800 mask 255.255.255.0
  -> 192.168.56.105:6443          Masq    1      0          0         
UDP  10.96.0.10:53 wrr ops
  -> 10.244.1.2:53                Route   3      0          0         
  -> 10.0.2.15:53                 Local   1      0          0         
TCP  [fd00:96::1]:443 mh (mh-fallback,mh-port)
  -> [fd00::5]:6443               Tunnel  1      0          0         
FWM  7 lc
FWM  8 IPv6 rr
`;

test('what ipvsadm -Sn prints comes back', () => {
  expect(formatIpvs(services(SAVED))).toBe(SAVED);
});

test('what ipvsadm -Ln prints comes back', () => {
  expect(formatIpvsTable(services(TABLE))).toBe(TABLE);
  expect(formatIpvsTable(services(formatIpvs(services(TABLE))))).toBe(TABLE);
});

// Both as ipvsadm 1.31 loaded and printed them.
test.each([
  ['--add-service --tcp-service 10.96.0.14:80 --scheduler rr --persistent', '-A -t 10.96.0.14:80 -s rr -p 360\n'],
  ['-A -t 10.96.0.15:80', '-A -t 10.96.0.15:80 -s wlc\n'],
])('%s', (spoken, printed) => {
  expect(formatIpvs(services(spoken))).toBe(printed);
});

describe('what can be wrong, and where', () => {
  test.each([
    ['-D -t 1.1.1.1:1', 'ipvs.txt:1:1: expected -A or -a, as `ipvsadm -Sn` prints, found "-D"'],
    ['-A -t 1.1.1.1:http -s rr', 'ipvs.txt:1:7: expected ADDRESS:PORT in numbers (ipvsadm -n), found "1.1.1.1:http"'],
    ['-A -t 1.1.1.1:80 -q', 'ipvs.txt:1:18: unknown option "-q"'],
    ['-A -s rr', 'ipvs.txt:1:7: the virtual service is missing: -t, -u, --sctp-service or -f'],
    ['-a -t 1.1.1.1:80 -r 2.2.2.2:80 -m', 'ipvs.txt:1:32: there is no virtual service -t 1.1.1.1:80'],
    ['-A -t 1.1.1.1:80\n-A -t 1.1.1.1:80', 'ipvs.txt:2:7: there is a virtual service -t 1.1.1.1:80 already'],
    ['-A -t 1.1.1.1:80\n-a -t 1.1.1.1:80', 'ipvs.txt:2:7: the real server is missing: -r'],
    ['IP Virtual Server\n  -> 1.1.1.1:1 Masq 1 0 0', 'ipvs.txt:2:3: a server without a virtual service'],
    ['IP Virtual Server\nTCP 1.1.1.1:1 rr sticky', 'ipvs.txt:2:18: unexpected "sticky"'],
  ])('%s', (text, want) => {
    const read = readIpvs({ file: 'ipvs.txt', text });
    expect('problems' in read ? read.problems.map(formatProblem) : []).toContain(want);
  });

  test('no text makes it throw, and what it reads comes back', () => {
    const words = fc.constantFrom(...SAVED.split(/(?<=\n)|(?=\n)| /), ...TABLE.split(/(?<=\n)|(?=\n)| +/));
    const edited = fc.tuple(fc.constantFrom(SAVED, TABLE), fc.nat(), words).map(([text, at, word]) => {
      const all = text.split(' ');
      return all.with(at % all.length, word).join(' ');
    });
    const texts = fc.oneof(
      fc.string(),
      edited,
      fc.array(words).map((some) => some.join(' ')),
    );
    fc.assert(
      fc.property(texts, (text) => {
        const read = readIpvs({ file: 'f', text });
        if ('problems' in read) return read.problems.every(({ line, col }) => line >= 1 && col >= 1);
        const printed = formatIpvs(read.value);
        return formatIpvs(services(printed)) === printed;
      }),
      { numRuns: 1000 },
    );
  });
});
