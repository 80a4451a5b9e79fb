import { describe, expect, test } from 'vitest';
import { guest, whyNoGuest } from '../uml.js';

const why =
  whyNoGuest() ?? (guest('ipvsadm -Ln && conntrack --version').status === 0 ? undefined : 'tools are missing');

/** A client, a node with a virtual server of UDP as kube-proxy makes it, and two real servers that say who they are. */
const SETUP = `
for n in c n b1 b2; do ip netns add $n; ip -n $n link set lo up; done
i=0
for n in c b1 b2; do
  i=$((i + 1))
  ip link add v$n netns n type veth peer name eth0 netns $n
  ip -n n addr add 10.0.$i.1/24 dev v$n; ip -n n link set v$n up
  ip -n $n addr add 10.0.$i.2/24 dev eth0; ip -n $n link set eth0 up; ip -n $n route add default via 10.0.$i.1
done
ip -n n link add kube-ipvs0 type dummy; ip -n n addr add 10.96.0.53/32 dev kube-ipvs0
n() { ip netns exec n "$@"; }
n ipvsadm -A -u 10.96.0.53:53 -s rr
n sysctl -qw net.ipv4.ip_forward=1 net.ipv4.vs.conntrack=1 net.ipv4.vs.expire_nodest_conn=1
n iptables-legacy -t nat -A POSTROUTING -m mark --mark 0x4000 -j MASQUERADE
n ipvsadm -a -u 10.96.0.53:53 -r 10.0.2.2:53 -m -w 1
cat >/run/server.py <<'END'
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(('0.0.0.0', 53))
while True:
    _, a = s.recvfrom(100)
    s.sendto(sys.argv[1].encode(), a)
END
cat >/run/client.py <<'END'
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(('10.0.1.2', 40000))
s.settimeout(2)
s.sendto(b'x', ('10.96.0.53', 53))
try: print(s.recv(100).decode())
except OSError: print('nobody')
END
for b in b1 b2; do ip netns exec $b python3 /run/server.py $b & done
sleep 1
ask() { ip netns exec c python3 /run/client.py; }
count() { echo "conntrack $(n conntrack -L -p udp 2>/dev/null | wc -l) ipvs $(n ipvsadm -Lnc | grep -c UDP)"; }
`;

function answers(script: string): string[] {
  return guest(`${SETUP}${script}`).stdout.trim().split('\n');
}

// test/lab/kube-proxy.test.ts expects of the simulation what is shown here of the kernel.
describe.skipIf(why !== undefined)(
  `what kube-proxy's sync does to a flow${why === undefined ? '' : `: ${why}`}`,
  () => {
    test('a real server that is removed takes its connection with it, and that of conntrack', () => {
      const script = `ask; count
n ipvsadm -a -u 10.96.0.53:53 -r 10.0.3.2:53 -m -w 1; n ipvsadm -d -u 10.96.0.53:53 -r 10.0.2.2:53
sleep 0.2; count; ask`;
      expect(answers(script)).toEqual(['b1', 'conntrack 1 ipvs 1', 'conntrack 0 ipvs 0', 'b2']);
    });

    test('conntrack -D --dst-nat finds what IPVS translates', () => {
      const script = `ask
n conntrack -D -p udp --orig-dst 10.96.0.53 --dst-nat 10.0.3.2 >/dev/null 2>&1; count
n conntrack -D -p udp --orig-dst 10.96.0.53 --dst-nat 10.0.2.2 >/dev/null 2>&1; count`;
      expect(answers(script)).toEqual(['b1', 'conntrack 1 ipvs 1', 'conntrack 0 ipvs 1']);
    });
  },
);
