import { parseIpv4, parseIpv6 } from '../../address/index.js';
import type { Origin } from '../origin.js';
import type { LineWords, WordPlace } from '../words.js';
import type { IpvsAddress, IpvsKey, RealServer, VirtualService } from './ipvs.js';
import { keyText } from './write.js';

/** What a line says of a service, or of a server of one. */
interface SpokenService extends Omit<VirtualService, 'servers' | 'key'> {
  readonly key: IpvsKey | undefined;
}

/** Services while they are read. */
export class IpvsDraft {
  readonly #services = new Map<string, { readonly service: SpokenService; readonly servers: RealServer[] }>();

  /** Adds a service; a problem where there is one for the same packets. */
  addService(service: SpokenService, words: LineWords): void {
    if (service.key === undefined) return;
    const name = keyText(service.key);
    if (this.#services.has(name)) words.fail(`there is a virtual service ${name} already`, 'conflict');
    else this.#services.set(name, { service, servers: [] });
  }

  /** Adds a server to a service that has been added. */
  addServer(key: IpvsKey | undefined, server: RealServer, words: LineWords): void {
    if (key === undefined) return;
    const found = this.#services.get(keyText(key));
    if (found === undefined) words.fail(`there is no virtual service ${keyText(key)}`, 'unknown-name');
    else found.servers.push(server);
  }

  finish(): VirtualService[] {
    return [...this.#services.values()].flatMap(({ service: { key, ...rest }, servers }) =>
      key === undefined ? [] : [{ ...rest, key, servers }],
    );
  }
}

/** Where a line of a dump is, as an origin. */
export function dumpOrigin({ file, line }: WordPlace): Origin {
  return { by: 'dump', file, line };
}

type End<Port> = IpvsAddress & { readonly port: Port };

/** Takes `10.96.0.1:443` or `[fd00::1]:443`. Names of hosts and ports are a problem: they come from a dump without `-n`. */
export function readEnd(words: LineWords): End<number> | undefined;
export function readEnd(words: LineWords, port: 'may lack its port'): End<number | undefined> | undefined;
export function readEnd(words: LineWords, lacking?: 'may lack its port'): End<number | undefined> | undefined {
  const word = words.take('ADDRESS:PORT');
  const [, six, four, portText] = /^(?:\[([^\]]*)\]|([^:[\]]*))(?::(\d{1,5}))?$/.exec(word) ?? [];
  const port = portText === undefined ? undefined : Number(portText);
  const inet = parseIpv4(four ?? '');
  const inet6 = parseIpv6(six ?? '');
  const sound = port === undefined ? lacking !== undefined : port <= 65535;
  if (sound && inet !== undefined) return { family: 'inet', address: inet, port };
  if (sound && inet6 !== undefined) return { family: 'inet6', address: inet6, port };
  if (word !== '') words.fail(`expected ADDRESS:PORT in numbers (ipvsadm -n), found "${word}"`, 'bad-address');
  return undefined;
}
