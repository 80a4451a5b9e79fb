import { ANY } from '../address/index.js';
import type { ContainerPort, Protocol } from '../cluster/index.js';
import type { Listener } from '../lab/index.js';
import { checkedAddress } from './address.js';
import { inside, type LabContext, type Place } from './context.js';
import type { ListenFile, PodFile } from './lab-file.js';

/** What programs listen on. */
export function readListeners(said: readonly ListenFile[], place: Place, context: LabContext): readonly Listener[] {
  return said.flatMap((each, i) => {
    if (typeof each === 'number') return [listener({ port: each })];
    if (typeof each !== 'string')
      return [listener({ ...each, address: each.address === undefined ? ANY : checkedAddress(each.address) })];
    const [, address, digits, protocol] = /^(?:([\d.]+):)?(\d+)(?:\/(\w+))?$/.exec(each) ?? [];
    const port = checkPort(Number(digits), inside(place, i), context);
    if (port === undefined) return [];
    return [
      listener({
        port,
        protocol: protocol as Listener['protocol'] | undefined,
        address: address === undefined ? ANY : checkedAddress(address),
      }),
    ];
  });
}

function listener(
  fields: { readonly port: number } & { readonly [K in keyof Listener]?: Listener[K] | undefined },
): Listener {
  const { port, protocol = 'tcp', address = ANY, behaviour = 'echo' } = fields;
  return { protocol, port, address, behaviour };
}

/** The ports that a pod's containers declare. */
export function readContainerPorts(
  said: NonNullable<PodFile['ports']>,
  place: Place,
  context: LabContext,
): readonly ContainerPort[] {
  const none = { name: undefined, hostPort: undefined, hostIP: undefined };
  return said.flatMap((each, i): ContainerPort[] => {
    if (typeof each === 'number') return [{ ...none, containerPort: each, protocol: 'TCP' }];
    if (typeof each === 'string') {
      const [digits = '', protocol = 'tcp'] = each.split('/');
      const containerPort = checkPort(Number(digits), inside(place, i), context);
      if (containerPort === undefined) return [];
      return [{ ...none, containerPort, protocol: protocol.toUpperCase() as Protocol }];
    }
    const { name, containerPort, protocol = 'TCP', hostPort, hostIP } = each;
    return [
      { name, containerPort, protocol, hostPort, hostIP: hostIP === undefined ? undefined : checkedAddress(hostIP) },
    ];
  });
}

/** A port number that stood in a text, where the schema can't check its range. */
function checkPort(port: number, place: Place, context: LabContext): number | undefined {
  if (port >= 1 && port <= 65535) return port;
  return context.complain(place, 'bad-value', `expected a port, 1 to 65535, found ${port}`);
}

/** A program listens on each declared port unless the file says otherwise. */
export function listenersOf(ports: readonly ContainerPort[]): readonly Listener[] {
  return ports.map((port) =>
    listener({ port: port.containerPort, protocol: port.protocol.toLowerCase() as Listener['protocol'] }),
  );
}
