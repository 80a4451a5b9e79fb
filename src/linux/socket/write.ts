import { formatIpv4 } from '../../address/index.js';
import type { Netns } from '../netns.js';

/** `ss -lntuH`, and SCTP as `ss -lnSH` has it: without the widths of columns, which depend on the terminal. */
export function formatSockets({ sockets }: Netns): string {
  return sockets
    .map(({ protocol, address, port }) => {
      const state = protocol === 'udp' ? 'UNCONN' : 'LISTEN';
      return `${protocol} ${state} 0 0 ${formatIpv4(address)}:${port} 0.0.0.0:*\n`;
    })
    .join('');
}
