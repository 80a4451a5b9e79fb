import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isolated } from '../isolated.js';
import { missing } from '../machine.js';
import { guest, whyNoGuest } from '../uml.js';
import { type KernelCase, type KernelRun, readRun } from './kernel-run.js';
import type { Plan } from './plan.js';
import { agentScript, planScript } from './script.js';

/**
 * Where plans run: in namespaces on the kernel of this machine, or on another kernel in user-mode Linux, which has what
 * this one may lack (IP in IP, IPVS) and whose first network namespace is ours.
 */
export const BACKENDS = ['host', 'uml'] as const;

export type Backend = (typeof BACKENDS)[number];

export function isBackend(text: string): text is Backend {
  return BACKENDS.some((backend) => backend === text);
}

interface Machine {
  readonly run: typeof isolated;
  /** Why there is none at all; undefined when it can be tried. */
  readonly why: () => string | undefined;
  /** `iptables-VARIANT` is what a plan calls iptables; undefined for the one in the path. */
  readonly iptables: string | undefined;
  /** Whether its counters are those of test/replay/counters.ts, which are of Linux 6.18. */
  readonly counts: boolean;
  /** What is done before the first plan. */
  readonly before: readonly string[];
}

const MACHINES: Readonly<Record<Backend, Machine>> = {
  host: {
    run: isolated,
    why: () => missing('unshare'),
    iptables: process.env['PODPATH_IPTABLES'],
    counts: true,
    before: [],
  },
  uml: {
    run: guest,
    why: whyNoGuest,
    // Debian builds it without the nf_tables families that iptables-nft needs (NF_TABLES_IPV4).
    iptables: 'legacy',
    counts: false,
    before: [
      // The kernel loads modules that rules and devices need; these are needed for their sysctls.
      'modprobe -a br_netfilter nf_conntrack ip_vs nfnetlink_log ipip',
      // ip_error() tells each time that there is no way; only the first network namespace has this sysctl.
      'echo 0 > /proc/sys/net/ipv4/route/error_cost',
    ],
  },
};

/** Why this machine can't run plans on a backend; undefined when it can. */
export function whyIncapable(backend: Backend = 'host'): string | undefined {
  const { run, why, iptables } = MACHINES[backend];
  const tables = iptables === undefined ? 'iptables' : `iptables-${iptables}`;
  const without = missing('gcc', 'ip', 'bridge', tables, `${tables}-save`, 'conntrack', 'ipset') ?? why();
  if (without !== undefined) return without;
  const probe = run(
    'set -e; ip netns add p; ip link add v0 type vxlan id 1 dstport 8472; ip link add b0 type bridge\n' +
      `ip netns exec p ${tables} -t nat -A POSTROUTING -m conntrack --ctstate NEW -j MASQUERADE`,
  );
  if (probe.status === 0) return undefined;
  const needs = backend === 'host' ? 'needs namespaces and drivers' : 'the guest failed';
  return `${needs} (${probe.stderr.trim().slice(0, 200)})`;
}

/** The agent, compiled into a directory that lives as long as this process, with iptables of each variant. */
const made = new Map<string | undefined, string>();

function tools(iptables: string | undefined): string {
  const known = made.get(iptables);
  if (known !== undefined) return known;
  const directory = mkdtempSync(join(tmpdir(), 'podpath-oracle-'));
  process.on('exit', () => rmSync(directory, { recursive: true, force: true }));
  const source = fileURLToPath(new URL('pktagent.c', import.meta.url));
  const { status, stderr } = spawnSync('gcc', ['-O1', '-o', join(directory, 'pktagent'), source], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`pktagent.c: ${stderr}`);
  if (iptables !== undefined) linkIptables(iptables, directory);
  mkdirSync(join(directory, 'legacy'));
  linkIptables('legacy', join(directory, 'legacy'));
  made.set(iptables, directory);
  return directory;
}

function linkIptables(variant: string, folder: string): void {
  for (const tool of ['iptables', 'iptables-save', 'iptables-restore'])
    symlinkSync(`/usr/sbin/${tool.replace('iptables', `iptables-${variant}`)}`, join(folder, tool));
}

/** Runs plans one after the other, each in namespaces of its own. */
export function runPlans(plans: readonly Plan[], backend: Backend = 'host'): KernelRun[] {
  const { run, iptables, counts, before } = MACHINES[backend];
  const directory = tools(iptables);
  const scripts = plans.map((plan, i) => {
    const file = join(directory, `script-${i}`);
    writeFileSync(file, agentScript(plan));
    const script = planScript(plan, i, `${join(directory, 'pktagent')} ${file}`);
    return plan.traced === true ? `(PATH=${join(directory, 'legacy')}:$PATH\n${script}\n)` : script;
  });
  const { stdout, stderr, status } = run([`PATH=${directory}:$PATH; ulimit -n 4096`, ...before, ...scripts].join('\n'));
  if (status !== 0) throw new Error(`${backend}: ${stderr}`);
  const parts = stdout.split(/^@plan \d+\n/m).slice(1);
  if (parts.length !== plans.length) throw new Error(`${parts.length} of ${plans.length} plans were run: ${stderr}`);
  return plans.map((plan, i) => {
    const made = readRun(plan, parts[i] ?? '');
    return counts ? made : { ...made, cases: made.cases.map(withoutCounters) };
  });
}

/** Of why it did so only the rules that were hit. */
function withoutCounters(one: KernelCase): KernelCase {
  return one.reasons === undefined ? one : { ...one, reasons: { hits: one.reasons.hits } };
}
