import type { Call } from '../install.js';
import { updateCarrier } from './carrier.js';
import type { ApplyContext } from './context.js';
import { type Refused, refuse } from './refuse.js';

/** A program that holds a TUN device gives it its carrier (tun_net_init()). */
export function processStart(
  context: ApplyContext,
  { process }: Extract<Call, { readonly call: 'process start' }>,
): Refused | undefined {
  const { draft, origin } = context;
  const link = draft.link(process.dev);
  if (link !== undefined && link.kind !== 'tun') return refuse('EINVAL');
  if (draft.ns.processes.some((other) => other.dev === process.dev)) return refuse('EBUSY');
  draft.processes = [...draft.ns.processes, { ...process, origin }];
  updateCarrier(context, process.dev);
  return undefined;
}

/** bind(2) and listen(2): a port is taken by whoever has it on the same address, or on all (inet_csk_get_port()). */
export function socketListen(
  { draft, origin }: ApplyContext,
  { socket }: Extract<Call, { readonly call: 'socket listen' }>,
): Refused | undefined {
  const { protocol, address, port } = socket;
  const taken = draft.ns.sockets.some(
    (s) => s.protocol === protocol && s.port === port && (s.address === address || s.address === 0 || address === 0),
  );
  if (taken) return refuse('EADDRINUSE');
  draft.sockets = [...draft.ns.sockets, { ...socket, origin }];
  return undefined;
}
