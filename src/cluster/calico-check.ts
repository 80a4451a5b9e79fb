import { formatPrefix, overlaps, parsePrefix } from '../address/index.js';
import type { BGPConfiguration, BGPFilterRule, BGPPeer, IPPool } from './calico.js';
import type { SpecPath, Tell } from './calico-issue.js';
import { parseCommunity } from './calico-text.js';

// What calicoctl refuses though each field is alright (libcalico-go 3.21 lib/validator/v3).

const LINK_LOCAL = parsePrefix('169.254.0.0/16');

/** validateIPPoolSpec(). */
export function checkIPPool(pool: Omit<IPPool, 'name'>, tell: Tell): void {
  const { cidr, blockSize, ipipMode, vxlanMode, disabled } = pool;
  const text = formatPrefix(cidr);
  if (blockSize > 32) {
    const message = `expected a prefix length, 20 to 32, found ${blockSize}`;
    tell({ path: ['blockSize'], code: 'bad-value', message });
  } else if (cidr.length > blockSize && !disabled) {
    const message = `${text} is smaller than one block, which is a /${blockSize}`;
    tell({ path: ['cidr'], code: 'bad-value', message });
  }
  if (ipipMode !== 'Never' && vxlanMode !== 'Never') {
    const message = 'ipipMode and vxlanMode: one of them has to be Never';
    tell({ path: ['vxlanMode'], code: 'conflict', message });
  }
  if (LINK_LOCAL !== undefined && overlaps(cidr, LINK_LOCAL)) {
    const message = `${text} overlaps the link-local addresses, 169.254.0.0/16`;
    tell({ path: ['cidr'], code: 'bad-address', message });
  }
}

/** Of each pair only one may be said. */
const EXCLUSIVE = [
  ['nodeSelector', 'node'],
  ['peerSelector', 'peerIP'],
  ['asNumber', 'peerSelector'],
] as const;

/** validateBGPPeerSpec(). */
export function checkBGPPeer(peer: Omit<BGPPeer, 'name'>, tell: Tell): void {
  for (const [key, other] of EXCLUSIVE)
    if (peer[key] !== undefined && peer[other] !== undefined)
      tell({ path: [key], code: 'conflict', message: `${key} and ${other} exclude each other` });
}

/** validateBGPConfigurationSpec(). */
export function checkBGPConfiguration(config: BGPConfiguration, tell: Tell): void {
  const { communities, prefixAdvertisements } = config;
  if (communities.length > 0 && prefixAdvertisements.length === 0) {
    const message = 'no entry of prefixAdvertisements uses these communities';
    tell({ path: ['communities'], code: 'bad-value', message });
  }
  const known = communities.map(({ name }) => name);
  for (const [i, advertisement] of prefixAdvertisements.entries())
    for (const [j, word] of advertisement.communities.entries()) {
      const path = ['prefixAdvertisements', i, 'communities', j];
      if (/^\d+(:\d+){1,2}$/.test(word)) tellCommunity(word, path, tell);
      else if (!known.includes(word))
        tell({ path, code: 'unknown-name', message: `no community is called "${word}"`, near: { word, known } });
    }
}

/** A community by its numbers; undefined, and told, where one of them is too large. */
export function tellCommunity(text: string, path: SpecPath, tell: Tell): ReturnType<typeof parseCommunity> {
  const community = parseCommunity(text);
  const most = text.split(':').length === 2 ? 0xffff : 0xffff_ffff;
  if (community === undefined) tell({ path, code: 'bad-value', message: `${text}: expected numbers up to ${most}` });
  return community;
}

/** validateBGPFilterRuleV4() of calico 3.26 and later, and what BIRD makes of the result. */
export function checkBGPFilterRule({ cidr, matchOperator, prefixLength }: BGPFilterRule, tell: Tell): void {
  if ((cidr === undefined) !== (matchOperator === undefined))
    tell({ path: [], code: 'missing', message: 'expected cidr and matchOperator together' });
  if (prefixLength === undefined) return;
  const path = ['prefixLength'];
  const { min, max } = prefixLength;
  if (cidr === undefined) tell({ path, code: 'missing', message: 'expected cidr beside prefixLength' });
  if (min > max) tell({ path, code: 'bad-value', message: `min ${min} is above max ${max}` });
  // `[ 10.0.0.0/24{24,20} ]` is an "Invalid prefix pattern range" to BIRD (filter/config.Y), which then reads no bird.cfg.
  else if (cidr !== undefined && max < cidr.length)
    tell({ path, code: 'bad-value', message: `max ${max} is shorter than cidr ${formatPrefix(cidr)}` });
}
