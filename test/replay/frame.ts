import type { Header } from '../../src/packet/index.js';
import type { Crossing } from '../../src/trace/index.js';

/** A frame at a device, in the form of the recorded labs (`reference/kernel-labs/README.md`). */
export interface Frame {
  ns: string;
  if: string;
  dir: string;
  ethSrc?: string;
  ethDst?: string;
  arp?: object;
  ip?: Record<string, unknown>;
  icmp?: Record<string, unknown>;
  tcp?: Record<string, unknown>;
  udp?: Record<string, unknown>;
  vxlan?: object;
  inner?: Omit<Frame, 'ns' | 'if' | 'dir'>;
}

type Layers = Omit<Frame, 'ns' | 'if' | 'dir'>;

/** A crossing of ours as a recorded frame. */
export function frameOf(crossing: Crossing): Frame {
  return { ns: crossing.netns, if: crossing.dev, dir: crossing.dir, ...layersOf(crossing.headers) };
}

/** As the recorders name types of ICMP. */
export const ICMP_TYPES: ReadonlyMap<number, string> = new Map([
  [0, 'echo-reply'],
  [3, 'unreachable'],
  [5, 'redirect'],
  [8, 'echo-request'],
  [11, 'time-exceeded'],
]);
/** And codes of "destination unreachable". */
export const UNREACHABLE: ReadonlyMap<number, string> = new Map([
  [0, 'net'],
  [1, 'host'],
  [2, 'protocol'],
  [3, 'port'],
  [4, 'frag-needed'],
  [13, 'admin-prohibited'],
]);
const PROTOCOLS: Record<string, number> = { icmp: 1, ipip: 4, tcp: 6, udp: 17, sctp: 132 };

function layersOf(headers: readonly Header[]): Layers {
  const layers: Layers = {};
  for (const [i, h] of headers.entries()) {
    switch (h.l) {
      case 'eth':
        if (i > 0) return { ...layers, inner: layersOf(headers.slice(i)) };
        layers.ethSrc = h.src;
        layers.ethDst = h.dst;
        break;
      case 'arp': {
        const { l: _l, ...arp } = h;
        layers.arp = arp;
        break;
      }
      case 'ip4': {
        if (layers.ip !== undefined) return { ...layers, inner: layersOf(headers.slice(i)) };
        layers.ip = {
          src: h.src,
          dst: h.dst,
          ttl: h.ttl,
          proto: PROTOCOLS[h.proto],
          len: h.len,
          idZero: h.id === 0,
          ...(h.df && { df: true }),
          ...(h.mf && { mf: true }),
          ...(h.offset > 0 && { fragOff: h.offset }),
          ...(h.tos > 0 && { tos: h.tos }),
        };
        break;
      }
      case 'tcp':
        layers.tcp = {
          sport: h.sport,
          dport: h.dport,
          flags: h.flags,
          payload: h.payload,
          ...(h.mss !== null && { mss: h.mss }),
        };
        break;
      case 'udp':
        layers.udp = { sport: h.sport, dport: h.dport, len: h.len };
        break;
      case 'vxlan':
        layers.vxlan = { vni: h.vni, flags: 8 };
        break;
      case 'icmp':
        layers.icmp = icmpOf(h, headers.slice(i + 1), Number(layers.ip?.['len']) - 28);
        if (h.type === 3 || h.type === 5 || h.type === 11) return layers;
        break;
      default:
        break;
    }
  }
  return layers;
}

/** @param quotedBytes of the offending packet; the recorder needs 14 bytes of TCP to read its ports. */
function icmpOf(
  h: Extract<Header, { l: 'icmp' }>,
  quoted: readonly Header[],
  quotedBytes: number,
): Record<string, unknown> {
  const type = ICMP_TYPES.get(h.type) ?? h.type;
  const code = h.type === 3 ? (UNREACHABLE.get(h.code) ?? h.code) : h.code;
  const icmp: Record<string, unknown> = { type, code };
  if (h.type === 0 || h.type === 8) Object.assign(icmp, { id: h.id, seq: h.seq });
  if (h.type === 3 && h.code === 4) icmp['mtu'] = h.mtu;
  if (h.type === 5) icmp['gateway'] = h.gateway;
  const ip = quoted.find((q) => q.l === 'ip4');
  if (ip?.l === 'ip4') {
    // Of a tunnelled packet the recorder reads the outer header alone.
    const l4 = ip.proto === 'ipip' ? undefined : quoted.find((q) => q.l === 'tcp' || q.l === 'udp');
    const readable = l4?.l === 'tcp' ? quotedBytes >= 34 : l4?.l === 'udp';
    const ports = readable && (l4?.l === 'tcp' || l4?.l === 'udp') ? { sport: l4.sport, dport: l4.dport } : {};
    icmp['quoted'] = { src: ip.src, dst: ip.dst, ttl: ip.ttl, proto: PROTOCOLS[ip.proto], ...ports };
  }
  return icmp;
}

/** Calico's, which is IANA's, and flannel's. */
export const VXLAN_PORTS: ReadonlySet<number> = new Set([4789, 8472]);

/**
 * A recorded frame without what a comparison leaves out, and why. Nothing else may be dropped.
 *
 * - `ip.id`: drawn at random by both; whether it is 0 is compared.
 * - checksums: the kernel fills them in at any time (offload); we keep none.
 * - `vxlan.udp.sport`: a hash of the flow with a key that the kernel drew at boot; also where an ICMP error quotes it.
 * - `nudProbe`: neighbour confirmation, which comes from the clock and from earlier traffic.
 */
export function normalise(frame: Frame): Frame {
  const { csumPartial: _c, nudProbe: _n, ...rest } = frame as Frame & { csumPartial?: boolean; nudProbe?: boolean };
  return { ...rest, ...normaliseLayers(rest) };
}

function normaliseLayers(layers: Layers): Layers {
  const out: Layers = { ...layers };
  if (layers.ip !== undefined) {
    const { id, hdrCsumOk: _h, l4CsumOk: _l, ...ip } = layers.ip as Record<string, unknown>;
    out.ip = id === undefined ? ip : { ...ip, idZero: id === 0 };
  }
  if (layers.vxlan !== undefined && layers.udp !== undefined) {
    const { sport: _s, csum: _c, ...udp } = layers.udp as Record<string, unknown>;
    out.udp = udp;
  }
  const quoted = layers.icmp?.['quoted'] as Record<string, unknown> | undefined;
  if (VXLAN_PORTS.has(Number(quoted?.['dport']))) {
    const { sport: _s, ...rest } = { ...quoted };
    out.icmp = { ...layers.icmp, quoted: rest };
  }
  if (layers.inner !== undefined) out.inner = normaliseLayers(layers.inner);
  return out;
}
