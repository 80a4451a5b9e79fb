"""Sends packets by raw sockets, so that no socket of the kernel takes part in what follows, and tells which rules they met.

usage: send-packets.py NODE COUNT < CASES, in a mount namespace whose /run/netns holds the namespaces
CASES has a line for each case: NETNS PROTOCOL SOURCE DESTINATION PORT. COUNT packets of each are sent, from ports of
their own, 20001 and on; checksums of the transport are left out. After `@ FIRST-PORT` come the rules of NODE with the
packets that they had until then, as `iptables-save -c` prints them.
"""
import ctypes, os, socket, struct, subprocess, sys

CLONE_NEWNET = 0x40000000
NUMBERS = {"tcp": 6, "udp": 17, "sctp": 132}
libc = ctypes.CDLL(None, use_errno=True)


def enter(netns):
    fd = os.open("/run/netns/" + netns, os.O_RDONLY)
    if libc.setns(fd, CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "setns " + netns)
    os.close(fd)


def packet(protocol, sport, dport):
    ports = struct.pack("!HH", sport, dport)
    if protocol == "tcp":  # SYN
        return ports + struct.pack("!IIBBHHH", 1, 0, 5 << 4, 2, 64240, 0, 0)
    if protocol == "udp":
        return ports + struct.pack("!HH", 8, 0)
    # INIT
    return ports + struct.pack("!II", 0, 0) + struct.pack("!BBHIIHHI", 1, 0, 20, 7, 65536, 1, 1, 1)


node, count = sys.argv[1], int(sys.argv[2])
first = 20001
for line in sys.stdin.read().splitlines():
    netns, protocol, source, destination, port = line.split()
    enter(netns)
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, NUMBERS[protocol]) as s:
        s.bind((source, 0))
        for sport in range(first, first + count):
            s.sendto(packet(protocol, sport, int(port)), (destination, 0))
    enter(node)
    print("@", first, flush=True)
    subprocess.run(["iptables-save", "-c"], check=True)
    first += count
