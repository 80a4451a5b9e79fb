import type { Lab, Override } from '../lab/index.js';
import type { Problem } from '../problem/index.js';

/** The lists of a lab whose entries can be left out, and a lab remains. */
const LISTS = ['nodes', 'pods', 'services', 'hosts'] as const;

/**
 * A lab without the entries that something is wrong with, and with those commands alone that do not depend on them, so
 * that what is wrong in these can be told too. undefined where a problem is in what the rest depends on.
 */
export function soundPart(lab: Lab, problems: readonly Problem[]): Lab | undefined {
  const wrong = new Set<string>();
  for (const { path } of problems) {
    const [list, key] = path;
    if (key === undefined || !LISTS.some((each) => each === list)) return undefined;
    wrong.add(`${list}/${key}`);
  }
  const sound = (list: (typeof LISTS)[number], names: readonly string[]): boolean =>
    !names.some((name) => wrong.has(`${list}/${name}`));
  const named = ({ namespace, name }: { readonly namespace: string; readonly name: string }): readonly string[] =>
    namespace === 'default' ? [name, `default/${name}`] : [`${namespace}/${name}`];

  const nodes = lab.nodes.filter(({ name }) => sound('nodes', [name]));
  const machines = new Set(nodes.map(({ name }) => name));
  const pods = lab.pods.filter((pod) => sound('pods', named(pod)) && machines.has(pod.nodeName));
  const hosts = lab.hosts.filter(({ name }) => sound('hosts', [name]));
  if (nodes.length === 0) return undefined;
  const places = new Set([
    ...nodes.map(({ name }) => `node/${name}`),
    ...pods.map(({ namespace, name }) => `pod/${namespace}/${name}`),
    ...[...hosts, ...lab.routers].map(({ name }) => `host/${name}`),
  ]);
  const independent = (all: readonly Override[]): readonly Override[] =>
    all.filter(({ netns, command }) => places.has(netns) && isIndependent(command));
  return {
    ...lab,
    nodes,
    pods,
    services: lab.services.filter((service) => sound('services', named(service))),
    hosts,
    overrides: independent(lab.overrides),
    events: [],
    faults: lab.faults.map((fault) => ({ ...fault, commands: independent(fault.commands), events: [] })),
    expect: [],
  };
}

/**
 * Whether a command is refused or not whatever pods, Services and other nodes there are: not one that names what was
 * made for them, takes a rule away, or needs a route or neighbour.
 */
function isIndependent(command: string): boolean {
  if (/veth|cni|KUBE-|CNI-/.test(command)) return false;
  return /^(ip link|ipset) /.test(command) || (/^iptables /.test(command) && !/ (-D|--delete) /.test(command));
}
