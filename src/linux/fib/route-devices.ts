import { fieldsRenamed, objectsOf } from '../kept.js';
import type { Nexthop, Route } from './route.js';

/** The devices that a route leads to, one for each next hop; none for a route that refuses. */
export function devicesOf(route: Route): readonly string[] {
  switch (route.type) {
    case 'unicast':
      return route.nexthops.map(({ dev }) => dev);
    case 'local':
    case 'broadcast':
      return [route.dev];
    case 'unmodelled': {
      const { fields } = route;
      return [fields, ...objectsOf(fields['nexthops'])].flatMap(({ dev }) => (typeof dev === 'string' ? [dev] : []));
    }
    default:
      return [];
  }
}

/** The route with one of its devices under its new name. */
export function withDeviceRenamed(route: Route, old: string, name: string): Route {
  const rename = (dev: string): string => (dev === old ? name : dev);
  switch (route.type) {
    case 'unicast': {
      const [first, ...others] = route.nexthops;
      const change = (nexthop: Nexthop): Nexthop => ({ ...nexthop, dev: rename(nexthop.dev) });
      return { ...route, nexthops: [change(first), ...others.map(change)] };
    }
    case 'local':
    case 'broadcast':
      return { ...route, dev: rename(route.dev) };
    case 'unmodelled':
      return { ...route, fields: fieldsRenamed(route.fields, old, name) };
    default:
      return route;
  }
}
