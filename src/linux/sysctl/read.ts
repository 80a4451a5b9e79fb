import { type Problem, type Read, readResult } from '../../problem/index.js';
import type { Source } from '../source.js';
import { Sysctls, sysctlPath } from './sysctl.js';

/** Reads `sysctl -a`: lines of `name = value`, or `name: value`; the names with dots or with slashes. */
export function readSysctls(source: Source): Read<Sysctls> {
  const problems: Problem[] = [];
  const values: [string, string][] = [];
  source.text.split('\n').forEach((content, index) => {
    if (content.trim() === '' || /^\s*[#;]/.test(content)) return;
    const [, name, value] = /^\s*([^\s=:]+)\s*[=:]\s*(.*?)\s*$/.exec(content) ?? [];
    if (name === undefined || value === undefined) {
      const message = `expected NAME = VALUE, found "${content.trim()}"`;
      const col = content.length - content.trimStart().length + 1;
      problems.push({ code: 'syntax', message, file: source.file, path: [], line: index + 1, col });
    } else values.push([name, value]);
  });
  return readResult(sysctlsOf(values), problems);
}

/** The sysctls of a namespace in which these have these values, in whatever order they are listed. */
export function sysctlsOf(values: Iterable<readonly [name: string, value: string]>): Sysctls {
  const sysctls = Sysctls.create();
  const paths = [...values].map(([name, value]) => [deviceSysctlPath(name), value] as const);
  // ip_forward writes the others, and `default` reaches devices: what is written last has to be what was listed.
  for (const wanted of [0, 1, 2])
    for (const [path, value] of paths) if (rank(path) === wanted) sysctls.set(path, spaced(path, value));
  return sysctls;
}

function rank(path: string): number {
  if (path === 'net/ipv4/ip_forward' || path === 'net/ipv4/conf/all/forwarding') return 0;
  return path.startsWith('net/ipv4/conf/default/') ? 1 : 2;
}

/** Lists come with tabs from the kernel, and with blanks from tools that tidy up. */
function spaced(path: string, value: string): string {
  return path === 'net/ipv4/ip_local_port_range' ? value.replace(/\s+/g, '\t') : value;
}

/**
 * As {@link sysctlPath}, but right for a name in which a device's own dots are not written as slashes either:
 * `net.ipv4.conf.eth0.100.rp_filter`. The parts around the device's name are known.
 */
export function deviceSysctlPath(name: string): string {
  const [, before, dev, attribute] = /^(net\.ipv[46]\.(?:conf|neigh))\.(.+)\.([^.]+)$/.exec(name) ?? [];
  if (before === undefined || dev === undefined || attribute === undefined) return sysctlPath(name);
  return `${before.replaceAll('.', '/')}/${dev.replaceAll('/', '.')}/${attribute}`;
}
