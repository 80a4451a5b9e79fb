export type { BridgeFdbEntry, VxlanFdbEntry, VxlanRemote } from './bridge/fdb.js';
export { fdbKey } from './bridge/fdb.js';
export * from './bridge/forward.js';
export * from './bridge/read.js';
export * from './bridge/vxlan.js';
export { formatFdb, formatRemote } from './bridge/write.js';
export { fdbJson } from './bridge/write-json.js';
export type { Chooser, Option } from './chooser.js';
export { confirm } from './conntrack/confirm.js';
export { type ConntrackEntry, conntrackEntries } from './conntrack/entry.js';
export * from './conntrack/nat.js';
export { readConntrack } from './conntrack/read.js';
export * from './conntrack/table.js';
export * from './conntrack/track.js';
export * from './conntrack/tuple.js';
export { formatConntrack } from './conntrack/write.js';
export * from './dump.js';
export * from './fib/address.js';
export * from './fib/lookup.js';
export { formatScope, formatTable, parseProtocol, parseScope, parseTable } from './fib/names.js';
export { updatePmtu } from './fib/pmtu.js';
export { type RouteDump, readRouteText } from './fib/read-route-text.js';
export { readRoutes } from './fib/read-routes.js';
export { readRules, readRuleText } from './fib/read-rules.js';
export * from './fib/route.js';
export { devicesOf, withDeviceRenamed } from './fib/route-devices.js';
export { formatRouteFields } from './fib/route-fields.js';
export * from './fib/route-input.js';
export * from './fib/route-output.js';
export { type RouteWords, readName, readRouteWords, routeOf, type SpokenNexthop, tableOf } from './fib/route-words.js';
export * from './fib/rule.js';
export { formatRuleFields } from './fib/rule-fields.js';
export { type RuleWords, readRuleWords, ruleOf } from './fib/rule-words.js';
export { sameRouteInfo } from './fib/same-route.js';
export { FibTable } from './fib/table.js';
export { unobeyedRoutes } from './fib/unobeyed-routes.js';
export { jsonTellsRoutes, routesJson, rulesJson } from './fib/write-json.js';
export {
  allRoutes,
  formatAllRoutes,
  formatDestination,
  formatRoute,
  formatTableRoutes,
  formatTos,
} from './fib/write-routes.js';
export { formatMark, formatRules, ruleText } from './fib/write-rules.js';
export type { IpsetErrno } from './ipset/draft.js';
export type { Ipset, IpsetMember } from './ipset/ipset.js';
export { printIpsetList, readIpsetList } from './ipset/list.js';
export {
  addToIpset,
  deleteFromIpset,
  describeIpset,
  type IpsetDimension,
  testIpset,
} from './ipset/membership.js';
export {
  type IpsetChunk,
  type IpsetRefusal,
  type IpsetRestored,
  type IpsetRestoreOptions,
  restoreIpsets,
} from './ipset/restore.js';
export { parseIpsets, printIpset, printIpsets } from './ipset/save.js';
export { readIpvsCommand } from './ipvs/command.js';
export {
  type IpvsConnection,
  type IpvsPair,
  inverseIpvsPair,
  ipvsConnectionText,
  ipvsPair,
} from './ipvs/connection.js';
export { findVirtualService, hasRealServer, kernelList, serverAt, serviceOfKey } from './ipvs/find.js';
export { endText, type IpvsEnd, type IpvsProtocol, type RealServer, type VirtualService } from './ipvs/ipvs.js';
export { formatIpvsConnections, readIpvsConnections } from './ipvs/list-connections.js';
export { dropIpvsConntrack, expireNodestConnections } from './ipvs/nfct.js';
export { readIpvs } from './ipvs/read.js';
export { type IpvsWatch, restoreIpvs } from './ipvs/restore.js';
export { scheduleServer } from './ipvs/schedule.js';
export { IPVS_SCHEDULERS } from './ipvs/scheduler/registry.js';
export { type IpvsTimeouts, ipvsTcpState } from './ipvs/tcp.js';
export { formatIpvs, formatIpvsTable, keyText as ipvsKeyText, serviceText as ipvsServiceText } from './ipvs/write.js';
export { Journal } from './journal.js';
export { type JsonRecord, jsonObject } from './json.js';
export { jsonError, jsonOffset, positionAt } from './json-scan.js';
export { type Inet6, inet6Renamed, inet6Without, type KeptEntry, keptRenamed, keptWithout, wordsOf } from './kept.js';
export { type ChildLink, childrenAmong, isChild } from './link/child.js';
export * from './link/connect.js';
export { ipTunnelLookup } from './link/ip-tunnel.js';
export { lowerOf, withoutLower } from './link/kept.js';
export * from './link/link.js';
export { type LinkContext, type LinkDump, readLinks } from './link/read.js';
export { readAddresses } from './link/read-address.js';
export { readAddressText } from './link/read-address-text.js';
export { tunnelOfPort, tunnelOfProtocol } from './link/tunnel.js';
export { addressScope, formatAddresses, formatLinks, type LinkView } from './link/write.js';
export { formatAddress, formatInet6Address } from './link/write-address.js';
export { addressesJson, bridgeLinksJson, linksJson } from './link/write-json.js';
export { ipipEnds, ipipWords, vxlanWords } from './link/write-kind.js';
export * from './neigh/arp.js';
export * from './neigh/cache.js';
export * from './neigh/neigh.js';
export { type NeighbourDump, readNeighbours } from './neigh/read.js';
export { formatInet6Neighbour, formatNeighbours, formatProxies } from './neigh/write.js';
export { neighboursJson, proxiesJson } from './neigh/write-json.js';
export { checkIptablesCommand } from './netfilter/check-command.js';
export * from './netfilter/context.js';
export * from './netfilter/evaluate.js';
export type { MatchExtension, RulePlace, TargetExtension } from './netfilter/extension.js';
export { type ForeignRules, foreignText } from './netfilter/foreign.js';
export type { KnownMatch, KnownTarget } from './netfilter/known.js';
export { formatProtocol as protocolName } from './netfilter/protocol.js';
export type { IptablesErrno, IptablesRefusal } from './netfilter/refusal.js';
export {
  type Applied,
  applyIptablesCommand,
  type IptablesOptions,
  type Restored,
  type RestoreLines,
  restoreRuleset,
} from './netfilter/restore.js';
export * from './netfilter/rule.js';
export { withProtocolNames } from './netfilter/rule-protocol.js';
export { printMatch, printRule, printSpec, printTarget, sameRule } from './netfilter/rule-text.js';
export type { DumpOptions, PrintCounters } from './netfilter/save.js';
export { parseRuleset, printListing, printListings, printRuleset, printTable } from './netfilter/save.js';
export { tracksConnections } from './netfilter/tracking.js';
export { usedIpsets } from './netfilter/used-ipsets.js';
export * from './netns.js';
export { formatOrigin, type Origin } from './origin.js';
export * from './runtime.js';
export * from './skb.js';
export { localPortRange } from './socket/port-range.js';
export { isOldSs, readSockets } from './socket/read.js';
export * from './socket/socket.js';
export { formatInet6Socket, formatSockets } from './socket/write.js';
export type { Source } from './source.js';
export { classifySysctl } from './sysctl/names.js';
export { deviceSysctlPath, readSysctls, sysctlsOf } from './sysctl/read.js';
export { Sysctls, sysctlName, sysctlPath } from './sysctl/sysctl.js';
export { unobeyedSysctls } from './sysctl/unobeyed.js';
export { formatSysctl, formatSysctls } from './sysctl/write.js';
export { LineWords, type PlacedWord, splitLine, type WordPlace } from './words.js';
