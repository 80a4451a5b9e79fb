import { isolated } from '../isolated.js';
import type { Scenario } from '../plan/replay-commands.js';
import type { CommandScenario } from './command-scenarios.js';

const DUMPS = {
  link: 'ip -j -d link',
  addr: 'ip -j addr',
  route: 'ip -j -d route show table all',
  rule: 'ip -j rule',
  neigh: 'ip -j neigh',
  proxy: 'ip -j neigh show proxy',
  fdb: 'bridge -j fdb',
  bridgeLink: 'bridge -j -d link',
};
const TEXTS = {
  addr: 'ip addr',
  link: 'ip -d link',
  route: 'ip route show table all',
  main: 'ip route',
  rule: 'ip rule',
  neigh: 'ip neigh',
  proxy: 'ip neigh show proxy',
  fdb: 'bridge fdb show',
};
const CONF = ['forwarding', 'rp_filter', 'accept_redirects', 'send_redirects', 'arp_ignore', 'accept_local'];
const SYSCTL = `for d in /proc/sys/net/ipv4/conf/*; do for a in ${CONF.join(' ')}; do echo "\${d#/proc/sys/}/$a = $(cat $d/$a)"; done; done`;

/** Left out, to keep recordings small: what is neither modelled nor of interest. */
const NOISE =
  /^(gso_|tso_|gro_|num_[tr]x_|mcast_(?!flood)|hello_|forward_delay|max_age|ageing|topology|tcn_|gc_|group|txqlen|linkmode|inet6_|allmulti|(min|max)_mtu|root_|bridge_id|designated|hold_|message_age|config_pending|neigh_suppress|udp_|port_range|valid_life|preferred_life|multicast_router|fastleave|guard|vlan_tunnel|locked|proxy_arp|cost|priority$)/;

/**
 * Runs commands on the kernel of this machine, in namespaces of their own, and looks at what came of it.
 */
export function runOnKernel({ name, run }: CommandScenario): Scenario {
  const commands = run.map((line) => {
    const [, ns = '', cmd = ''] = /^(\w*)\| (.*)$/.exec(line) ?? [];
    return { ns, cmd };
  });
  const names = commands.flatMap(({ cmd }) => /^ip netns add (\w+)$/.exec(cmd)?.[1] ?? []);
  const quiet = 'for f in /proc/sys/net/ipv6/conf/*/disable_ipv6; do echo 1 > $f; done';
  const lines = commands.flatMap(({ ns, cmd }) => {
    const made = /^ip netns add (\w+)$/.exec(cmd)?.[1];
    return made === undefined ? [step(ns, cmd)] : [step(ns, cmd), `ip netns exec ${made} sh -c ${quote(quiet)}`];
  });
  const looks = [...Object.values(DUMPS), ...Object.values(TEXTS), SYSCTL];
  const dumps = names.flatMap((ns) => looks.map((cmd) => step(ns, cmd)));
  // The kernel tells of a carrier that came or went within a second (linkwatch).
  const { stdout, stderr, status } = isolated([...lines, 'sleep 1.2', ...dumps].join('\n'));
  if (status !== 0) throw new Error(`unshare: ${stderr}`);
  const fields = stdout.split('\0');
  const next = (): { exit: number; stderr: string; stdout: string } => {
    const [exit = '', stderr = '', stdout = ''] = fields.splice(0, 3);
    return { exit: Number(exit), stderr, stdout };
  };
  const steps = commands.map(({ ns, cmd }) => {
    const { exit, stderr } = next();
    return { ns, cmd, ...(exit === 0 ? {} : { exit }), ...(stderr === '' ? {} : { stderr }) };
  });
  const state = names.map((ns) => {
    const json = Object.keys(DUMPS).map((key) => [key, slim(next().stdout)]);
    const text = Object.keys(TEXTS).map((key) => [key, next().stdout.split('\n')]);
    return [ns, { ...Object.fromEntries(json), text: Object.fromEntries(text), sysctl: next().stdout.split('\n') }];
  });
  return { name, steps, state: Object.fromEntries(state) };
}

/** The same JSON without noise; a rule's priority stays. */
function slim(text: string): unknown {
  return JSON.parse(text || '[]', (key, value: unknown) =>
    NOISE.test(key) && !(key === 'priority' && value !== 32 && value !== 32768) ? undefined : value,
  );
}

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** Runs a command and prints its exit code, standard error and standard output, each ended by a NUL. */
function step(ns: string, cmd: string): string {
  const inside = ns === '' ? quote(cmd) : quote(`ip netns exec ${ns} sh -c ${quote(cmd)}`);
  return `out=$(sh -c ${inside} 2>/run/netns/.stderr); printf '%s\\0%s\\0%s\\0' $? "$(cat /run/netns/.stderr)" "$out"`;
}
