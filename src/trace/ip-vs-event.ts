import {
  endText,
  formatOrigin,
  type IpvsConnection,
  ipvsConnectionText,
  ipvsServiceText,
  type Skb,
} from '../linux/index.js';
import { serverOf, serviceOf } from './ip-vs-conn.js';
import { type Net, tell } from './net.js';

/** Tells which server a packet has, and why; the event's diff tells what that has changed. */
export function tellIpvs(net: Net, skb: Skb, cp: IpvsConnection, fn: string, because: string): void {
  tell(net, skb, () => {
    const service = serviceOf(net, cp);
    const server = serverOf(net, cp);
    return {
      k: 'ipvs',
      fn,
      way: fn === 'ip_vs_out_hook' ? 'out' : 'in',
      service: service === undefined ? cp.service : ipvsServiceText(service),
      server: endText(cp.server),
      forwarding: cp.forwarding,
      because,
      connection: ipvsConnectionText(cp),
      state: cp.protocol === 'tcp' ? cp.tcp : null,
      origin: server === undefined ? null : formatOrigin(server.origin),
    };
  });
}
