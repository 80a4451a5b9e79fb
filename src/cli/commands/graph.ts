import type { Command } from 'commander';
import { addChangeOptions, type ChangeOptions, changedOrThrow } from '../change.js';
import type { Io } from '../io.js';
import { labSource } from '../lab-argument.js';

/** `podpath graph`. */
export function addGraph(program: Command, io: Io): void {
  const command = program
    .command('graph')
    .description('Draw the hosts, namespaces, devices and wires of a lab, as a Mermaid flowchart.')
    .argument('<lab>', 'a lab file, a folder of node dumps, or the name of a shipped lab');
  addChangeOptions(command)
    .addHelpText('after', EXAMPLES)
    .action(async (lab: string, options: ChangeOptions) => {
      const { openNetwork } = await import('../../input/index.js');
      const { Topology } = await import('../../topology/index.js');
      const { formatPicture } = await import('../../output/index.js');
      const network = await changedOrThrow(await openNetwork(labSource(lab)), options, io);
      const topology = new Topology(network);
      io.out(formatPicture({ hosts: topology.hosts(), connections: topology.connections() }));
    });
}

const EXAMPLES = `
Examples:
  podpath graph flannel-vxlan
  (echo '\`\`\`mermaid'; podpath graph my-lab.yaml; echo '\`\`\`') >> README.md`;
