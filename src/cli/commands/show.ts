import type { Command } from 'commander';
import type { OpenedNetwork } from '../../input/index.js';
import type { LinkView, Netns } from '../../linux/index.js';
import type { Network } from '../../topology/index.js';
import { addChangeOptions, type ChangeOptions, changedNetwork, findNetns } from '../change.js';
import type { SetExit } from '../exit.js';
import type { Io } from '../io.js';
import { labSource } from '../lab-argument.js';
import { Values } from '../values.js';

/** `podpath show`. */
export function addShow(program: Command, io: Io, exit: SetExit): void {
  const values = new Values();
  const command = program
    .command('show')
    .description('Show what is installed in a network namespace, as the native tool prints it.')
    .argument('<lab>', 'a lab file, a folder of node dumps, or the name of a shipped lab')
    .argument('<namespace>', 'a node, pod, host or router')
    .addArgument(values.argument('<what>', 'which part of it', Object.keys(VIEWS)));
  addChangeOptions(command)
    .addHelpText('after', EXAMPLES)
    .action(async (lab: string, namespace: string, what: View, options: ChangeOptions) => {
      const { openNetwork } = await import('../../input/index.js');
      const opened = await openNetwork(labSource(lab));
      const changed = await changedNetwork(opened, options, io);
      const problems = [...values.problems, ...changed.problems];
      const { network } = changed;
      const name = findNetns(namespace, { network, problems });
      const ns = network.netns(name);
      if (ns === undefined) throw new Error(`${name} has a name and is not there`);
      io.out(await VIEWS[what](ns, opened, network));
      exit(0);
    });
}

type View = keyof typeof VIEWS;

const linux = (): Promise<typeof import('../../linux/index.js')> => import('../../linux/index.js');

/** The indexes of far ends, which a namespace alone does not know. */
function viewOf(network: Network): LinkView {
  return { peerIndex: (link) => network.peerOf(link)?.link.ifindex };
}

/** Each part and the command that shows it on a real machine. */
const VIEWS = {
  /** `ip -d link` */
  links: async (ns: Netns, _: OpenedNetwork, network: Network) => (await linux()).formatLinks(ns, viewOf(network)),
  /** `ip addr` */
  addresses: async (ns: Netns, _: OpenedNetwork, network: Network) =>
    (await linux()).formatAddresses(ns, viewOf(network)),
  /** `ip route show table all` */
  routes: async (ns: Netns) => (await linux()).formatAllRoutes(ns),
  /** `ip rule` */
  rules: async (ns: Netns) => (await linux()).formatRules(ns),
  /** `ip neigh` */
  neighbours: async (ns: Netns) => (await linux()).formatNeighbours(ns),
  /** `bridge fdb` */
  fdb: async (ns: Netns) => (await linux()).formatFdb(ns),
  /** `iptables-save` */
  iptables: async (ns: Netns) => (await linux()).printRuleset(ns.iptables),
  /** `ipset save` */
  ipsets: async (ns: Netns) => (await linux()).printIpsets(ns.ipsets),
  /** `ipvsadm -Sn` */
  ipvs: async (ns: Netns) => (await linux()).formatIpvs(ns.ipvs),
  /** `sysctl -a` */
  sysctls: async (ns: Netns) => (await linux()).formatSysctls(ns),
  /** The commands that the kernel refused. */
  refused: async (ns: Netns, opened: OpenedNetwork) => {
    const { formatCommand } = await import('../../plan/index.js');
    const { formatOrigin } = await linux();
    // A dump does not tell what was refused before.
    const refused = opened.kind === 'lab' ? opened.opened.built.refusedIn(ns.name) : [];
    return refused
      .map(({ install, errno, message }) => {
        const why = message === '' ? errno : `${errno}: ${message}`;
        return `${formatCommand(install).trim()}\n  ${why}  (${formatOrigin(install.origin)})\n`;
      })
      .join('');
  },
} as const;

const EXAMPLES = `
What is shown, and the command that shows it on a real machine:
  links ip -d link · addresses ip addr · routes ip route show table all · rules ip rule · neighbours ip neigh
  fdb bridge fdb · iptables iptables-save · ipsets ipset save · ipvs ipvsadm -Sn · sysctls sysctl -a
  refused: calls that the kernel refused

Examples:
  podpath show flannel-vxlan node-1 routes
  podpath show flannel-vxlan pod/client addresses
  podpath show flannel-vxlan node-1 iptables | grep KUBE-SVC
  podpath show services-ipvs node-1 ipvs
  podpath show flannel-host-gw-two-segments node-1 refused
  podpath show flannel-vxlan node-1 fdb --exec 'node-1: ip link set flannel.1 down'`;
