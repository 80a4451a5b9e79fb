import type { Command } from 'commander';
import { UsageError } from '../exit.js';
import type { Io } from '../io.js';
import { addProbe, followProbe, type ProbeOptions } from '../probe.js';
import { Values } from '../values.js';

interface PcapOptions extends ProbeOptions {
  readonly write: string;
}

/** `podpath pcap`. */
export function addPcap(program: Command, io: Io): void {
  const values = new Values();
  const command = program
    .command('pcap')
    .description('Write the frames of a trace, at each device, as pcapng for Wireshark.')
    .requiredOption('-w, --write <file>', 'the file to write; - for standard output');
  addProbe(command, values, 'seed:1')
    .addHelpText('after', EXAMPLES)
    .action(async (lab: string, from: string, to: string, options: PcapOptions) => {
      const result = await followProbe([lab, from, to], options, values.problems, 'hits', io);
      const { formatPcapng } = await import('../../output/index.js');
      if (options.write === '-') {
        io.outBytes(formatPcapng(result));
        return;
      }
      const { writeFileSync } = await import('node:fs');
      try {
        writeFileSync(options.write, formatPcapng(result));
      } catch (error) {
        throw new UsageError(`can't write ${options.write}: ${error instanceof Error ? error.message : String(error)}`);
      }
    });
}

const EXAMPLES = `
Each device is an interface; what the kernel did with a frame there is its comment. Of several branches one is drawn.

Examples:
  podpath pcap flannel-vxlan client web-1 -w trace.pcapng
  wireshark -d udp.port==8472,vxlan -d udp.port==8285,ip trace.pcapng     Flannel's ports are not in Wireshark's tables
  podpath pcap flannel-vxlan client service/web --branches pin:web-0 -w trace.pcapng`;
