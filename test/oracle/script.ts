import { bytesOfCase } from './packet.js';
import type { Case, Plan, SocketCase } from './plan.js';
import { TRACE_EVERYTHING } from './reasons.js';

/** What is no part of a plan, but makes a kernel answer at once and always; each has its reason. */
const QUIET_NAMESPACE = [
  'cd /proc/sys',
  // No router solicitation, no multicast report.
  'echo 1 > net/ipv6/conf/default/disable_ipv6; echo 1 > net/ipv6/conf/all/disable_ipv6',
  // ICMP errors are limited per peer and per second: they would come or not by how fast this machine is.
  'echo 0 > net/ipv4/icmp_ratemask; echo 1000000 > net/ipv4/icmp_msgs_per_sec; echo 100000 > net/ipv4/icmp_msgs_burst',
  // A case ends before a SYN/ACK would be sent again.
  'echo 0 > net/ipv4/tcp_synack_retries',
].join('; ');
/** A bridge that snoops joins a group, and reports it by timers of its own (br_multicast_join_snoopers()). */
const QUIET_BRIDGE = 'type bridge mcast_snooping 0';
const QUIET_DEVICES = [
  'cd /proc/sys; for d in net/ipv4/neigh/*',
  // A neighbour that does not answer has failed after 30 ms, not 3 s; an answer by proxy comes at once.
  'do echo 10 > $d/retrans_time_ms; echo 0 > $d/proxy_delay',
  // None is confirmed anew while a plan runs.
  'echo 100000 > $d/delay_first_probe_time; echo 100000000 > $d/base_reachable_time_ms; done',
].join('; ');

function losesCarrier({ fixed, random }: Plan): boolean {
  return [...fixed, ...random].some((line) => / down$/.test(line));
}

function namespacesOf({ fixed }: Plan): string[] {
  return fixed.flatMap((line) => /^ip netns add (\S+)$/.exec(line)?.[1] ?? []);
}

function watchedIn(plan: Plan): string[] {
  return namespacesOf(plan).filter((ns) => !plan.unwatched.includes(ns));
}

function tracedIn(plan: Plan): string[] {
  return plan.traced === true ? watchedIn(plan) : [];
}

/** The agent enters those that are watched and those that have sockets. */
function enteredIn(plan: Plan): string[] {
  const busy = new Set([
    ...plan.listeners.map(({ netns }) => netns),
    ...plan.cases.flatMap((one) => (one.send === 'command' ? [] : [one.from])),
  ]);
  return namespacesOf(plan).filter((ns) => busy.has(ns) || !plan.unwatched.includes(ns));
}

/** Namespaces with virtual services. */
function balancing({ fixed, random, cases }: Plan): string[] {
  const commands = [...fixed, ...random, ...cases.flatMap((one) => (one.send === 'command' ? [one.command] : []))];
  return [...new Set(commands.flatMap((line) => /^ip netns exec (\S+) ipvsadm /.exec(line)?.[1] ?? []))];
}

/**
 * The sh(1) script of a plan, which prints what `kernel-run.ts` reads: commands, the agent's cases, and how things stand
 * afterwards. `agent` is the command that runs the cases of {@link agentScript}.
 */
export function planScript(plan: Plan, index: number, agent: string): string {
  const names = namespacesOf(plan);
  const traced = tracedIn(plan);
  return [
    `echo "@plan ${index}"`,
    ...together(plan).map(stepScript),
    // A carrier that went is told of within a second (linkwatch).
    ...(losesCarrier(plan) ? ['sleep 1.2'] : []),
    ...names.map((ns) => `ip netns exec ${ns} sh -c '${QUIET_DEVICES}'`),
    ...traced.map((ns) => `ip netns exec ${ns} sh -c '${TRACE_EVERYTHING}' || echo "@failed"`),
    'echo "@events"',
    `${agent} || echo "@failed"`,
    ...names.map(
      (ns) =>
        `ip netns exec ${ns} sh -c 'echo "@conntrack ${ns}"; conntrack -L 2>/dev/null; echo "@rules ${ns}"; iptables-save -c 2>/dev/null'`,
    ),
    ...balancing(plan).map(
      (ns) =>
        `ip netns exec ${ns} sh -c 'read up idle </proc/uptime; echo "@ipvs ${ns} $up"; ipvsadm -Ln 2>/dev/null; ipvsadm -Lnc 2>/dev/null'`,
    ),
    hereDocument(
      'ip -batch -',
      names.map((ns) => `netns del ${ns}`),
    ),
  ].join('\n');
}

/** Commands that one process can run: a process takes some 20 ms to start in user-mode Linux. */
interface Step {
  /** `ip -n r`, `bridge`: reads commands from a batch. `ip netns exec r`: of a shell. Empty: neither. */
  readonly prefix: string;
  /** What follows the prefix, and the number of the command. */
  readonly commands: { readonly words: string; readonly number: number }[];
}

/**
 * Only the fixed commands make batches: they are expected to be obeyed, and ip(8) leaves a batch at some errors without a
 * word of which (exit() in ipneigh_modify(), iproute2 ip/ipneigh.c).
 */
function together({ fixed, random }: Plan): Step[] {
  const steps: Step[] = [];
  for (const [number, line] of [...fixed, ...random].entries()) {
    const [, prefix = '', words = line] = inShell(line) ?? (number < fixed.length ? inBatch(line) : undefined) ?? [];
    const last = steps.at(-1);
    if (last === undefined || last.prefix !== prefix) steps.push({ prefix, commands: [{ words, number }] });
    else last.commands.push({ words, number });
  }
  return steps;
}

/** A list of commands is the outer shell's. */
function inShell(line: string): RegExpExecArray | null {
  return /^(ip netns exec \S+) ([^|;&]+)$/.exec(line);
}

/** A batch knows neither quotes of a shell nor redirections. */
function inBatch(line: string): RegExpExecArray | null {
  return /^((?:ip|bridge)(?: -n \S+)?) ([^'"\\$<>|;&#]+)$/.exec(line);
}

function stepScript({ prefix, commands }: Step): string {
  if (prefix !== '' && !prefix.includes(' exec ')) return batchScript(prefix, commands);
  const lines = commands.flatMap(({ words, number }) => [
    `{ ${words}\n} </dev/null >/dev/null 2>&1 || echo "@refused ${number}"`,
    ...quietNamespace(words.replace(/^ip /, '')),
    ...quietBridge(words).map((quiet) => `{ ${quiet}\n} 2>/dev/null`),
  ]);
  return prefix === '' ? lines.join('\n') : hereDocument(`${prefix} sh`, lines);
}

/** Its lines that fail are told by their place. The last is no command, and always fails, unless the batch was left. */
function batchScript(prefix: string, commands: Step['commands']): string {
  const batch = commands.flatMap(({ words, number }) => [
    { words, number },
    ...quietBridge(words).map((quiet) => ({ words: quiet, number })),
  ]);
  return [
    `echo "@batch ${batch.map(({ number }) => number).join(' ')} end"`,
    hereDocument(`${prefix} -force -batch - 2>&1 >/dev/null`, [...batch.map(({ words }) => words), 'end']),
    ...commands.flatMap(({ words }) => quietNamespace(words)),
  ].join('\n');
}

function quietNamespace(words: string): string[] {
  const [, made] = /^netns add (\S+)$/.exec(words) ?? [];
  return made === undefined ? [] : [`ip netns exec ${made} sh -c '${QUIET_NAMESPACE}'`];
}

/** The command that quietens a bridge, said to the same tool and namespace. */
function quietBridge(words: string): string[] {
  const [, tool = '', bridge] = /^((?:ip (?:-n \S+ )?)?)link add (?:dev |name )?(\S+) .*type bridge/.exec(words) ?? [];
  return bridge === undefined ? [] : [`${tool}link set dev ${bridge} ${QUIET_BRIDGE}`];
}

function hereDocument(command: string, lines: readonly string[]): string {
  return [`${command} <<'@'`, ...lines, '@'].join('\n');
}

/** What `pktagent.c` is told to do. */
export function agentScript(plan: Plan): string {
  return [
    ...enteredIn(plan).map((ns) => `ns ${ns}${tracedIn(plan).includes(ns) ? ' traced' : ''}`),
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
