import { escapeText } from './mermaid.js';

/** A device, by where it is. */
interface PicturedDevice {
  readonly netns: string;
  readonly dev: string;
}

/** What a picture of a network shows: hosts, their namespaces and devices, and what joins devices. */
export interface Picture {
  readonly hosts: readonly {
    readonly name: string;
    readonly namespaces: readonly { readonly name: string; readonly devices: readonly PicturedDevice[] }[];
  }[];
  readonly connections: readonly {
    readonly kind: 'wire' | 'port' | 'lower' | 'tunnel';
    readonly ends: readonly [PicturedDevice, PicturedDevice];
  }[];
}

const LINES = { wire: '---', port: '---', lower: '-.-', tunnel: '<-. tunnel .->' } as const;

/** A network as a Mermaid flowchart: a box for each host and namespace, a line for each wire, port and tunnel. */
export function formatPicture({ hosts, connections }: Picture): string {
  const ids = new Map<string, string>();
  const joined = new Set(connections.flatMap(({ ends }) => ends.map(keyOf)));
  const lines = ['flowchart LR'];
  for (const [h, host] of hosts.entries()) {
    lines.push(`  subgraph h${h}["${escapeLabel(host.name)}"]`);
    for (const [n, netns] of host.namespaces.entries()) {
      lines.push(`    subgraph h${h}n${n}["${escapeLabel(netns.name)}"]`);
      for (const device of netns.devices.filter((each) => joined.has(keyOf(each)))) {
        const id = `d${ids.size}`;
        ids.set(keyOf(device), id);
        lines.push(`      ${id}["${escapeLabel(device.dev)}"]`);
      }
      lines.push('    end');
    }
    lines.push('  end');
  }
  for (const { kind, ends } of connections) {
    const [a, b] = ends.map((end) => ids.get(keyOf(end)));
    if (a !== undefined && b !== undefined) lines.push(`  ${a} ${LINES[kind]} ${b}`);
  }
  return `${lines.join('\n')}\n`;
}

function keyOf({ netns, dev }: PicturedDevice): string {
  return `${netns} ${dev}`;
}

/** A quote ends a label. */
function escapeLabel(text: string): string {
  return escapeText(text).replaceAll('"', '#34;');
}
