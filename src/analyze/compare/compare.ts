import type { ModeRow } from '../../output/index.js';
import type { Network } from '../../topology/index.js';
import { type Probe, type TraceOptions, trace } from '../../trace/index.js';
import { answerRow, branchRows } from './answer.js';

/** What a mode is tried with. */
export interface ModeTrial {
  readonly mode: string;
  readonly network: Network;
  /** The same for a port that no Service has. */
  readonly wrong: Probe | undefined;
  /** The same network with no endpoint left of the Service. */
  readonly empty: Network | undefined;
}

/** Follows a probe in the network of one mode of kube-proxy, and what else tells modes apart. */
export function compareMode(
  { mode, network, wrong, empty }: ModeTrial,
  probe: Probe,
  options: Omit<TraceOptions, 'detail'> = {},
): ModeRow {
  const main = trace(network, probe, { ...options, detail: 'all' });
  return {
    mode,
    problem: undefined,
    probe: answerRow(main),
    branches: branchRows(main, network),
    wrongPort: wrong === undefined ? undefined : answerRow(trace(network, wrong, options)),
    empty: empty === undefined ? undefined : answerRow(trace(empty, probe, options)),
    exit: main.verdict.exit,
  };
}
