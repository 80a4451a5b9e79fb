import { AddressRenamer } from './addresses.js';

/** A file of a node dump, by its path in the folder with `/` between the parts. */
export interface DumpFile {
  readonly path: string;
  readonly text: string;
}

/** What a network.yaml says of a namespace in one line, as `podpath collect` and `podpath export` write it. */
const NAMESPACE_LINE = /^ {2}["']?([\w.@:+-]+)["']?:.*?\brole:\s*(\w+)/gm;
const DUMP_FILE = /([^/]+)\/[^/]+\.(?:json|txt)$/;

/**
 * A node dump with other addresses, hardware addresses and names, the same for the same throughout, so that a trace of
 * it goes the same way. Names of namespaces, and of Kubernetes objects in comments of rules and sets, are numbered;
 * comment lines of network.yaml are left out, and of sysctls all that is not of the network.
 */
export function redact(files: readonly DumpFile[], key: string): DumpFile[] {
  const names = new NameRenamer();
  const addresses = new AddressRenamer(
    key,
    files.flatMap(({ text }) => rangesIn(text)),
  );
  const sorted = [...files].sort((a, b) => (a.path < b.path ? -1 : 1));
  for (const { path, text } of sorted)
    if (path.endsWith('network.yaml'))
      for (const [, name = '', role = ''] of text.matchAll(NAMESPACE_LINE)) names.add(name, role);
  for (const { path } of sorted) names.add(DUMP_FILE.exec(path)?.[1] ?? '', 'netns');
  return sorted.map(({ path, text }) => ({
    path: path
      .split('/')
      .map((part) => names.known(part) ?? part)
      .join('/'),
    text: withoutAddresses(
      path.endsWith('network.yaml') ? names.network(text) : names.dump(kept(path, text)),
      addresses,
    ),
  }));
}

/** `sysctl -a` tells the host's name as well, and keys: of what it says only the network's is read. */
function kept(path: string, text: string): string {
  if (!/(^|\/)sysctl\.txt$/.test(path)) return text;
  const lines = text.split('\n');
  return lines
    .filter((line) => line === '' || (/^\s*net[./]/.test(line) && !/stable_secret|fastopen_key/.test(line)))
    .join('\n');
}

/** The ends of `--src-range A-B`, `--to-source A-B`, `range A-B` and the like. */
function rangesIn(text: string): (readonly [string, string])[] {
  return [...text.matchAll(RANGE)].map(([, from = '', to = '']) => [from, to]);
}

const RANGE =
  /(?<![\w.:-])((?:\d{1,3}\.){3}\d{1,3}|[0-9a-f]*:[0-9a-f:.]+)-((?:\d{1,3}\.){3}\d{1,3}|[0-9a-f]*:[0-9a-f:.]+)/gi;

/** A hardware address, an IPv6 or an IPv4 address, in this order: the first that fits. */
const ADDRESS =
  /(?<![\w:])(?:[0-9a-f]{1,2}(?::[0-9a-f]{1,2}){5}(?![\w:])|(?=[0-9a-f:]*:[0-9a-f:]*:)[0-9a-f:.]+(?:\/\d+)?(?![\w:]))|(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?:\/\d{1,2})?(?!\.?\w)/gi;

function withoutAddresses(text: string, addresses: AddressRenamer): string {
  return text.replace(ADDRESS, (word) => {
    if (!word.includes(':')) return addresses.ipv4(word) ?? word;
    if (/^[0-9a-f]{1,2}(:[0-9a-f]{1,2}){5}$/i.test(word)) return addresses.mac(word);
    const [, mapped, inner] = /^(::ffff:)(\d+(?:\.\d+){3})$/i.exec(word) ?? [];
    if (mapped !== undefined) return mapped + (addresses.ipv4(inner ?? '') ?? inner);
    return addresses.ipv6(word) ?? word;
  });
}

/** Numbers names by what they are of, in the order in which they are met. */
class NameRenamer {
  readonly #namespaces = new Map<string, string>();
  readonly #others = new Map<string, string>();
  readonly #counts = new Map<string, number>();

  add(name: string, kind: string): void {
    if (name !== '' && !this.#namespaces.has(name)) this.#namespaces.set(name, this.#next(kind));
  }

  /** What a network namespace is called now. */
  known(name: string): string | undefined {
    return this.#namespaces.get(name);
  }

  #next(kind: string): string {
    const count = (this.#counts.get(kind) ?? 0) + 1;
    this.#counts.set(kind, count);
    return `${kind}-${count}`;
  }

  /** A Kubernetes object or namespace. `default` and what kubeadm makes tell nothing. */
  #other(kind: string, name: string): string {
    if (COMMON.has(name)) return name;
    const id = `${kind} ${name}`;
    const known = this.#others.get(id) ?? this.#next(kind);
    this.#others.set(id, known);
    return known;
  }

  /** network.yaml: every word that is a name of it, and what its `names:` say. */
  network(text: string): string {
    return text
      .split('\n')
      .filter((line) => !line.trimStart().startsWith('#'))
      .map((line) => line.replace(/^description:.*$/, 'description: redacted'))
      .map((line) =>
        line.replace(/\b(pod|service)\/([\w.-]+)\/([\w.-]+)/g, (_, kind, namespace, name) =>
          this.#object(kind, namespace, name),
        ),
      )
      .map((line) =>
        /^(podpath|kind|description):/.test(line)
          ? line
          : line.replace(/[\w.@+-]+/g, (word) => this.known(word) ?? word),
      )
      .join('\n');
  }

  /** Comments in dumps, and names of namespaces that `ip` tells. */
  dump(text: string): string {
    const rename = (_: string, word: string, quoted?: string, bare?: string): string => {
      const inner = this.#comment(quoted ?? bare ?? '');
      return quoted === undefined ? `${word}${inner}` : `${word}"${inner}"`;
    };
    return text
      .replace(
        // In quotes iptables escapes with a backslash, and ipset does not.
        /(--comment )(?:"((?:[^"\\]|\\.)*)"|(\S+))/g,
        rename,
      )
      .replace(/((?<!-m |-)comment )(?:"([^"\n]*)"|(\S+))/g, rename)
      .replace(
        /("link_netns":\s*")([^"]*)"/g,
        (_, head: string, name: string) => `${head}${this.known(name) ?? this.#other('netns', name)}"`,
      )
      .replace(/("ifalias":\s*")[^"]*"/g, '$1redacted"');
  }

  #comment(text: string): string {
    return text
      .replace(/\b([a-z0-9-]+)\/([a-z0-9.-]+)(?=[:\s"]|$)/g, (_, namespace: string, name: string) =>
        this.#object('', namespace, name).slice(1),
      )
      .replace(/[\w.-]+/g, (word) => this.known(word) ?? word);
  }

  #object(kind: string, namespace: string, name: string): string {
    const own = this.known(name) ?? this.#other(kind === 'pod' ? 'pod' : 'service', `${namespace}/${name}`);
    return `${kind}/${this.#other('ns', namespace)}/${COMMON.has(`${namespace}/${name}`) ? name : own}`;
  }
}

const COMMON = new Set(['default', 'kube-system', 'kube-flannel', 'default/kubernetes', 'kube-system/kube-dns']);
