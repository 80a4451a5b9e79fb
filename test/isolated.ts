import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Runs a script in a mount and network namespace of its own, where no network namespace has a name yet. Needs root. */
export function isolated(script: string): {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
} {
  const folder = mkdtempSync(join(tmpdir(), 'podpath-'));
  const file = join(folder, 'script');
  const before = 'mount --make-rprivate / && mkdir -p /run/netns && mount -t tmpfs t /run/netns || exit 1';
  writeFileSync(file, `${before}\n${script}`);
  try {
    return spawnSync('unshare', ['-m', '-n', 'bash', file], { encoding: 'utf8', maxBuffer: 1 << 30 });
  } finally {
    rmSync(folder, { recursive: true });
  }
}
