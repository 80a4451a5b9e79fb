import * as z from 'zod/mini';
import { AS_NUMBER, CALICO_KINDS, type Field, type Form, type MapForm } from '../../cluster/index.js';
import { anySubnet, bool, either, keys, name, number, oneOf, opt, text } from '../schema-words.js';
import type { CalicoFile, CalicoSpecs } from './calico-file.js';

/** What is known and not read may hold anything. */
const unread = (names: string): Record<string, z.ZodMiniOptional<z.ZodMiniUnknown>> =>
  Object.fromEntries(names.split(' ').map((each) => [each, z.optional(z.unknown())]));

/** The schema of what is written in a form. */
function schemaOf(form: Form): z.ZodMiniType {
  switch (form.form) {
    case 'boolean':
      return bool;
    case 'word':
      return oneOf(Object.keys(form.words));
    case 'number':
      return number(form.min, form.max, form.expected);
    case 'text': {
      const { pattern, expected, number: bounds } = form;
      const own = pattern === undefined ? z.string({ error: expected }) : text(pattern, expected);
      return bounds === undefined ? own : either([number(bounds.min, bounds.max, bounds.expected), own], expected);
    }
    case 'list':
      return z.array(schemaOf(form.of));
    case 'only': {
      const fields = shapeOf(form.of);
      return either([...Object.values(fields), keys(fields)], form.expected);
    }
    case 'map':
      return keys(shapeOf(form));
  }
}

function shapeOf({ fields, unmodelled = {}, unread: others = '' }: MapForm): Record<string, z.ZodMiniType> {
  const read = Object.entries(fields).map(([key, field]) => [key, fieldSchema(field)]);
  const known = Object.entries(unmodelled).map(([key, { form, about = '' }]) => [
    key,
    form === undefined ? z.optional(z.unknown()) : opt(schemaOf(form), about),
  ]);
  return { ...Object.fromEntries(read), ...Object.fromEntries(known), ...(others === '' ? {} : unread(others)) };
}

function fieldSchema(field: Field): z.ZodMiniType {
  const { form, about } = field;
  return 'required' in field ? schemaOf(form).check(z.describe(about)) : opt(schemaOf(form), about);
}

const state = oneOf(['confirmed', 'pending', 'pendingDeletion']);
const { IPPool, IPAMConfig, BGPConfiguration, BGPPeer, BGPFilter, FelixConfiguration } = CALICO_KINDS;

/** Felix has more settings with every version: what is no field of these is let through, and a near miss told. */
export const felixSchema: z.ZodMiniType<CalicoSpecs['FelixConfiguration']> = z.looseObject(shapeOf(FelixConfiguration));

/** A lab's section `calico:`. */
export const calicoSchema: z.ZodMiniType<CalicoFile> = keys({
  ipPools: opt(
    z.record(name, either([anySubnet, keys(shapeOf(IPPool))], 'a subnet, or a map with cidr')),
    'IPPools by name; one over the podCIDR when left out',
  ),
  ipReservations: opt(z.array(anySubnet), 'Prefixes of IPReservations: nothing of them is allocated'),
  ipamConfig: opt(keys(shapeOf(IPAMConfig)), 'IPAMConfiguration'),
  blocks: opt(
    z.record(
      name,
      z.array(
        either(
          [anySubnet, keys({ cidr: anySubnet, state: opt(state, 'Of the affinity; confirmed when left out') })],
          'a block such as 10.244.1.0/26, or a map with cidr',
        ),
        { error: 'a list of blocks' },
      ),
    ),
    'Blocks that are affine to a node, by node; further ones are claimed as they are needed',
  ),
  bgpConfiguration: opt(keys(shapeOf(BGPConfiguration)), 'BGPConfiguration default'),
  bgpPeers: opt(z.record(name, keys(shapeOf(BGPPeer))), 'BGPPeers by name'),
  bgpFilters: opt(z.record(name, keys(shapeOf(BGPFilter))), 'BGPFilters by name'),
  felixConfiguration: opt(felixSchema, 'FelixConfiguration default'),
});

const ordinal = z.nullable(z.int({ error: 'an index' }));

/** The `spec` of each kind in an object of projectcalico.org/v3 or crd.projectcalico.org/v1. */
export const SPECS: { readonly [K in keyof CalicoSpecs]: z.ZodMiniType<CalicoSpecs[K]> } = {
  IPPool: z.looseObject(shapeOf(IPPool)),
  IPReservation: z.looseObject({ reservedCIDRs: z.optional(z.array(anySubnet)) }),
  IPAMConfig: z.looseObject(shapeOf(IPAMConfig)),
  BlockAffinity: z.looseObject({
    cidr: anySubnet,
    node: z.string({ error: 'the name of a node' }),
    state: z.optional(oneOf(['', 'confirmed', 'pending', 'pendingDeletion'])),
    deleted: z.optional(z.union([z.boolean(), z.string()])),
    ...unread('type'),
  }),
  IPAMBlock: z.looseObject({
    cidr: anySubnet,
    affinity: z.optional(z.nullable(z.string({ error: 'host: and a node' }))),
    allocations: z.array(ordinal),
    attributes: z.array(
      z.looseObject({
        handle_id: z.optional(z.nullable(z.string())),
        secondary: z.optional(z.nullable(z.record(z.string(), z.string()))),
      }),
    ),
    deleted: z.optional(bool),
    ...unread('strictAffinity unallocated sequenceNumber sequenceNumberForAllocation affinityClaimTime'),
  }),
  BGPConfiguration: z.looseObject(shapeOf(BGPConfiguration)),
  BGPPeer: z.looseObject(shapeOf(BGPPeer)),
  BGPFilter: z.looseObject(shapeOf(BGPFilter)),
  FelixConfiguration: felixSchema,
  Node: z.looseObject({
    bgp: z.optional(
      z.looseObject({
        ipv4Address: z.optional(z.string()),
        asNumber: z.optional(schemaOf(AS_NUMBER)),
        ipv4IPIPTunnelAddr: z.optional(z.string()),
        routeReflectorClusterID: z.optional(z.string()),
        ...unread('ipv6Address'),
      }),
    ),
    ipv4VXLANTunnelAddr: z.optional(z.string()),
    vxlanTunnelMACAddr: z.optional(z.string()),
    ...unread('orchRefs wireguard addresses ipv6VXLANTunnelAddr vxlanTunnelMACAddrV6'),
  }),
};
