import { spawnSync } from 'node:child_process';

/** Runs a script in a mount and network namespace of its own, where no network namespace has a name yet. Needs root. */
export function isolated(script: string): {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
} {
  const before = 'mount --make-rprivate / && mkdir -p /run/netns && mount -t tmpfs t /run/netns || exit 1';
  return spawnSync('unshare', ['-m', '-n', 'bash'], {
    input: `${before}\n${script}`,
    encoding: 'utf8',
    maxBuffer: 1 << 30,
  });
}
