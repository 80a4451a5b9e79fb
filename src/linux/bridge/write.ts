import { formatIpv4, formatMac, type Ipv4, type Mac } from '../../address/index.js';
import { wordsOf } from '../kept.js';
import type { Netns } from '../netns.js';
import type { NetnsRuntime } from '../runtime.js';
import type { JsonObject } from '../write-json.js';
import type { VxlanRemote } from './fdb.js';

/**
 * `bridge fdb show`: the configured entries and, with a runtime, the learned ones. The kernel's order is that of a hash; here it is by device, then as inserted.
 */
export function formatFdb(ns: Netns, runtime?: NetnsRuntime): string {
  const byDevice = new Map<string, string[]>();
  const add = (dev: string, line: string): void => {
    byDevice.set(dev, [...(byDevice.get(dev) ?? []), line]);
  };
  for (const { bridge, mac, dev, state, kept } of ns.bridgeFdb.values()) {
    const { vlan, flags = [], ...rest } = kept ?? {};
    const vlanWords = vlan === undefined ? [] : ['vlan', wordsOf(vlan)];
    const words = [...vlanWords, wordsOf(flags), 'master', bridge, ...Object.keys(rest), state];
    add(dev, [formatMac(mac), 'dev', dev, ...words.filter((word) => word !== '')].join(' '));
  }
  for (const [key, { dev }] of runtime?.stations ?? []) {
    const [bridge = '', mac = ''] = key.split('|');
    add(dev, `${formatMac(Number(mac) as Mac)} dev ${dev} master ${bridge} `);
  }
  for (const { dev, mac, remotes, state } of ns.vxlanFdb.values())
    for (const remote of remotes) add(dev, `${formatMac(mac)} dev ${dev} ${formatRemote(remote)} self ${state}`);
  for (const [key, remote] of runtime?.vxlanStations ?? []) {
    const [dev = '', mac = ''] = key.split('|');
    add(dev, `${formatMac(Number(mac) as Mac)} dev ${dev} ${formatRemote(remote)} self `);
  }
  for (const { dev = '', fields } of ns.otherFdb) add(dev, formatFields(fields));
  const devices = [...new Set([...ns.links.keys(), ...byDevice.keys()])];
  return devices
    .flatMap((dev) => byDevice.get(dev) ?? [])
    .map((line) => `${line}\n`)
    .join('');
}

/** `33:33:00:00:00:01 dev eth0 self permanent`: fields of `bridge -j fdb` in its order, which is that of the text. */
function formatFields(fields: JsonObject): string {
  return Object.entries(fields)
    .flatMap(([key, value]): string[] => {
      if (key === 'mac' || key === 'flags' || key === 'state') return [wordsOf(value)];
      return [key === 'ifname' ? 'dev' : key === 'viaIf' ? 'via' : key, wordsOf(value)];
    })
    .filter((word) => word !== '')
    .join(' ');
}

/** `dst 192.168.0.12 port 99 vni 7 via eth0`: what the device itself decides is left out. */
export function formatRemote({ ip, port, vni, via }: VxlanRemote): string {
  const words = ['dst', formatIpv4(ip as Ipv4)];
  if (port !== undefined) words.push('port', String(port));
  if (vni !== undefined) words.push('vni', String(vni));
  if (via !== undefined) words.push('via', via);
  return words.join(' ');
}
