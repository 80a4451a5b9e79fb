import { formatIpv4 } from '../../src/address/index.js';
import { endText, formatIpvsTable, type IpvsConnection, ipvsKeyText, type Runtime } from '../../src/linux/index.js';
import type { Network } from '../../src/topology/index.js';

const FLAGS = { masq: 'Masq', route: 'Route', tunnel: 'Tunnel', local: 'Local' } as const;

/**
 * What `ipvsadm -Ln` and `ipvsadm -Lnc` printed, a line for each server with its service, and for each connection. Left
 * out: how long a connection stays, and the state of a template.
 */
export function ipvsLines(lines: readonly string[]): string[] {
  let service = '';
  const found = lines.flatMap((line) => {
    const words = line.trim().split(/\s+/);
    const [first = ''] = words;
    if (['IP', 'IPVS', 'Prot', 'pro'].includes(first) && !/^IP +\d/.test(line)) return [];
    if (first === '->') return words[1]?.startsWith('Remote') === true ? [] : [`${service} ${words.join(' ')}`];
    if (!/^\d+:\d+$/.test(words[1] ?? '')) {
      service = words.join(' ');
      return [service];
    }
    const [protocol, , state, source = '', virtual, destination] = words;
    return [[protocol, source.endsWith(':0') ? 'template' : state, source, virtual, destination].join(' ')];
  });
  return found.sort();
}

/** The same of the simulation, at a time of its clock. */
export function simulatedIpvs(network: Network, runtime: Runtime, netns: string): string[] {
  const services = network.netns(netns)?.ipvs ?? [];
  const { connections } = runtime.of(netns).ipvs;
  const there = connections.list().filter((one) => one.expires > runtime.clock || connections.isUsed(one));
  const counted = (service: string, server: string, active: boolean): number =>
    there.filter(
      (one) => !one.template && one.service === service && endText(one.server) === server && one.active === active,
    ).length;
  const table = services.flatMap((service) => {
    const [text = ''] = formatIpvsTable([{ ...service, servers: [] }])
      .split('\n')
      .slice(3);
    const key = ipvsKeyText(service.key);
    const name = text.trim().split(/\s+/).join(' ');
    return [
      name,
      ...service.servers.map((server) => {
        const end = endText(server);
        const counts = [true, false].map((active) => counted(key, end, active));
        return `${name} -> ${end} ${FLAGS[server.forwarding]} ${server.weight} ${counts.join(' ')}`;
      }),
    ];
  });
  return [...table, ...there.map(connectionLine)].sort();
}

/** A case may last so long, and the timer of a connection that ends soon be so late, ms. */
const LATE = 2500;

/** Whether a connection's timer may or may not have run: it is counted from the beginning of its last packet's case. */
export function isTimerDue(runtime: Runtime, netns: string): boolean {
  const { clock } = runtime;
  const { connections } = runtime.of(netns).ipvs;
  return connections.list().some((one) => one.expires <= clock && clock < one.expires + LATE);
}

function connectionLine(one: IpvsConnection): string {
  const { protocol, template, tcp, caddr, cport, vaddr, vport, daddr, dport } = one;
  const state = template ? 'template' : protocol === 'tcp' ? tcp : 'UDP';
  const ends = [
    [caddr, cport],
    [vaddr, vport],
    [daddr, dport],
  ] as const;
  return [
    protocol?.toUpperCase() ?? 'IP',
    state,
    ...ends.map(([address, port]) => `${formatIpv4(address)}:${port}`),
  ].join(' ');
}
