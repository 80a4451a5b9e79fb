import { isIpv6, parseIpv4 } from '../address/index.js';
import type { Expectation, Fault } from '../lab/index.js';
import { didYouMean } from '../problem/index.js';
import { type Directory, objectName } from '../topology/index.js';
import { DROP_CODES, type DropCode, type Outcome } from '../trace/index.js';
import { inside, keyOf, type LabContext, type Place, positionOf } from './context.js';
import type { LabFile } from './lab-file.js';

const OUTCOMES: readonly Outcome[] = ['delivered', 'dropped', 'rejected', 'looped', 'left-scope', 'unknown', 'held'];

/** What an expectation may name. */
interface Known {
  readonly directory: Directory;
  readonly faults: readonly Fault[];
}

/** Reads the lines `FROM -> TO [PROTO] [size BYTES] [df] [with FAULT, …]: [reply] OUTCOME [(CODE)]`. */
export function readExpectations(
  file: LabFile,
  root: Place,
  known: Known,
  context: LabContext,
): readonly Expectation[] {
  return (file.expect ?? []).flatMap((said, i) => {
    const place = inside(root, 'expect', i);
    if (typeof said !== 'string')
      return Object.entries(said).flatMap(
        ([flow, want]) => readLine(flow, want, inside(place, flow), known, context) ?? [],
      );
    const at = said.lastIndexOf(': ');
    if (at < 0) return context.complain(place, 'syntax', `expected "FROM -> TO: OUTCOME", found "${said}"`) ?? [];
    return readLine(said.slice(0, at), said.slice(at + 2), place, known, context) ?? [];
  });
}

const FLOW =
  /^\s*(\S+)\s*->\s*(\S+)(?:\s+(tcp|udp|icmp|sctp))?(?:\s+size\s+(\d{1,6}))?(?:\s+(df))?(?:\s+with\s+(.+?))?\s*$/;
/** Of a line, in characters: the patterns above take time that grows faster than the text. */
const LONGEST = 1000;
const WANT = /^\s*(reply\s+)?([a-z-]+)(?:\s*\(([A-Z_0-9]+)\))?\s*$/;

function readLine(
  flow: string,
  want: string,
  place: Place,
  known: Known,
  context: LabContext,
): Expectation | undefined {
  const [matched, from = '', to = '', proto, size, df, faultText] = FLOW.exec(flow.slice(0, LONGEST)) ?? [];
  if (matched === undefined) {
    const form = 'FROM -> TO [tcp|udp|icmp|sctp] [size BYTES] [df] [with FAULT, …]';
    return context.complain(keyOf(place), 'syntax', `expected "${form}", found "${flow}"`);
  }
  const { problems } = context;
  const before = problems.length;
  const faults = faultText?.split(/[\s,]+/) ?? [];
  checkNames(from, to, faults, keyOf(place), known, context);
  const outcome = readWant(want, place, context);
  if (outcome === undefined || problems.length > before) return undefined;
  const { line } = positionOf(keyOf(place));
  return {
    from,
    to,
    proto: proto as Expectation['proto'],
    size: size === undefined ? undefined : Number(size),
    df: df !== undefined,
    faults,
    ...outcome,
    file: context.file,
    line,
  };
}

function checkNames(
  from: string,
  to: string,
  faults: readonly string[],
  place: Place,
  { directory, faults: declared }: Known,
  context: LabContext,
): void {
  const names = (): string[] =>
    directory.objects.flatMap((object) => [object.name, objectName(object), shortName(object)]);
  const sender = directory.find(from);
  if (sender !== undefined && sender.netns === undefined)
    context.complain(place, 'bad-value', `${objectName(sender)} can't send: it has no network namespace`);
  if (sender === undefined && !isAmbiguous(from, place, directory, context))
    context.unknownName(place, from, `nothing that can send is called "${from}"`, names);
  const [head = ''] = to.split(':');
  if (isIpv6(to)) context.complain(place, 'bad-address', `IPv6 is not modelled yet, found "${to}"`);
  else if (
    parseIpv4(head) === undefined &&
    directory.find(head) === undefined &&
    !isAmbiguous(head, place, directory, context)
  )
    context.unknownName(place, head, `nothing is called "${head}"`, names);
  for (const fault of faults) {
    if (declared.some((each) => each.name === fault)) continue;
    context.unknownName(place, fault, `no fault is called "${fault}"`, () => declared.map((each) => each.name));
  }
}

/** Whether several objects have a name, which is told then. */
function isAmbiguous(name: string, place: Place, directory: Directory, context: LabContext): boolean {
  if (directory.objects.filter((object) => object.name === name).length < 2) return false;
  context.complain(place, 'unknown-name', directory.explain(name));
  return true;
}

/** `pod/client` for pod/default/client. */
function shortName({ kind, namespace, name }: Parameters<typeof objectName>[0]): string {
  return namespace === 'default' ? `${kind}/${name}` : objectName({ kind, namespace, name });
}

function readWant(
  want: string,
  place: Place,
  context: LabContext,
): Pick<Expectation, 'outcome' | 'leg' | 'code'> | undefined {
  const [matched, reply, word = '', code] = WANT.exec(want.slice(0, LONGEST)) ?? [];
  const outcome = OUTCOMES.find((each) => each === word);
  if (matched === undefined || outcome === undefined) {
    const near = didYouMean(word, OUTCOMES);
    return context.complain(place, 'bad-value', `expected an outcome (${OUTCOMES.join(', ')}), found "${want}"${near}`);
  }
  if (code !== undefined && !isDropCode(code)) {
    const near = didYouMean(code, Object.keys(DROP_CODES));
    return context.complain(place, 'bad-value', `"${code}" is no reason code${near}`);
  }
  return { outcome, leg: reply === undefined ? 'forward' : 'reply', code };
}

function isDropCode(text: string): text is DropCode {
  return Object.hasOwn(DROP_CODES, text);
}
