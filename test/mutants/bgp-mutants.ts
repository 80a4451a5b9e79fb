import type { Mutant } from './mutants.js';

/** Mistakes of a BGP speaker, which the recorded plans of BIRD must find. */
export const BGP_MUTANTS: readonly Mutant[] = [
  {
    name: 'the lower local preference wins',
    file: 'bgp/decision.ts',
    from: '(a, b) => localPref(b) - localPref(a)',
    to: '(a, b) => localPref(a) - localPref(b)',
  },
  {
    name: 'the length of the AS path does not count',
    file: 'bgp/decision.ts',
    from: '(a, b) => (a.path?.length ?? 0) - (b.path?.length ?? 0)',
    to: '() => 0',
  },
  {
    name: 'origins are alike',
    file: 'bgp/decision.ts',
    from: '(a, b) => origin(a) - origin(b)',
    to: '() => 0',
  },
  {
    name: 'the MEDs of different neighbours are compared',
    file: 'bgp/decision.ts',
    from: '(neighborAs(a) === neighborAs(b) ? med(a) - med(b) : 0)',
    to: 'med(a) - med(b)',
  },
  {
    name: 'the MED does not count',
    file: 'bgp/decision.ts',
    from: '(neighborAs(a) === neighborAs(b) ? med(a) - med(b) : 0)',
    to: '0',
  },
  {
    name: 'iBGP is as good as eBGP',
    file: 'bgp/decision.ts',
    from: '(a, b) => internal(a) - internal(b)',
    to: '() => 0',
  },
  {
    name: 'the higher router id wins',
    file: 'bgp/decision.ts',
    from: '(a, b) => routerId(a) - routerId(b)',
    to: '(a, b) => routerId(b) - routerId(a)',
  },
  {
    name: 'ORIGINATOR_ID does not stand for the router id',
    file: 'bgp/decision.ts',
    from: 'return route.path?.attributes.originatorId ?? route.protocol.session?.remoteId ?? 0;',
    to: 'return route.protocol.session?.remoteId ?? 0;',
  },
  {
    name: 'the length of the CLUSTER_LIST does not count',
    file: 'bgp/decision.ts',
    from: '(a, b) => clusters(a.path) - clusters(b.path)',
    to: '() => 0',
  },
  {
    name: 'what cannot be resolved is as good as the rest',
    file: 'bgp/decision.ts',
    from: '(a, b) => resolvable(a) - resolvable(b)',
    to: '() => 0',
  },
  {
    name: 'only clients of the session that it goes by get what is reflected',
    file: 'bgp/export.ts',
    from: 'if (!session.config.rrClient && !from.config.rrClient) {',
    to: 'if (!session.config.rrClient) {',
  },
  {
    name: 'a cluster is named twice',
    file: 'bgp/export.ts',
    from: 'return target === undefined || target === source ? first : [target, ...first];',
    to: 'return target === undefined ? first : [target, ...first];',
  },
  {
    name: 'the MED is told to other ASes',
    file: 'bgp/export.ts',
    from: 'med: internal || draft.medSet || from === undefined ? draft.med : undefined,',
    to: 'med: draft.med,',
  },
  {
    name: 'paths that are merged need not be as good',
    file: 'bgp/decision.ts',
    from: 'return UP_TO_IGP.every(([, comparison]) => comparison(a, b) === 0);',
    to: 'return true;',
  },
  {
    name: 'only one path goes into the kernel',
    file: 'bgp/decision.ts',
    from: 'return UP_TO_IGP.every(([, comparison]) => comparison(a, b) === 0);',
    to: 'return false;',
  },
  {
    name: 'the own AS in a path is no loop',
    file: 'bgp/export.ts',
    from: 'if (countAs(a.asPath, as) > session.config.allowLocalAs)',
    to: 'if (false)',
  },
  {
    name: 'an own announcement comes back by a reflector',
    file: 'bgp/export.ts',
    from: 'if (session.internal && a.originatorId === routerId)',
    to: 'if (false)',
  },
  {
    name: 'one own AS in a path is always allowed',
    file: 'bgp/export.ts',
    from: 'countAs(a.asPath, as) > session.config.allowLocalAs',
    to: 'countAs(a.asPath, as) > 1',
  },
];
