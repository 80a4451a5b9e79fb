import { bytesOfCase } from './packet.js';
import type { Case, Plan, SocketCase } from './plan.js';

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

function namespacesOf({ fixed }: Plan): string[] {
  return fixed.flatMap((line) => /^ip netns add (\S+)$/.exec(line)?.[1] ?? []);
}

/**
 * The sh(1) script of a plan, which prints what `kernel-run.ts` reads: commands, the agent's cases, and how things stand
 * afterwards. `agent` is the command that runs the cases of {@link agentScript}.
 */
export function planScript(plan: Plan, index: number, agent: string): string {
  const names = namespacesOf(plan);
  const commands = [...plan.fixed, ...plan.random].flatMap((line, i) => {
    const made = /^ip netns add (\S+)$/.exec(line)?.[1];
    const run = `{ ${line}\n} >/dev/null 2>&1 || echo "@refused ${i}"`;
    const [, host] = / -n (\S+) link add .*type bridge/.exec(line) ?? [];
    if (host !== undefined) return [run, `ip netns exec ${host} sh -c '${QUIET_BRIDGES}'`];
    return made === undefined ? [run] : [run, `ip netns exec ${made} sh -c 'cd /proc/sys; ${QUIET_NAMESPACE}'`];
  });
  return [
    `echo "@plan ${index}"`,
    ...commands,
    // A carrier that went is told of within a second (linkwatch).
    ...([...plan.fixed, ...plan.random].some((line) => / down$/.test(line)) ? ['sleep 1.2'] : []),
    ...names.map((ns) => `ip netns exec ${ns} sh -c 'cd /proc/sys; ${QUIET_DEVICES}'`),
    'echo "@events"',
    `${agent} || echo "@failed"`,
    ...names.flatMap((ns) => [
      `echo "@conntrack ${ns}"; ip netns exec ${ns} conntrack -L 2>/dev/null`,
      `echo "@rules ${ns}"; ip netns exec ${ns} iptables-save -c 2>/dev/null`,
    ]),
    ...names.map((ns) => `ip netns del ${ns}`),
  ].join('\n');
}

/** What `pktagent.c` is told to do. */
export function agentScript(plan: Plan): string {
  const watched = namespacesOf(plan).filter((ns) => !plan.unwatched.includes(ns));
  return [
    ...watched.map((ns) => `ns ${ns}`),
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
