import type { Chooser, Option } from '../chooser.js';
import type { Journal } from '../journal.js';
import type { NetnsRuntime } from '../runtime.js';
import type { IpvsPair } from './connection.js';
import { kernelList } from './find.js';
import { endText, type RealServer, type VirtualService } from './ipvs.js';
import { IPVS_SCHEDULERS } from './scheduler/registry.js';
import { AT_HEAD, type IpvsScheduler, NOBODY, type Scheduled, type Scheduling } from './scheduler/scheduler.js';
import { keyText } from './write.js';

/** What a choice needs. */
export interface ScheduleContext {
  readonly runtime: NetnsRuntime;
  readonly journal: Journal;
  readonly choose: Chooser;
  /** The namespace's name, for the chooser. */
  readonly netns: string;
}

/** The server that a service's scheduler chooses for a packet; `unsupported` names a scheduler that is not modelled. */
export function scheduleServer(
  context: ScheduleContext,
  service: VirtualService,
  packet: IpvsPair,
): Scheduled | { readonly unsupported: string } {
  const scheduler = IPVS_SCHEDULERS.get(service.scheduler);
  if (scheduler === undefined) return { unsupported: `scheduler ${service.scheduler}` };
  const limited = service.servers.find(({ words }) => words.some((word) => word === '-x' || word === '--u-threshold'));
  if (limited !== undefined) return { unsupported: `-x of server ${endText(limited)}` };
  const { ipvs } = context.runtime;
  const key = keyText(service.key);
  const mark = ipvs.marks.get(key);
  const scheduling: Scheduling = {
    service,
    servers: kernelList(service),
    mark: mark ?? { ...AT_HEAD, weight: service.currentWeight ?? 0 },
    ...packet,
    counts: (server) => ipvs.connections.counts(key, server),
  };
  // A dump has the servers sorted, and nothing of what the scheduler remembers.
  if (service.origin.by === 'dump' && service.servers.length > 1) return guessed(context, scheduler, scheduling);
  const scheduled = scheduler.schedule(scheduling);
  if (scheduled.mark !== undefined) context.journal.put(ipvs.marks, key, scheduled.mark);
  return scheduled;
}

/** Any server that takes connections: which of them nobody knows. */
function guessed(
  { choose, netns }: ScheduleContext,
  { name, unknown }: IpvsScheduler,
  scheduling: Scheduling,
): Scheduled {
  const able = scheduling.service.servers.filter(({ weight }) => weight > 0);
  const [first, ...rest] = able;
  if (first === undefined) return NOBODY;
  const shareOf = ({ weight }: RealServer): number => (unknown.weighted ? weight : 1);
  const total = able.reduce((sum, server) => sum + shareOf(server), 0);
  const option = (server: RealServer): Option => ({ label: endText(server), probability: shareOf(server) / total });
  const about = `${netns} IPVS ${keyText(scheduling.service.key)} ${name}`;
  const taken = choose.fork(about, [option(first), ...rest.map(option)], unknown.by?.(scheduling));
  return { server: able[taken] ?? first, because: 'a dump does not tell whose turn it is' };
}
