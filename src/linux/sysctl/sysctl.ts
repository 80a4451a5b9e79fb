/**
 * The sysctls of one namespace that the packet path reads, with the kernel's `all`, `default` and device rules.
 *
 * Names are paths below /proc/sys: `net/ipv4/conf/flannel.1/rp_filter`, because a device's name may hold a dot.
 */
export class Sysctls {
  /** net.ipv4.conf: device (or `all`, `default`) → attribute → value. Missing means the inherited one. */
  readonly #conf: Map<string, Map<string, number>>;
  readonly #values: Map<string, string>;

  private constructor(conf: Map<string, Map<string, number>>, values: Map<string, string>) {
    this.#conf = conf;
    this.#values = values;
  }

  /** Those of a namespace just created. */
  static create(): Sysctls {
    return new Sysctls(new Map(), new Map());
  }

  clone(): Sysctls {
    const conf = new Map([...this.#conf].map(([dev, attributes]) => [dev, new Map(attributes)]));
    return new Sysctls(conf, new Map(this.#values));
  }

  /** The value as /proc/sys shows it; undefined when the name is not known here. */
  get(path: string): string | undefined {
    const name = ALIASES.get(path) ?? path;
    const [, dev, attribute] = CONF.exec(name) ?? [];
    if (dev === undefined || attribute === undefined) return this.#values.get(name) ?? DEFAULTS.get(name);
    return CONF_DEFAULTS.has(attribute) ? String(this.conf(dev, attribute)) : this.#values.get(name);
  }

  /** The value as a number; 0 when it is unset or not numeric. */
  number(path: string): number {
    return Number(this.get(path) ?? 0) || 0;
  }

  /**
   * Writes one value, with the kernel's consequences: `ip_forward` sets `forwarding` everywhere
   * (inet_forward_change()), `default` reaches devices that have not been set up yet (devinet_copy_dflt_conf(),
   * linux net/ipv4/devinet.c).
   */
  set(path: string, value: string): void {
    const name = ALIASES.get(path) ?? path;
    const [, dev, attribute] = CONF.exec(name) ?? [];
    if (dev === undefined || attribute === undefined || !CONF_DEFAULTS.has(attribute)) {
      this.#values.set(name, value);
      return;
    }
    const number = Number(value) || 0;
    if (dev === 'all' && attribute === 'forwarding' && this.conf('all', 'forwarding') !== number) {
      this.#write('default', 'forwarding', number);
      this.#write('all', 'accept_redirects', number === 0 ? 1 : 0);
      for (const [other, attributes] of this.#conf)
        if (other !== 'all' && attributes.has('forwarding')) attributes.set('forwarding', number);
    }
    this.#write(dev, attribute, number);
  }

  #write(dev: string, attribute: string, value: number): void {
    const attributes = this.#conf.get(dev);
    if (attributes === undefined) this.#conf.set(dev, new Map([[attribute, value]]));
    else attributes.set(attribute, value);
  }

  /**
   * From now on `default` does not change this device: it keeps what it has. The kernel does so when the device gets
   * its first address (ipv4_devconf_setall()).
   */
  detachDevice(dev: string): void {
    for (const attribute of CONF_DEFAULTS.keys()) this.#write(dev, attribute, this.conf(dev, attribute));
  }

  removeDevice(dev: string): void {
    this.#conf.delete(dev);
    for (const name of this.#values.keys()) if (DEVICE.exec(name)?.[2] === dev) this.#values.delete(name);
  }

  /** Every value that differs from a new namespace's, sorted by name. A device that follows `default` is left out. */
  changed(): [path: string, value: string][] {
    const list: [string, string][] = [...this.#values].filter(([name, value]) => DEFAULTS.get(name) !== value);
    for (const [dev, attributes] of this.#conf)
      for (const [attribute, value] of attributes) {
        const inherited = dev === 'all' || dev === 'default' ? undefined : this.#conf.get('default')?.get(attribute);
        if (value !== (inherited ?? Number(CONF_DEFAULTS.get(attribute))))
          list.push([`net/ipv4/conf/${dev}/${attribute}`, String(value)]);
      }
    return list.sort(([a], [b]) => (a < b ? -1 : 1));
  }

  /** Every value that is known, for these of the devices besides `all` and `default`, sorted by path. */
  entries(devices: Iterable<string>): [path: string, value: string][] {
    const values = new Map([...DEFAULTS, ...this.#values]);
    values.set('net/ipv4/ip_forward', String(this.conf('all', 'forwarding')));
    for (const dev of devices)
      for (const attribute of CONF_DEFAULTS.keys())
        values.set(`net/ipv4/conf/${dev}/${attribute}`, String(this.conf(dev, attribute)));
    return [...values].sort(([a], [b]) => (a < b ? -1 : 1));
  }

  /** A device gets another name, and keeps its values. */
  renameDevice(dev: string, name: string): void {
    const attributes = this.#conf.get(dev);
    if (attributes !== undefined) this.#conf.set(name, attributes);
    this.#conf.delete(dev);
    for (const [path, value] of [...this.#values]) {
      if (DEVICE.exec(path)?.[2] !== dev) continue;
      this.#values.delete(path);
      this.#values.set(path.replace(DEVICE, `$1/${name}/$3`), value);
    }
  }

  /** IN_DEV_CONF_GET: the device's own value. A device that nobody wrote to has what `default` says. */
  conf(dev: string, attribute: string): number {
    const own = this.#conf.get(dev)?.get(attribute);
    if (own !== undefined) return own;
    const inherited = dev === 'all' ? undefined : this.#conf.get('default')?.get(attribute);
    return inherited ?? CONF_DEFAULTS.get(attribute) ?? 0;
  }

  /** IN_DEV_MAXCONF: the larger of `all` and the device. */
  confMax(dev: string, attribute: string): number {
    return Math.max(this.conf('all', attribute), this.conf(dev, attribute));
  }

  /** IN_DEV_ORCONF: set for `all` or for the device. */
  confOr(dev: string, attribute: string): boolean {
    return this.conf('all', attribute) !== 0 || this.conf(dev, attribute) !== 0;
  }

  /** IN_DEV_ANDCONF: set for `all` and for the device. */
  confAnd(dev: string, attribute: string): boolean {
    return this.conf('all', attribute) !== 0 && this.conf(dev, attribute) !== 0;
  }
}

const CONF = /^net\/ipv4\/conf\/([^/]+)\/([^/]+)$/;
/** Sysctls that a device has of its own, of either family. */
const DEVICE = /^(net\/ipv[46]\/(?:conf|neigh))\/([^/]+)\/([^/]+)$/;
const ALIASES = new Map([['net/ipv4/ip_forward', 'net/ipv4/conf/all/forwarding']]);

/** What a namespace just created holds for each device (ipv4_devconf, linux net/ipv4/devinet.c). */
const CONF_DEFAULTS: ReadonlyMap<string, number> = new Map([
  ['accept_local', 0],
  ['accept_redirects', 1],
  ['arp_accept', 0],
  ['arp_announce', 0],
  ['arp_filter', 0],
  ['arp_ignore', 0],
  ['arp_notify', 0],
  ['bc_forwarding', 0],
  ['drop_unicast_in_l2_multicast', 0],
  ['forwarding', 0],
  ['ignore_routes_with_linkdown', 0],
  ['log_martians', 0],
  ['medium_id', 0],
  ['promote_secondaries', 0],
  ['proxy_arp', 0],
  ['proxy_arp_pvlan', 0],
  ['route_localnet', 0],
  ['rp_filter', 0],
  ['secure_redirects', 1],
  ['send_redirects', 1],
  ['shared_media', 1],
  ['src_valid_mark', 0],
]);

/** What a namespace just created holds otherwise (Linux 6.x). */
const DEFAULTS: ReadonlyMap<string, string> = new Map([
  ['net/bridge/bridge-nf-call-arptables', '1'],
  ['net/bridge/bridge-nf-call-ip6tables', '1'],
  ['net/bridge/bridge-nf-call-iptables', '1'],
  ['net/bridge/bridge-nf-filter-vlan-tagged', '0'],
  ['net/bridge/bridge-nf-pass-vlan-input-dev', '0'],
  ['net/ipv4/fib_multipath_hash_policy', '0'],
  ['net/ipv4/icmp_echo_ignore_all', '0'],
  ['net/ipv4/icmp_echo_ignore_broadcasts', '1'],
  ['net/ipv4/icmp_errors_use_inbound_ifaddr', '0'],
  ['net/ipv4/fwmark_reflect', '0'],
  ['net/ipv4/ip_default_ttl', '64'],
  ['net/ipv4/ip_forward_use_pmtu', '0'],
  ['net/ipv4/ip_local_port_range', '32768\t60999'],
  ['net/ipv4/ip_no_pmtu_disc', '0'],
  ['net/ipv4/ip_nonlocal_bind', '0'],
  ['net/ipv4/tcp_fwmark_accept', '0'],
  ['net/ipv4/tcp_syn_retries', '6'],
  ['net/ipv4/tcp_synack_retries', '5'],
  ['net/ipv4/vs/backup_only', '0'],
  ['net/ipv4/vs/cache_bypass', '0'],
  ['net/ipv4/vs/conn_reuse_mode', '1'],
  ['net/ipv4/vs/conntrack', '0'],
  ['net/ipv4/vs/drop_entry', '0'],
  ['net/ipv4/vs/drop_packet', '0'],
  ['net/ipv4/vs/expire_nodest_conn', '0'],
  ['net/ipv4/vs/expire_quiescent_template', '0'],
  ['net/ipv4/vs/ignore_tunneled', '0'],
  ['net/ipv4/vs/nat_icmp_send', '0'],
  ['net/ipv4/vs/schedule_icmp', '0'],
  ['net/ipv4/vs/secure_tcp', '0'],
  ['net/ipv4/vs/sloppy_sctp', '0'],
  ['net/ipv4/vs/sloppy_tcp', '0'],
  ['net/ipv4/vs/snat_reroute', '1'],
  ['net/netfilter/nf_conntrack_generic_timeout', '600'],
  ['net/netfilter/nf_conntrack_icmp_timeout', '30'],
  ['net/netfilter/nf_conntrack_tcp_be_liberal', '0'],
  ['net/netfilter/nf_conntrack_tcp_ignore_invalid_rst', '0'],
  ['net/netfilter/nf_conntrack_tcp_loose', '1'],
  ['net/netfilter/nf_conntrack_tcp_timeout_close', '10'],
  ['net/netfilter/nf_conntrack_tcp_timeout_close_wait', '60'],
  ['net/netfilter/nf_conntrack_tcp_timeout_established', '432000'],
  ['net/netfilter/nf_conntrack_tcp_timeout_fin_wait', '120'],
  ['net/netfilter/nf_conntrack_tcp_timeout_last_ack', '30'],
  ['net/netfilter/nf_conntrack_tcp_timeout_syn_recv', '60'],
  ['net/netfilter/nf_conntrack_tcp_timeout_syn_sent', '120'],
  ['net/netfilter/nf_conntrack_tcp_timeout_time_wait', '120'],
  ['net/netfilter/nf_conntrack_tcp_timeout_unacknowledged', '300'],
  ['net/netfilter/nf_conntrack_udp_timeout', '30'],
  ['net/netfilter/nf_conntrack_udp_timeout_stream', '120'],
]);

/** `net.ipv4.conf.flannel/1.rp_filter` → its path below /proc/sys; the first separator decides, as in sysctl(8). */
export function sysctlPath(name: string): string {
  const first = /[./]/.exec(name)?.[0];
  if (first !== '.') return name;
  return name.replace(/[./]/g, (c) => (c === '.' ? '/' : '.'));
}

/** The opposite of {@link sysctlPath}: dots between the parts, a dot inside a part as `/`. */
export function sysctlName(path: string): string {
  return path.replace(/[./]/g, (c) => (c === '.' ? '/' : '.'));
}
