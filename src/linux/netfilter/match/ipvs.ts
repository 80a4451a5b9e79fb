import { netmask, parseIpv4 } from '../../../address/index.js';
import { type IpvsConnection, inverseIpvsPair, ipvsConnectionText, ipvsPair } from '../../ipvs/connection.js';
import type { RuleContext } from '../context.js';
import type { MatchExtension } from '../extension.js';
import { NOT_FLAG, NOT_VALUE, VALUE } from '../option.js';
import { parseProtocol } from '../protocol.js';
import { negation } from '../spelling.js';

/** `-m ipvs` */
export interface IpvsMatch {
  readonly match: 'ipvs';
  /** The options in the order of printing. */
  readonly options: readonly { readonly option: string; readonly value: string; readonly invert: boolean }[];
}

const OPTIONS = {
  '--ipvs': NOT_FLAG,
  '--vproto': NOT_VALUE,
  '--vaddr': NOT_VALUE,
  '--vport': NOT_VALUE,
  '--vdir': VALUE,
  '--vmethod': NOT_VALUE,
  '--vportctl': NOT_VALUE,
} as const;
const ORDER = Object.keys(OPTIONS);

/** Properties of an IPVS connection (ipvs_mt(), linux net/netfilter/xt_ipvs.c). */
export const ipvs: MatchExtension<IpvsMatch> = {
  name: 'ipvs',
  options: OPTIONS,
  parse(words) {
    if (!words.has()) words.fail('-m ipvs needs an option', 'missing');
    const options: IpvsMatch['options'][number][] = [];
    for (const { option, invert } of words.options(OPTIONS))
      options.push({ option, value: option === '--ipvs' ? '' : textOf(option, words.next()), invert });
    options.sort((a, b) => ORDER.indexOf(a.option) - ORDER.indexOf(b.option));
    return { match: 'ipvs', options };
  },
  print({ options }) {
    const parts = options.map(({ option, value, invert }) => `${negation(invert)}${option} ${value}`.trimEnd());
    return ['-m ipvs', ...parts].join(' ');
  },
  test({ options }, context) {
    const [only] = options;
    const { ipvsProperty } = context.skb;
    if (options.length === 1 && only?.option === '--ipvs') return ipvsProperty !== only.invert;
    return ipvsProperty && options.every((one) => one.option === '--ipvs' || holds(one, context));
  },
  have: (_, context) => {
    const cp = connectionOf(context);
    if (cp !== undefined) return `IPVS ${ipvsConnectionText(cp)}`;
    return context.skb.ipvsProperty ? 'nothing on its way to a server of IPVS' : 'nothing that IPVS has seen to';
  },
};

/** A protocol is printed as a number, whatever its name (libxt_ipvs.c). */
function textOf(option: keyof typeof OPTIONS, word: string): string {
  return option === '--vproto' ? `${parseProtocol(word) ?? word}` : word;
}

/** The connection of a packet to a server: what comes back from one is not found (IP_VS_HDR_INVERSE). */
function connectionOf({ skb, runtime }: RuleContext): IpvsConnection | undefined {
  const pair = skb.ipvsProperty ? ipvsPair(skb) : undefined;
  return pair && runtime.ipvs.connections.findOut(inverseIpvsPair(pair));
}

const METHODS = { masq: 'MASQ', route: 'GATE', tunnel: 'IPIP', local: 'GATE' } as const;

function holds({ option, value, invert }: IpvsMatch['options'][number], context: RuleContext): boolean {
  const { ip, ct, ctReply } = context.skb;
  const cp = connectionOf(context);
  if (cp === undefined) return false;
  switch (option) {
    case '--vproto':
      return (ip?.protocol === parseProtocol(value)) !== invert;
    case '--vaddr': {
      const [address, mask = 32] = value.split('/');
      const network = parseIpv4(address ?? '');
      const bits = parseIpv4(String(mask)) ?? netmask(Number(mask));
      return (network !== undefined && ((cp.vaddr ^ network) & bits) === 0) !== invert;
    }
    case '--vport':
      return (cp.vport === Number(value)) !== invert;
    case '--vdir':
      return ct !== undefined && ctReply === (value === 'REPLY');
    case '--vmethod':
      return (METHODS[cp.forwarding] === value) !== invert;
    default:
      return (cp.control?.vport === Number(value)) !== invert;
  }
}
