import { Page } from '../text/page.js';
import type { Language } from '../text/phrases.js';
import { SERVICE_PHRASES, type ServiceLabel, type ServicePhrases } from './service-phrases.js';
import {
  type EndpointRow,
  lacksEndpoints,
  type PortOnNode,
  type ServicePortRow,
  type ServiceRow,
} from './service-rows.js';

/** How Services are told. */
export interface ServicesFormatOptions {
  readonly color?: boolean;
  readonly lang?: Language;
  /** Columns of the terminal. 100 unless given. */
  readonly width?: number;
}

/** Services as text: whether each can be reached, then what each is reached by and which endpoints are used where. */
export function formatServices(rows: readonly ServiceRow[], options: ServicesFormatOptions = {}): string {
  const { color = false, lang = 'en', width = 100 } = options;
  const p = SERVICE_PHRASES[lang];
  const page = new Page({ width, color, labels: Object.values(p.label) });
  const lacking = rows.filter(lacksEndpoints);
  if (rows.length === 0) page.line(page.paint('quiet', p.none));
  else if (lacking.length === 0) page.line(page.paint('good', `✓ ${p.allUsable(rows.length)}`));
  else {
    const names = lacking.map(({ namespace, name }) => `${namespace}/${name}`).join(', ');
    page.line(`${page.paint('bad', `✗ ${p.lacking(lacking.length, rows.length)}`)}  ${names}`);
  }
  for (const row of rows) serviceLines(row, page, p);
  return page.toString();
}

function serviceLines(row: ServiceRow, page: Page, p: ServicePhrases): void {
  page.line();
  page.line(`${page.paint('place', `service/${row.namespace}/${row.name}`)}  ${row.type}`);
  const say = (label: ServiceLabel, text: string): void => {
    if (text !== '') page.paragraph(2, p.label[label], text);
  };
  say('address', row.clusterIPs.join(', '));
  say('external', row.externalIPs.join(', '));
  say('balancer', row.loadBalancer.map(({ ip, ipMode }) => `${ip} (${ipMode})`).join(', '));
  say('sources', row.loadBalancerSourceRanges.join(', '));
  // Of an ExternalName nothing is followed.
  const rules = row.notServed !== 'external-name';
  say('policy', rules ? policies(row) : '');
  say('affinity', row.affinitySeconds === undefined ? '' : p.affinity(row.affinitySeconds));
  say('selector', rules ? selectorText(row.selector, p) : '');
  say('health', healthText(row, p));
  if (row.notServed !== undefined) say('note', p.notServed[row.notServed]);
  for (const port of row.ports) portLines(port, page, p);
  for (const { pod, because } of row.noEndpoints)
    say('noEndpoint', `${pod}: ${because.map(p.noEndpointBecause).join('; ')}`);
}

function policies({ internalTrafficPolicy, externalTrafficPolicy }: ServiceRow): string {
  const external = externalTrafficPolicy === undefined ? [] : [`externalTrafficPolicy ${externalTrafficPolicy}`];
  return [`internalTrafficPolicy ${internalTrafficPolicy}`, ...external].join(', ');
}

function selectorText(selector: ServiceRow['selector'], p: ServicePhrases): string {
  if (selector === undefined) return p.noSelector;
  return Object.entries(selector)
    .map(([key, value]) => `${key}=${value}`)
    .join(', ');
}

function healthText({ healthCheckNodePort, health }: ServiceRow, p: ServicePhrases): string {
  return healthCheckNodePort === undefined ? '' : `:${healthCheckNodePort}  ${health.map(p.health).join(' · ')}`;
}

function portLines(port: ServicePortRow, page: Page, p: ServicePhrases): void {
  const { name, protocol, targetPort, nodePort } = port;
  const frontend = `${name === '' ? '' : `${name} `}${protocol} ${port.port}`;
  page.line(
    `  ${page.paint('place', p.port(frontend, String(targetPort), nodePort === undefined ? '' : `${nodePort}`))}`,
  );
  for (const { nodes, like } of grouped(port.nodes)) {
    page.line(`    ${p.onNodes(nodes.join(', '))}`);
    nodeLines(like, page, p);
  }
}

/** Nodes that do the same, together. */
function grouped(
  nodes: readonly PortOnNode[],
): readonly { readonly nodes: readonly string[]; readonly like: PortOnNode }[] {
  const groups = new Map<string, { readonly nodes: string[]; readonly like: PortOnNode }>();
  for (const each of nodes) {
    const key = JSON.stringify({ ...each, node: '' });
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { nodes: [each.node], like: each });
    else group.nodes.push(each.node);
  }
  return [...groups.values()];
}

function nodeLines({ cluster, local, unused, internal, external }: PortOnNode, page: Page, p: ServicePhrases): void {
  const row = (label: ServiceLabel, text: string): void => page.paragraph(6, p.label[label], text);
  for (const [i, each] of cluster.entries()) page.paragraph(6, i === 0 ? p.label.uses : '', endpointText(each));
  for (const [i, each] of local.entries()) page.paragraph(6, i === 0 ? p.label.local : '', endpointText(each));
  if (cluster.length + local.length === 0) page.paragraph(6, p.label.uses, p.noEndpoint, 'bad');
  for (const each of unused) row('unused', `${endpointText(each)}: ${p.unused(each.because)}`);
  for (const [of, fate] of [
    ['internal', internal],
    ['external', external],
  ] as const)
    if (fate !== undefined && fate !== 'cluster' && fate !== 'local') row('result', p.fate(of, fate));
}

function endpointText({ address, target, nodeName }: EndpointRow): string {
  const whose = [target, nodeName].filter((each) => each !== undefined).join(', ');
  return whose === '' ? address : `${address}  (${whose})`;
}

/** Services as a document: `undefined` is null there. */
export function formatServicesJson(rows: readonly ServiceRow[]): string {
  const document = { schema: 'podpath-services/1', ok: !rows.some(lacksEndpoints), services: rows };
  return `${JSON.stringify(document, (_, value: unknown) => (value === undefined ? null : value), 2)}\n`;
}
