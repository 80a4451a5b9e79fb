import type { IpvsConnections } from './connection.js';
import { endText, type IpvsKey, type RealServer, type VirtualService } from './ipvs.js';

/** Writes as `ipvsadm -Sn` does: what `ipvsadm -R` takes (print_service_entry(), ipvsadm.c). */
export function formatIpvs(services: readonly VirtualService[]): string {
  return services.map((service) => [serviceLine(service), ...serverLines(service)].join('')).join('');
}

function serviceLine(service: VirtualService): string {
  return `${serviceText(service)}\n`;
}

function serverLines({ key, servers }: VirtualService): string[] {
  return servers.map((server) => {
    const how = { masq: ['-m'], route: ['-g'], tunnel: ['-i'], local: [] }[server.forwarding];
    const words = ['-a', ...keyWords(key), '-r', endText(server), ...how, '-w', `${server.weight}`, ...server.words];
    return `${words.join(' ')}\n`;
  });
}

/** The line of a service without its servers: `-A -t 10.96.0.1:443 -s rr`. */
export function serviceText(service: VirtualService): string {
  const { key, scheduler, schedulerFlags, persistent, netmask, engine, onePacket } = service;
  return [
    '-A',
    ...keyWords(key),
    '-s',
    scheduler,
    ...(persistent === undefined ? [] : ['-p', `${persistent}`]),
    ...(netmask === undefined ? [] : ['-M', netmask]),
    ...(engine === undefined ? [] : ['--pe', engine]),
    ...(onePacket ? ['-o'] : []),
    ...(schedulerFlags.length === 0 ? [] : ['-b', schedulerFlags.join(',')]),
  ].join(' ');
}

const OPTIONS = { tcp: '-t', udp: '-u', sctp: '--sctp-service' } as const;

function keyWords(key: IpvsKey): string[] {
  if (key.by === 'fwmark') return ['-f', `${key.mark}`, ...(key.family === 'inet6' ? ['-6'] : [])];
  return [OPTIONS[key.protocol], endText(key)];
}

/** What a service is recognised by, as options of ipvsadm: `-t 10.96.0.1:443`. */
export function keyText(key: IpvsKey): string {
  return keyWords(key).join(' ');
}

/** Writes the table of `ipvsadm -Ln`; without connections none are counted. */
export function formatIpvsTable(services: readonly VirtualService[], connections?: IpvsConnections): string {
  const head = [
    `IP Virtual Server version 1.2.1 (size=4096)`,
    'Prot LocalAddress:Port Scheduler Flags',
    '  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn',
  ];
  const lines = services.flatMap((service) => [
    tableLine(service),
    ...service.servers.map((server) => tableServer(server, connections?.counts(keyText(service.key), server))),
  ]);
  return [...head, ...lines].map((line) => `${line}\n`).join('');
}

function tableLine({ key, scheduler, schedulerFlags, persistent, netmask, engine, onePacket }: VirtualService): string {
  const name =
    key.by === 'fwmark'
      ? `FWM  ${key.mark}${key.family === 'inet6' ? ' IPv6' : ''}`
      : `${key.protocol.toUpperCase().padEnd(4)} ${endText(key)}`;
  return [
    name,
    scheduler,
    ...(schedulerFlags.length === 0 ? [] : [`(${schedulerFlags.join(',')})`]),
    ...(persistent === undefined ? [] : ['persistent', `${persistent}`]),
    ...(netmask === undefined ? [] : ['mask', netmask]),
    ...(engine === undefined ? [] : ['pe', engine]),
    ...(onePacket ? ['ops'] : []),
  ].join(' ');
}

function tableServer(server: RealServer, { active, inactive } = { active: 0, inactive: 0 }): string {
  const how = { masq: 'Masq', route: 'Route', tunnel: 'Tunnel', local: 'Local' }[server.forwarding];
  return `  -> ${endText(server).padEnd(28)} ${how.padEnd(7)} ${`${server.weight}`.padEnd(6)} ${`${active}`.padEnd(10)} ${`${inactive}`.padEnd(10)}`;
}
