import { formatIpv4, formatMac } from '../address/index.js';
import { formatOrigin, formatRemote, formatScope, formatTable, sysctlName } from '../linux/index.js';
import { quoteShell } from './command/shell.js';
import { linkSettingWords, newLinkWords, portSettingWords, tunnelWords, vethWords } from './format/link.js';
import { routeSelectorWords, routeWords, ruleSelectorWords, ruleWords } from './format/words.js';
import type { Call, ConnectionSelector, Install, RestoreChunk } from './install.js';

/**
 * The command that makes a call, so that a list of them builds the real thing with sh(1) and iproute2. Text that a
 * command reads follows as a here-document. What no command makes (a program, a socket, a network card) is a comment.
 *
 * `parseCommand` reads it back.
 */
export function formatCommand({ netns, call, origin }: Install): string {
  const ns = quoteShell(netns);
  const ip = (words: string): string => `ip -n ${ns} ${words}`;
  const bridge = (words: string): string => `bridge -n ${ns} ${words}`;
  const exec = (words: string): string => `ip netns exec ${ns} ${words}`;
  switch (call.call) {
    case 'netns add':
      return `ip netns add ${ns}`;
    case 'link add': {
      if (call.link.kind === 'tun') return ip(`tuntap add dev ${quoteShell(call.link.name)} mode tun`);
      if (call.link.kind === 'ipip' && call.link.protocol === 'ipip' && call.link.mtu === undefined)
        return ip(tunnelWords(call.link));
      const words = newLinkWords(call.link);
      return words === undefined ? remark(netns, call, formatOrigin(origin)) : ip(`link add ${words}`);
    }
    case 'link add veth':
      return ip(`link add ${vethWords(call, netns)}`);
    case 'tunnel change':
      return ip(`tunnel change ${call.dev} mode ${call.mode}`);
    case 'link set':
      return ip(`link set dev ${quoteShell(call.dev)} ${linkSettingWords(call.set)}`);
    case 'link del':
      return ip(`link del dev ${quoteShell(call.dev)}`);
    case 'bridge link set':
      return bridge(`link set dev ${quoteShell(call.dev)} ${portSettingWords(call.set)}`);
    case 'addr add':
    case 'addr replace':
      return ip(`${call.call} ${addressWords(call)}`);
    case 'addr del': {
      const length = call.prefixLength === undefined ? '' : `/${call.prefixLength}`;
      return ip(`addr del ${formatIpv4(call.local)}${length} dev ${quoteShell(call.dev)}`);
    }
    case 'addr flush':
      return ip(`addr flush dev ${quoteShell(call.dev)}`);
    case 'route add':
    case 'route replace':
    case 'route append':
    case 'route prepend':
    case 'route change':
      return ip(`${call.call} ${routeWords(call.route, call.table)}`);
    case 'route del':
      return ip(`route del ${routeSelectorWords(call.route)}`);
    case 'route flush': {
      const dev = call.dev === undefined ? '' : ` dev ${quoteShell(call.dev)}`;
      return ip(`route flush table ${formatTable(call.table)}${dev}`);
    }
    case 'route flush cache':
      return ip('route flush cache');
    case 'rule add':
      return ip(`rule add ${ruleWords(call.rule)}`);
    case 'rule del':
      return ip(`rule del ${ruleSelectorWords(call.rule)}`);
    case 'neigh add':
    case 'neigh replace':
    case 'neigh change': {
      const { dev, ip: address, lladdr, nud = 'PERMANENT' } = call;
      const words = `${formatIpv4(address)} lladdr ${formatMac(lladdr)} dev ${quoteShell(dev)} nud ${nud.toLowerCase()}`;
      return ip(`${call.call} ${words}`);
    }
    case 'neigh add proxy':
    case 'neigh del proxy':
      return ip(`${call.call} ${formatIpv4(call.ip)} dev ${quoteShell(call.dev)}`);
    case 'neigh del':
      return ip(`neigh del ${formatIpv4(call.ip)} dev ${quoteShell(call.dev)}`);
    case 'neigh flush':
      return ip(call.dev === undefined ? 'neigh flush all' : `neigh flush dev ${quoteShell(call.dev)}`);
    case 'fdb add':
    case 'fdb replace':
    case 'fdb append': {
      const { dev, mac, remote } = call;
      return bridge(`${call.call} ${formatMac(mac)} dev ${quoteShell(dev)} ${formatRemote(remote)} self permanent`);
    }
    case 'fdb add master':
    case 'fdb replace master': {
      const verb = call.call.slice(0, -' master'.length);
      return bridge(`${verb} ${formatMac(call.mac)} dev ${quoteShell(call.dev)} master ${call.state}`);
    }
    case 'fdb del': {
      const remote = call.remote === undefined ? '' : ` ${formatRemote(call.remote)}`;
      return bridge(`fdb del ${formatMac(call.mac)} dev ${quoteShell(call.dev)}${remote} ${call.table}`);
    }
    case 'sysctl set':
      return exec(`sysctl -qw ${quoteShell(`${sysctlName(call.path)}=${call.value}`)}`);
    case 'iptables-restore': {
      const tool = call.family === 'ip' ? 'iptables-restore' : 'ip6tables-restore';
      return exec(`${tool}${call.flush === 'noflush' ? ' --noflush' : ''} ${hereDocument(call.chunks)}`);
    }
    case 'iptables':
      return exec([call.family === 'ip' ? 'iptables' : 'ip6tables', ...call.args.map(quoteShell)].join(' '));
    case 'ipset restore':
      return exec(`ipset restore ${hereDocument(call.chunks)}`);
    case 'ipvsadm restore':
      return exec(`ipvsadm -R ${hereDocument(call.chunks)}`);
    case 'conntrack flush':
      return exec('conntrack -F');
    case 'conntrack delete':
      return exec(`conntrack -D${connectionWords(call.connections)}`);
    case 'process start':
    case 'socket listen':
      return remark(netns, call, formatOrigin(origin));
  }
}

function addressWords({ address }: Extract<Call, { readonly call: 'addr add' | 'addr replace' }>): string {
  const { dev, local, prefixLength, peer, broadcast, scope, label } = address;
  const length = `/${prefixLength}`;
  const words =
    peer === undefined
      ? [`${formatIpv4(local)}${length}`]
      : [formatIpv4(local), 'peer', `${formatIpv4(peer)}${length}`];
  if (broadcast !== undefined) words.push('broadcast', formatIpv4(broadcast));
  if (scope !== undefined) words.push('scope', formatScope(scope));
  if (label !== undefined) words.push('label', quoteShell(label));
  return [...words, 'dev', quoteShell(dev)].join(' ');
}

function connectionWords({ protocol, origDst, origDport, dstNat }: ConnectionSelector): string {
  return [
    protocol === undefined ? '' : ` -p ${protocol}`,
    origDst === undefined ? '' : ` --orig-dst ${formatIpv4(origDst)}`,
    origDport === undefined ? '' : ` --dport ${origDport}`,
    dstNat === undefined ? '' : ` --dst-nat ${formatIpv4(dstNat)}`,
  ].join('');
}

function hereDocument(chunks: readonly RestoreChunk[]): string {
  const lines = chunks.flatMap((chunk) => chunk.lines);
  let end = 'EOF';
  while (lines.includes(end)) end += '_';
  return `<<'${end}'\n${lines.map((line) => `${line}\n`).join('')}${end}`;
}

/** A comment on one line: what happens, and why. */
function remark(netns: string, call: Call, origin: string): string {
  return `# ${netns}: ${call.call} (${origin}): no command does this`.replace(/\s+/g, ' ');
}
