import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Where Debian's package user-mode-linux keeps the modules of its kernel, with what depmod says of them. */
const MODULES = '/usr/lib/uml/modules';

const MEMORY_MB = 320;

/** A guest that says nothing for so long has gone wrong. */
const MOST_MS = 15 * 60_000;

/** Why this machine can't boot a guest; undefined when it can. */
export function whyNoGuest(): string | undefined {
  for (const [tool, debian] of [
    ['linux.uml', 'user-mode-linux'],
    ['modprobe', 'kmod'],
  ])
    if (spawnSync('sh', ['-c', `command -v ${tool}`]).status !== 0)
      return `${tool} is missing (Debian package ${debian})`;
  return existsSync(MODULES) ? undefined : `${MODULES} is missing`;
}

/**
 * Runs a script in a user-mode Linux, as root of a machine of its own: its first network namespace is nobody else's.
 * Needs neither root nor /dev/kvm.
 *
 * The guest sees the files of this machine and writes none of them; `/run` is its own. Modules come when the kernel asks
 * for them (request_module()) or a script does, by a modprobe that looks into `/run/lib/modules`: the kernel of the guest
 * is not that of `/lib/modules`.
 */
export function guest(script: string): {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
} {
  const folder = mkdtempSync(join(tmpdir(), 'podpath-uml-'));
  const out = join(folder, 'out');
  mkdirSync(out);
  writeFileSync(join(folder, 'script'), script);
  writeFileSync(join(folder, 'init'), init(folder), { mode: 0o755 });
  try {
    const kernel = ['rootfstype=hostfs', 'ro', `init=${join(folder, 'init')}`, 'quiet'];
    const machine = [`mem=${MEMORY_MB}M`, `uml_dir=${folder}`, 'con=null', 'con0=null,fd:1'];
    const {
      stdout: console,
      stderr: complaint,
      error,
    } = spawnSync('linux.uml', [...machine, ...kernel], {
      encoding: 'utf8',
      env: { ...process.env, TMPDIR: memoryDirectory(folder) },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: MOST_MS,
    });
    const written = (name: string): string => {
      const file = join(out, name);
      return existsSync(file) ? readFileSync(file, 'utf8') : '';
    };
    const status = written('status');
    // A guest that did not come to its end, or to its beginning, says why.
    return status === ''
      ? { status: null, stdout: '', stderr: [written('stderr'), error?.message, complaint, console].join('\n') }
      : { status: Number(status), stdout: written('stdout'), stderr: written('stderr') };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/**
 * The memory of a guest is a file, mapped with PROT_EXEC (create_mem_file(), arch/um/os-Linux/mem.c). In a container
 * /dev/shm is often small, and then the guest dies of SIGBUS; or it is mounted noexec, and then it does not start. A disk
 * does as well.
 */
function memoryDirectory(disk: string): string {
  const shm = '/dev/shm';
  const roomy = existsSync(shm) && statfsSync(shm).bavail * statfsSync(shm).bsize > 2 * MEMORY_MB * 2 ** 20;
  // The last mount is on top.
  const mounts = [...readFileSync('/proc/mounts', 'utf8').matchAll(/^\S+ \/dev\/shm tmpfs (\S+)/gm)];
  const options = mounts.at(-1)?.[1]?.split(',') ?? [];
  return roomy && options.includes('rw') && !options.includes('noexec') ? shm : disk;
}

function init(folder: string): string {
  return [
    '#!/bin/sh',
    'export PATH=/usr/sbin:/usr/bin:/sbin:/bin TMPDIR=/run',
    'mount -t proc proc /proc; mount -t sysfs sysfs /sys; mount -t tmpfs tmpfs /run',
    `mkdir -p /run/netns /run/out /run/bin /run/lib/modules; mount -t hostfs none /run/out -o ${join(folder, 'out')}`,
    `ln -s ${MODULES}/$(uname -r) /run/lib/modules/`,
    `printf '#!/bin/sh\\nexec %s -d /run "$@"\\n' $(command -v modprobe) > /run/bin/modprobe; chmod +x /run/bin/modprobe`,
    'echo /run/bin/modprobe > /proc/sys/kernel/modprobe; export PATH=/run/bin:$PATH',
    'ip link set lo up',
    `sh ${join(folder, 'script')} >/run/out/stdout 2>/run/out/stderr; echo $? >/run/out/status`,
    // Ends the machine (sysrq-trigger's power off): there is no init to ask.
    'sync; echo o > /proc/sysrq-trigger; sleep 60',
    '',
  ].join('\n');
}
