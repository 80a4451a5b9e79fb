import type { Page } from '../text/page.js';
import type { BgpLabel, BgpPhrases } from './bgp-phrases.js';
import type { BgpCandidateRow, BgpContributorRow, BgpExplanation, BgpLostRow } from './bgp-rows.js';
import { formatWay, routeInfo } from './birdc.js';

/** Lines of one list; of more, how many there are is said. */
const MOST = 12;

/** Why a speaker uses the path that it uses, or where the announcement was lost. */
export function explanationLines(row: BgpExplanation, page: Page, p: BgpPhrases): void {
  const { speaker, asked, net, candidates } = row;
  const say = (label: BgpLabel, text: string): void => page.paragraph(2, p.label[label], text);
  if (!row.running) {
    page.line(page.paint('bad', `✗ ${p.stopped(speaker)}`));
    return;
  }
  headLine(row, page, p);
  page.line();
  if (net !== undefined && net !== asked) say('address', p.ofAddress(asked));
  for (const candidate of candidates) {
    say(labelOf(candidate), p.lostBy(pathOf(candidate, p), whyOf(candidate, candidates, p)));
  }
  if (row.way.length > 1) say('way', wayOf(row));
  const list = (label: BgpLabel, texts: readonly string[]): void =>
    texts.forEach((text, i) => {
      page.paragraph(2, i === 0 ? p.label[label] : '', text);
    });
  if (row.contributors !== undefined) list('parts', partsOf(row.contributors, p));
  list('origin', listOf(row.origins, p));
  if (row.suppressedBy !== undefined) say('hidden', p.suppressed(row.suppressedBy));
  for (const text of grouped(row.withheld, p)) say('silent', text);
  const inKernel = fibText(row, p);
  if (inKernel !== undefined) say('fib', inKernel);
  list('lost', lostLines(row, p));
}

/** What a route of the kernel's own leads to stands there already; nobody has installed it. */
function fibText({ net, candidates, fib, missing }: BgpExplanation, p: BgpPhrases): string | undefined {
  if (fib !== undefined) {
    const source = candidates.find(({ route }) => route.best)?.route.source;
    const own = source === 'kernel' || source === 'device';
    return `${fib.net} ${formatWay(fib)}${own ? `, ${p.kernelsOwn}` : ''}`;
  }
  return missing === undefined || net === undefined ? undefined : p.notInstalled(missing);
}

function headLine({ speaker, asked, net, insteadOf, candidates }: BgpExplanation, page: Page, p: BgpPhrases): void {
  const best = candidates.find(({ route }) => route.best);
  if (best !== undefined && net !== undefined && insteadOf !== undefined)
    page.line(page.paint('bad', `✗ ${p.fallsBack(insteadOf, net, speaker, pathOf(best, p))}`));
  else if (best !== undefined && net !== undefined && best.route.type !== 'unreachable')
    page.line(page.paint('good', `✓ ${p.bestIs(net, speaker, pathOf(best, p))}`));
  else
    page.line(page.paint('bad', `✗ ${net === undefined ? p.unknownHere(asked, speaker) : p.unusable(net, speaker)}`));
}

/** `via 192.168.56.12 on eth0, from node-2 (Mesh_192_168_56_12)`. */
function pathOf({ route, neighbor }: BgpCandidateRow, p: BgpPhrases): string {
  const { source, protocol, attributes, from } = route;
  const who =
    source === 'bgp' ? p.announcedBy(neighbor ?? from ?? attributes?.nextHop ?? '', protocol) : p.ownRoute(protocol);
  return `${formatWay(route)}, ${who}${route.stale ? `, ${p.stale}` : ''}`;
}

function labelOf({ route, merged }: BgpCandidateRow): BgpLabel {
  if (route.best) return 'best';
  return merged ? 'also' : 'path';
}

function whyOf(
  { route, lostBy, compared, merged }: BgpCandidateRow,
  all: readonly BgpCandidateRow[],
  p: BgpPhrases,
): string {
  if (lostBy !== undefined)
    return `${routeInfo(route)}, ${merged ? `${p.merged} ` : ''}${compared === undefined ? '' : `${p.compared(compared.best, compared.own)}: `}${p.rule[lostBy]}`;
  if (route.type === 'unreachable') return `${routeInfo(route)}, ${p.rule['nexthop-unresolvable']}`;
  return all.length === 1 ? `${routeInfo(route)}, ${p.alone}` : routeInfo(route);
}

/** `node-2 -> (Mesh_192_168_56_12) node-1`: each with the session that it got the announcement on. */
function wayOf({ way }: BgpExplanation): string {
  return way
    .map(({ speaker, session }, i) => (i === 0 || session === undefined ? speaker : `-[${session}]-> ${speaker}`))
    .join(' ');
}

function listOf(origins: BgpExplanation['origins'], p: BgpPhrases): readonly string[] {
  return origins.length === 0 ? [p.nobody] : few(origins.map(p.origin), p);
}

function partsOf(contributors: readonly BgpContributorRow[], p: BgpPhrases): readonly string[] {
  if (contributors.length === 0) return [p.noParts];
  const texts = contributors.map(({ net, neighbor, protocol }) => {
    const who = neighbor === undefined ? p.ownRoute(protocol) : p.announcedBy(neighbor, protocol);
    return `${net}, ${who}`;
  });
  return few(texts, p);
}

/** Those that have it of their own first: with them it is decided; of the others those with one reason together. */
function lostLines({ lost, origins, net, insteadOf, sessionless }: BgpExplanation, p: BgpPhrases): readonly string[] {
  const missed = origins.length > 0 && (net === undefined || insteadOf !== undefined);
  const alone = sessionless.length === 0 ? [] : [p.sessionless(few(sessionless, p))];
  if (missed && lost.length === 0) return [p.noWay, ...alone];
  const own = new Set(origins.map(({ speaker }) => speaker));
  const direct = lost.filter(({ from }) => own.has(from));
  const others = new Map<string, { readonly first: BgpLostRow; readonly from: string[] }>();
  for (const each of lost.filter(({ from }) => !own.has(from))) {
    const key = `${each.to} ${each.why}`;
    const group = others.get(key);
    if (group === undefined) others.set(key, { first: each, from: [each.from] });
    else group.from.push(each.from);
  }
  const lines = [
    ...direct.map(({ from, to, session, why }) => p.lost([from], to, session, why)),
    ...[...others.values()].map(({ first, from }) => p.lost(few(from, p), first.to, first.session, first.why)),
    ...alone,
  ];
  return lines.length > MOST ? [...lines.slice(0, MOST), p.more(lines.length - MOST)] : lines;
}

function few(names: readonly string[], p: BgpPhrases): readonly string[] {
  return names.length > MOST ? [...names.slice(0, MOST), p.more(names.length - MOST)] : names;
}

/** Neighbours with one reason together: in a full mesh all but one have the same. */
function grouped(rows: readonly BgpLostRow[], p: BgpPhrases): readonly string[] {
  const groups = new Map<string, string[]>();
  for (const { from, why } of rows) groups.set(why, [...(groups.get(why) ?? []), from]);
  return [...groups].map(([why, from]) => p.silent(few(from, p), why));
}
