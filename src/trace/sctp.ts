import { formatIpv4 } from '../address/index.js';
import { CONTROL_SOCKET, PROGRAM_SOCKET, type Skb } from '../linux/index.js';
import type { Sctp } from '../packet/index.js';
import { sendOwn } from './ip-send.js';
import { drop, type Net, tell } from './net.js';
import { type Ends, listeningSocket, probeSocket } from './socket-lookup.js';

/** sctp_rcv(): an INIT is answered by a listener, or refused with an ABORT (RFC 9260 §8.4). */
export function sctpRcv(net: Net, skb: Skb): void {
  const { ip, l4 } = skb;
  if (ip === undefined || l4?.l4 !== 'sctp') return;
  const ends: Ends = { protocol: 'sctp', local: ip.dst, localPort: l4.dport, remote: ip.src, remotePort: l4.sport };
  const socket = probeSocket(net, ends, skb.dev);
  const listener = listeningSocket(net, ends, skb.dev);
  const to = socket === undefined ? listener && `sctp ${formatIpv4(listener.address)}:${listener.port}` : 'sctp socket';
  if (to !== undefined) {
    tell(net, skb, () => ({
      k: 'deliver',
      fn: 'sctp_rcv',
      to,
      local: `${formatIpv4(ip.dst)}:${l4.dport}`,
      remote: `${formatIpv4(ip.src)}:${l4.sport}`,
    }));
    socket?.receive(net, skb);
    if (socket === undefined && l4.chunk === 'INIT') answer(net, skb, ends, 'INIT-ACK');
    return;
  }
  if (l4.chunk !== 'ABORT') answer(net, skb, ends, 'ABORT');
  drop(net, skb, 'sctp_rcv', 'NO_SOCKET', () => ({ values: { pod: net.ns.name, proto: 'sctp', port: l4.dport } }));
}

function answer(net: Net, asked: Skb, ends: Ends, chunk: Sctp['chunk']): void {
  sendOwn(net, asked, {
    kind: 'reply',
    fn: 'sctp_v4_xmit',
    src: ends.local,
    dst: ends.remote,
    anySource: 'any',
    id: 'counted',
    df: true,
    l4: { l4: 'sctp', sport: ends.localPort, dport: ends.remotePort, chunk },
    payload: chunk === 'ABORT' ? 4 : 20,
    socket: chunk === 'ABORT' ? CONTROL_SOCKET : PROGRAM_SOCKET,
  });
}
