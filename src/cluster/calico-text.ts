import type { Community } from './calico.js';

// Values that Calico's objects hold as text.

/** `65001`, or `1.10` of RFC 5396, where the upper half comes first (api pkg/lib/numorstring/asnumber.go); uint32. */
export function parseASNumber(text: string): number | undefined {
  const [, high, low] = /^(?:(\d+)\.)?(\d+)$/.exec(text) ?? [];
  if (low === undefined) return undefined;
  if (high !== undefined) return joined(Number(high), Number(low));
  return Number(low) > 0xffff_ffff ? undefined : Number(low);
}

/** `aa:nn` of 16 bits each as an uint32 (RFC 1997), or a large community of three uint32 (RFC 8092). */
export function parseCommunity(text: string): Community | undefined {
  const [, a, b, c] = /^(\d+):(\d+)(?::(\d+))?$/.exec(text) ?? [];
  if (a === undefined || b === undefined) return undefined;
  if (c === undefined) return joined(Number(a), Number(b));
  const large = [Number(a), Number(b), Number(c)] as const;
  return Math.max(...large) > 0xffff_ffff ? undefined : large;
}

/** A Go duration of whole seconds: `2m`, `1h30m`, `90s`. */
export function parseDuration(text: string): number | undefined {
  const match = /^(?=\d)(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?$/.exec(text);
  if (match === null) return undefined;
  const [, hours = 0, minutes = 0, seconds = 0] = match;
  return Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
}

/** Two numbers of 16 bits as one of 32. */
function joined(upper: number, lower: number): number | undefined {
  return Math.max(upper, lower) > 0xffff ? undefined : upper * 0x1_0000 + lower;
}
