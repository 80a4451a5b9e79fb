import { expect, test } from 'vitest';
import { packetLine } from '../../src/output/packet-line.js';
import type { Header } from '../../src/packet/index.js';

const eth = (type: string): Header => ({ l: 'eth', src: '02:00:00:00:00:01', dst: '02:00:00:00:00:02', type });
const ip4 = (src: string, dst: string, proto: string, rest: Partial<Extract<Header, { l: 'ip4' }>> = {}): Header => ({
  ...{ l: 'ip4', src, dst, ttl: 64, proto, len: 60, id: 1, df: true, mf: false, offset: 0, tos: 0 },
  ...rest,
});
const tcp: Header = { l: 'tcp', sport: 40000, dport: 80, flags: 'S', seq: 0, ack: 0, mss: 1460, payload: 0 };
const udp: Header = { l: 'udp', sport: 5000, dport: 8472, len: 80 };
const icmp = (type: number, code: number): Header => ({
  l: 'icmp',
  type,
  code,
  id: 1,
  seq: 1,
  mtu: 0,
  gateway: '0.0.0.0',
});

test.each<{ headers: Header[]; want: string; why: string }>([
  { headers: [ip4('1.0.0.1', '1.0.0.2', 'tcp'), tcp], want: '1.0.0.1:40000 > 1.0.0.2:80 tcp S', why: 'TCP' },
  {
    headers: [
      eth('ip4'),
      ip4('9.0.0.1', '9.0.0.2', 'udp'),
      udp,
      { l: 'vxlan', vni: 7 },
      eth('ip4'),
      ip4('1.0.0.1', '1.0.0.2', 'tcp'),
      tcp,
    ],
    want: '9.0.0.1:5000 > 9.0.0.2:8472 VXLAN 7 [1.0.0.1:40000 > 1.0.0.2:80 tcp S]',
    why: 'a tunnelled packet is in brackets',
  },
  {
    headers: [ip4('9.0.0.1', '9.0.0.2', 'udp'), udp, ip4('1.0.0.1', '1.0.0.2', 'icmp'), icmp(8, 0)],
    want: '9.0.0.1:5000 > 9.0.0.2:8472 udp [1.0.0.1 > 1.0.0.2 icmp echo request]',
    why: "so is what flannel's UDP backend carries",
  },
  {
    headers: [ip4('1.0.0.9', '1.0.0.1', 'icmp'), icmp(3, 0), ip4('1.0.0.1', '1.0.0.2', 'tcp'), tcp],
    want: '1.0.0.9 > 1.0.0.1 icmp net unreachable about 1.0.0.1:40000 > 1.0.0.2:80 tcp S',
    why: 'an ICMP error is about a packet',
  },
  {
    headers: [ip4('1.0.0.1', '1.0.0.2', 'udp', { mf: true, offset: 1480 })],
    want: '1.0.0.1 > 1.0.0.2 udp fragment at 1480',
    why: 'a later fragment has no ports',
  },
  {
    headers: [
      eth('arp'),
      { l: 'arp', op: 'request', sha: '02:00:00:00:00:01', spa: '1.0.0.1', tha: '00:00:00:00:00:00', tpa: '1.0.0.2' },
    ],
    want: 'ARP who has 1.0.0.2? tell 1.0.0.1',
    why: 'ARP',
  },
  { headers: [eth('0x88cc')], want: '02:00:00:00:00:01 > 02:00:00:00:00:02 0x88cc', why: 'a frame of something else' },
  { headers: [], want: '', why: 'nothing' },
])('$why', ({ headers, want }) => {
  expect(packetLine(headers)).toBe(want);
});
