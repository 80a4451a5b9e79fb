import { spawnSync } from 'node:child_process';
import { isolated } from '../isolated.js';
import { missing } from '../machine.js';

/** What the facts of this folder were seen in, and its recordings. */
const VERSION = '2.0.';

/** Why this machine can't run BIRDs in namespaces; undefined when it can. */
export function whyNoBird(): string | undefined {
  const without = missing('unshare', 'nsenter', 'ip', 'iptables', 'bird');
  if (without !== undefined) return without;
  const { stderr, stdout } = spawnSync('bird', ['--version'], { encoding: 'utf8' });
  const version = /BIRD version (\S+)/.exec(`${stdout}${stderr}`)?.[1] ?? 'unknown';
  if (!version.startsWith(VERSION)) return `bird is ${version}, not ${VERSION}x`;
  const probe = isolated(
    'set -e; ip netns add p; ip link add v0 type veth peer name v1 netns p; ip link add b0 type bridge',
  );
  return probe.status === 0 ? undefined : `needs namespaces and drivers (${probe.stderr.trim().slice(0, 200)})`;
}
