export {
  ANY,
  BROADCAST,
  contains,
  formatIpv4,
  formatPrefix,
  type Ipv4,
  type Ipv4Prefix,
  isLoopback,
  isMulticast,
  isZeronet,
  lastAddress,
  netmask,
  overlaps,
  parseIpv4,
  parsePrefix,
  plus,
  prefixOf,
} from './ipv4.js';
export {
  formatIpv6,
  formatIpv6Prefix,
  type Ipv6,
  type Ipv6Prefix,
  isIpv6,
  parseIpv6,
  parseIpv6Prefix,
} from './ipv6.js';
export { formatMac, isGroupMac, MAC_BROADCAST, MAC_ZERO, type Mac, parseMac } from './mac.js';
