import {
  parseTable,
  type RouteWords,
  RT_SCOPE_HOST,
  RT_SCOPE_LINK,
  RT_TABLE_MAIN,
  readName,
  readRouteWords,
  routeOf,
  tableOf,
} from '../../linux/index.js';
import type { RouteSelector } from '../install.js';
import { call, type Scene } from './scene.js';

const COMMANDS = ['add', 'append', 'change', 'delete', 'flush', 'prepend', 'replace'] as const;

/** `ip route add | append | change | del | flush | prepend | replace`. */
export function ipRoute(scene: Scene): void {
  const { words } = scene;
  const command = words.keyword(COMMANDS, 'ip route command', new Map([['del', 'delete']] as const));
  if (command === undefined) return;
  if (command === 'flush') {
    routeFlush(scene);
    return;
  }
  const spoken = readRouteWords(words);
  if (command === 'delete') call(scene, { call: 'route del', route: selectorOf(spoken) });
  else call(scene, { call: `route ${command}`, table: tableOf(spoken), route: routeOf(spoken) });
}

/** The type decides what scope is meant when none is said, as it does for a new route. */
function selectorOf(spoken: RouteWords): RouteSelector {
  const { type, dst, metric, tos, protocol, prefsrc, nexthop } = spoken;
  const byType = type === 'local' ? RT_SCOPE_HOST : type === 'broadcast' ? RT_SCOPE_LINK : undefined;
  const { dev, via } = spoken.nexthops[0] ?? nexthop;
  return { table: tableOf(spoken), dst, type, dev, via, metric, tos, protocol, prefsrc, scope: spoken.scope ?? byType };
}

function routeFlush(scene: Scene): void {
  const { words } = scene;
  if (words.accept('cache')) {
    words.end();
    call(scene, { call: 'route flush cache' });
    return;
  }
  let table: number | undefined;
  let dev: string | undefined;
  while (words.has()) {
    switch (words.keyword(['table', 'dev'], 'option of ip route flush')) {
      case 'table':
        table = readName(words, 'table', parseTable, ['main', 'local', 'default']);
        break;
      case 'dev':
        dev = words.take('dev');
        break;
      case undefined:
    }
  }
  if (table === undefined && dev === undefined) words.fail('say which: `table TABLE`, `dev DEV` or `cache`', 'missing');
  else call(scene, { call: 'route flush', table: table ?? RT_TABLE_MAIN, dev });
}
