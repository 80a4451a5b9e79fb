import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { formatPcapng } from '../../src/output/index.js';
import type { Header } from '../../src/packet/index.js';
import { type Crossing, crossings, type Probe, type Trace, trace } from '../../src/trace/index.js';
import { notHere } from '../machine.js';
import { type Shipped, shipped } from '../shipped.js';

const installed = spawnSync('tshark', ['--version']).status === 0;
const folder = mkdtempSync(join(tmpdir(), 'podpath-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Without these tshark takes checksums for good, and Flannel's ports for unknown ones. */
const OPTIONS = [
  ...['ip', 'tcp', 'udp'].flatMap((protocol) => ['-o', `${protocol}.check_checksum:TRUE`]),
  ...[
    '-o',
    'sctp.checksum:CRC32c',
    '-o',
    'tcp.analyze_sequence_numbers:FALSE',
    '-o',
    'tcp.relative_sequence_numbers:FALSE',
  ],
  ...['-o', 'ip.defragment:FALSE', '-d', 'udp.port==8472,vxlan', '-d', 'udp.port==8285,ip'],
];

/** A field of tshark's, and what it should hold for each header that has it. */
const FIELDS: readonly (readonly [field: string, of: (header: Header) => string | undefined])[] = [
  ['eth.src', (h) => (h.l === 'eth' ? h.src : undefined)],
  ['eth.dst', (h) => (h.l === 'eth' ? h.dst : undefined)],
  ['arp.opcode', (h) => (h.l === 'arp' ? (h.op === 'request' ? '1' : '2') : undefined)],
  ['arp.src.hw_mac', (h) => (h.l === 'arp' ? h.sha : undefined)],
  ['arp.src.proto_ipv4', (h) => (h.l === 'arp' ? h.spa : undefined)],
  ['arp.dst.hw_mac', (h) => (h.l === 'arp' ? h.tha : undefined)],
  ['arp.dst.proto_ipv4', (h) => (h.l === 'arp' ? h.tpa : undefined)],
  ['ip.src', (h) => (h.l === 'ip4' ? h.src : undefined)],
  ['ip.dst', (h) => (h.l === 'ip4' ? h.dst : undefined)],
  ['ip.ttl', (h) => (h.l === 'ip4' ? String(h.ttl) : undefined)],
  ['ip.len', (h) => (h.l === 'ip4' ? String(h.len) : undefined)],
  ['ip.id', (h) => (h.l === 'ip4' ? `0x${h.id.toString(16).padStart(4, '0')}` : undefined)],
  ['ip.flags.df', (h) => (h.l === 'ip4' ? flag(h.df) : undefined)],
  ['ip.flags.mf', (h) => (h.l === 'ip4' ? flag(h.mf) : undefined)],
  // In units of 8 bytes, as in the header.
  ['ip.frag_offset', (h) => (h.l === 'ip4' ? String(h.offset / 8) : undefined)],
  ['tcp.srcport', (h) => (h.l === 'tcp' ? String(h.sport) : undefined)],
  ['tcp.dstport', (h) => (h.l === 'tcp' ? String(h.dport) : undefined)],
  ['tcp.seq', (h) => (h.l === 'tcp' ? String(h.seq) : undefined)],
  ['tcp.options.mss_val', (h) => (h.l === 'tcp' && h.mss !== null ? String(h.mss) : undefined)],
  ['tcp.flags.syn', (h) => (h.l === 'tcp' ? flag(h.flags.includes('S')) : undefined)],
  ['tcp.flags.ack', (h) => (h.l === 'tcp' ? flag(h.flags.includes('A')) : undefined)],
  ['tcp.flags.reset', (h) => (h.l === 'tcp' ? flag(h.flags.includes('R')) : undefined)],
  ['udp.srcport', (h) => (h.l === 'udp' ? String(h.sport) : undefined)],
  ['udp.dstport', (h) => (h.l === 'udp' ? String(h.dport) : undefined)],
  ['udp.length', (h) => (h.l === 'udp' ? String(h.len) : undefined)],
  ['vxlan.vni', (h) => (h.l === 'vxlan' ? String(h.vni) : undefined)],
  ['icmp.type', (h) => (h.l === 'icmp' ? String(h.type) : undefined)],
  ['icmp.code', (h) => (h.l === 'icmp' ? String(h.code) : undefined)],
  ['icmp.mtu', (h) => (h.l === 'icmp' && h.mtu !== 0 ? String(h.mtu) : undefined)],
  ['sctp.srcport', (h) => (h.l === 'sctp' ? String(h.sport) : undefined)],
  [
    'sctp.chunk_type',
    (h) => (h.l === 'sctp' ? { DATA: '0', INIT: '1', 'INIT-ACK': '2', ABORT: '6' }[h.chunk] : undefined),
  ],
];
const CHECKSUMS = ['ip', 'tcp', 'udp', 'icmp', 'sctp'].map((protocol) => `${protocol}.checksum.status`);

function flag(on: boolean): string {
  return on ? '1' : '0';
}

/** One row a frame: its interface, the fields, what the checksums are worth, what is malformed. */
function dissect(capture: Uint8Array): string[][] {
  const file = join(folder, 'x.pcapng');
  writeFileSync(file, capture);
  const names = ['frame.interface_name', ...FIELDS.map(([name]) => name), ...CHECKSUMS, '_ws.malformed'];
  const fields = names.flatMap((name) => ['-e', name]);
  const args = ['-r', file, ...OPTIONS, '-T', 'fields', '-E', 'separator=|', '-E', 'occurrence=a', ...fields];
  const out = execFileSync('tshark', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  return out
    .trimEnd()
    .split('\n')
    .map((line) => line.split('|'));
}

function expected({ netns, dev, headers }: Crossing): string[] {
  return [`${netns}/${dev}`, ...FIELDS.map(([, of]) => headers.flatMap((header) => of(header) ?? []).join(','))];
}

/** 0: bad. 1: good. 2: not verified, which ICMP's quoted packets are. */
function badChecksums(row: readonly string[]): string[] {
  return row.slice(1 + FIELDS.length).filter((status) => status.split(',').includes('0') || /malformed/i.test(status));
}

const PROBES: readonly (readonly [Shipped, Probe])[] = [
  ['flannel-vxlan', { from: 'client', to: 'web-1', port: 8080 }],
  ['flannel-vxlan', { from: 'client', to: 'web-1', proto: 'sctp', port: 8080 }],
  ['flannel-vxlan', { from: 'client', to: 'web-1', proto: 'udp', port: 8080, payload: 4000 }],
  ['flannel-vxlan', { from: 'client', to: 'web-1', proto: 'icmp', payload: 3000 }],
  ['flannel-vxlan', { from: 'client', to: 'web-1', proto: 'icmp', ttl: 1 }],
  ['flannel-vxlan', { from: 'client', to: 'web-1', proto: 'udp', port: 81 }],
  ['flannel-vxlan', { from: 'internet', to: 'node-3:30080' }],
  ['flannel-udp', { from: 'client', to: 'web-1', port: 8080 }],
  ['flannel-host-gw', { from: 'client', to: 'service/web:80' }],
];

const results = PROBES.map(([lab, probe]): readonly [string, Trace] => [
  `${lab}: ${JSON.stringify(probe)}`,
  trace(shipped(lab), probe),
]);

describe('tshark dissects a capture', () => {
  test.for(results)('%s: each field as the trace has it, checksums good', ([, result], context) => {
    if (!installed) context.skip(notHere('tshark is missing'));
    const rows = dissect(formatPcapng(result));
    const frames = crossings(result);
    expect(frames.length).toBeGreaterThan(5);
    expect(rows.map((row) => row.slice(0, 1 + FIELDS.length))).toEqual(frames.map(expected));
    expect(rows.flatMap(badChecksums)).toEqual([]);
  });

  test('and would see a wrong bit', (context) => {
    if (!installed) context.skip(notHere('tshark is missing'));
    const [[, result] = []] = results;
    if (result === undefined) throw new Error('no trace');
    const capture = formatPcapng(result);
    const syn = crossings(result).find(({ headers }) => headers[1]?.l === 'ip4');
    const ttlAt = find(capture, Uint8Array.of(64, 6));
    capture[ttlAt] = 63;
    expect(syn?.headers[1]).toMatchObject({ ttl: 64, proto: 'tcp' });
    expect(dissect(capture).flatMap(badChecksums)).toEqual(['0']);
  });
});

test('the same trace gives the same bytes', () => {
  const [[, result] = []] = results;
  if (result === undefined) throw new Error('no trace');
  expect(formatPcapng(result)).toEqual(formatPcapng(result));
});

/** Where `part` begins. */
function find(bytes: Uint8Array, part: Uint8Array): number {
  const at = bytes.findIndex((_, i) => part.every((byte, j) => bytes[i + j] === byte));
  if (at < 0) throw new Error('not found');
  return at;
}
