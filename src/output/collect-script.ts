/**
 * A POSIX shell script that writes a node's state, and that of the namespaces on it, as a node-dump folder.
 *
 * Of several namespaces on one machine the kernel tells each pair of veth devices by index only; where `ip` knows the
 * name of the other namespace, or one pair of indexes fits alone, the wire is written down.
 */
export const COLLECT_SCRIPT = `#!/bin/sh
# Writes what this node's kernel holds into a folder that podpath reads:
#
#   sh collect.sh [FOLDER]        as root, on the node; FOLDER must not exist (default: podpath-NODE)
#
# It only reads: no setting is changed, no kernel module is asked for, and nothing is written but in FOLDER. Tools that
# are not there are passed over; FOLDER/collect.log names them. Keys that sysctl -a would show are left out.
set -u
LC_ALL=C
export LC_ALL
umask 077

# A name as the folder layout takes it.
word() {
  tr '[:upper:]' '[:lower:]' | tr -c 'a-z0-9.\\n-' '-' | sed 's/^[.-]*//; s/[.-]*$//'
}

node=$(uname -n | cut -d. -f1 | word)
[ -n "$node" ] || node=node
out=\${1-}
if [ -z "$out" ]; then out=podpath-$node; fi
mkdir "$out" || exit 2
log=$out/collect.log
: >"$log"
[ "$(id -u)" = 0 ] || echo "not root: much can't be read" | tee -a "$log" >&2

# Runs a command in the namespace that is being looked at: $enter is its file, empty for the node's own.
inside() {
  if [ -z "$enter" ]; then "$@"; else nsenter --net="$enter" "$@"; fi
}

# keep FILE COMMAND...: what the command prints, if there is such a command and it works.
keep() {
  file=$out/$name/$1
  shift
  if ! command -v "$1" >/dev/null 2>&1; then
    echo "$name: no $1 on this node" >>"$log"
  elif ! inside "$@" >"$file" 2>>"$log"; then
    echo "$name: $* failed" >>"$log"
    rm -f "$file"
    return 1
  fi
}

# has FILE: whether the namespace has this file below /proc or /sys.
has() {
  inside test -e "$1"
}

# The kernel runs the rules of iptables-legacy and iptables-nft side by side; iptables-save shows those of one only.
other_rules() {
  command -v iptables-save >/dev/null 2>&1 || return
  case $(iptables-save -V 2>/dev/null) in
    *nf_tables*)
      backend=iptables-legacy
      # Without this file no legacy table is there, and asking for one would load its module.
      [ -n "$(inside cat /proc/self/net/ip_tables_names 2>/dev/null)" ] || return 0
      ;;
    *)
      backend=iptables-nft
      # Without nf_tables in the kernel there are none, and asking would load it.
      grep -q ' nft_do_chain' /proc/kallsyms 2>/dev/null || return 0
      ;;
  esac
  other=$backend-save.txt
  keep "$other" $backend-save -c || return 0
  # Neither a rule, nor a policy but ACCEPT, nor a table that can't be shown.
  grep -q -e '^[[]' -e '^:[A-Z]* DROP' -e incompatible "$out/$name/$other" 2>/dev/null || rm -f "$out/$name/$other"
}

sysctls() {
  command -v sysctl >/dev/null 2>&1 || { echo "$name: no sysctl on this node" >>"$log"; return; }
  inside sysctl -a 2>/dev/null | grep '^net[.]' | grep -v -e 'stable_secret' -e 'fastopen_key' >"$out/$name/sysctl.txt"
}

dump() {
  mkdir "$out/$name" || return
  keep ip-link.json ip -j -d link
  # An older ip can't print these as JSON; podpath reads the text as well.
  keep ip-addr.json ip -j addr || keep ip-addr.txt ip addr
  # Numbers (-N), for which this node may have names of its own. JSON does not say that an MTU is locked, nor where a route
  # with an encapsulation leads.
  keep ip-route.txt ip -N route show table all || keep ip-route.txt ip route show table all
  keep ip-rule.json ip -N -j rule || keep ip-rule.json ip -j rule || keep ip-rule.txt ip rule
  keep ip-neigh.json ip -j neigh
  keep ip-neigh-proxy.json ip -j neigh show proxy
  keep bridge-fdb.json bridge -j fdb
  keep bridge-link.json bridge -j -d link
  keep iptables-save.txt iptables-save -c
  other_rules
  keep ip6tables-save.txt ip6tables-save -c
  # These load their module where it is not there; without it there is nothing to read.
  if has /sys/module/ip_set; then keep ipset-save.txt ipset save; fi
  if has /proc/self/net/ip_vs; then keep ipvsadm-save.txt ipvsadm -Sn; keep ipvs-connections.txt ipvsadm -Lnc; fi
  if has /proc/sys/net/netfilter/nf_conntrack_count; then keep conntrack.txt conntrack -L; fi
  keep ss.txt ss -lntuH
  sysctls
  # namespace, device, index, index of the other end, and the other end's namespace where ip knows its name
  inside ip -o link show type veth 2>>"$log" | awk -v ns="$name" '{
    split($2, dev, "@"); sub(/:$/, "", dev[2])
    if (dev[2] !~ /^if[0-9]+$/) next
    far = "-"
    for (i = 3; i < NF; i++) if ($i == "link-netns") far = $(i + 1)
    print ns, dev[1], $1 + 0, substr(dev[2], 3), far
  }' >>"$out/veths.tmp"
}

# A namespace with nothing but lo (a service of systemd, say) carries no packets. Modules of tunnels make a device in each
# namespace (Linux Documentation/admin-guide/sysctl/net.rst, fb_tunnels_only_for_init_net): down, it is none that carries.
carries() {
  inside ip -o link 2>/dev/null | awk -F '[:@ ]+' '
    $2 == "lo" { next }
    $2 ~ /^(tunl0|gre0|gretap0|erspan0|sit0|ip_vti0|ip6_vti0|ip6tnl0|ip6gre0)$/ && !/[<,]UP[,>]/ { next }
    { found = 1 }
    END { exit !found }'
}

# Of another namespace: the name that ip netns knows, else the host name in it (of a pod, its name), else its number.
name_of() {
  known=$(basename "$2")
  case $2 in
    /proc/*) known=netns-$1 ;;
  esac
  found=$known
  case $known in
    cni-* | netns-* | [0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f]*)
      if [ -n "$3" ] && [ "$(readlink "/proc/$3/ns/uts")" != "$(readlink /proc/self/ns/uts)" ]; then
        host=$(nsenter --target="$3" --uts uname -n 2>>"$log")
        if [ -n "$host" ]; then found=$host; fi
      fi
      ;;
  esac
  found=$(printf '%s\\n' "$found" | word)
  name=$found
  count=2
  while [ -e "$out/$name" ]; do
    name=$found-$count
    count=$((count + 1))
  done
}

enter=
name=$node
dump
{
  echo "# Written by podpath collect on $node, $(date -u +%Y-%m-%dT%H:%M:%SZ), $(uname -sr)"
  echo 'podpath: 1'
  echo 'kind: snapshot'
  echo 'namespaces:'
  echo "  $node: {role: node}"
} >"$out/network.yaml"

# inode and file of each namespace; -L follows the link to the namespace itself.
# shellcheck disable=SC2012 # inode numbers, which no other tool of POSIX prints
own=$(ls -diL /proc/self/ns/net | awk '{ print $1 }')
ls -diL /run/netns/* /var/run/netns/* /var/run/docker/netns/* 2>/dev/null >"$out/files.tmp"
# shellcheck disable=SC2012
ls -diL /proc/[0-9]*/ns/net 2>/dev/null | sort -t / -k 3 -n >"$out/processes.tmp"
awk '!seen[$1]++ { print $1, $2 }' "$out/files.tmp" "$out/processes.tmp" >"$out/all.tmp"
: >"$out/names.tmp"
command -v nsenter >/dev/null 2>&1 || echo "no nsenter on this node: only its own namespace is read" >>"$log"
while read -r inode file; do
  [ "$inode" != "$own" ] || continue
  enter=$file
  carries || continue
  pid=$(awk -v inode="$inode" '$1 == inode { split($2, part, "/"); print part[3]; exit }' "$out/processes.tmp")
  name_of "$inode" "$file" "$pid"
  echo "$(basename "$file") $name" >>"$out/names.tmp"
  dump </dev/null
  echo "  $name: {role: pod, host: $node}" >>"$out/network.yaml"
done <"$out/all.tmp"
# The node's own namespace may have a file too.
awk -v own="$own" -v node="$node" '$1 == own { sub(/.*[/]/, "", $2); print $2, node }' "$out/files.tmp" >>"$out/names.tmp"

# Two devices are a pair when each has the other's index, and nobody else has, or ip names the other's namespace.
awk '
  NR == FNR { of[$1] = $2; next }
  { n++; ns[n] = $1; dev[n] = $2; ix[n] = $3; far[n] = $4; net[n] = ($5 in of) ? of[$5] : "" }
  END {
    for (a = 1; a <= n; a++) {
      mate[a] = 0
      for (b = 1; b <= n; b++)
        if (ns[a] != ns[b] && ix[a] == far[b] && far[a] == ix[b] && (net[a] == "" || net[a] == ns[b]) && (net[b] == "" || net[b] == ns[a]))
          mate[a] = mate[a] ? -1 : b
    }
    for (a = 1; a <= n; a++) {
      if (mate[a] > a && mate[mate[a]] == a) printf "  - [%s/%s, %s/%s]\\n", ns[a], dev[a], ns[mate[a]], dev[mate[a]]
      if (mate[a] < 0) printf "  # not decided: the other end of %s/%s, which has index %s\\n", ns[a], dev[a], far[a]
    }
  }' "$out/names.tmp" "$out/veths.tmp" >"$out/wires.tmp"
if grep -q '^  - ' "$out/wires.tmp"; then echo 'wires:' >>"$out/network.yaml"; fi
cat "$out/wires.tmp" >>"$out/network.yaml"
rm -f "$out/files.tmp" "$out/processes.tmp" "$out/all.tmp" "$out/names.tmp" "$out/veths.tmp" "$out/wires.tmp"
echo "$out: $(grep -c role: "$out/network.yaml") namespaces" >&2
`;
