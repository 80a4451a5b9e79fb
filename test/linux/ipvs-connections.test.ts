import { describe, expect, test } from 'vitest';
import {
  createNetnsRuntime,
  formatIpvsConnections,
  formatIpvsTable,
  Journal,
  type Learned,
  learn,
  readIpvsConnections,
  readNetns,
} from '../../src/linux/index.js';
import { formatProblem } from '../../src/problem/index.js';
import { readable } from '../recordings/load.js';

// As ipvsadm 1.31 printed them on Linux 6.1, in the order in which they were made.
const SERVICES = `IP Virtual Server version 1.2.1 (size=4096)
Prot LocalAddress:Port Scheduler Flags
  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn
TCP  10.96.0.1:80 rr persistent 300
  -> 10.0.1.1:80                  Masq    1      0          1         
  -> 10.0.1.4:80                  Masq    1      1          0         
FWM  7 rr persistent 50
  -> 10.0.1.3:0                   Masq    1      0          0         
`;
const CONNECTIONS = `IPVS connection entries
pro expire state       source             virtual            destination
TCP 04:59  ASSURED     10.0.0.1:0         10.96.0.1:80       10.0.1.4:80
IP  04:59  NONE        10.0.0.3:0         0.0.0.7:0          10.0.1.3:0
TCP 14:50  ESTABLISHED 10.0.0.1:20001     10.96.0.1:80       10.0.1.4:80
TCP 01:59  TIME_WAIT   10.0.0.9:30002     10.96.0.1:80       10.0.1.1:80
`;

function learned(): Learned {
  const dump = {
    link: { file: 'ip-link.json', text: '[]' },
    ipvs: { file: 'ipvs.txt', text: SERVICES },
    ipvsConnections: { file: 'ipvs-connections.txt', text: CONNECTIONS },
  };
  return readable(readNetns(dump, { name: 'n', role: 'node', now: 5000 })).learned;
}

describe('what ipvsadm -Lnc prints', () => {
  test('comes back', () => {
    expect(formatIpvsConnections(learned().ipvs, 5000)).toBe(CONNECTIONS);
  });

  test('is counted by server, and known to both directions', () => {
    const runtime = createNetnsRuntime();
    learn(runtime, learned(), new Journal());
    const { connections } = runtime.ipvs;
    const services = readable(
      readNetns(
        { link: { file: 'l', text: '[]' }, ipvs: { file: 'ipvs.txt', text: SERVICES } },
        { name: 'n', role: 'node' },
      ),
    ).ns.ipvs;
    expect(formatIpvsTable(services, connections)).toBe(SERVICES);
    const [template, , flow] = connections.list();
    expect(flow?.control).toBe(template);
    expect(template && connections.isUsed(template)).toBe(true);
  });

  test('is forgotten when its time is over, a template after what uses it', () => {
    const runtime = createNetnsRuntime();
    const journal = new Journal();
    learn(runtime, learned(), journal);
    const { connections } = runtime.ipvs;
    journal.start();
    const left = (seconds: number): number => {
      connections.expire(5000 + seconds * 1000, journal);
      return connections.size;
    };
    // At 119 s TIME_WAIT goes, at 299 s the template of nobody. That of the flow, which has 890 s, looks again each minute,
    // and finds it gone at 299 + 600 s.
    expect([118, 119, 298, 299, 889, 890, 898, 899].map(left)).toEqual([4, 3, 3, 2, 2, 1, 1, 0]);
    journal.rollback();
    expect(connections.size).toBe(4);
    const lines = (text: string): string[] => text.split('\n').sort();
    expect(lines(formatIpvsConnections(connections.list(), 5000))).toEqual(lines(CONNECTIONS));
  });

  test.each([
    ['ICMP 00:01 NONE 1.1.1.1:1 1.1.1.1:1 1.1.1.1:1', 'f:1:1: expected TCP, UDP, SCTP or IP, found "ICMP"'],
    ['TCP 1 NONE 1.1.1.1:1 1.1.1.1:1 1.1.1.1:1', 'f:1:5: expected MINUTES:SECONDS, found "1"'],
    [
      'TCP 00:01 NONE 1.1.1.1:1 1.1.1.1 1.1.1.1:1',
      'f:1:26: expected ADDRESS:PORT in numbers (ipvsadm -n), found "1.1.1.1"',
    ],
  ])('%s', (text, want) => {
    const read = readIpvsConnections({ file: 'f', text });
    expect('problems' in read ? read.problems.map(formatProblem) : []).toContain(want);
  });
});
