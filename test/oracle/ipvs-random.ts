import fc from 'fast-check';
import { run } from './cases.js';
import { CLIENTS, datagram, ipvsPlan, onNode, SERVERS, segment, socket, vs } from './ipvs-lab.js';
import type { Case, Plan } from './plan.js';
import { IPTABLES, mostly, oneOf, SYSCTL, words } from './router.js';

/**
 * Level 4: virtual services on the router, with anything that ipvsadm may configure, edited between packets. What is left
 * out is what the router plan leaves out; direct routing and tunnels; schedulers that forget by the clock (lblc, lblcr);
 * and time, which all connections outlive.
 */
const VIPS = ['10.96.0.1', '10.96.0.2'] as const;
const KEYS = [
  ...VIPS.flatMap((vip) => [`-u ${vip}:53`, `-t ${vip}:80`]),
  '-u 10.96.0.1:0',
  '-t 10.96.0.2:0',
  '-u 10.0.0.2:5353',
  '-t 10.0.1.2:8080',
  '-f 7',
] as const;

const SCHEDULER = fc.oneof(
  { weight: 3, arbitrary: oneOf('rr', 'rr', 'wrr', 'lc', 'wlc', 'sed', 'nq', 'dh', 'fo', 'ovf') },
  {
    weight: 1,
    arbitrary: words`${oneOf('sh', 'mh')} ${mostly('', '-b flag-1', '-b flag-2', '-b flag-1,flag-2')}`,
  },
);
const WEIGHT = mostly(1, 0, 2, 3, 5);
const SERVER_ADDRESS = fc.oneof(
  { weight: 8, arbitrary: oneOf(...SERVERS) },
  // Beyond, the node itself, a client, and nobody.
  { weight: 1, arbitrary: oneOf('10.2.0.1', '10.0.0.2', '10.0.1.2', '10.0.0.3', '10.0.1.77') },
);
const SERVER_PORT = mostly('fitting', 'sink', 'nobody');

interface Service {
  readonly key: string;
  readonly scheduler: string;
  readonly persistence: string;
  readonly onePacket: boolean;
  readonly servers: readonly Server[];
}

interface Server {
  readonly address: string;
  readonly port: string;
  readonly weight: number;
}

const SERVER: fc.Arbitrary<Server> = fc.record({ address: SERVER_ADDRESS, port: SERVER_PORT, weight: WEIGHT });
const SERVICE: fc.Arbitrary<Service> = fc.record({
  key: oneOf(...KEYS, ...KEYS.slice(0, 4)),
  scheduler: SCHEDULER,
  persistence: mostly('', '-p 300', '-p 300 -M 255.255.255.0'),
  onePacket: mostly(false, true),
  servers: fc.array(SERVER, { maxLength: 4 }),
});

/** What the kernel takes: port 0 only with persistence, single packets only of UDP. */
function optionsOf({ key, scheduler, persistence, onePacket }: Omit<Service, 'servers'>): string {
  const persistent = key.endsWith(':0') && persistence === '' ? '-p 300' : persistence;
  return [`-s ${scheduler}`, persistent, onePacket && key.startsWith('-u') ? '-o' : ''].filter(Boolean).join(' ');
}

function serverOf(key: string, { address, port }: Server): string {
  const udp = !key.startsWith('-t');
  const at = { fitting: udp ? 53 : 80, sink: udp ? 5000 : 80, nobody: 9 }[port] ?? 53;
  return `${address}:${key.startsWith('-f') || key.endsWith(':0') ? 0 : at}`;
}

function serviceCommands(service: Service): string[] {
  const { key, servers } = service;
  const weights = new Map(servers.map((server) => [serverOf(key, server), server.weight]));
  return [
    `-A ${key} ${optionsOf(service)}`,
    ...[...weights].map(([server, weight]) => `-a ${key} -r ${server} -m -w ${weight}`),
  ].map((line) => onNode(`ipvsadm ${line}`));
}

/** What an operator, or kube-proxy, does between packets: by number, of what is there then. */
interface Edit {
  readonly what: 'add' | 'delete' | 'weight' | 'reschedule' | 'begin' | 'end';
  readonly which: number;
  readonly server: Server;
  readonly service: Service;
}
const EDIT: fc.Arbitrary<Edit> = fc.record({
  what: oneOf('add', 'add', 'delete', 'weight', 'weight', 'reschedule', 'begin', 'end'),
  which: fc.nat(11),
  server: SERVER,
  service: SERVICE,
});

const SETTING = fc
  .oneof(
    words`conntrack=${oneOf(0, 1)}`,
    words`${oneOf('expire_nodest_conn', 'expire_quiescent_template', 'sloppy_tcp', 'schedule_icmp', 'nat_icmp_send')}=${oneOf(0, 1, 1)}`,
    words`conn_reuse_mode=${oneOf(0, 1, 2)}`,
  )
  .map(vs);
const VIRTUAL = words`-m ipvs ${oneOf('--ipvs', '! --ipvs', '--vaddr 10.96.0.1', '--vport 53', '--vproto 6', '--vdir ORIGINAL', '--vdir REPLY', '--vmethod MASQ')}`;
const RULE = fc
  .oneof(
    words`-t nat -A POSTROUTING ${fc.oneof(VIRTUAL, oneOf('', '-s 10.0.0.0/24', '-d 10.0.1.0/24', '-m mark --mark 7'))} -j MASQUERADE`,
    words`-t mangle -A ${oneOf('PREROUTING', 'PREROUTING', 'OUTPUT')} ${oneOf('', '-p udp', '-d 10.96.0.1', '-s 10.0.0.3', '-p tcp')} -j MARK --set-mark 7`,
    words`-A ${oneOf('INPUT', 'FORWARD', 'OUTPUT')} ${VIRTUAL} -j ${mostly('ACCEPT', 'DROP')}`,
    words`-A ${oneOf('INPUT', 'FORWARD', 'OUTPUT')} -m conntrack --ctstate ${oneOf('NEW', 'ESTABLISHED', 'RELATED', 'INVALID', 'UNTRACKED', 'DNAT')}`,
    words`-t nat -A PREROUTING -d 10.96.0.3 -j DNAT --to-destination ${oneOf('10.96.0.1', '10.96.0.2')}`,
  )
  .map((rule) => onNode(`iptables ${rule}`));

const TARGET = fc.oneof(
  { weight: 8, arbitrary: oneOf(...VIPS) },
  { weight: 2, arbitrary: oneOf('10.0.0.2', '10.0.1.2', '10.96.0.3', SERVERS[0] ?? '', '10.2.0.1', '10.0.0.1') },
);
const PORT = oneOf(53, 53, 80, 80, 5353, 8080, 5000, 9);
const SOCKET: fc.Arbitrary<Case> = fc
  .record({
    send: oneOf('udp' as const, 'udp' as const, 'udp' as const, 'tcp' as const, 'tcp' as const, 'ping' as const),
    from: oneOf('a', 'a', 'a', 'a', 'b', 'r'),
    to: TARGET,
    port: PORT,
    run: fc.nat(2),
    client: fc.nat(CLIENTS.length - 1),
    ttl: mostly(undefined, 1, 2),
    df: mostly(undefined, false),
    payload: mostly(20, 20, 1472, 1600),
    connected: fc.boolean(),
    recverr: fc.boolean(),
  })
  .map(({ send, from, to, client, run: nth, ttl, df, payload, port, ...rest }) =>
    socket(send, from, to, {
      ...rest,
      // Of each client its own, so that masquerade rarely has to draw one.
      sport: 20001 + nth + 10 * (from === 'a' ? client : from === 'b' ? 6 : 7),
      port: send === 'ping' ? 0 : send === 'tcp' && port === 53 ? 80 : port,
      payload: send === 'tcp' ? 0 : payload,
      ...(from === 'a' && { source: CLIENTS[client] ?? '' }),
      ...(ttl !== undefined && { ttl }),
      ...(df !== undefined && { df }),
    }),
  );

const SEGMENT = oneOf(
  { flags: 'S', seq: 1000, ack: 0 },
  { flags: 'A', seq: 1001, ack: 5001 },
  { flags: 'FA', seq: 1001, ack: 5001 },
  { flags: 'R', seq: 1001, ack: 0 },
);
const ANSWER = oneOf(
  { flags: 'SA', seq: 5000, ack: 1001 },
  { flags: 'A', seq: 5001, ack: 1001 },
  { flags: 'FA', seq: 5001, ack: 1001 },
  { flags: 'RA', seq: 5001, ack: 1001 },
);
const ERROR_KIND: fc.Arbitrary<{ readonly type: number; readonly code: number; readonly mtu?: number }> = oneOf(
  { type: 3, code: 1 },
  { type: 3, code: 3 },
  { type: 11, code: 0 },
  { type: 3, code: 4, mtu: 1300 },
);
const FRAME: fc.Arbitrary<Case> = fc.oneof(
  fc
    .tuple(oneOf(...VIPS), fc.nat(40), oneOf(53, 5000))
    .map(([vip, n, port]) => datagram('a', `10.3.0.${10 + n}:${30000 + (n % 3)}`, `${vip}:${port}`)),
  fc
    .tuple(oneOf(...VIPS), oneOf(30001, 30002), SEGMENT)
    .map(([vip, port, { flags, seq, ack }]) => segment('a', `10.0.0.77:${port}`, `${vip}:80`, flags, seq, ack)),
  fc
    .tuple(oneOf(...SERVERS), oneOf(30001, 30002), ANSWER)
    .map(([server, port, { flags, seq, ack }]) => segment('b', `${server}:80`, `10.0.0.77:${port}`, flags, seq, ack)),
  fc
    .tuple(oneOf(...SERVERS), oneOf(...CLIENTS), oneOf(53, 5000), oneOf(20001, 20011))
    .map(([server, client, port, to]) => datagram('b', `${server}:${port}`, `${client}:${to}`)),
  fc
    .tuple(oneOf(...SERVERS, '10.0.1.77'), oneOf(...SERVERS), oneOf(...CLIENTS), ERROR_KIND, oneOf(20001, 20011))
    .map(([src, server, client, kind, sport]) => {
      const about = datagram('b', `${client}:${sport}`, `${server}:53`).packet;
      return datagram('b', `${src}:1`, `${client}:1`, { payload: 0, l4: { l4: 'icmp', ...kind, about } });
    }),
  fc
    .tuple(oneOf('10.0.0.77', ...CLIENTS), oneOf(...VIPS), oneOf(...CLIENTS), ERROR_KIND, oneOf(20001, 20011))
    .map(([src, vip, client, kind, sport]) => {
      const about = datagram('a', `${vip}:53`, `${client}:${sport}`).packet;
      return datagram('a', `${src}:1`, `${vip}:1`, { payload: 0, l4: { l4: 'icmp', ...kind, about } });
    }),
);

type Happening = { readonly edit: Edit } | { readonly set: string } | { readonly packet: Case; readonly times: number };
const HAPPENING: fc.Arbitrary<Happening> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ packet: SOCKET, times: mostly(1, 2) }) },
  { weight: 5, arbitrary: fc.record({ packet: FRAME, times: mostly(1, 2) }) },
  { weight: 3, arbitrary: fc.record({ edit: EDIT }) },
  { weight: 1, arbitrary: fc.record({ set: SETTING }) },
);

/** The services that are there, and their servers; a command that would fail is not said between packets. */
class Table {
  readonly #services = new Map<string, Set<string>>();

  constructor(services: readonly Service[]) {
    for (const service of services) this.#begin(service);
  }

  commandsOf({ what, which, server, service }: Edit): string[] {
    if (what === 'begin') return this.#begin(service) ? serviceCommands(service) : [];
    const keys = [...this.#services.keys()];
    const key = keys[which % keys.length];
    const servers = this.#services.get(key ?? '');
    if (key === undefined || servers === undefined) return [];
    const named = serverOf(key, server);
    const one = [...servers][which % servers.size];
    const said = (words: string): string[] => [onNode(`ipvsadm ${words}`)];
    if (what === 'end') return this.#services.delete(key) ? said(`-D ${key}`) : [];
    if (what === 'reschedule') return said(`-E ${key} ${optionsOf({ ...service, key })}`);
    if (what === 'add' && !servers.has(named)) {
      servers.add(named);
      return said(`-a ${key} -r ${named} -m -w ${server.weight}`);
    }
    if (one === undefined) return [];
    if (what === 'delete') return servers.delete(one) ? said(`-d ${key} -r ${one}`) : [];
    return said(`-e ${key} -r ${one} -m -w ${server.weight}`);
  }

  #begin({ key, servers }: Service): boolean {
    if (this.#services.has(key)) return false;
    this.#services.set(key, new Set(servers.map((server) => serverOf(key, server))));
    return true;
  }
}

function casesOf(services: readonly Service[], happenings: readonly Happening[]): Case[] {
  const table = new Table(services);
  return happenings.flatMap((one): Case[] => {
    if ('edit' in one) return table.commandsOf(one.edit).map(run);
    if ('set' in one) return [run(one.set)];
    return Array.from({ length: one.times }, () => one.packet);
  });
}

/** A node that balances, and a sequence of packets and edits. */
export const IPVS_PLAN: fc.Arbitrary<Plan> = fc
  .record({
    services: fc.uniqueArray(SERVICE, { minLength: 1, maxLength: 4, selector: ({ key }) => key }),
    settings: fc.array(SETTING, { maxLength: 4 }),
    rules: fc.array(fc.oneof({ weight: 3, arbitrary: RULE }, { weight: 1, arbitrary: IPTABLES }), { maxLength: 5 }),
    sysctls: fc.array(SYSCTL, { maxLength: 1 }),
    happenings: fc.array(HAPPENING, { minLength: 60, maxLength: 120 }),
  })
  .map(({ services, settings, rules, sysctls, happenings }) =>
    ipvsPlan(
      'ipvs',
      [...settings, ...rules, ...sysctls, ...services.flatMap(serviceCommands)],
      casesOf(services, happenings),
    ),
  );
