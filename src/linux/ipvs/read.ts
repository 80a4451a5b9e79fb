import { type Problem, type Read, readResult } from '../../problem/index.js';
import type { Source } from '../source.js';
import { LineWords, splitLine } from '../words.js';
import { readIpvsCommand } from './command.js';
import { dumpOrigin, IpvsDraft } from './draft.js';
import type { VirtualService } from './ipvs.js';
import { readIpvsTable } from './read-table.js';

/** Reads what `ipvsadm -Sn` or `ipvsadm -Ln` printed, whichever it is. */
export function readIpvs(source: Source): Read<VirtualService[]> {
  const problems: Problem[] = [];
  const draft = new IpvsDraft();
  if (/^(IP Virtual Server|Prot LocalAddress)/m.test(source.text)) readIpvsTable(source, draft, problems);
  else
    source.text.split('\n').forEach((content, index) => {
      if (content.trim() === '' || /^\s*#/.test(content)) return;
      const place = { file: source.file, line: index + 1, problems };
      readSaved(new LineWords(splitLine(content), place), draft);
    });
  return readResult(draft.finish(), problems);
}

/** A line of `ipvsadm -Sn`: a service, or a server of one. */
function readSaved(words: LineWords, draft: IpvsDraft): void {
  const verb = words.peek();
  if (verb !== '-A' && verb !== '--add-service' && verb !== '-a' && verb !== '--add-server') {
    words.take('command');
    words.fail(`expected -A or -a, as \`ipvsadm -Sn\` prints, found "${verb}"`, 'syntax');
    return;
  }
  const command = readIpvsCommand(words);
  if (command === undefined) return;
  const origin = dumpOrigin(words.place);
  if (command.command === 'add-service') draft.addService({ ...command.service, key: command.key, origin }, words);
  else if (command.command === 'add-server') {
    // Without a method ipvsadm asks for a route; a saved line has none where the kernel found an address of its own.
    const { forwarding = 'local', ...server } = command.server;
    draft.addServer(command.key, { ...server, forwarding, origin }, words);
  }
}
