import { describe, expect, test } from 'vitest';
import type { Trace } from '../../src/trace/index.js';
import { replayDiffs } from './diffs.js';
import type { Frame } from './frame.js';
import { loadScenarios, replayScenario, type ScenarioCase } from './scenario.js';

/** Scenarios that need what is not modelled yet. */
const WAITING = new Map([['calico-ipip', 'IP in IP is not modelled']]);

for (const scenario of loadScenarios()) {
  const waiting = WAITING.get(scenario.name);
  if (waiting !== undefined) {
    test.skip(`recorded in user-mode Linux 6.1: ${scenario.name}: ${waiting}`);
    continue;
  }
  describe(`recorded in user-mode Linux 6.1: ${scenario.name}`, () => {
    for (const { recorded, trace, ours, kernel } of replayScenario(scenario)) {
      test(`${recorded.id} ${recorded.note ?? ''}`, () => {
        for (const netns of Object.keys(scenario.nodes)) {
          // IP frames and ARP frames were recorded apart: their order among each other is not known.
          expect(only(ours, netns, 'ip'), netns).toEqual(only(kernel, netns, 'ip'));
          // This recorder kept the order in which frames passed a tap, not that of their time stamps; of a flooded frame
          // the two differ, and only ARP is flooded here. So of ARP it is compared what there is, not in which order.
          expect(sorted(only(ours, netns, 'arp')), netns).toEqual(sorted(only(kernel, netns, 'arp')));
        }
        expect(deliveries(trace)).toEqual(new Set(recorded.observed.deliveries.map(line)));
        expect(errors(trace)).toEqual(new Set(wantedErrors(recorded)));
        replayDiffs(trace);
      });
    }
  });
}

function only(frames: readonly Frame[], netns: string, what: 'ip' | 'arp'): Frame[] {
  return frames.filter((f) => f.ns === netns && (f.arp === undefined) === (what === 'ip'));
}

function sorted(frames: readonly Frame[]): string[] {
  return frames
    .map((f) => JSON.stringify([f.if, f.dir, f.ethSrc, f.ethDst, Object.entries(f.arp ?? {}).sort()]))
    .sort();
}

interface Delivery {
  readonly ns: string;
  readonly proto: string;
  readonly local: string;
  readonly remote: string;
}

function line({ ns, proto, local, remote }: Delivery): string {
  return `${ns} ${proto} ${local} < ${remote}`;
}

/** What sockets got: datagrams, and connections that listeners were asked for. */
function deliveries(trace: Trace): Set<string> {
  const events = trace.legs.flatMap((leg) => leg.paths.flatMap((path) => path.hops));
  return new Set(
    events.flatMap((hop) =>
      hop.events.flatMap((event) => {
        if (event.k !== 'deliver') return [];
        const proto = /^(udp|tcp LISTEN)/.exec(event.to)?.[1];
        if (proto === undefined || event.to.includes('socket:')) return [];
        return line({ ns: hop.netns, proto: proto.slice(0, 3), local: event.local, remote: event.remote });
      }),
    ),
  );
}

/** The recorder stopped watching before a client gave up, so a timeout of ours has no counterpart. */
function errors({ verdict }: Trace): Set<string> {
  return new Set(verdict.errno === null || verdict.errno === 'ETIMEDOUT' ? [] : [verdict.errno]);
}

/** What the sender was told; what became of an echo server's answer is not its business. */
function wantedErrors({ observed }: ScenarioCase): string[] {
  return observed.senderErrors.flatMap(({ at, errno }) => (at === 'echo' || errno === 0 ? [] : [errno]));
}
