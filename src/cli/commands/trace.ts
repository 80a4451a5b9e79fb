import { type Command, Option } from 'commander';
import type { SetExit } from '../exit.js';
import { type Io, wantsColor } from '../io.js';
import { addProbe, followProbe, type ProbeOptions } from '../probe.js';
import { count, Values } from '../values.js';

interface TraceCommandOptions extends ProbeOptions {
  readonly json?: true;
  readonly mermaid?: true;
  readonly verbose: number;
  readonly lang: 'en' | 'zh';
  readonly color: boolean;
}

/** `podpath trace`. */
export function addTrace(program: Command, io: Io, exit: SetExit): void {
  const values = new Values();
  const command = program.command('trace').description('Follow one packet, and what answers it, from FROM to TO.');
  addProbe(command, values, 'all')
    .addOption(new Option('--json', 'print the whole trace as podpath-trace/1').conflicts('mermaid'))
    .option('--mermaid', 'print a Mermaid sequence diagram')
    .option('-v, --verbose', 'each rule that mattered; -vv each rule that was tried, and each capture', count, 0)
    .addOption(values.choice('--lang <language>', 'language of the text', ['en', 'zh']).default('en'))
    .option('--no-color', 'no colours (as NO_COLOR)')
    .addHelpText('after', EXAMPLES)
    .action(async (lab: string, from: string, to: string, options: TraceCommandOptions) => {
      const detail = options.verbose > 1 || options.json === true ? 'all' : 'hits';
      const result = await followProbe([lab, from, to], options, values.problems, detail, io);
      const { formatTrace } = await import('../../output/index.js');
      const text = formatTrace(result, {
        format: options.json === true ? 'json' : options.mermaid === true ? 'mermaid' : 'text',
        detail: options.verbose > 1 ? 2 : options.verbose === 1 ? 1 : 0,
        color: options.color && wantsColor(io),
        lang: options.lang,
        width: Math.max(60, io.columns ?? 120),
      });
      io.out(text);
      exit(result.verdict.exit);
    });
}

const EXAMPLES = `
Examples:
  podpath trace flannel-vxlan client web-1                        TCP to the one port that web-1 listens on
  podpath trace flannel-vxlan client service/web --branches pin:web-1
  podpath trace flannel-vxlan client web-1 --proto icmp --ttl 1
  podpath trace flannel-vxlan internet 192.168.56.13:30080 -v     from outside to a NodePort
  podpath trace flannel-vxlan client web-1 --fault no-route       with one of the lab's faults
  podpath trace flannel-vxlan client web-1 --exec 'node-2: sysctl -w net.ipv4.ip_forward=0'
  podpath trace calico-bgp client web-1 --exec 'node-1: birdc disable all'
  podpath trace flannel-vxlan client web-1 --json | jq .verdict`;
