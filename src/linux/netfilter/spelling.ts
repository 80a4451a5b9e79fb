/**
 * A word as iptables-save writes it: bare when it has only letters, digits, `_` and `-`, else in double quotes with
 * `"`, `\` and `'` escaped (xtables_save_string(), iptables libxtables/xtables.c).
 */
export function quoteWord(text: string): string {
  return /^[-\w]+$/.test(text) ? text : `"${text.replace(/["'\\]/g, '\\$&')}"`;
}

/** `! ` before an option that is negated, nothing before any other. */
export function negation(invert: boolean): string {
  return invert ? '! ' : '';
}

/** `0x4000`, as marks are written. */
export function hex(value: number): string {
  return `0x${value.toString(16)}`;
}

/**
 * Reads an unsigned number as strtoul(3) does with base 0: `0x10`, `020` and `16` are the same.
 *
 * @returns undefined for anything else, and for a number above `max`.
 */
export function parseUint(text: string, max: number): number | undefined {
  let value: number;
  if (/^0[xX][0-9a-fA-F]+$/.test(text)) value = Number.parseInt(text.slice(2), 16);
  else if (/^0[0-7]*$/.test(text)) value = Number.parseInt(text, 8);
  else if (/^[1-9]\d*$/.test(text)) value = Number(text);
  else return undefined;
  return value <= max ? value : undefined;
}

/** The largest value of 8, 16 and 32 bits. */
export const UINT8 = 0xff;
export const UINT16 = 0xffff;
export const UINT32 = 0xffffffff;
