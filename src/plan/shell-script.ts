import { formatIpv4 } from '../address/index.js';
import { formatOrigin } from '../linux/index.js';
import { quoteShell } from './command/shell.js';
import { formatCommand } from './format-command.js';
import type { Install, Refusal } from './install.js';

/** What a script is made from. */
export interface ScriptOptions {
  /** What it builds, for its first line. */
  readonly title: string;
  /** Before the name of each namespace, so that it can't be anybody else's. */
  readonly prefix: string;
  /** The calls among them that the kernel refuses. */
  readonly refused: readonly Refusal[];
}

/**
 * A script for sh(1) and root that makes calls on a real kernel, each namespace under a name with the prefix. It makes
 * nothing where a namespace of that name is there already, and removes what it has made when something fails.
 */
export function formatScript(installs: readonly Install[], { title, prefix, refused }: ScriptOptions): string {
  const names = bornIn(installs);
  const refusals = new Map(refused.map((refusal) => [refusal.install, refusal]));
  const tools = [...new Set(installs.flatMap((install) => TOOL.exec(formatCommand(install))?.slice(1, 2) ?? []))];
  const lines = [
    '#!/bin/sh',
    `# ${title}, of network namespaces. Made by podpath; run it as root.`,
    `# To look into one: ip netns exec ${prefix}${exampleOf(installs)} ip route`,
    'set -eu',
    `namespaces=${quoteShell(names.map((name) => prefix + name).join(' '))}`,
    PRELUDE,
    `for tool in ip bridge sysctl ${tools.filter((tool) => tool !== 'sysctl').join(' ')}; do`,
    '  command -v "$tool" >/dev/null || fail "there is no command $tool"',
    'done',
    'for netns in $namespaces; do',
    '  [ ! -e "/run/netns/$netns" ] || fail "there is a namespace $netns already: nothing is made"',
    'done',
    TEARDOWN,
    `trap 'status=$?; [ $status -eq 0 ] || { echo "failed: what was made is removed" >&2; teardown; }' EXIT`,
    `trap 'exit 1' INT TERM HUP`,
    ...(installs.some(({ call }) => call.call === 'socket listen') ? [LISTEN] : []),
  ];
  for (const install of installs) lines.push(...commandLines(install, refusals.get(install), prefix));
  lines.push('', 'trap - EXIT', `echo "made: $namespaces"`);
  return lines.map((line) => `${line}\n`).join('');
}

/** The script that removes what the other one has made, and nothing else. */
export function formatTeardown(
  installs: readonly Install[],
  { title, prefix }: Omit<ScriptOptions, 'refused'>,
): string {
  const names = bornIn(installs).map((name) => prefix + name);
  const head = ['#!/bin/sh', `# Removes ${title}, as podpath's script made it; run it as root.`, 'set -eu'];
  const lines = [...head, `namespaces=${quoteShell(names.join(' '))}`, TEARDOWN, 'teardown'];
  return lines.map((line) => `${line}\n`).join('');
}

/** The tool that a command runs inside a namespace. */
const TOOL = /^ip netns exec \S+ (\S+)/;

function bornIn(installs: readonly Install[]): string[] {
  return installs.filter(({ call }) => call.call === 'netns add').map(({ netns }) => netns);
}

/** A namespace in which there is something to see. */
function exampleOf(installs: readonly Install[]): string {
  return installs.find(({ call }) => call.call === 'netns add' && call.role !== 'switch')?.netns ?? 'NAMESPACE';
}

const PRELUDE = `fail() { echo "$1" >&2; exit 1; }
[ "$(id -u)" = 0 ] || fail "this needs root"
[ -e /proc/sys/net/bridge ] || echo "br_netfilter is not loaded: iptables sees no bridged packets, as it does on a node" >&2`;

/** Programs in the namespaces are stopped, devices go with them. */
const TEARDOWN = `teardown() {
  for netns in $namespaces; do
    [ -e "/run/netns/$netns" ] || continue
    for pid in $(ip netns pids "$netns"); do kill "$pid" 2>/dev/null || :; done
    ip netns del "$netns"
  done
}`;

/** What stands for the programs that listen. */
const LISTEN = `# listen NETNS tcp|udp|sctp ADDRESS PORT echo|sink: with socat, or python3
listener='import socket, sys, threading
protocol, address, port, behaviour = sys.argv[1:]
kind = socket.SOCK_DGRAM if protocol == "udp" else socket.SOCK_STREAM
s = socket.socket(socket.AF_INET, kind, 132 if protocol == "sctp" else 0)
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind((address, int(port)))
while protocol == "udp":
    data, peer = s.recvfrom(65536)
    if behaviour == "echo": s.sendto(data, peer)
s.listen()
def serve(c):
    while data := c.recv(65536):
        if behaviour == "echo": c.sendall(data)
while True: threading.Thread(target=serve, args=(s.accept()[0],), daemon=True).start()'
listen() {
  if command -v socat >/dev/null; then
    case $2 in
      udp) address="UDP4-RECVFROM:$4,bind=$3,fork" ;;
      tcp) address="TCP4-LISTEN:$4,bind=$3,reuseaddr,fork" ;;
      sctp) address="SCTP4-LISTEN:$4,bind=$3,reuseaddr,fork" ;;
    esac
    if [ "$5" = echo ]; then set -- "$1" "$address" PIPE; else set -- "$1" -u "$address" OPEN:/dev/null; fi
    netns=$1; shift
    ip netns exec "$netns" socat "$@" </dev/null >/dev/null 2>&1 &
  elif command -v python3 >/dev/null; then
    ip netns exec "$1" python3 -c "$listener" "$2" "$3" "$4" "$5" </dev/null >/dev/null 2>&1 &
  else
    echo "neither socat nor python3: nothing listens on $2/$4 in $1" >&2
  fi
}`;

function commandLines(install: Install, refusal: Refusal | undefined, prefix: string): string[] {
  const { call, origin } = install;
  const renamed = withPrefix(install, prefix);
  if (call.call === 'process start') {
    const what = `a script can't run the program that reads ${call.process.dev} (${formatOrigin(origin)})`;
    return [`# ${renamed.netns}: ${what}: packets for ${call.process.dev} end there`];
  }
  if (call.call === 'socket listen') {
    const { protocol, address, port, behaviour } = call.socket;
    if (behaviour === 'process') return [`# ${renamed.netns}: ${protocol}/${port} is that program's`];
    const words = [renamed.netns, protocol, formatIpv4(address), String(port), behaviour === 'sink' ? 'sink' : 'echo'];
    return [`listen ${words.map(quoteShell).join(' ')}`];
  }
  const command = formatCommand(renamed);
  // IPv6 is not modelled: a kernel without it has nothing to be switched off.
  if (call.call === 'sysctl set' && call.path.startsWith('net/ipv6/'))
    return [`[ ! -e /proc/sys/net/ipv6 ] || ${command}`];
  // conntrack(8) fails where there is nothing to delete.
  if (call.call === 'conntrack delete') return [`${command} || :`];
  if (refusal === undefined) return [command];
  const why = refusal.message === '' ? refusal.errno : `${refusal.errno}: ${refusal.message}`;
  return [`# The kernel refuses this (${why}), as it does on the node.`, 'set +e', command, 'set -e'];
}

/** The same call on namespaces with the prefix. */
function withPrefix(install: Install, prefix: string): Install {
  const { call } = install;
  const netns = prefix + install.netns;
  if (call.call === 'link add veth')
    return { ...install, netns, call: { ...call, peer: { ...call.peer, netns: prefix + call.peer.netns } } };
  if (call.call === 'link set' && call.set.netns !== undefined)
    return { ...install, netns, call: { ...call, set: { ...call.set, netns: prefix + call.set.netns } } };
  return { ...install, netns };
}
