import { encodeFrame } from '../packet/index.js';
import { type PlacedCrossing, placedCrossings, type Trace } from '../trace/index.js';
import { rowsOf } from './text/event-rows.js';
import type { Language } from './text/phrases.js';
import { PHRASES } from './text/phrases-by-language.js';

/** How a capture is written. */
export interface CaptureOptions {
  /** Which of several branches. */
  readonly run?: number;
  readonly lang?: Language;
}

const SECTION_HEADER = 0x0a0d0d0a;
const INTERFACE_DESCRIPTION = 1;
const ENHANCED_PACKET = 6;
const OPT_COMMENT = 1;
const SHB_USERAPPL = 4;
const IF_NAME = 2;
const IF_TSRESOL = 9;
const EPB_FLAGS = 2;
const LINKTYPE_ETHERNET = 1;
const LINKTYPE_RAW = 101;

/**
 * The frames of a trace as a capture file: an interface for each device of each namespace, a packet for each frame
 * there, and what the kernel did with it since as comments (draft-ietf-opsawg-pcapng §4.1, §4.2, §4.3).
 *
 * The clock begins in 1970, and frames of one moment are a microsecond apart: the same trace gives the same bytes.
 */
export function formatPcapng(trace: Trace, options: CaptureOptions = {}): Uint8Array {
  const all = placedCrossings(trace, options.run);
  const blocks = [sectionHeader()];
  const interfaces = new Map<string, number>();
  for (const crossing of all) {
    const name = `${crossing.hop.netns}/${crossing.event.dev}`;
    if (interfaces.has(name)) continue;
    interfaces.set(name, interfaces.size);
    blocks.push(interfaceDescription(name, crossing));
  }
  for (const crossing of all) {
    const index = interfaces.get(`${crossing.hop.netns}/${crossing.event.dev}`) ?? 0;
    blocks.push(enhancedPacket(index, crossing, commentsOf(crossing, options.lang ?? 'en')));
  }
  return concat(blocks);
}

function sectionHeader(): Uint8Array {
  const body = new DataView(new ArrayBuffer(16));
  body.setUint32(0, 0x1a2b3c4d, true);
  body.setUint16(4, 1, true);
  body.setBigInt64(8, -1n, true);
  return block(SECTION_HEADER, [bytesOf(body), option(SHB_USERAPPL, text('podpath')), endOfOptions()]);
}

function interfaceDescription(name: string, { event }: PlacedCrossing): Uint8Array {
  const body = new DataView(new ArrayBuffer(8));
  body.setUint16(0, event.headers[0]?.l === 'eth' ? LINKTYPE_ETHERNET : LINKTYPE_RAW, true);
  const options = [option(IF_NAME, text(name)), option(IF_TSRESOL, Uint8Array.of(9)), endOfOptions()];
  return block(INTERFACE_DESCRIPTION, [bytesOf(body), ...options]);
}

function enhancedPacket(index: number, { event }: PlacedCrossing, comments: readonly string[]): Uint8Array {
  const frame = encodeFrame(event.headers);
  const time = BigInt(Math.round(event.time * 1_000_000)) + BigInt(event.order) * 1000n;
  const body = new DataView(new ArrayBuffer(20));
  body.setUint32(0, index, true);
  body.setUint32(4, Number(time >> 32n), true);
  body.setUint32(8, Number(time & 0xffffffffn), true);
  body.setUint32(12, frame.length, true);
  body.setUint32(16, frame.length, true);
  const flags = new DataView(new ArrayBuffer(4));
  flags.setUint32(0, DIRECTIONS[event.dir], true);
  const options = [...comments.map((comment) => option(OPT_COMMENT, text(comment))), option(EPB_FLAGS, bytesOf(flags))];
  return block(ENHANCED_PACKET, [bytesOf(body), padded(frame), ...options, endOfOptions()]);
}

/** epb_flags: the direction in bits 0–1, how it was received in bits 2–4. */
const DIRECTIONS = {
  in: 1 | (1 << 2),
  'in-mcast': 1 | (2 << 2),
  'in-bcast': 1 | (3 << 2),
  'in-otherhost': 1 | (4 << 2),
  out: 2,
} as const;

/** What has happened to the frame in this namespace since it was seen there last, or, at its end, until it ended. */
function commentsOf({ leg, hop, at }: PlacedCrossing, lang: Language): string[] {
  const p = PHRASES[lang];
  const isCapture = (i: number): boolean => hop.events[i]?.k === 'rx' || hop.events[i]?.k === 'tx';
  let from = at;
  while (from > 0 && !isCapture(from - 1)) from--;
  let to = at + 1;
  while (to < hop.events.length && !isCapture(to)) to++;
  const isLast = to === hop.events.length;
  const told = hop.events.slice(from, isLast ? to : at + 1);
  const lines = told.flatMap((event, i) => rowsOf(event, told[i - 1], 1, p));
  const what = `podpath leg=${leg.id} kind=${leg.kind} event=${hop.events[at]?.id ?? ''}`;
  return [
    what,
    ...lines.map(
      ({ label, text: line, origin }) =>
        `${label}: ${line}${origin === undefined || origin === '' ? '' : `  [${origin}]`}`,
    ),
  ];
}

function block(type: number, parts: readonly Uint8Array[]): Uint8Array {
  const body = concat(parts);
  const length = body.length + 12;
  const bytes = new Uint8Array(length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, type, true);
  view.setUint32(4, length, true);
  bytes.set(body, 8);
  view.setUint32(length - 4, length, true);
  return bytes;
}

function option(code: number, value: Uint8Array): Uint8Array {
  const head = new DataView(new ArrayBuffer(4));
  head.setUint16(0, code, true);
  head.setUint16(2, value.length, true);
  return concat([bytesOf(head), padded(value)]);
}

function endOfOptions(): Uint8Array {
  return new Uint8Array(4);
}

/** Everything in a block stands at multiples of four bytes. */
function padded(bytes: Uint8Array): Uint8Array {
  const whole = new Uint8Array(Math.ceil(bytes.length / 4) * 4);
  whole.set(bytes);
  return whole;
}

function text(line: string): Uint8Array {
  return new TextEncoder().encode(line);
}

function bytesOf(view: DataView<ArrayBuffer>): Uint8Array {
  return new Uint8Array(view.buffer);
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
