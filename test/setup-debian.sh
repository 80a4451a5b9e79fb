#!/bin/sh
# Installs the programs that the tests compare podpath with. Elsewhere than on Debian and its relatives it names them: the
# tests that want what is missing are skipped, by name.
set -eu
packages='bird2 conntrack gcc ipset iproute2 iptables ipvsadm kmod libc6-dev procps python3 shellcheck tshark user-mode-linux'
if ! command -v apt-get >/dev/null; then
  echo "no apt-get here; the tests use the programs of these Debian packages: $packages" >&2
  exit 0
fi
missing=''
for package in $packages; do
  dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing="$missing $package"
done
[ -n "$missing" ] || exit 0
root=''
[ "$(id -u)" = 0 ] || root='sudo'
$root env DEBIAN_FRONTEND=noninteractive apt-get update -q
# shellcheck disable=SC2086 # each is a word of its own
$root env DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends $missing
# The tests start it themselves; as a service of this machine it is not wanted, and one that was there before is left alone.
case $missing in
  *bird2*) if command -v systemctl >/dev/null; then $root systemctl disable -q --now bird.service || true; fi ;;
esac
