import { Command } from 'commander';
import { addBgp } from './commands/bgp.js';
import { addCollect } from './commands/collect.js';
import { addCompare } from './commands/compare.js';
import { addCompletion } from './commands/completion.js';
import { addDiff } from './commands/diff.js';
import { addExplain } from './commands/explain.js';
import { addExport } from './commands/export.js';
import { addGraph } from './commands/graph.js';
import { addImport } from './commands/import.js';
import { addLabs } from './commands/labs.js';
import { addPcap } from './commands/pcap.js';
import { addScript } from './commands/script.js';
import { addServices } from './commands/services.js';
import { addShow } from './commands/show.js';
import { addTest } from './commands/test.js';
import { addTrace } from './commands/trace.js';
import { addValidate } from './commands/validate.js';
import type { SetExit } from './exit.js';
import type { Io } from './io.js';
import { version } from './version.js';

/** All commands. What a command needs beyond this is loaded when it runs. */
export function createProgram(io: Io, exit: SetExit): Command {
  const program = new Command('podpath')
    .description('Follows a packet through a container network, hop by hop, as Linux would forward it.')
    .version(version(), '-V, --version', 'print the version')
    .configureOutput({ writeOut: io.out, writeErr: io.err, getOutHelpWidth: () => io.columns ?? 100 })
    .showHelpAfterError('(--help tells more)')
    .exitOverride()
    .addHelpText('after', EXAMPLES);
  addTrace(program, io, exit);
  addShow(program, io, exit);
  addServices(program, io, exit);
  addBgp(program, io, exit);
  addExplain(program, io, exit);
  addCompare(program, io, exit);
  addTest(program, io, exit);
  addValidate(program, io, exit);
  addGraph(program, io);
  addPcap(program, io);
  addDiff(program, io, exit);
  addCollect(program, io);
  addImport(program, io, exit);
  addExport(program, io);
  addScript(program, io);
  addLabs(program, io);
  addCompletion(program, io);
  return program;
}

const EXAMPLES = `
Examples:
  podpath trace flannel-vxlan client web-1            a packet between two pods of a shipped lab
  podpath trace my-lab.yaml client service/web -v     the same in a lab of your own, with every rule that mattered
  podpath show flannel-vxlan node-1 routes            what is installed on a node
  podpath bgp calico-bgp sessions                     how BGP stands on each node, as birdc shows it
  podpath graph flannel-vxlan                         a picture of it
  podpath export flannel-vxlan dump/                  what all namespaces hold, as ip -j and iptables-save print it
  podpath trace dump/ client web-1                    the same of dumps: a folder of them is a lab too
  podpath script flannel-vxlan | sudo sh              the lab in the kernel of this machine
  podpath labs                                        the shipped labs

Exit codes: 0 delivered, or nothing wrong; 1 not delivered, or an expectation failed; 2 wrong input or usage;
3 the input does not decide; 70 a bug in podpath.`;
