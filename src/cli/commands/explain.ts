import type { Command } from 'commander';
import { nearest } from '../../problem/index.js';
import { addChangeOptions, type ChangeOptions, changedOrThrow } from '../change.js';
import { EXIT, type SetExit, UsageError } from '../exit.js';
import { type Io, wantsColor } from '../io.js';
import { labSource } from '../lab-argument.js';
import { addLanguageOptions, checkedLanguage, type LanguageOptions } from '../language.js';
import { Values } from '../values.js';

interface ExplainOptions extends LanguageOptions, ChangeOptions {
  readonly json?: true;
}

/** `podpath explain`. */
export function addExplain(program: Command, io: Io, exit: SetExit): void {
  const values = new Values();
  const command = program
    .command('explain')
    .description('Explain a name: a chain, IP set, device, mark, sysctl or routing table; who made it, and what for.')
    .argument('<lab>', 'a lab file, a folder of node dumps, or the name of a shipped lab')
    .argument('<name>', 'KUBE-SVC-…, FLANNEL-FWD, cni0, veth…, 0x4000, net.ipv4.ip_forward, main')
    .option('--json', 'as JSON (podpath-explain/1)');
  addChangeOptions(addLanguageOptions(command, values))
    .addHelpText('after', EXAMPLES)
    .action(async (lab: string, name: string, options: ExplainOptions) => {
      const { openNetwork } = await import('../../input/index.js');
      const opened = await openNetwork(labSource(lab));
      checkedLanguage(values);
      const network = await changedOrThrow(opened, options, io);
      const { explainName } = await import('../../analyze/index.js');
      const { formatExplanation, formatExplanationJson, KNOWN_NAMES, knownName } = await import(
        '../../output/index.js'
      );
      const explained = explainName(network, name);
      if ('known' in explained && (knownName(name, undefined)?.name ?? '*').endsWith('*')) {
        const wellKnown = KNOWN_NAMES.map((known) => known.name).filter((known) => !known.endsWith('*'));
        const meant = nearest(name, [...explained.known, ...wellKnown]);
        const absent = explained.known.has(meant ?? '') ? '' : ' It is well known, and not in this network';
        const near = meant === undefined ? '' : `; did you mean "${meant}"?${absent}`;
        throw new UsageError(
          `nothing in ${lab} is called "${name}"${near || '; podpath show LAB NODE iptables lists chains'}`,
        );
      }
      const explanation = 'known' in explained ? { name, things: [], subject: undefined } : explained.explanation;
      const color = options.color && wantsColor(io);
      const width = Math.max(60, io.columns ?? 100);
      io.out(
        options.json === true
          ? formatExplanationJson(explanation)
          : formatExplanation(explanation, { color, lang: options.lang, width }),
      );
      exit(EXIT.ok);
    });
}

const EXAMPLES = `
Where a name is alike on several nodes it is told once. Hashes in the names of kube-proxy's chains are worked out again
from the Services that are known, or, of dumps that tell of none, from the comments of the rules. Behind a rule stands how
many packets it has met, where a dump says so.

Examples:
  podpath explain flannel-vxlan KUBE-POSTROUTING
  podpath explain flannel-vxlan KUBE-SEP-2AZ33KU3V5PGPQZH        which Service, which endpoint, whose address
  podpath explain flannel-vxlan veth14eb04c0                     which pod is behind it
  podpath explain flannel-vxlan 0x4000/0x4000 --lang zh          who sets the mark, and who looks at it
  podpath explain calico-bgp cali-FORWARD                        a chain of Felix
  podpath explain dumps/ KUBE-SERVICES                           of real nodes: each rule with its file and line`;
