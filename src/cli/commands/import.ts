import type { Command } from 'commander';
import { InputError } from '../../problem/index.js';
import { EXIT, type SetExit } from '../exit.js';
import type { Io } from '../io.js';
import { formatProblemLine } from '../problem-line.js';

/** `podpath import`. */
export function addImport(program: Command, io: Io, exit: SetExit): void {
  const command = program
    .command('import')
    .description('Make a lab of what other tools tell of a cluster. `import kubectl` reads Kubernetes objects.')
    .addHelpText('after', EXAMPLES);
  command
    .command('kubectl')
    .description('Make a lab of Kubernetes objects, as kubectl prints them in JSON or YAML.')
    .argument('<file...>', 'files with objects or lists of them')
    .addHelpText('after', EXAMPLES)
    .action(async (files: readonly string[]) => {
      const { importKubectl, readFiles } = await import('../../input/index.js');
      const read = importKubectl(await readFiles(files));
      if ('problems' in read) throw new InputError(read.problems);
      const { text, told, misfits } = read.value;
      for (const each of told) io.err(`note: ${each}\n`);
      for (const problem of misfits) io.err(`${formatProblemLine(problem)}\n`);
      io.out(text);
      exit(misfits.length === 0 ? EXIT.ok : EXIT.failed);
    });
}

const EXAMPLES = `
The lab goes to the output; what is not modelled, with the object's name, and what is left out go to the errors. Read are
Node, Pod, Service and EndpointSlice objects and the ConfigMaps kube-flannel-cfg and kube-proxy. Exit code 1: the lab is
printed, but what the objects say does not fit together.

What it wants, of the cluster and of its network:
  kubectl get nodes,pods,svc,endpointslices,netpol,ns -A -o json > cluster.json
  kubectl get cm -n kube-flannel kube-flannel-cfg -o yaml > flannel.yaml
  kubectl get cm -n kube-system kube-proxy -o yaml > kube-proxy.yaml

Examples:
  podpath import kubectl cluster.json flannel.yaml kube-proxy.yaml > lab.yaml
  podpath trace lab.yaml pod/shop/front service/shop/web`;
