import { describe, expect, test } from 'vitest';
import { formatIpv4 } from '../../src/address/index.js';
import type { Runtime, Tuple } from '../../src/linux/index.js';
import { type Header, protocolName } from '../../src/packet/index.js';
import type { Trace } from '../../src/trace/index.js';
import { LABS, type LabName } from '../recordings/load.js';
import { replayDiffs } from './diffs.js';
import { replay } from './lab.js';

/** Probes that need what is not modelled yet. */
const WAITING: Partial<Record<LabName, RegExp>> = { 'cni-plugins': /^macvlan/ };

describe.each(LABS)('recorded on Linux 6.18: %s', (name) => {
  for (const { probe, trace, runtime, ours, kernel } of replay(name)) {
    if (WAITING[name]?.test(probe.title)) {
      test.skip(`${probe.title}: macvlan is not modelled`);
      continue;
    }
    test(probe.title, () => {
      for (const netns of new Set([...kernel.keys(), ...ours.keys()]))
        expect(ours.get(netns), netns).toEqual(kernel.get(netns));
      expect(answered(trace, probe.sent.from), 'delivered').toBe(probe.delivered);
      for (const [netns, lines] of Object.entries(probe.conntrackAfter ?? {}))
        expect(connections(conntrackLines(runtime, netns)), `conntrack of ${netns}`).toEqual(connections(lines));
      replayDiffs(trace);
    });
  }
});

/** The sender's socket got an answer: the ping came back, or the TCP client read something. */
function answered(trace: Trace, from: string): boolean {
  return trace.legs.some(
    (leg) =>
      (leg.kind === 'reply' || leg.kind === 'proxied') &&
      carriesAnswer(leg.packet) &&
      leg.paths.some(({ hops }) => hops.some((h) => h.netns === from && h.events.some((e) => e.k === 'deliver'))),
  );
}

function carriesAnswer(headers: readonly Header[]): boolean {
  return headers.some((h) => (h.l === 'icmp' && h.type === 0) || (h.l === 'tcp' && h.payload > 0));
}

/**
 * `conntrack -L` lines without what differs by design: TCP states (the recorder's programs closed their connections,
 * ours stay open), marks and use counts, and the hashed source port of VXLAN.
 */
function connections(lines: readonly string[]): string[] {
  return lines
    .map((line) => {
      const [proto = ''] = line.split(/\s+/);
      const words: readonly string[] = line.match(/\[UNREPLIED\]|(?:src|dst|sport|dport|type|code|id)=\S+/g) ?? [];
      const vxlan = words.includes('dport=8472');
      const kept = words.map((word) => (vxlan && /^[sd]port=/.test(word) && word !== 'dport=8472' ? 'port' : word));
      return `${proto} ${kept.join(' ')}`;
    })
    .sort();
}

/** Ours in the same words. */
function conntrackLines(runtime: Runtime, netns: string): string[] {
  return runtime
    .of(netns)
    .conntrack.list(runtime.clock)
    .map((ct) => {
      const tuple = (t: Tuple): string => {
        const ends = `src=${formatIpv4(t.src)} dst=${formatIpv4(t.dst)}`;
        if (t.protocol !== 1) return `${ends} sport=${t.sport} dport=${t.dport}`;
        return `${ends} type=${t.dport >> 8} code=${t.dport & 255} id=${t.sport}`;
      };
      const unreplied = ct.seenReply ? '' : ' [UNREPLIED]';
      return `${protocolName(ct.original.protocol)} ${tuple(ct.original)}${unreplied} ${tuple(ct.reply)}`;
    });
}
