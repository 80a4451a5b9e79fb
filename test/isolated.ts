import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What a script has done. */
interface Ran {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Who is not root becomes it in a user namespace: of what a test makes, it is root enough. */
export const AS_ROOT: readonly string[] = process.getuid?.() === 0 ? [] : ['-r'];
const NETNS_NAMES = 'mount --make-rprivate / && mount -t tmpfs t /run && mkdir /run/netns || exit 1';

/** Runs a script in a mount and network namespace of its own, where no network namespace has a name yet. */
export function isolated(script: string): Ran {
  const folder = mkdtempSync(join(tmpdir(), 'podpath-'));
  const file = join(folder, 'script');
  writeFileSync(file, `${NETNS_NAMES}\n${script}`);
  try {
    return spawnSync('unshare', [...AS_ROOT, '-m', '-n', 'bash', file], { encoding: 'utf8', maxBuffer: 1 << 30 });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The same where it sees no processes and host name but its own; its processes end with it. Several may run at once. */
export function isolatedMachine(script: string): Promise<Ran> {
  const child = spawn('unshare', [
    ...AS_ROOT,
    '-m',
    '-n',
    '-u',
    '-p',
    '-f',
    '--mount-proc',
    'bash',
    '-c',
    'eval "$(cat)"',
  ]);
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  child.stdin.end(`${NETNS_NAMES}\n${script}`);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status) => resolve({ status, stdout, stderr }));
  });
}
