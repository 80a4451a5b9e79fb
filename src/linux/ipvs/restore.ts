import type { Problem } from '../../problem/index.js';
import type { Origin } from '../origin.js';
import { LineWords, splitLine } from '../words.js';
import { type IpvsCommand, readIpvsCommand, type SpokenServer } from './command.js';
import { type IpvsKey, lastWeight, type RealServer, sameEnd, type VirtualService } from './ipvs.js';
import { wrrChanged } from './scheduler/wrr.js';
import type { IpvsTimeouts } from './tcp.js';
import { keyText } from './write.js';

/** Lines that one object is the reason for. A chunk that is shared is parsed once. */
export interface IpvsChunk {
  readonly origin: Origin;
  readonly lines: readonly string[];
}

/** A line that was refused, by ipvsadm or by the kernel. */
export interface IpvsRefusal {
  readonly errno: 'EEXIST' | 'ENOENT' | 'ESRCH' | 'EINVAL' | 'ERANGE';
  readonly message: string;
  readonly origin: Origin;
  /** 1-based in the whole text. */
  readonly line: number;
}

/** What is left after a restore. */
export interface IpvsRestored {
  readonly services: readonly VirtualService[];
  readonly refusals: readonly IpvsRefusal[];
}

/** What commands ask of the namespace, and whom they tell of what changes. */
export interface IpvsWatch {
  /** Whether an address can be a server's: one of this host or of another (ip_vs_add_dest(), ip_vs_ctl.c). */
  isUnicast(server: SpokenServer): boolean;
  /** `--set` */
  timeouts(changed: IpvsTimeouts): void;
  /** A service is gone, and its servers with it. */
  gone(key: string): void;
  /** A service has another scheduler, which remembers nothing. */
  rescheduled(key: string): void;
  /** The servers of a service, in the order in which they were added, have changed by one. */
  changed(key: string, scheduler: string, before: readonly RealServer[], after: readonly RealServer[]): void;
}

type Complaint = Pick<IpvsRefusal, 'errno' | 'message'>;

/** A line as it was read: nothing on a blank one. */
type ReadLine = IpvsCommand | { readonly command: 'nothing' } | { readonly wrong: string; readonly stops: boolean };

const PARSED = new WeakMap<IpvsChunk, readonly ReadLine[]>();

/**
 * Carries out `ipvsadm -R`. What the kernel refuses is told, and the next line is carried out all the same; so it is
 * behind an option that is not known, while a value that is none ends the program (observed with ipvsadm 1.31).
 */
export function restoreIpvs(
  old: readonly VirtualService[],
  chunks: readonly IpvsChunk[],
  watch: IpvsWatch,
): IpvsRestored {
  const table = new IpvsTable(old, watch);
  const refusals: IpvsRefusal[] = [];
  let line = 0;
  for (const chunk of chunks) {
    const whole = freshService(chunk);
    if (whole !== undefined && table.addWhole(whole)) {
      line += chunk.lines.length;
      continue;
    }
    for (const read of parsedLines(chunk)) {
      line++;
      const { origin } = chunk;
      if ('wrong' in read) refusals.push({ errno: 'EINVAL', message: read.wrong, origin, line });
      if ('wrong' in read && read.stops) return { services: table.services(), refusals };
      if ('wrong' in read || read.command === 'nothing') continue;
      const complaint = table.run(read, origin);
      if (complaint !== undefined) refusals.push({ ...complaint, origin, line });
    }
  }
  return { services: table.services(), refusals };
}

function parsedLines(chunk: IpvsChunk): readonly ReadLine[] {
  let lines = PARSED.get(chunk);
  if (lines === undefined) {
    lines = chunk.lines.map(parseLine);
    PARSED.set(chunk, lines);
  }
  return lines;
}

const FRESH = new WeakMap<IpvsChunk, { readonly service: VirtualService | undefined }>();

/** Where every address can be a server's, and nobody wants to know. */
const UNWATCHED: IpvsWatch = {
  isUnicast: () => true,
  timeouts() {},
  gone() {},
  rescheduled() {},
  changed() {},
};

/**
 * The service that a chunk makes where there is none yet, the same for all namespaces; undefined of a chunk that does
 * anything but add one with its servers.
 */
function freshService(chunk: IpvsChunk): VirtualService | undefined {
  let fresh = FRESH.get(chunk);
  if (fresh === undefined) {
    fresh = { service: addedBy(chunk) };
    FRESH.set(chunk, fresh);
  }
  return fresh.service;
}

function addedBy(chunk: IpvsChunk): VirtualService | undefined {
  const table = new IpvsTable([], UNWATCHED);
  for (const [i, read] of parsedLines(chunk).entries()) {
    if ('wrong' in read || read.command !== (i === 0 ? 'add-service' : 'add-server')) return undefined;
    if (table.run(read, chunk.origin) !== undefined) return undefined;
  }
  const [service] = table.services();
  return service;
}

function parseLine(text: string): ReadLine {
  if (text.trim() === '') return { command: 'nothing' };
  const problems: Problem[] = [];
  const command = readIpvsCommand(new LineWords(splitLine(text), { file: '', line: 1, problems }));
  const [problem] = problems;
  if (problem !== undefined) return { wrong: problem.message, stops: problem.code !== 'unknown-key' };
  if (command === undefined) throw new Error(`"${text}" is neither a command of ipvsadm nor wrong`);
  const zero = command.command === 'add-service' && isPortless(command.key) && command.service.persistent === undefined;
  return zero ? { wrong: 'Zero port specified for non-persistent service', stops: true } : command;
}

function isPortless(key: IpvsKey): boolean {
  return key.by === 'address' && key.port === 0;
}

/** Schedulers that Linux has (net/netfilter/ipvs). */
const SCHEDULERS: ReadonlySet<string> = new Set([
  ...['rr', 'wrr', 'lc', 'wlc', 'fo', 'ovf', 'lblc', 'lblcr', 'dh', 'sh', 'mh', 'sed', 'nq'],
]);

/** The services while commands change them; the words of refusals are those of ipvs_strerror() (libipvs.c). */
class IpvsTable {
  readonly #services: Map<string, VirtualService>;
  readonly #watch: IpvsWatch;

  constructor(services: readonly VirtualService[], watch: IpvsWatch) {
    this.#services = new Map(services.map((service) => [keyText(service.key), service]));
    this.#watch = watch;
  }

  services(): readonly VirtualService[] {
    return [...this.#services.values()];
  }

  /** Adds a service that others may have as well; does nothing, and says so, where its lines have to be looked at. */
  addWhole(service: VirtualService): boolean {
    const name = keyText(service.key);
    if (this.#services.has(name) || !service.servers.every((server) => this.#watch.isUnicast(server))) return false;
    this.#services.set(name, service);
    return true;
  }

  run(command: IpvsCommand, origin: Origin): Complaint | undefined {
    switch (command.command) {
      case 'clear':
        for (const name of this.#services.keys()) this.#watch.gone(name);
        this.#services.clear();
        return undefined;
      case 'zero':
        return undefined;
      case 'set':
        this.#watch.timeouts(command.timeouts);
        return undefined;
      case 'add-service':
      case 'edit-service':
        return this.#setService(command, origin);
      case 'delete-service':
        if (!this.#services.delete(keyText(command.key))) return { errno: 'ESRCH', message: 'No such service' };
        this.#watch.gone(keyText(command.key));
        return undefined;
      default: {
        const service = this.#services.get(keyText(command.key));
        if (service === undefined) return { errno: 'ESRCH', message: 'Service not defined' };
        return this.#changeServers(service, command, origin);
      }
    }
  }

  #setService(
    { command, key, service }: Extract<IpvsCommand, { command: 'add-service' | 'edit-service' }>,
    origin: Origin,
  ): Complaint | undefined {
    const name = keyText(key);
    const old = this.#services.get(name);
    if (command === 'edit-service' && old === undefined) return { errno: 'ESRCH', message: 'No such service' };
    if (command === 'add-service' && old !== undefined) return { errno: 'EEXIST', message: 'Service already exists' };
    if (!SCHEDULERS.has(service.scheduler))
      return { errno: 'ENOENT', message: 'Scheduler or persistence engine not found' };
    const servers = old?.servers ?? [];
    // ip_vs_edit_service(): the scheduler begins anew when it is another one.
    const kept = old?.scheduler === service.scheduler ? old.currentWeight : undefined;
    const weight = kept ?? wrrChanged(0, servers).weight;
    const mark = service.scheduler === 'wrr' ? { currentWeight: weight } : {};
    this.#services.set(name, { ...service, key, servers, ...mark, origin });
    if (old !== undefined && old.scheduler !== service.scheduler) this.#watch.rescheduled(name);
    return undefined;
  }

  #changeServers(
    service: VirtualService,
    { command, key, server: spoken }: Extract<IpvsCommand, { readonly server: SpokenServer }>,
    origin: Origin,
  ): Complaint | undefined {
    const server = serverOf(key, spoken, origin);
    const { servers } = service;
    const wanted = command === 'delete-server' ? spoken : server;
    const at = servers.findIndex((one) => sameEnd(one, wanted));
    if (command === 'add-server') {
      if (at >= 0) return { errno: 'EEXIST', message: 'Destination already exists' };
      if (!this.#watch.isUnicast(spoken)) return { errno: 'EINVAL', message: 'address not unicast' };
    } else if (at < 0) return { errno: 'ENOENT', message: 'No such destination' };
    if (command !== 'delete-server' && isUpsideDown(spoken.words))
      return { errno: 'ERANGE', message: 'Numerical result out of range' };
    const place = at < 0 ? servers.length : at;
    const changed = servers.toSpliced(
      place,
      1,
      ...(command === 'delete-server' ? [] : [quiesced(server, servers[at])]),
    );
    const name = keyText(service.key);
    const mark =
      service.currentWeight === undefined ? {} : { currentWeight: wrrChanged(service.currentWeight, changed).weight };
    this.#services.set(name, { ...service, servers: changed, ...mark });
    this.#watch.changed(name, service.scheduler, servers, changed);
    return undefined;
  }
}

/** What is not translated goes to the port of the service; that of a mark has none (process_options(), ipvsadm.c). */
function serverOf(key: IpvsKey, spoken: SpokenServer, origin: Origin): RealServer {
  const { forwarding = 'route' } = spoken;
  const own = key.by === 'address' ? key.port : 0;
  return { ...spoken, forwarding, port: forwarding === 'masq' ? spoken.port : own, origin };
}

/** A server whose weight becomes 0 remembers what it was (__ip_vs_update_dest()). */
function quiesced(server: RealServer, old: RealServer | undefined): RealServer {
  return server.weight === 0 && old !== undefined ? { ...server, lastWeight: lastWeight(old) } : server;
}

/** A lower threshold above the upper one (ip_vs_add_dest()). */
function isUpsideDown(words: readonly string[]): boolean {
  const value = (...names: readonly string[]): number => {
    const at = words.findIndex((word) => names.includes(word));
    return at < 0 ? 0 : Number(words[at + 1]);
  };
  const upper = value('-x', '--u-threshold');
  return upper !== 0 && value('-y', '--l-threshold') > upper;
}
