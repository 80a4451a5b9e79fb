import { clearMark, ESTABLISHED, IPIP_PACKET, isMarked, setMark, vxlanPacket } from './match.js';
import { chainName, PREFIX } from './names.js';
import { type FelixChain, type FelixRule, jump } from './rule.js';
import type { RuleSettings } from './settings.js';
import { filterAllow } from './static-filter.js';

/**
 * The chains of one pod, where no policy selects it (felix 3.21 rules/endpoints.go endpointIptablesChain()): what belongs
 * to a connection passes, the rest needs a profile that accepts it.
 */
export function workloadChains(
  settings: RuleSettings,
  iface: string,
  profiles: readonly string[],
  mark: number | undefined,
): FelixChain[] {
  const { marks } = settings;
  const chains = [
    {
      name: chainName(PREFIX.toWorkload, iface),
      rules: [
        ...conntrackRules(settings),
        { action: clearMark(marks.accept) },
        ...profileRules(settings, PREFIX.profileInbound, profiles),
      ],
    },
    {
      name: chainName(PREFIX.fromWorkload, iface),
      rules: [
        ...conntrackRules(settings),
        { action: clearMark(marks.accept) },
        ...encapsulationRules(settings),
        ...profileRules(settings, PREFIX.profileOutbound, profiles),
      ],
    },
  ];
  if (!settings.ipvs) return chains;
  const rules = mark === undefined ? [] : [{ action: setMark(mark, marks.endpoint) }];
  return [...chains, { name: chainName(PREFIX.setMark, iface), rules }];
}

function conntrackRules(settings: RuleSettings): FelixRule[] {
  const allow = filterAllow(settings);
  const { accept } = settings.marks;
  return [
    ...(allow === '--jump ACCEPT' ? [] : [{ match: [ESTABLISHED], action: setMark(accept) }]),
    { match: [ESTABLISHED], action: allow },
    ...(settings.felix.disableConntrackInvalidCheck
      ? []
      : [{ match: ['-m conntrack --ctstate INVALID'], action: '--jump DROP' }]),
  ];
}

/** A pod that encapsulates by itself could get around the policies of others. */
function encapsulationRules({ felix }: RuleSettings): FelixRule[] {
  const rules: FelixRule[] = [];
  if (!felix.allowVXLANPacketsFromWorkloads)
    rules.push({
      match: vxlanPacket(felix.vxlanPort),
      action: '--jump DROP',
      comment: 'Drop VXLAN encapped packets originating in workloads',
    });
  if (!felix.allowIPIPPacketsFromWorkloads)
    rules.push({
      match: [IPIP_PACKET],
      action: '--jump DROP',
      comment: 'Drop IPinIP encapped packets originating in workloads',
    });
  return rules;
}

function profileRules({ marks }: RuleSettings, prefix: string, profiles: readonly string[]): FelixRule[] {
  return [
    ...profiles.flatMap((profile) => [
      jump(chainName(prefix, profile)),
      { match: [isMarked(marks.accept)], action: '--jump RETURN', comment: 'Return if profile accepted' },
    ]),
    { action: '--jump DROP', comment: 'Drop if no profiles matched' },
  ];
}

/**
 * The profiles of a pod: of its namespace, which accepts all, and of its service account, which says nothing
 * (libcalico-go 3.21 lib/backend/k8s/conversion).
 */
export function profilesOf({ namespace }: { readonly namespace: string }): readonly [string, string] {
  return [`kns.${namespace}`, `ksa.${namespace}.default`];
}

/** The chains of a profile. From 3.22 on their first rule has a comment with its name. */
export function profileChains({ marks }: RuleSettings, profile: string): FelixChain[] {
  const rules: FelixRule[] = profile.startsWith('kns.')
    ? [{ action: setMark(marks.accept) }, { match: [isMarked(marks.accept)], action: '--jump RETURN' }]
    : [];
  return [PREFIX.profileInbound, PREFIX.profileOutbound].map((prefix) => ({ name: chainName(prefix, profile), rules }));
}
