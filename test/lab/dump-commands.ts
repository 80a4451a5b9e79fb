/** What prints each part of a namespace as JSON, by the part's name in NetnsDump. */
export const DUMP_COMMANDS = {
  link: 'ip -j -d link',
  bridgeLink: 'bridge -j -d link',
  addr: 'ip -j addr',
  route: 'ip -j route show table all',
  rule: 'ip -j rule',
  neigh: 'ip -j neigh',
  fdb: 'bridge -j fdb',
} as const;
