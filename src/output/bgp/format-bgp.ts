import { Page } from '../text/page.js';
import type { Language } from '../text/phrases.js';
import { BGP_PHRASES, type BgpPhrases } from './bgp-phrases.js';
import {
  type BgpMessages,
  type BgpReport,
  type BgpRib,
  type BgpSessions,
  type BgpSpeakerRow,
  bgpOk,
} from './bgp-rows.js';
import { formatTime, formatWay, protocolLines, routeLines, severalOf } from './birdc.js';
import { explanationLines, few } from './explanation-lines.js';

/** How BGP is told. */
export interface BgpFormatOptions {
  readonly color?: boolean;
  readonly lang?: Language;
  /** Columns of the terminal. 100 unless given; lines of `birdc` are not broken. */
  readonly width?: number;
  /** Tables with the attributes of each route, as `birdc show route all`. */
  readonly all?: boolean;
}

/** Sessions and tables in the shape of `birdc show protocols` and `birdc show route`; explanations and messages as text. */
export function formatBgp(report: BgpReport, options: BgpFormatOptions = {}): string {
  const { color = false, lang = 'en', width = 100, all = false } = options;
  const p = BGP_PHRASES[lang];
  const page = new Page({ width, color, labels: Object.values(p.label) });
  switch (report.show) {
    case 'sessions':
      sessionLines(report, page, p);
      break;
    case 'rib':
      ribLines(report, page, p, all);
      break;
    case 'explain':
      explanationLines(report, page, p);
      break;
    case 'messages':
      messageLines(report, page, p);
      break;
  }
  return page.toString();
}

/** The same as a document: `undefined` is null there. */
export function formatBgpJson(report: BgpReport): string {
  const document = { schema: 'podpath-bgp/1', ok: bgpOk(report), ...report };
  return `${JSON.stringify(document, (_, value: unknown) => (value === undefined ? null : value), 2)}\n`;
}

function sessionLines({ speakers, isolated }: BgpSessions, page: Page, p: BgpPhrases): void {
  const sessions = speakers.filter(({ running }) => running).flatMap((speaker) => speaker.sessions);
  const stopped = speakers.filter(({ running }) => !running);
  const down = sessions.filter(({ state }) => state !== 'Established').length;
  if (down > 0) page.line(page.paint('bad', `✗ ${p.someDown(down, sessions.length)}`));
  else if (sessions.length > 0)
    page.line(page.paint('good', `✓ ${p.allUp(sessions.length, speakers.length - stopped.length)}`));
  for (const { name } of stopped.slice(0, MOST_LINES)) page.line(page.paint('bad', `✗ ${p.stopped(name)}`));
  if (stopped.length > MOST_LINES) page.line(p.more(stopped.length - MOST_LINES));
  if (isolated.length > 0) page.line(page.paint('bad', `✗ ${p.isolated(few(isolated, p))}`));
  const running = speakers.filter((speaker) => speaker.running);
  if (speakers.length > 1 && sessions.length > MOST_LINES) downLines(running, down, page, p);
  else for (const speaker of running) speakerLines(speaker, page, p);
  if (running.length === 0) return;
  page.line();
  page.line(page.paint('quiet', p.times));
}

/** Of so many sides all are listed; of more, those that are not established, so many of them. */
const MOST_LINES = 200;

function speakerLines(speaker: BgpSpeakerRow, page: Page, p: BgpPhrases): void {
  if (!page.isEmpty) page.line();
  page.line(page.paint('place', `${speaker.name}  AS${speaker.as}, router id ${speaker.routerId}`));
  for (const { text, down } of protocolLines(speaker, p)) page.line(down ? page.paint('bad', text) : text);
  if (speaker.sessions.length === 0) page.line(page.paint('quiet', p.noSessions));
}

function downLines(speakers: readonly BgpSpeakerRow[], down: number, page: Page, p: BgpPhrases): void {
  let left = MOST_LINES;
  for (const speaker of speakers) {
    const sessions = speaker.sessions.filter(({ state }) => state !== 'Established').slice(0, left);
    if (sessions.length > 0) speakerLines({ ...speaker, protocols: [], sessions }, page, p);
    left -= sessions.length;
  }
  page.line();
  if (down > MOST_LINES) page.line(p.moreDown(down - MOST_LINES));
  page.line(p.onlyDown);
}

function ribLines(
  { speaker, running, routes, differences, asked }: BgpRib,
  page: Page,
  p: BgpPhrases,
  all: boolean,
): void {
  if (!running) {
    page.line(page.paint('bad', `✗ ${p.stopped(speaker)}`));
    return;
  }
  if (routes.length === 0 && asked !== undefined) {
    page.line(p.notFound);
    return;
  }
  page.line('Table master4:');
  for (const line of routeLines(routes, all, p)) page.line(line);
  if (severalOf(routes).size > 0) page.line(page.paint('quiet', p.several));
  if (differences.length === 0) return;
  page.line();
  page.line(p.fibDiffers);
  for (const { net, fib, reasons } of differences)
    page.line(
      `${net.padEnd(20)} ${fib === undefined ? p.notInstalled(p.because(reasons)) : p.onlyHere(formatWay(fib))}`,
    );
}

function messageLines({ messages, counts }: BgpMessages, page: Page, p: BgpPhrases): void {
  const column = (pick: (message: BgpMessages['messages'][number]) => string): number =>
    messages.reduce((widest, message) => Math.max(widest, pick(message).length), 0);
  const [from, to] = [column((message) => message.from), column((message) => message.to)];
  for (const message of messages) {
    const nets = [...message.announced.map((net) => `+${net}`), ...message.withdrawn.map((net) => `-${net}`)];
    const { notification: error } = message;
    const what = error === undefined ? nets.join(' ') : `${error.text} (${error.code}.${error.subcode})`;
    const head = `${formatTime(message.at)}  ${message.from.padEnd(from)} > ${message.to.padEnd(to)}`;
    page.line(`${head}  ${message.type.padEnd(12)} ${message.session}  ${what}`);
  }
  if (messages.length > 0) page.line();
  const { nlri: _, withdrawn: __, ...types } = counts;
  const all = Object.values(types).reduce((sum, count) => sum + count, 0);
  if (messages.length < all) page.line(page.paint('quiet', p.shown(messages.length, all)));
  page.line(p.counts(counts));
}
