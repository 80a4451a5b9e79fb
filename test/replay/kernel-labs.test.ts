import { describe, expect, test } from 'vitest';
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
      expect(answered(trace), 'delivered').toBe(probe.delivered);
      replayDiffs(trace);
    });
  }
});

/** Every request was answered: the ping came back, the TCP client read something. */
function answered(trace: Trace): boolean {
  const requests = trace.legs.filter((leg) => leg.kind === 'forward' && carriesRequest(leg.packet));
  const answers = trace.legs.filter(
    (leg) => leg.kind === 'reply' && carriesRequest(leg.packet) && leg.paths[0]?.outcome === 'delivered',
  );
  return requests.length > 0 && answers.length > 0;
}

function carriesRequest(headers: Trace['legs'][number]['packet']): boolean {
  return headers.some((h) => h.l === 'icmp' || (h.l === 'tcp' && h.payload > 0));
}
