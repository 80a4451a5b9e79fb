import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isolated } from '../isolated.js';
import type { Counters } from '../replay/counter-names.js';
import type { Frame } from '../replay/frame.js';
import type { RuleHit } from '../replay/rules.js';
import { decodeFrame } from './decode.js';
import { bytesOfCase } from './packet.js';
import type { Case, Plan, SocketCase } from './plan.js';
import { type Reasons, readCounters, readHit, TRACE_EVERYTHING } from './reasons.js';

/**
 * Runs plans on the kernel of this machine, in namespaces. What it lacks (IP in IP, IPVS) waits for a backend in
 * user-mode Linux. iptables is the one in the path, or the legacy one with PODPATH_IPTABLES=legacy.
 */

/** What a kernel did in a case. */
export interface KernelCase {
  /** ms since the first began. */
  readonly at: number;
  /** In the order of time stamps within each namespace. */
  readonly frames: readonly Frame[];
  /** `NETNS udp|tcp LOCAL < REMOTE`. */
  readonly deliveries: readonly string[];
  /** errno numbers that the sender was told. */
  readonly errors: readonly number[];
  /** Why it did so; undefined of a plan that is not traced. */
  readonly reasons?: Reasons;
  /** Why it can't be judged; undefined when it can. */
  readonly spoilt?: string;
}

/** What a kernel made of a plan. */
export interface KernelRun {
  /** The commands of `fixed` and `random`, by index, that it refused. */
  readonly refused: readonly number[];
  readonly cases: readonly KernelCase[];
  /** By namespace: what `conntrack -L` printed at the end. */
  readonly conntrack: Readonly<Record<string, readonly string[]>>;
  /** By namespace: what `iptables-save -c` printed at the end. */
  readonly rules: Readonly<Record<string, readonly string[]>>;
}

/** Why this machine can't run plans; undefined when it can. */
export function whyIncapable(): string | undefined {
  for (const tool of ['gcc', 'unshare', 'ip', 'bridge', 'iptables', 'iptables-save', 'conntrack', 'ipset'])
    if (spawnSync('sh', ['-c', `command -v ${tool}`]).status !== 0) return `${tool} is missing`;
  const probe = isolated(
    'set -e; ip netns add p; ip link add v0 type vxlan id 1 dstport 8472; ip link add b0 type bridge\n' +
      'ip netns exec p iptables -t nat -A POSTROUTING -m conntrack --ctstate NEW -j MASQUERADE',
  );
  return probe.status === 0 ? undefined : `needs root, namespaces and drivers (${probe.stderr.trim().slice(0, 200)})`;
}

/** The agent, compiled into a directory that lives as long as this process. */
let agent: string | undefined;

function directory(): string {
  if (agent !== undefined) return agent;
  const made = mkdtempSync(join(tmpdir(), 'podpath-oracle-'));
  process.on('exit', () => rmSync(made, { recursive: true, force: true }));
  const source = fileURLToPath(new URL('pktagent.c', import.meta.url));
  const { status, stderr } = spawnSync('gcc', ['-O1', '-o', join(made, 'pktagent'), source], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`pktagent.c: ${stderr}`);
  const { PODPATH_IPTABLES: variant } = process.env;
  if (variant !== undefined) linkIptables(variant, made);
  mkdirSync(join(made, 'legacy'));
  linkIptables('legacy', join(made, 'legacy'));
  agent = made;
  return made;
}

function linkIptables(variant: string, folder: string): void {
  for (const tool of ['iptables', 'iptables-save', 'iptables-restore'])
    symlinkSync(`/usr/sbin/${tool.replace('iptables', `iptables-${variant}`)}`, join(folder, tool));
}

/** What is no part of a plan, but makes a kernel answer at once and always; each has its reason. */
const QUIET_NAMESPACE = [
  // No router solicitation, no multicast report.
  'echo 1 > net/ipv6/conf/default/disable_ipv6; echo 1 > net/ipv6/conf/all/disable_ipv6',
  // ICMP errors are limited per peer and per second: they would come or not by how fast this machine is.
  'echo 0 > net/ipv4/icmp_ratemask; echo 1000000 > net/ipv4/icmp_msgs_per_sec; echo 100000 > net/ipv4/icmp_msgs_burst',
  // A case ends before a SYN/ACK would be sent again.
  'echo 0 > net/ipv4/tcp_synack_retries',
].join('; ');
/** A bridge that snoops joins a group, and reports it by timers of its own (br_multicast_join_snoopers()). */
const QUIET_BRIDGES = 'for b in /sys/class/net/*/bridge; do echo 0 > $b/multicast_snooping; done';
const QUIET_DEVICES = [
  'for d in net/ipv4/neigh/*',
  // A neighbour that does not answer has failed after 30 ms, not 3 s; an answer by proxy comes at once.
  'do echo 10 > $d/retrans_time_ms; echo 0 > $d/proxy_delay',
  // None is confirmed anew while a plan runs.
  'echo 100000 > $d/delay_first_probe_time; echo 100000000 > $d/base_reachable_time_ms; done',
].join('; ');

/** Runs plans one after the other, each in namespaces of its own. */
export function runPlans(plans: readonly Plan[]): KernelRun[] {
  const dir = directory();
  const script = plans.map((plan, i) => {
    const file = join(dir, `script-${i}`);
    writeFileSync(file, agentScript(plan));
    return planScript(plan, i, file);
  });
  const { stdout, stderr, status } = isolated([`PATH=${dir}:$PATH; ulimit -n 4096`, ...script].join('\n'));
  if (status !== 0) throw new Error(`unshare: ${stderr}`);
  const parts = stdout.split(/^@plan \d+\n/m).slice(1);
  if (parts.length !== plans.length) throw new Error(`${parts.length} of ${plans.length} plans were run: ${stderr}`);
  return plans.map((plan, i) => readRun(plan, parts[i] ?? ''));
}

function losesCarrier({ fixed, random }: Plan): boolean {
  return [...fixed, ...random].some((line) => / down$/.test(line));
}

function namespacesOf({ fixed }: Plan): string[] {
  return fixed.flatMap((line) => /^ip netns add (\S+)$/.exec(line)?.[1] ?? []);
}

function planScript(plan: Plan, index: number, file: string): string {
  const names = namespacesOf(plan);
  const commands = [...plan.fixed, ...plan.random].flatMap((line, i) => {
    const made = /^ip netns add (\S+)$/.exec(line)?.[1];
    const run = `{ ${line}\n} >/dev/null 2>&1 || echo "@refused ${i}"`;
    const [, host] = / -n (\S+) link add .*type bridge/.exec(line) ?? [];
    if (host !== undefined) return [run, `ip netns exec ${host} sh -c '${QUIET_BRIDGES}'`];
    return made === undefined ? [run] : [run, `ip netns exec ${made} sh -c 'cd /proc/sys; ${QUIET_NAMESPACE}'`];
  });
  const watched = names.filter((ns) => !plan.unwatched.includes(ns));
  const traces = watched.map((ns) => `ip netns exec ${ns} sh -c '${TRACE_EVERYTHING}' || echo "@failed"`);
  return [
    `echo "@plan ${index}"`,
    ...(plan.traced === true ? [`untraced=$PATH; PATH=${join(directory(), 'legacy')}:$PATH`] : []),
    ...commands,
    // A carrier that went is told of within a second (linkwatch).
    ...(losesCarrier(plan) ? ['sleep 1.2'] : []),
    ...names.map((ns) => `ip netns exec ${ns} sh -c 'cd /proc/sys; ${QUIET_DEVICES}'`),
    ...(plan.traced === true ? traces : []),
    'echo "@events"',
    `${join(directory(), 'pktagent')} ${file} || echo "@failed"`,
    ...names.flatMap((ns) => [
      `echo "@conntrack ${ns}"; ip netns exec ${ns} conntrack -L 2>/dev/null`,
      `echo "@rules ${ns}"; ip netns exec ${ns} iptables-save -c 2>/dev/null`,
    ]),
    ...names.map((ns) => `ip netns del ${ns}`),
    ...(plan.traced === true ? ['PATH=$untraced'] : []),
  ].join('\n');
}

function agentScript(plan: Plan): string {
  const watched = namespacesOf(plan).filter((ns) => !plan.unwatched.includes(ns));
  return [
    ...watched.map((ns) => `ns ${ns}${plan.traced === true ? ' traced' : ''}`),
    // What is sent to a device without a carrier reaches no capture (noop_enqueue()).
    ...(losesCarrier(plan) ? ['blind'] : []),
    ...plan.listeners.map((l) => `listen ${l.netns} ${l.protocol} 0.0.0.0 ${l.port} ${l.behaviour}`),
    ...plan.cases.map(agentLine),
    '',
  ].join('\n');
}

function agentLine(one: Case, id: number): string {
  switch (one.send) {
    case 'command':
      return `run ${id} ${one.command}`;
    case 'frame':
      return `frame ${id} ${one.from} ${one.dev} ${Buffer.from(bytesOfCase(one)).toString('hex')}`;
    default:
      return `send ${id} ${socketWords(one).join(' ')}`;
  }
}

function socketWords(one: SocketCase): (string | number)[] {
  const { send, from, to, port, sport, source = '-', oif = '-', ttl = '-', df, tos = 0, mark = 0, payload } = one;
  const pmtu = df === undefined ? '-' : df ? 'do' : 'dont';
  const options = [one.connected === true ? 1 : 0, one.recverr === true ? 1 : 0];
  return [send, from, source, sport, to, port, ttl, pmtu, tos, mark, payload, ...options, oif];
}

function readRun(plan: Plan, text: string): KernelRun {
  if (text.includes('\n@failed')) throw new Error(`the agent failed on ${plan.name}`);
  const [head = '', ...sections] = text.split(/^@(?=events|conntrack|rules)/m);
  const refused = [...head.matchAll(/^@refused (\d+)$/gm)].map(([, n]) => Number(n));
  const of = (kind: string): Record<string, string[]> =>
    Object.fromEntries(
      sections.flatMap((section) => {
        const [title = '', ...lines] = section.trimEnd().split('\n');
        const [what, ns = ''] = title.split(' ');
        return what === kind ? [[ns, lines]] : [];
      }),
    );
  return { refused, cases: readCases(of('events')[''] ?? [], plan), conntrack: of('conntrack'), rules: of('rules') };
}

interface Draft {
  readonly at: number;
  readonly frames: { readonly stamp: bigint; readonly frame: Frame }[];
  readonly deliveries: string[];
  readonly errors: number[];
  readonly hits: RuleHit[];
  counters: Counters;
  spoilt?: string;
}

function readCases(lines: readonly string[], { traced }: Plan): KernelCase[] {
  const drafts: Draft[] = [];
  for (const line of lines) {
    const [kind, ...w] = line.split(' ');
    if (kind === 'P') drafts.push({ at: Number(w[1]), frames: [], deliveries: [], errors: [], hits: [], counters: {} });
    const draft = drafts.at(-1);
    if (draft === undefined) continue;
    if (kind === 'E') draft.errors.push(Number(w[0]));
    if (kind === 'T') draft.hits.push(...[readHit(w)].filter((hit) => hit !== undefined));
    if (kind === 'S') draft.counters = { ...draft.counters, ...readCounters(w) };
    if (kind === 'X') draft.spoilt = w.join(' ');
    if (kind === 'D') draft.deliveries.push(`${w[0]} ${w[1]} ${w[2]}:${w[3]} < ${w[4]}:${w[5]}`);
    if (kind !== 'C') continue;
    const [ns = '', dev = '', pkttype, stamp = '0', , hex = ''] = w;
    const frame = decodeFrame(ns, dev, Number(pkttype), Buffer.from(hex, 'hex'));
    if (frame !== undefined) draft.frames.push({ stamp: BigInt(stamp), frame });
  }
  return drafts.map(({ frames, hits, counters, ...rest }) => {
    const ordered = [...frames].sort((a, b) => (a.stamp < b.stamp ? -1 : a.stamp > b.stamp ? 1 : 0));
    const reasons = traced === true ? { reasons: { hits, counters } } : {};
    return { ...rest, frames: ordered.map(({ frame }) => frame), ...reasons };
  });
}
