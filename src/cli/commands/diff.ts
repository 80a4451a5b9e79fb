import type { Command } from 'commander';
import type { Told } from '../../analyze/index.js';
import type { OpenedNetwork } from '../../input/index.js';
import type { EntryKind } from '../../output/index.js';
import { InputError } from '../../problem/index.js';
import { addChangeOptions, type ChangeOptions, changedNetwork, findNetns } from '../change.js';
import { EXIT, type SetExit } from '../exit.js';
import { type Io, wantsColor } from '../io.js';
import { labSource } from '../lab-argument.js';
import { collectList, Values } from '../values.js';

interface DiffCommandOptions extends ChangeOptions {
  readonly namespace?: readonly string[];
  readonly only?: readonly string[];
  readonly json?: boolean;
}

/** `podpath diff`. */
export function addDiff(program: Command, io: Io, exit: SetExit): void {
  const values = new Values();
  const command = program
    .command('diff')
    .description('Compare what two networks hold, entry by entry: missing, extra, different, and whose it is.')
    .argument('<lab>', 'what should be: a lab file, a folder of node dumps, or the name of a shipped lab')
    .argument('<other>', 'what is: the same; --fault and --exec change this one')
    .option('-n, --namespace <name>', 'only this node, pod, host or router (again for more)', collectList)
    .option('--only <kind>', 'only these entries: link, address, route, iptables … (again for more)', collectList)
    .option('--json', 'as JSON (docs/schema/diff.schema.json)');
  addChangeOptions(command)
    .addHelpText('after', EXAMPLES)
    .action(async (lab: string, other: string, options: DiffCommandOptions) => {
      const { openNetwork } = await import('../../input/index.js');
      const [a, b] = [await openNetwork(labSource(lab)), await openNetwork(labSource(other))];
      const changed = await changedNetwork(b, options, io);
      const { ENTRY_KINDS, formatDiff, formatDiffJson } = await import('../../output/index.js');
      const kinds = options.only?.flatMap((kind) => values.oneOf('--only', ENTRY_KINDS)(kind) ?? []);
      const problems = [...values.problems, ...changed.problems];
      const namespaces = options.namespace?.map((name) => {
        const network = changed.network.has(name) ? changed.network : a.network;
        return findNetns(name, { network, problems });
      });
      if (problems.length > 0) throw new InputError(problems);
      const { diffNetworks } = await import('../../analyze/index.js');
      const diff = diffNetworks(a.network, changed.network, {
        ...(namespaces === undefined ? {} : { namespaces }),
        ...(kinds === undefined ? {} : { kinds: kinds as readonly EntryKind[] }),
        dumps: { ...toldBy('a', a), ...toldBy('b', b) },
      });
      const names = [lab, [other, ...withWords(options)].join(' ')] as const;
      io.out(options.json === true ? formatDiffJson(diff, names) : formatDiff(diff, { names, color: wantsColor(io) }));
      exit(diff.differences.length > 0 ? EXIT.failed : diff.compared.length === 0 ? EXIT.unknown : EXIT.ok);
    });
}

/** The file of a node dump that tells each kind of entry. */
const FILES: Readonly<Partial<Record<EntryKind, string>>> = {
  link: 'ip-link.json',
  address: 'ip-addr.json',
  route: 'ip-route.json',
  rule: 'ip-rule.json',
  neighbour: 'ip-neigh.json',
  fdb: 'bridge-fdb.json',
  sysctl: 'sysctl.txt',
  iptables: 'iptables-save.txt',
  ip6tables: 'ip6tables-save.txt',
  ipset: 'ipset-save.txt',
  socket: 'ss.txt',
};

/** What the dumps of a network tell; nothing to say of a lab, which tells all. */
function toldBy(side: 'a' | 'b', opened: OpenedNetwork): { readonly a?: Told; readonly b?: Told } {
  if (opened.kind === 'lab') return {};
  const { coverage } = opened.snapshot;
  const tells = (netns: string, kind: EntryKind): boolean => coverage.get(netns)?.get(FILES[kind] ?? '') !== 'absent';
  return { [side]: { tells } };
}

function withWords({ fault = [], exec = [] }: ChangeOptions): string[] {
  const all = [...fault, ...exec];
  return all.length === 0 ? [] : [`with ${all.join(', ')}`];
}

const EXAMPLES = `
The first network is what should be, the second what is: an entry that the second lacks is missing. Names that are drawn
anew in each (veth pairs, hardware addresses, chains of portmap) are compared by what they are for. Of sysctls, those are
compared that both networks tell of; of dumps, what they tell. Exit code 0: they hold the same; 1: they differ; 3: no
namespace is in both, so that nothing was compared.

Examples:
  podpath diff flannel-vxlan flannel-vxlan --fault no-route       what a fault takes away
  podpath diff flannel-vxlan flannel-vxlan-direct-routing -n node-1
  podpath diff my-lab.yaml dumps/ --only route,fdb                what a cluster lacks, by "podpath collect"
  podpath diff flannel-vxlan flannel-vxlan --exec 'node-1: iptables -P FORWARD DROP' --json`;
