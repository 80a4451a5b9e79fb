/**
 * Runs the command scenarios on the kernel of this machine, each in namespaces of its own, and writes what the kernel
 * answered and what state it was left in. Needs root: `npx tsx test/oracle/record-commands.ts > FILE`.
 */
import { spawnSync } from 'node:child_process';
import { release } from 'node:os';
import { SCENARIOS } from './command-scenarios.js';

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

/** Runs a script in a mount and network namespace of its own with an empty /run/netns. */
function isolated(script: string): string {
  const before = 'mount --make-rprivate /; mkdir -p /run/netns; mount -t tmpfs t /run/netns';
  const { stdout, stderr, status } = spawnSync('unshare', ['-m', '-n', 'bash', '-c', `${before}\n${script}`], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`unshare: ${stderr}`);
  return stdout;
}

/** Left out, to keep the file small: what is neither modelled nor of interest. */
const NOISE =
  /^(gso_|tso_|gro_|num_[tr]x_|mcast_(?!flood)|hello_|forward_delay|max_age|ageing|topology|tcn_|gc_|group|txqlen|linkmode|inet6_|allmulti|(min|max)_mtu|root_|bridge_id|designated|hold_|message_age|config_pending|neigh_suppress|udp_|port_range|valid_life|preferred_life|multicast_router|fastleave|guard|vlan_tunnel|locked|proxy_arp|cost|priority$)/;

/** The same JSON without noise; a rule's priority stays. */
function slim(text: string): unknown {
  return JSON.parse(text || '[]', (key, value: unknown) => (NOISE.test(key) && !isRule(key, value) ? undefined : value));
}

function isRule(key: string, value: unknown): boolean {
  return key === 'priority' && value !== 32 && value !== 32768;
}

const quote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
/** Runs a command and prints its exit code, standard error and standard output, each ended by a NUL. */
const step = (ns: string, cmd: string): string => {
  const inside = ns === '' ? quote(cmd) : `${quote(`ip netns exec ${ns} sh -c ${quote(cmd)}`)}`;
  return `out=$(sh -c ${inside} 2>/tmp/stderr.$$); printf '%s\\0%s\\0%s\\0' $? "$(cat /tmp/stderr.$$)" "$out"`;
};

const scenarios = SCENARIOS.map(({ name, run }) => {
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
  const dumps = names.flatMap((ns) =>
    [...Object.values(DUMPS), ...Object.values(TEXTS), SYSCTL].map((cmd) => step(ns, cmd)),
  );
  // The kernel tells of a carrier that came or went within a second (linkwatch).
  const fields = isolated([...lines, 'sleep 1.2', ...dumps].join('\n')).split('\0');
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
});
const tool = spawnSync('ip', ['-V'], { encoding: 'utf8' }).stdout.trim();
const lines = scenarios.map((scenario) => JSON.stringify(scenario)).join(',\n');
process.stdout.write(`{"kernel":"${release()}","tool":"${tool}","scenarios":[\n${lines}\n]}\n`);
