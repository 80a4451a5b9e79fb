import { formatPrefix } from '../../address/index.js';
import { type Message, speakerNameProblems } from '../../bgp/index.js';
import type { BgpCountsRow, BgpMessages } from '../../output/index.js';
import { checkShape, InputError, type Shape, wholeNumber } from '../../problem/index.js';
import type { BgpView } from './rows.js';

const anyName = (): undefined => undefined;

/** Names are looked at where speakers are known. */
const SHAPE: Shape = {
  keys: { from: anyName, to: anyName, limit: wholeNumber(0, Number.MAX_SAFE_INTEGER) },
  required: [],
};

/** Which messages are told. */
export interface BgpMessagesOptions {
  /** Of this sender, to this receiver, both by their names. */
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  /** So many, the last ones; all unless given. */
  readonly limit?: number | undefined;
}

/**
 * What speakers have said to one another since they were started, and how often.
 *
 * @throws InputError with all that is wrong with the options.
 */
export function describeBgpMessages(view: BgpView, options: BgpMessagesOptions = {}): BgpMessages {
  const { from, to, limit } = options;
  const problems = [
    ...checkShape(options, SHAPE, 'options'),
    ...speakerNameProblems(view.config, 'options', [
      [['from'], from],
      [['to'], to],
    ]),
  ];
  if (problems.length > 0) throw new InputError(problems);
  const all = view
    .messages()
    .filter((message) => (from === undefined || message.from === from) && (to === undefined || message.to === to));
  const shown = limit === undefined ? all : all.slice(Math.max(0, all.length - limit));
  return {
    show: 'messages',
    now: view.now,
    from,
    to,
    messages: shown.map((message) => ({
      ...message,
      announced: message.announced.map(formatPrefix),
      withdrawn: message.withdrawn.map(formatPrefix),
    })),
    counts: countsOf(all),
  };
}

function countsOf(messages: readonly Message[]): BgpCountsRow {
  const counts = {
    open: 0,
    announce: 0,
    withdraw: 0,
    endOfRib: 0,
    notification: 0,
    keepalive: 0,
    routeRefresh: 0,
    nlri: 0,
    withdrawn: 0,
  };
  for (const { type, announced, withdrawn } of messages) {
    if (type === 'OPEN') counts.open++;
    else if (type === 'KEEPALIVE') counts.keepalive++;
    else if (type === 'NOTIFICATION') counts.notification++;
    else if (type === 'ROUTE-REFRESH') counts.routeRefresh++;
    else if (type === 'END-OF-RIB') counts.endOfRib++;
    else if (announced.length > 0) counts.announce++;
    else counts.withdraw++;
    counts.nlri += announced.length;
    counts.withdrawn += withdrawn.length;
  }
  return counts;
}
