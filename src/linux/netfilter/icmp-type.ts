/** ICMP messages by name, with type and code; a code of undefined stands for every code (iptables, ipset). */
const NAMES: readonly (readonly [name: string, type: number, code: number | undefined])[] = [
  ['echo-reply', 0, undefined],
  ['pong', 0, undefined],
  ['destination-unreachable', 3, undefined],
  ['network-unreachable', 3, 0],
  ['host-unreachable', 3, 1],
  ['protocol-unreachable', 3, 2],
  ['port-unreachable', 3, 3],
  ['fragmentation-needed', 3, 4],
  ['source-route-failed', 3, 5],
  ['network-unknown', 3, 6],
  ['host-unknown', 3, 7],
  ['network-prohibited', 3, 9],
  ['host-prohibited', 3, 10],
  ['TOS-network-unreachable', 3, 11],
  ['TOS-host-unreachable', 3, 12],
  ['communication-prohibited', 3, 13],
  ['host-precedence-violation', 3, 14],
  ['precedence-cutoff', 3, 15],
  ['source-quench', 4, undefined],
  ['redirect', 5, undefined],
  ['network-redirect', 5, 0],
  ['host-redirect', 5, 1],
  ['TOS-network-redirect', 5, 2],
  ['TOS-host-redirect', 5, 3],
  ['echo-request', 8, undefined],
  ['ping', 8, undefined],
  ['router-advertisement', 9, undefined],
  ['router-solicitation', 10, undefined],
  ['time-exceeded', 11, undefined],
  ['ttl-exceeded', 11, undefined],
  ['ttl-zero-during-transit', 11, 0],
  ['ttl-zero-during-reassembly', 11, 1],
  ['parameter-problem', 12, undefined],
  ['ip-header-bad', 12, 0],
  ['required-option-missing', 12, 1],
  ['timestamp-request', 13, undefined],
  ['timestamp-reply', 14, undefined],
  ['address-mask-request', 17, undefined],
  ['address-mask-reply', 18, undefined],
];

/** An ICMP type, with one code of it or all. */
export interface IcmpType {
  readonly type: number;
  readonly code: number | undefined;
}

/** Reads a name, `3` or `3/4`; a name may be cut short while only one fits, in any case. */
export function parseIcmpType(text: string): IcmpType | undefined {
  const numbers = /^(\d{1,3})(?:\/(\d{1,3}))?$/.exec(text);
  if (numbers !== null) {
    const type = Number(numbers[1]);
    const code = numbers[2] === undefined ? undefined : Number(numbers[2]);
    return type > 255 || (code ?? 0) > 255 ? undefined : { type, code };
  }
  const word = text.toLowerCase();
  const found = NAMES.filter(([name]) => name.toLowerCase().startsWith(word));
  const [, type, code] =
    NAMES.find(([name]) => name.toLowerCase() === word) ?? (found.length === 1 ? found[0] : undefined) ?? [];
  return type === undefined ? undefined : { type, code };
}

/** The name that ipset prints for a type and code: a code without a name of its own is written `3/99`. */
export function icmpTypeName(type: number, code: number): string {
  const named = NAMES.find(([, t, c]) => t === type && (c ?? 0) === code && hasOwnName(t, c));
  return named?.[0] ?? `${type}/${code}`;
}

/** Reads what ipset calls an ICMP message: a name that means one type and code, or `3/4`. */
export function parseIcmpMessage(text: string): { readonly type: number; readonly code: number } | undefined {
  const read = parseIcmpType(text);
  if (read === undefined) return undefined;
  const { type, code } = read;
  if (code !== undefined) return { type, code };
  return /^\d/.test(text) || !hasOwnName(type, code) ? undefined : { type, code: 0 };
}

/** A name without a code stands for code 0 only where no other name says code 0. */
function hasOwnName(type: number, code: number | undefined): boolean {
  return code !== undefined || !NAMES.some(([, t, c]) => t === type && c === 0);
}
