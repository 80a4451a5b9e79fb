import { describe, expect, test } from 'vitest';
import type { Header } from '../../src/packet/index.js';
import type { Trace } from '../../src/trace/index.js';
import { LABS, type LabName } from '../recordings/load.js';
import { replayDiffs } from './diffs.js';
import { replay } from './lab.js';

/** Probes that need what is not modelled yet. */
const WAITING: Partial<Record<LabName, RegExp>> = { 'cni-plugins': /^macvlan/ };

describe.each(LABS)('recorded on Linux 6.18: %s', (name) => {
  for (const { probe, trace, ours, kernel } of replay(name)) {
    if (WAITING[name]?.test(probe.title)) {
      test.skip(`${probe.title}: macvlan is not modelled`);
      continue;
    }
    test(probe.title, () => {
      for (const netns of new Set([...kernel.keys(), ...ours.keys()]))
        expect(ours.get(netns), netns).toEqual(kernel.get(netns));
      expect(answered(trace, probe.sent.from), 'delivered').toBe(probe.delivered);
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
