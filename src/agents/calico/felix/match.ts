import { type FelixMarks, hexMark } from './marks.js';

// Fragments of matches and targets in Felix's spelling (felix 3.21 iptables/match_builder.go, actions.go). It enters the
// hashes, so it is not the shortest.

/** From a pod's link: FELIX_INTERFACEPREFIX and `+`. */
export const FROM_WORKLOAD = '--in-interface cali+';
export const TO_WORKLOAD = '--out-interface cali+';
export const ESTABLISHED = '-m conntrack --ctstate RELATED,ESTABLISHED';
export const IPIP_PACKET = '-p 4';

/** A bit is set. */
export function isMarked(bit: number): string {
  return `-m mark --mark ${hexMark(bit)}/${hexMark(bit)}`;
}

/** None of the bits is set. */
export function isClear(bits: number): string {
  return `-m mark --mark 0/${hexMark(bits)}`;
}

/** Some of the bits are set. */
export function isNotClear(bits: number): string {
  return `-m mark ! --mark 0/${hexMark(bits)}`;
}

export function setMark(mark: number, mask: number = mark): string {
  return `--jump MARK --set-mark ${hexMark(mark)}/${hexMark(mask)}`;
}

export function clearMark(bits: number): string {
  return `--jump MARK --set-mark 0/${hexMark(bits)}`;
}

/** The endpoint's number in the mark. */
export function isEndpoint(mark: number, { endpoint }: FelixMarks, not = ''): string {
  return `-m mark ${not}--mark ${hexMark(mark)}/${hexMark(endpoint)}`;
}

export function inSet(set: string, direction: 'src' | 'dst'): string {
  return `-m set --match-set ${set} ${direction}`;
}

export function notInSet(set: string, direction: 'src' | 'dst'): string {
  return `-m set ! --match-set ${set} ${direction}`;
}

export function toPort(port: number | string): string {
  return `-m multiport --destination-ports ${port}`;
}

/** An encapsulated packet that arrives, or is sent, on the port of VXLAN. */
export function vxlanPacket(port: number): readonly string[] {
  return ['-p 17', toPort(port)];
}
