import { readIpvs } from '../../src/linux/index.js';
import type { Network } from '../../src/topology/index.js';
import { readable } from '../recordings/load.js';

/** Commands of ipvsadm in a plan. No program of a plan runs it, and so none of our commands is one. */
export class IpvsCommands {
  readonly #texts = new Map<string, string>();

  /** Whether the line is one; then it is kept. */
  take(line: string): boolean {
    const [, netns, words] = /^ip netns exec (\S+) ipvsadm (-[Aa] .*)$/.exec(line) ?? [];
    if (netns === undefined) return false;
    this.#texts.set(netns, `${this.#texts.get(netns) ?? ''}${words}\n`);
    return true;
  }

  /** The network with what they add. */
  applied(network: Network): Network {
    const changed = [...this.#texts].flatMap(([netns, text]) => {
      const ns = network.netns(netns);
      return ns === undefined ? [] : [{ ...ns, ipvs: readable(readIpvs({ file: `ipvsadm of ${netns}`, text })) }];
    });
    return changed.length === 0 ? network : network.with(changed);
  }
}
