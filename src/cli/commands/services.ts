import { type Command, Option } from 'commander';
import type { ServiceRow } from '../../output/index.js';
import { didYouMean } from '../../problem/index.js';
import { EXIT, type SetExit, UsageError } from '../exit.js';
import { type Io, wantsColor } from '../io.js';
import { labSource } from '../lab-argument.js';
import { addLanguageOptions, checkedLanguage, type LanguageOptions } from '../language.js';
import { Values } from '../values.js';

interface ServicesOptions extends LanguageOptions {
  readonly json?: true;
}

/** `podpath services`. */
export function addServices(program: Command, io: Io, exit: SetExit): void {
  const values = new Values();
  const command = program
    .command('services')
    .description('Show each Service: what it is reached by, which endpoints every node uses, and why not the others.')
    .argument('<lab>', 'a lab file, or the name of a shipped lab')
    .argument('[name]', 'only this Service: NAME, NAMESPACE/NAME or service/NAMESPACE/NAME')
    .addOption(new Option('--json', 'as JSON (podpath-services/1)'));
  addLanguageOptions(command, values)
    .addHelpText('after', EXAMPLES)
    .action(async (lab: string, name: string | undefined, options: ServicesOptions) => {
      const { openNetwork } = await import('../../input/index.js');
      const opened = await openNetwork(labSource(lab));
      if (opened.kind === 'snapshot')
        throw new UsageError(
          `${lab} is a folder of dumps, which do not tell of Services; what their rules say of one: ` +
            `podpath explain ${lab} KUBE-SERVICES`,
        );
      checkedLanguage(values);
      const { lab: read, built } = opened.opened;
      const { describeServices } = await import('../../analyze/index.js');
      const all = describeServices(read, built.cluster);
      const rows = name === undefined ? all : named(all, name);
      const { formatServices, formatServicesJson, lacksEndpoints } = await import('../../output/index.js');
      const color = options.color && wantsColor(io);
      const width = Math.max(60, io.columns ?? 100);
      io.out(
        options.json === true ? formatServicesJson(rows) : formatServices(rows, { color, lang: options.lang, width }),
      );
      exit(rows.some(lacksEndpoints) ? EXIT.failed : EXIT.ok);
    });
}

/** The Services of a name: of all namespaces where it has none. */
function named(all: readonly ServiceRow[], name: string): readonly ServiceRow[] {
  const parts = name.replace(/^(service|svc)\//, '').split('/');
  const last = parts.at(-1) ?? '';
  const namespace = parts.length === 2 ? parts[0] : undefined;
  const found = all.filter((row) => row.name === last && (namespace === undefined || row.namespace === namespace));
  if (found.length > 0 && parts.length <= 2) return found;
  const known = all.flatMap((row) => (parts.length === 1 ? [row.name] : [`${row.namespace}/${row.name}`]));
  const has = known.length === 0 ? '; the lab has none' : `; there are ${known.join(', ')}`;
  throw new UsageError(`no Service is called "${name}"${didYouMean(parts.join('/'), known) || has}`);
}

const EXAMPLES = `
"uses" are the endpoints for traffic policy Cluster, "local" those for policy Local. Endpoints that are left out, and pods
that look as if they were meant to be endpoints, stand there with the reason. For a Service with a healthCheckNodePort it
says what each node answers an external load balancer: 200 gets traffic, 503 does not.

Exit code 1: some port that kube-proxy serves has no endpoint to send to, on any node. A node without local endpoints for
policy Local is no fault: load balancers leave it out.

Examples:
  podpath services flannel-vxlan
  podpath services flannel-vxlan web
  podpath services my-lab.yaml shop/api --json | jq '.services[].ports[].nodes'`;
