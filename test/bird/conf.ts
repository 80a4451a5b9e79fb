import { formatIpv4, formatPrefix } from '../../src/address/index.js';
import type { Filter, LocalRoute, SessionConfig, SessionTimers, SpeakerConfig } from '../../src/bgp/index.js';
import { filterCode, TUNNEL } from './filter-conf.js';

/** The configuration of a speaker for BIRD 2.0. */
export function birdConf(speaker: SpeakerConfig): string {
  const tunnels = tunnelsOf(speaker);
  const { kernel, interfaces, routes, sessions } = speaker;
  const statics = routes.filter(({ source }) => source === 'static');
  const learned = routes.find(({ source }) => source === 'kernel')?.protocol;
  return [
    'timeformat protocol iso long ms;',
    'timeformat route iso long ms;',
    `router id ${formatIpv4(speaker.routerId)};`,
    `attribute int ${TUNNEL};`,
    filter('to_kernel', kernel.export, tunnels),
    ...sessions.flatMap((session, n) => [
      filter(`import${n}`, session.import, tunnels),
      filter(`export${n}`, session.export, tunnels),
    ]),
    'protocol device { scan time 1; }',
    `protocol direct direct1 { ipv4; interface ${interfaces.map(({ name }) => `"${name}"`).join(', ') || '-"*"'}; }`,
    `protocol kernel ${kernelName(speaker)} {`,
    `  ipv4 { import ${learned === undefined ? 'none' : 'all'}; export filter to_kernel; };`,
    `  scan time 1; ${learned === undefined ? '' : 'learn; '}${kernel.persist ? 'persist; ' : ''}`,
    `  merge paths ${kernel.mergePaths ? 'on' : 'off'}; graceful restart on;`,
    '}',
    ...[...new Set(statics.map(({ protocol }) => protocol))].map((name) => {
      const own = statics.filter(({ protocol }) => protocol === name);
      return `protocol static ${name} { ipv4; ${own.map(staticRoute).join(' ')} }`;
    }),
    ...sessions.map((session, n) => sessionConf(speaker, session, n)),
    '',
  ].join('\n');
}

/** The name of `protocol kernel`: of the routes that are learned from it. */
export function kernelName({ routes }: SpeakerConfig): string {
  return routes.find(({ source }) => source === 'kernel')?.protocol ?? 'kernel1';
}

/** The devices that the kernel filter may choose, by the numbers that `podpath_tunnel` has for them. */
export function tunnelsOf({ kernel }: SpeakerConfig): readonly string[] {
  const chosen = kernel.export.terms.flatMap(({ actions }) =>
    actions.flatMap((action) => (action.set === 'tunnel' ? [action.dev] : [])),
  );
  return [...new Set(chosen)];
}

function filter(name: string, code: Filter, tunnels: readonly string[]): string {
  return `filter ${name} {\n  ${filterCode(code, tunnels)}\n}`;
}

function staticRoute({ net, type, nexthops }: LocalRoute): string {
  if (type !== 'unicast') return `route ${formatPrefix(net)} ${type};`;
  const hops = nexthops.map(({ via, dev, weight }) => {
    const way = via === undefined ? `via "${dev}"` : `via ${formatIpv4(via)}`;
    return weight === 1 ? way : `${way} weight ${weight}`;
  });
  return `route ${formatPrefix(net)} ${hops.join(' ')};`;
}

function sessionConf(speaker: SpeakerConfig, session: SessionConfig, n: number): string {
  const lines = [
    `local ${formatIpv4(session.local)} as ${speaker.as};`,
    `neighbor ${formatIpv4(session.neighbor)} as ${session.neighborAs};`,
    session.multihop ? 'multihop;' : 'direct;',
    session.passive ? 'passive on;' : '',
    session.rrClient ? 'rr client;' : '',
    session.clusterId === undefined ? '' : `rr cluster id ${formatIpv4(session.clusterId)};`,
    session.allowLocalAs > 0 ? `allow local as ${session.allowLocalAs};` : '',
    session.password === undefined ? '' : `password "${session.password}";`,
    `graceful restart ${session.gracefulRestart ? 'on' : 'off'}; graceful restart time ${session.restartTime};`,
    `hold time ${session.holdTime};`,
    session.timers === undefined ? '' : timers(session.timers),
    `ipv4 { import filter import${n}; export filter export${n};`,
    // The default, said aloud: a neighbour that is not on a common subnet needs the second.
    session.multihop ? 'gateway recursive;' : 'gateway direct;',
    session.nextHopSelf ? 'next hop self;' : '',
    session.nextHopKeep ? 'next hop keep;' : '',
    session.addPaths ? 'add paths on;' : '',
    '};',
  ];
  return `protocol bgp ${session.name} {\n  ${lines.filter(Boolean).join('\n  ')}\n}`;
}

function timers({ connectDelay, connectRetry, errorWait }: SessionTimers): string {
  const [least, most] = errorWait;
  return `connect delay time ${connectDelay}; connect retry time ${connectRetry}; error wait time ${least}, ${most};`;
}
