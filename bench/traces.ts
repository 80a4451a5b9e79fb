import { loadLab, type Network, trace } from '../src/index.js';
import { perSecond, printRates } from './measure.js';

const MODES = ['flannel-host-gw', 'flannel-vxlan', 'flannel-udp', 'calico-bgp', 'calico-ipip', 'calico-vxlan'];

/** Whole traces per second: one TCP packet to a pod on another node and its answer, every event recorded. */
export async function benchTraces(): Promise<void> {
  console.log('Traces: pod to pod across nodes, TCP, there and back, from a cold start of ARP and conntrack');
  const rates: [string, number][] = [];
  for (const mode of MODES) {
    const network = await loadLab(new URL(`../topologies/${mode}.yaml`, import.meta.url));
    check(mode, network);
    rates.push([mode, perSecond(1, () => void trace(network, PROBE))]);
  }
  printRates('traces/s', rates);
}

const PROBE = { from: 'pod/client', to: 'pod/web-1:8080' } as const;

function check(mode: string, network: Network): void {
  const { verdict } = trace(network, PROBE);
  if (verdict.exit !== 0) throw new Error(`${mode}: the packet does not arrive, so its trace is no measure`);
}
