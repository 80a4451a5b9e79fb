import type { Netns } from '../netns.js';
import { sysctlName } from './sysctl.js';

/** `sysctl -a` of what is modelled and what was set, in the order of the names. */
export function formatSysctls(ns: Netns): string {
  const devices = ['all', 'default', ...ns.links.keys()];
  const lines = ns.sysctls.entries(devices).map(([path, value]) => formatSysctl(path, value));
  return lines
    .sort((a, b) => (a < b ? -1 : 1))
    .map((line) => `${line}\n`)
    .join('');
}

/** `net.ipv4.conf.flannel/1.rp_filter = 0`. */
export function formatSysctl(path: string, value: string): string {
  return `${sysctlName(path)} = ${value}`;
}
