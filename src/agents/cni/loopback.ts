import { type CniArgs, type CniResult, type CniSteps, pluginCalls } from './plugin.js';

/** Sets `lo` up; 127.0.0.1 comes with it (containernetworking/plugins 1.9 plugins/main/loopback/loopback.go). */
export function* loopback(args: CniArgs, prev: CniResult | undefined): CniSteps {
  const refused = yield pluginCalls('loopback', args, 'pod')({ call: 'link set', dev: 'lo', set: { up: true } });
  return refused === undefined ? (prev ?? { ips: [], routes: [] }) : undefined;
}
