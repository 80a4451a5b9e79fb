import type { Ipv4Prefix } from '../address/index.js';
import { cniBackend } from '../agents/index.js';
import type { CniChoice, Fault, LabNode, Override, Router } from '../lab/index.js';
import type { LabContext, Place } from './context.js';

/** What of a lab decides whether anybody speaks BGP, and what is done to it. */
interface Said {
  readonly cni: CniChoice;
  readonly podCIDR: Ipv4Prefix;
  readonly nodes: readonly LabNode[];
  readonly routers: readonly Router[];
  readonly overrides: readonly Override[];
  readonly faults: readonly Fault[];
}

/**
 * Notes commands that would cut TCP between BGP speakers, which do not learn of it: their simulation has the underlay as
 * the lab describes it.
 */
export function noteSessionsUntouched(said: Said, root: Place, context: LabContext): void {
  if (!speaksBgp(said)) return;
  const machines = new Set([
    ...said.nodes.map(({ name }) => `node/${name}`),
    ...said.routers.map(({ name }) => `host/${name}`),
  ]);
  for (const { netns, path, command } of [...said.overrides, ...said.faults.flatMap(({ commands }) => commands)])
    if (machines.has(netns) && cutsUnderlay(command))
      context.note({ ...root, path }, `the BGP speakers are as before this command: ${command}`);
}

function speaksBgp({ cni, podCIDR, routers }: Said): boolean {
  if (routers.some(({ bgp }) => bgp !== undefined)) return true;
  const configured = cniBackend(cni.name)?.configure(cni.options, podCIDR);
  return configured !== undefined && 'setup' in configured && configured.setup.speakers !== undefined;
}

/** Whether it takes a card of the underlay down, an address off it, or filters what BGP is carried by. */
function cutsUnderlay(command: string): boolean {
  if (/\bip\s+(-\S+\s+)*l(ink)?\s+set\b.*\beth\d+\b.*\bdown\b/.test(command)) return true;
  if (/\bip\s+(-\S+\s+)*a(ddr|ddress)?\s+(del|flush)\b.*\beth\d+\b/.test(command)) return true;
  if (!/\biptables\b.*\s(DROP|REJECT)\b/.test(command)) return false;
  const [, protocol = 'all'] = /\s(?:-p|--protocol)\s+(\S+)/.exec(command) ?? [];
  if (!['all', 'tcp', '6', '0'].includes(protocol)) return false;
  const [, ports] = /--(?:dports?|sports?|destination-ports?|source-ports?)\s+(\S+)/.exec(command) ?? [];
  return ports === undefined || ports.split(/[,:]/).includes('179') || ports.includes('bgp');
}
