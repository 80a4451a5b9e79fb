import * as z from 'zod/mini';
import { address, either, keys, number, oneOf, opt, QUAD, subnet, text } from '../schema-words.js';

/** `network.yaml` of a node dump, as it is written: what no dump can tell. */
export interface NetworkFile {
  readonly podpath: 1;
  readonly kind: 'snapshot';
  readonly description?: string | undefined;
  readonly namespaces?: Readonly<Record<string, NamespaceFile | null>> | undefined;
  /** The two ends of each veth pair and cable, `NAMESPACE/DEVICE`. */
  readonly wires?: readonly (readonly string[])[] | undefined;
  /** Names of objects, where they are not those of the namespaces. */
  readonly names?: Readonly<Record<string, NameFile>> | undefined;
}

export interface NamespaceFile {
  readonly role?: 'node' | 'pod' | 'router' | 'host' | 'switch' | undefined;
  /** The namespace of the machine that it is on. */
  readonly host?: string | undefined;
  readonly listen?: readonly (string | ListenerFile)[] | undefined;
  readonly processes?: readonly ProcessFile[] | undefined;
}

export interface ListenerFile {
  readonly port: string;
  readonly address?: string | undefined;
  readonly behaviour?: 'echo' | 'sink' | undefined;
  readonly bytes?: number | undefined;
}

export interface ProcessFile {
  readonly kind: 'udp-relay';
  readonly dev: string;
  readonly listen: string;
  readonly routes: Readonly<Record<string, string>>;
  readonly errorSource: string;
}

export interface NameFile {
  readonly namespace?: string | undefined;
  readonly addresses?: readonly string[] | undefined;
  readonly leftAlone?: readonly string[] | undefined;
  readonly ports?: readonly string[] | undefined;
}

const NUMBER = '(6553[0-5]|655[0-2]\\d|65[0-4]\\d\\d|6[0-4]\\d{3}|[1-5]\\d{4}|[1-9]\\d{0,3})';
const PORT = `(tcp|udp|sctp)/${NUMBER}`;
/** A name that a folder can have. */
const netns = text(/^\w[\w.@:+-]{0,199}$/, 'the name of a namespace');
const device = text(/^[^/\s]{1,15}$/, 'a device');
const socket = text(new RegExp(`^${QUAD}:${NUMBER}$`), 'an address and a port such as 192.168.56.11:8285');

const namespace = keys({
  role: opt(oneOf(['node', 'pod', 'router', 'host', 'switch']), 'What it stands for; host when left out'),
  host: opt(netns, 'The machine that it is on; itself when left out'),
  listen: opt(
    z.array(
      either(
        [
          text(new RegExp(`^${PORT}$`), 'a port such as tcp/80'),
          keys({
            port: text(new RegExp(`^${PORT}$`), 'a port such as tcp/80'),
            address: opt(address, '0.0.0.0 (all addresses) unless said otherwise'),
            behaviour: opt(oneOf(['echo', 'sink']), 'echo answers, sink never does'),
            bytes: opt(number(0, 10_000_000, 'a number of bytes'), 'How much it answers; as much as it got'),
          }),
        ],
        'a port such as tcp/80',
      ),
    ),
    'What its programs listen on and answer',
  ),
  processes: opt(
    z.array(
      keys({
        kind: oneOf(['udp-relay']),
        dev: device,
        listen: socket,
        routes: z.record(subnet, socket),
        errorSource: address,
      }),
    ),
    "Programs that move packets: flanneld's UDP backend",
  ),
});

export const networkSchema: z.ZodMiniType<NetworkFile> = keys({
  podpath: z.literal(1, { error: '1, the only version of this format' }),
  kind: z.literal('snapshot', { error: 'snapshot' }),
  description: opt(z.string({ error: 'text' }), 'One line that says what it is a dump of'),
  namespaces: opt(z.record(netns, either([z.null(), namespace], 'a map')), 'Namespaces, each with a folder'),
  wires: opt(
    z.array(
      z
        .array(text(/^[^/\s]+\/[^/\s]{1,15}$/, 'an end such as node-1/eth0'), { error: 'a list of two ends' })
        .check(z.length(2, { error: 'two ends' })),
    ),
    'The two ends of each veth pair and cable',
  ),
  names: opt(
    z.record(
      text(/^(pod|service|node|host)(\/[^/\s]+){1,2}$/, 'a name such as pod/web-0 or service/default/web'),
      keys({
        namespace: opt(netns, 'The network namespace that it sends from'),
        addresses: opt(z.array(address), 'Its addresses'),
        leftAlone: opt(
          z.array(address),
          'Of a Service: addresses of its load balancer that nodes leave alone (ipMode Proxy)',
        ),
        ports: opt(
          z.array(text(new RegExp(`^([a-z0-9-]+ )?${PORT}$`), 'a port such as tcp/80, or http tcp/80')),
          'Its ports',
        ),
      }),
    ),
    'Names for FROM and TO, where they are not those of the namespaces',
  ),
});
