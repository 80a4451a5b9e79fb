import { isLoopback } from '../../address/index.js';
import type { Netns } from '../../linux/index.js';
import type { Problem } from '../../problem/index.js';
import { didYouMean } from '../../problem/index.js';
import { Directory, type NamedObject, type NamedPort, type ObjectKind } from '../../topology/index.js';
import { checkedAddress } from '../address.js';
import type { YamlDocument } from '../yaml.js';
import type { NameFile, NetworkFile } from './network-file.js';
import { parsePort } from './read-namespace.js';

/** What a namespace without a name of its own is called. */
const KINDS: Readonly<Record<Netns['role'], ObjectKind | undefined>> = {
  node: 'node',
  pod: 'pod',
  router: 'host',
  host: 'host',
  switch: undefined,
};

/**
 * The objects that FROM and TO can name: those under `names`, and for each namespace without one its own name, by its
 * role. A pod is in namespace `default` unless its name says otherwise.
 */
export function directoryOf(
  { names = {} }: NetworkFile,
  namespaces: readonly Netns[],
  document: YamlDocument,
  file: string,
  problems: Problem[],
): Directory {
  const byName = new Map(namespaces.map((ns) => [ns.name, ns]));
  const named = Object.entries(names).map(([name, said]): NamedObject => {
    const { namespace } = said;
    if (namespace !== undefined && !byName.has(namespace)) {
      const path = ['names', name, 'namespace'];
      const message = `no namespace is called "${namespace}"${didYouMean(namespace, byName.keys())}`;
      problems.push({ code: 'unknown-name', message, file, path, ...document.positionOf(path) });
    }
    return objectOf(name, said, byName.get(namespace ?? ''));
  });
  const met = new Set(named.flatMap(({ netns }) => netns ?? []));
  const others = namespaces.flatMap((ns): NamedObject[] => {
    const kind = KINDS[ns.role];
    return kind === undefined || met.has(ns.name) ? [] : [objectOf(`${kind}/${ns.name}`, {}, ns)];
  });
  return new Directory([...named, ...others]);
}

function objectOf(text: string, { addresses, leftAlone, ports }: NameFile, ns: Netns | undefined): NamedObject {
  const parts = text.split('/');
  const kind = parts[0] as ObjectKind;
  const scoped = kind === 'pod' || kind === 'service';
  return {
    kind,
    namespace: !scoped ? '' : parts.length === 3 ? (parts[1] ?? '') : 'default',
    name: parts.slice(scoped ? -1 : 1).join('/'),
    netns: ns?.name,
    addresses: addresses?.map(checkedAddress) ?? (ns === undefined ? [] : ownAddresses(ns)),
    ...(leftAlone === undefined ? {} : { leftAlone: leftAlone.map(checkedAddress) }),
    ports: ports?.map(readPort) ?? (ns === undefined ? [] : listeningPorts(ns)),
  };
}

function readPort(text: string): NamedPort {
  const [, name] = /^(\S+) /.exec(text) ?? [];
  return { name, ...parsePort(text) };
}

/** Those that others can send to. */
function ownAddresses({ ipv4 }: Netns): NamedObject['addresses'] {
  return ipv4.addresses.filter(({ local, scope }) => scope === 0 && !isLoopback(local)).map(({ local }) => local);
}

/** Of programs that somebody described: what else `ss` lists is there, but nobody has named it. */
function listeningPorts({ sockets }: Netns): readonly NamedPort[] {
  return sockets
    .filter(({ behaviour }) => behaviour === 'reply')
    .map(({ protocol, port }) => ({ name: undefined, protocol, port }));
}
