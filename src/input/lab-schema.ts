import * as z from 'zod/mini';
import { calicoSchema } from './calico/calico-schema.js';
import { kubeProxySchema, PROXY_MODES, proxyMode } from './kube-proxy-schema.js';
import type { LabFile } from './lab-file.js';
import {
  address,
  bool,
  either,
  keys,
  LABEL,
  labels,
  name,
  number,
  oneOf,
  opt,
  port,
  protocol,
  QUAD,
  subnet,
  text,
} from './schema-words.js';
import { serviceSchema } from './service-schema.js';

const mac = text(/^[0-9a-fA-F]{2}(:[0-9a-fA-F]{2}){5}$/, 'a MAC address such as 02:00:00:00:00:01');
const podName = text(
  new RegExp(`^(${LABEL}/)?${LABEL}(\\.${LABEL})*$`),
  'a name of small letters, digits, - and ., or namespace/name',
);
const faultName = text(/^[A-Za-z0-9][-A-Za-z0-9_.]*$/, 'a name of letters, digits, -, _ and .');
const mtu = number(68, 65535, 'an MTU in bytes, 68 to 65535');
const command = text(/\S/, 'a command such as ip route del 10.244.2.0/24');
const commands = either([command, z.array(command)], 'a command or a list of commands');
const place = text(/^\S+$/, 'where: node-1, pod/web-0, host/internet, or node/* for every node');
const controlCommand = either([command, z.record(place, commands)], 'a control command, or one by its place');
const fault = either(
  [
    command,
    z.array(either([command, z.record(place, commands)], 'a control command, or commands by their place')),
    z.catchall(
      z.object({
        description: opt(z.string({ error: 'text' }), 'What is broken, for people'),
        events: opt(z.array(controlCommand), 'Control commands in order, as in events of the lab'),
      }),
      commands,
    ),
  ],
  'a map such as {node-2: ip link set eth0 down}, or a control command that needs no machine',
);
const routes = z.record(subnet, address);

const listen = z.array(
  either(
    [
      port,
      text(new RegExp(`^(${QUAD}:)?\\d{1,5}(/(tcp|udp|sctp))?$`), 'a port such as 8080, 53/udp or 127.0.0.1:8080'),
      keys({
        port,
        protocol: opt(oneOf(['tcp', 'udp', 'sctp']), 'tcp unless said otherwise'),
        address: opt(address, '0.0.0.0 (all addresses) unless said otherwise'),
        behaviour: opt(oneOf(['echo', 'sink']), 'echo answers, sink never does'),
      }),
    ],
    'a port such as 8080 or 53/udp',
  ),
);

const node = keys({
  address,
  segment: opt(name, 'The layer-2 segment; found by the address when left out'),
  podCIDR: opt(subnet, 'spec.podCIDR; the next free part of the cluster podCIDR when left out'),
  mtu: opt(mtu, 'MTU of eth0; that of the segment when left out'),
  labels: opt(labels, 'metadata.labels'),
  annotations: opt(labels, 'metadata.annotations'),
  off: opt(
    z.array(text(/^[\w-]+(\/[\w-]+)?$/, 'an agent such as kube-proxy, or a part of one such as flanneld/masq')),
    'Agents, or parts of them, that do not run here',
  ),
});

const pod = keys({
  node: z.string({ error: 'the name of a node' }).check(z.describe('The node that it runs on')),
  ip: opt(address, 'status.podIP; handed out by IPAM when left out'),
  hostNetwork: opt(bool, "Uses the node's network namespace"),
  labels: opt(labels, 'metadata.labels'),
  annotations: opt(labels, 'metadata.annotations; of Calico cni.projectcalico.org/ipv4pools and ipAddrs are read'),
  ports: opt(
    z.array(
      either(
        [
          port,
          text(/^\d{1,5}(\/(tcp|udp|sctp))?$/, 'a port such as 8080 or 53/udp'),
          keys({
            name: opt(text(/^[a-z0-9-]{1,15}$/, 'a port name of small letters, digits and -'), 'Name of the port'),
            containerPort: port,
            protocol: opt(protocol, 'TCP unless said otherwise'),
            hostPort: opt(port, 'A port of the node that leads here (portmap)'),
            hostIP: opt(address, 'The address of the node that hostPort is on; all when left out'),
          }),
        ],
        'a port such as 8080 or 53/udp',
      ),
    ),
    'Container ports; a program listens on each unless `listen` says otherwise',
  ),
  ready: opt(bool, 'Condition Ready; true unless said otherwise'),
  terminating: opt(bool, 'Whether it has a deletionTimestamp; it serves on while it is ready'),
  listen: opt(listen, 'What its programs listen on; the container ports when left out'),
});

const link = keys({
  mtu: opt(mtu, 'ip link set … mtu'),
  state: opt(oneOf(['up', 'down']), 'ip link set … up or down'),
  address: opt(mac, 'ip link set … address'),
});

const asNumber = number(1, 0xffff_ffff, 'an AS number, 1 to 4294967295');

const routerBgp = keys({
  as: asNumber,
  routerId: opt(address, 'The first address of the router when left out'),
  clusterId: opt(address, 'CLUSTER_ID for the clients that it reflects to; the router id when left out'),
  neighbors: opt(
    z.array(
      keys({
        address,
        as: asNumber,
        rrClient: opt(bool, 'The neighbour is a client of this reflector (RFC 4456)'),
        nextHopSelf: opt(bool, 'Announcements get the own address for their NEXT_HOP'),
        addPaths: opt(
          bool,
          'All paths are sent and received (RFC 7911), where the neighbour has it too; true when left out',
        ),
        passive: opt(bool, 'Waits for the neighbour to connect'),
        password: opt(
          text(/./, 'a password'),
          'TCP MD5; for a BGPPeer with a password SECRET/KEY, as its secretKeyRef says them',
        ),
        import: opt(z.array(subnet), 'Prefixes that are let in, longer ones within them too; all when left out'),
        export: opt(z.array(subnet), 'Prefixes that are announced, longer ones within them too; all when left out'),
      }),
    ),
    'Whom it has a session with',
  ),
  announce: opt(z.array(subnet), 'What it announces of its own'),
  aggregates: opt(
    z.array(
      keys({
        net: subnet,
        asSet: opt(bool, 'With the AS numbers and communities of what it is made of'),
        summaryOnly: opt(bool, 'What it is made of is not announced'),
        origin: opt(oneOf(['IGP', 'EGP', 'INCOMPLETE']), 'The worst of what it is made of when left out'),
      }),
    ),
    'What it announces while it has a more specific prefix by BGP: aggregate-address of FRR',
  ),
  fibLimit: opt(
    number(0, 2 ** 31 - 1, 'a number of routes'),
    'Routes that its hardware has room for; all when left out',
  ),
});

/** The format of a lab file; the published JSON Schema is made from it. */
export const labSchema: z.ZodMiniType<LabFile> = keys({
  podpath: opt(z.literal(1, { error: '1, the only version of this format' }), 'Version of the format'),
  description: opt(z.string({ error: 'text' }), 'One line that says what the lab shows'),
  podCIDR: opt(subnet, 'Addresses of all pods'),
  serviceCIDR: opt(subnet, 'Addresses of all Services'),
  serviceNodePortRange: opt(
    text(/^\d{1,5}-\d{1,5}$/, 'a range such as 30000-32767'),
    'Node ports of all Services; 30000-32767 when left out',
  ),
  mtu: opt(mtu, 'MTU of the underlay'),
  segments: opt(
    z.record(
      name,
      either([subnet, keys({ subnet, mtu: opt(mtu, 'MTU of the segment') })], 'a subnet, or a map with one'),
    ),
    'Layer-2 segments; one for each /24 in use when left out',
  ),
  routers: opt(
    z.record(
      name,
      either(
        [
          z.array(address, { error: 'a list of addresses' }),
          keys({
            addresses: z.array(address),
            routes: opt(routes, 'Further routes: prefix to next hop'),
            bgp: opt(routerBgp, 'BIRD on the router'),
          }),
        ],
        'a list of addresses, or a map with one',
      ),
    ),
    'Routers between segments, with an address on each',
  ),
  hosts: opt(
    z.record(
      name,
      either(
        [
          address,
          keys({
            address,
            segment: opt(name, 'The layer-2 segment; found by the address when left out'),
            listen: opt(listen, 'What its programs listen on; nothing when left out'),
            routes: opt(routes, 'Further routes: prefix to next hop'),
          }),
        ],
        'an IPv4 address, or a map with one',
      ),
    ),
    'Machines outside the cluster',
  ),
  nodes: opt(z.record(name, either([address, node], 'an IPv4 address, or a map with one')), 'Nodes by name'),
  pods: opt(
    z.record(podName, either([name, pod], "a node's name, or a map with one")),
    'Pods by name, or namespace/name',
  ),
  services: opt(z.record(podName, serviceSchema), 'Services by name, or namespace/name'),
  cni: opt(
    either(
      [z.string(), z.looseObject({ name: z.string({ error: 'the name of a network plug-in' }) })],
      'a network plug-in such as flannel/vxlan, or a map with its name and options',
    ),
    'The network plug-in: flannel/vxlan, flannel/host-gw, flannel/udp, calico/bgp, calico/ipip, calico/ipip-crosssubnet, calico/vxlan, calico/vxlan-crosssubnet or none; as a map, with the options that it reads',
  ),
  calico: opt(calicoSchema, "Calico's objects, in the words of projectcalico.org/v3"),
  kubeProxy: opt(
    either([proxyMode, kubeProxySchema], `${PROXY_MODES.join(', ')}, or a map`),
    'kube-proxy, with the options of KubeProxyConfiguration',
  ),
  kubelet: opt(oneOf(['on', 'off']), 'on unless said otherwise'),
  sysctl: opt(
    z.record(place, z.record(text(/^[\w./-]+$/, 'a sysctl'), either([z.int(), z.string()], 'a number or text'))),
    'Sysctls by place',
  ),
  links: opt(z.record(place, z.record(text(/^\S{1,15}$/, 'a device'), link)), 'Link settings by place and device'),
  commands: opt(z.record(place, commands), 'Commands that are run once everything is installed, by place'),
  events: opt(
    z.array(controlCommand),
    'What befell the control plane since it converged, in order: pkill, bird, birdc, calicoctl, sleep, fib limit',
  ),
  faults: opt(
    z.record(faultName, fault),
    'What can be broken with --fault NAME: commands and control commands by place, those that need no machine by themselves, and a description',
  ),
  manifest: opt(
    either([z.string(), z.array(z.unknown())], 'a list of Kubernetes objects, or a block of YAML documents'),
    "Kubernetes objects: Node, Pod, Service, EndpointSlice, and Calico's",
  ),
  expect: opt(
    z.array(
      either(
        [z.string(), z.record(z.string(), z.string({ error: 'an outcome such as delivered or dropped (NO_ROUTE)' }))],
        'a line such as client -> service/web:80: delivered',
      ),
    ),
    'What `podpath test` checks: FROM -> TO [PROTO] [size BYTES] [df] [with FAULT, …]: [reply] OUTCOME [(CODE)]',
  ),
});
