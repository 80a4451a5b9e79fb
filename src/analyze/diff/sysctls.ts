import { type Sysctls, sysctlName } from '../../linux/index.js';
import type { Difference } from '../../output/index.js';
import type { Side } from './links.js';

/** Of each device, of either family. */
const DEVICE = /^(net\/ipv[46]\/(?:conf|neigh)\/)([^/]+)\/([^/]+)$/;

/** A value that is another in the second network, under its path with the device told by what it is for. */
interface Change {
  readonly path: string;
  readonly a: string;
  readonly b: string;
}

/**
 * The sysctls that both tell of, those of devices by what the devices are for; and how many only one tells of. What
 * `net.ipv4.ip_forward` and `default` have changed on each device is told once (inet_forward_change(),
 * devinet_copy_dflt_conf(), linux net/ipv4/devinet.c).
 */
export function diffSysctls(a: Side, b: Side): { differences: Omit<Difference, 'netns'>[]; onOneSide: number } {
  const [here, there] = [valuesOf(a), valuesOf(b)];
  const changes = new Map<string, Change>();
  for (const [path, value] of here) {
    const other = there.get(path);
    if (other !== undefined && !sameWords(other, value)) changes.set(path, { path, a: value, b: other });
  }
  const told = [...changes.values()].filter((change) => !follows(change, changes));
  const differences = told.map(({ path, ...change }): Omit<Difference, 'netns'> => {
    const side = (text: string): { text: string; origin: undefined } => ({ text, origin: undefined });
    return { kind: 'sysctl', is: 'different', entry: sysctlName(path), a: side(change.a), b: side(change.b) };
  });
  const set = (side: Side, other: ReadonlyMap<string, unknown>): number =>
    setIn(side.ns.sysctls).filter((path) => !DEVICE.test(path) && !other.has(path)).length;
  return { differences, onOneSide: set(a, there) + set(b, here) };
}

/** Whether what another value has become explains this one. */
function follows({ path, a, b }: Change, changes: ReadonlyMap<string, Change>): boolean {
  const [, head = '', dev = '', attribute = ''] = DEVICE.exec(path) ?? [];
  const same = (other: string): boolean => changes.get(other)?.a === a && changes.get(other)?.b === b;
  if (head === '' || dev === 'all') return false;
  if (head === 'net/ipv4/conf/' && attribute === 'forwarding' && same('net/ipv4/ip_forward')) return true;
  return dev !== 'default' && same(`${head}default/${attribute}`);
}

function setIn(sysctls: Sysctls): string[] {
  return sysctls.changed().map(([path]) => path);
}

/** By path, with the device's name told by what it is for. */
function valuesOf({ ns, names }: Side): ReadonlyMap<string, string> {
  const entries = ns.sysctls.entries(['all', 'default', ...ns.links.keys()]);
  return new Map(
    entries
      // `ip_forward` under its other name.
      .filter(([path]) => path !== 'net/ipv4/conf/all/forwarding')
      .map(([path, value]) => [
        path.replace(
          DEVICE,
          (_, head: string, dev: string, attribute: string) => `${head}${names.device(ns, dev)}/${attribute}`,
        ),
        value,
      ]),
  );
}

/** `32768\t60999` and `32768 60999` are the same: sysctl(8) prints the one, and takes both. */
function sameWords(a: string, b: string): boolean {
  return a.trim().split(/\s+/).join(' ') === b.trim().split(/\s+/).join(' ');
}
