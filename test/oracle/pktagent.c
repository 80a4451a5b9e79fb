/*
 * One process that watches and feeds all namespaces of a plan: it enters each with setns(2), captures what passes its
 * devices, listens, sends, and waits until the network is quiet. `backend.ts` writes the script and reads the lines.
 *
 *   usage: pktagent SCRIPT > EVENTS, in a mount namespace whose /run/netns holds the namespaces
 *
 * Script, one word-separated command a line:
 *   ns NAME [traced]                                      capture in this namespace; with its rules and counters
 *   listen NS udp|tcp ADDRESS PORT echo|sink
 *   blind                                               ARP may be asked where no capture sees it: wait until it has failed
 *   send ID udp|tcp|ping NS SRC SPORT DST DPORT TTL PMTU TOS MARK BYTES CONNECTED RECVERR OIF
 *                                                         SPORT is the identifier of a ping; `-` stands for none
 *   frame ID NS DEVICE HEX                                AF_PACKET, out of a device
 *   run ID COMMAND…                                       sh -c, outside of the namespaces
 *
 * Events:
 *   B MS                                    the agent begins, ms of the monotonic clock
 *   P ID MS                                 a case begins, ms since the agent did
 *   C NS DEVICE PKTTYPE NS_STAMP eth|ip HEX a frame at a device, or a packet at one without Ethernet
 *   D NS udp|tcp LADDR LPORT RADDR RPORT    a listener got a datagram, or was asked for a connection
 *   E ERRNO                                 the call of the sender failed, or its socket was told of an error
 *   T NS IN OUT MARK RULE HEX               netfilter's TRACE, and the first bytes of the packet
 *   S NS COUNTER=DELTA…                     what the case has moved
 *   X WHY                                   the case can not be judged
 *   Q                                       quiet: the case ends
 *
 * Frames are copied into a TPACKET ring when they pass a tap: a socket that queues them would share their buffers with
 * the stack, which writes into them later. One CPU runs all, so that a path is walked to its end in the order in which
 * one CPU's soft-IRQ walks it. Sockets are closed in TCP's repair mode, which sends nothing.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/errqueue.h>
#include <netinet/ip_icmp.h>
#include <netinet/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include "pktbase.h"
#include "pkttrace.h"

enum { MAX_NS = 64, MAX_FD = 512, FRAME = 2048, FRAMES = 512, SNAP = 400, ARP_MS = 50, BLIND_MS = 150, MOST_MS = 1500 };
/* ms without anything until the network counts as quiet. */
static int quiet_ms = 2;
/* Frames of this case so far, of at most so many that are told; and whether one case had no end. */
static int told, storm;
enum { MOST_TOLD = 5000 };
enum kind { RING, NFLOG, UDP_ECHO, UDP_SINK, LISTENER, ACCEPTED, CLIENT, TCP_CLIENT };

struct netns { char name[64]; int fd, ring, next, traced; unsigned char *map; struct reasons reasons; };
struct watched { enum kind kind; int ns; };

static struct netns spaces[MAX_NS];
static struct pollfd polled[MAX_FD];
static struct watched watched[MAX_FD];
static int nspaces, npolled, home;
/* ARP questions of this case that nobody has answered, by namespace and address. */
static struct { int ns; unsigned char address[4]; } asked[64];
static int nasked;

static int space(const char *name) {
  for (int i = 0; i < nspaces; i++) if (!strcmp(spaces[i].name, name)) return i;
  fprintf(stderr, "no namespace %s\n", name);
  exit(1);
}

static void enter(int ns) { if (setns(ns < 0 ? home : spaces[ns].fd, CLONE_NEWNET)) die("setns"); }

static void watch(int fd, enum kind kind, int ns, short events) {
  if (npolled == MAX_FD) { fprintf(stderr, "too many sockets\n"); exit(1); }
  polled[npolled] = (struct pollfd){ .fd = fd, .events = events };
  watched[npolled++] = (struct watched){ kind, ns };
}

static void forget(int i) {
  polled[i] = polled[--npolled];
  watched[i] = watched[npolled];
}

/* ---- capture ---- */

static void open_ring(struct netns *ns) {
  ns->ring = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (ns->ring < 0) die("AF_PACKET");
  set(ns->ring, SOL_PACKET, PACKET_VERSION, TPACKET_V2);
  /* Makes the kernel stamp a frame where it enters the stack (net_enable_timestamp()). */
  set(ns->ring, SOL_SOCKET, SO_TIMESTAMPNS, 1);
  struct tpacket_req r = { .tp_block_size = FRAME * 32, .tp_block_nr = FRAMES / 32, .tp_frame_size = FRAME, .tp_frame_nr = FRAMES };
  if (setsockopt(ns->ring, SOL_PACKET, PACKET_RX_RING, &r, sizeof r)) die("PACKET_RX_RING");
  ns->map = mmap(0, (size_t)FRAME * FRAMES, PROT_READ | PROT_WRITE, MAP_SHARED, ns->ring, 0);
  if (ns->map == MAP_FAILED) die("mmap");
  struct sockaddr_ll all = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL) };
  if (bind(ns->ring, (void *)&all, sizeof all)) die("bind AF_PACKET");
}

/* Whether somebody may still be waiting for a neighbour: then the network is not quiet for longer. */
static void note_arp(int ns, int out, const unsigned char *b, unsigned n) {
  if (n < 42 || b[12] != 8 || b[13] != 6) return;
  if (out && b[21] == 1) {
    if (nasked < 64) { asked[nasked].ns = ns; memcpy(asked[nasked++].address, b + 38, 4); }
  } else if (!out && b[21] == 2) {
    for (int i = nasked - 1; i >= 0; i--)
      if (asked[i].ns == ns && !memcmp(asked[i].address, b + 28, 4)) asked[i] = asked[--nasked];
  }
}

static int read_ring(int n) {
  struct netns *ns = &spaces[n];
  int found = 0;
  for (;; found++) {
    struct tpacket2_hdr *h = (void *)(ns->map + (size_t)ns->next * FRAME);
    if (!(__atomic_load_n(&h->tp_status, __ATOMIC_ACQUIRE) & TP_STATUS_USER)) return found;
    struct sockaddr_ll *ll = (void *)((unsigned char *)h + TPACKET_ALIGN(sizeof *h));
    unsigned char *b = (unsigned char *)h + h->tp_mac;
    unsigned shown = h->tp_snaplen < SNAP ? h->tp_snaplen : SNAP;
    struct ifreq dev = { .ifr_ifindex = ll->sll_ifindex };
    if (ioctl(ns->ring, SIOCGIFNAME, &dev)) strcpy(dev.ifr_name, "?");
    if (++told > MOST_TOLD) goto seen;
    int eth = ll->sll_hatype == ARPHRD_ETHER || ll->sll_hatype == ARPHRD_LOOPBACK;
    printf("C %s %s %d %u%09u %s ", ns->name, dev.ifr_name, ll->sll_pkttype, h->tp_sec, h->tp_nsec, eth ? "eth" : "ip");
    for (unsigned i = 0; i < shown; i++) printf("%02x", b[i]);
    printf(h->tp_status & TP_STATUS_LOSING ? "\nX the ring overflowed\n" : "\n");
    if (eth) note_arp(n, ll->sll_pkttype == PACKET_OUTGOING, b, h->tp_snaplen);
  seen:
    __atomic_store_n(&h->tp_status, TP_STATUS_KERNEL, __ATOMIC_RELEASE);
    ns->next = (ns->next + 1) % FRAMES;
  }
}

/* ---- sockets ---- */

static void delivered(int ns, const char *protocol, struct in_addr mine, int port, struct sockaddr_in *from) {
  char a[32], b[32];
  inet_ntop(AF_INET, &mine, a, sizeof a);
  inet_ntop(AF_INET, &from->sin_addr, b, sizeof b);
  printf("D %s %s %s %d %s %d\n", spaces[ns].name, protocol, a, port, b, ntohs(from->sin_port));
}

static int read_errors(int fd) {
  int found = 0;
  for (;; found++) {
    char data[256], control[512];
    struct sockaddr_in from;
    struct iovec v = { data, sizeof data };
    struct msghdr m = { &from, sizeof from, &v, 1, control, sizeof control, 0 };
    if (recvmsg(fd, &m, MSG_ERRQUEUE | MSG_DONTWAIT) < 0) break;
    for (struct cmsghdr *h = CMSG_FIRSTHDR(&m); h; h = CMSG_NXTHDR(&m, h))
      if (h->cmsg_level == SOL_IP && h->cmsg_type == IP_RECVERR)
        printf("E %u\n", ((struct sock_extended_err *)CMSG_DATA(h))->ee_errno);
  }
  int error = 0;
  socklen_t size = sizeof error;
  getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
  if (error && !found) printf("E %d\n", error);
  return found + !!error;
}

/* Answers from the address that was asked, as a program with IP_PKTINFO does. */
static int read_udp(int i) {
  int found = 0;
  for (;; found++) {
    static char data[65536];
    char control[256];
    struct sockaddr_in from, me;
    struct iovec v = { data, sizeof data };
    struct msghdr m = { &from, sizeof from, &v, 1, control, sizeof control, 0 };
    ssize_t n = recvmsg(polled[i].fd, &m, MSG_DONTWAIT);
    if (n < 0) {
      if (errno == EAGAIN) return found;
      continue;
    }
    if (watched[i].kind == CLIENT) continue;
    struct in_pktinfo info = { 0 };
    for (struct cmsghdr *h = CMSG_FIRSTHDR(&m); h; h = CMSG_NXTHDR(&m, h))
      if (h->cmsg_level == SOL_IP && h->cmsg_type == IP_PKTINFO) memcpy(&info, CMSG_DATA(h), sizeof info);
    socklen_t size = sizeof me;
    getsockname(polled[i].fd, (void *)&me, &size);
    delivered(watched[i].ns, "udp", info.ipi_addr, ntohs(me.sin_port), &from);
    if (watched[i].kind == UDP_SINK) continue;
    struct in_pktinfo answer = { .ipi_spec_dst = info.ipi_addr };
    char c[CMSG_SPACE(sizeof answer)] = { 0 };
    struct iovec w = { data, n };
    struct msghdr r = { &from, sizeof from, &w, 1, c, sizeof c, 0 };
    struct cmsghdr *h = CMSG_FIRSTHDR(&r);
    h->cmsg_level = SOL_IP;
    h->cmsg_type = IP_PKTINFO;
    h->cmsg_len = CMSG_LEN(sizeof answer);
    memcpy(CMSG_DATA(h), &answer, sizeof answer);
    sendmsg(polled[i].fd, &r, 0);
  }
}

static int serve(int i, short events) {
  int fd = polled[i].fd;
  switch (watched[i].kind) {
  case RING: return read_ring(watched[i].ns);
  case NFLOG: return read_nflog(spaces[watched[i].ns].name, fd, spaces[watched[i].ns].ring);
  case UDP_ECHO: case UDP_SINK: {
    if (events & POLLERR) { int e; socklen_t l = sizeof e; getsockopt(fd, SOL_SOCKET, SO_ERROR, &e, &l); }
    return read_udp(i) + 1;
  }
  case CLIENT: return (events & POLLERR ? read_errors(fd) : 0) + read_udp(i);
  case LISTENER: {
    struct sockaddr_in from, me;
    socklen_t size = sizeof from, own = sizeof me;
    int c = accept4(fd, (void *)&from, &size, SOCK_NONBLOCK);
    if (c < 0) return 0;
    getsockname(c, (void *)&me, &own);
    delivered(watched[i].ns, "tcp", me.sin_addr, ntohs(me.sin_port), &from);
    watch(c, ACCEPTED, watched[i].ns, 0);
    return 1;
  }
  case TCP_CLIENT:
    polled[i].events = 0;
    if (!(events & (POLLERR | POLLHUP))) return 1;
    read_errors(fd);
    close_silently(fd);
    forget(i);
    return 1;
  case ACCEPTED: polled[i].fd = -1 - fd; return 1;
  }
  return 0;
}

/* Serves until nothing has happened for a while: a path is walked inside of the call that sends, an answer inside of ours. */
static void until_quiet(void) {
  long long begun = now_ms();
  for (;;) {
    int busy = 0;
    if (poll(polled, npolled, nasked ? ARP_MS : quiet_ms) <= 0) return;
    for (int i = npolled - 1; i >= 0; i--) if (polled[i].revents) busy += serve(i, polled[i].revents);
    if (!busy) { struct timespec t = { 0, 500000 }; nanosleep(&t, 0); }
    if (now_ms() - begun > MOST_MS) { storm = 1; return; }
  }
}

static void reopen(int i) {
  struct sockaddr_in a;
  socklen_t size = sizeof a;
  getsockname(polled[i].fd, (void *)&a, &size);
  close(polled[i].fd);
  enter(watched[i].ns);
  polled[i].fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  set(polled[i].fd, SOL_SOCKET, SO_REUSEADDR, 1);
  if (bind(polled[i].fd, (void *)&a, sizeof a) || listen(polled[i].fd, 64)) die("listen anew");
}

static void end_case(void) {
  until_quiet();
  if (storm || told > MOST_TOLD) printf("X a storm\n");
  for (int n = 0; n < nspaces; n++) {
    read_ring(n);
    if (!spaces[n].traced) continue;
    read_nflog(spaces[n].name, spaces[n].reasons.nflog, spaces[n].ring);
    print_counters(spaces[n].name, &spaces[n].reasons);
  }
  for (int i = npolled - 1; i >= 0; i--) {
    enum kind k = watched[i].kind;
    if (k != CLIENT && k != TCP_CLIENT && k != ACCEPTED) continue;
    close_silently(polled[i].fd < 0 ? -1 - polled[i].fd : polled[i].fd);
    forget(i);
  }
  /* Half-open connections of a listener would answer the next SYN: it forgets them, and listens anew. */
  for (int i = 0; i < npolled; i++)
    if (watched[i].kind == LISTENER) reopen(i);
  printf("Q\n");
}

/* ---- what a script asks for ---- */

static void open_listener(char **w) {
  int ns = space(w[1]), tcp = !strcmp(w[2], "tcp");
  enter(ns);
  int fd = socket(AF_INET, (tcp ? SOCK_STREAM : SOCK_DGRAM) | SOCK_NONBLOCK, 0);
  struct sockaddr_in a = address(w[3], atoi(w[4]));
  set(fd, SOL_SOCKET, SO_REUSEADDR, 1);
  if (!tcp) set(fd, SOL_IP, IP_PKTINFO, 1);
  if (bind(fd, (void *)&a, sizeof a)) die("bind a listener");
  if (tcp && listen(fd, 64)) die("listen");
  watch(fd, tcp ? LISTENER : strcmp(w[5], "echo") ? UDP_SINK : UDP_ECHO, ns, POLLIN);
}

static void failed(int result) { if (result < 0 && errno != EINPROGRESS) printf("E %d\n", errno); }

static void send_one(char **w) {
  static unsigned char data[65536];
  enum { ID = 1, PROTOCOL, NS, SRC, SPORT, DST, DPORT, TTL, PMTU, TOS, MARK, BYTES, CONNECTED, RECVERR, OIF };
  int tcp = !strcmp(w[PROTOCOL], "tcp"), ping = !strcmp(w[PROTOCOL], "ping"), ns = space(w[NS]);
  enter(ns);
  int type = tcp ? SOCK_STREAM : ping ? SOCK_RAW : SOCK_DGRAM;
  int fd = socket(AF_INET, type | SOCK_NONBLOCK, ping ? IPPROTO_ICMP : 0);
  if (fd < 0) die("socket");
  struct sockaddr_in src = address(w[SRC], ping ? 0 : atoi(w[SPORT])), dst = address(w[DST], ping ? 0 : atoi(w[DPORT]));
  set(fd, SOL_SOCKET, SO_REUSEADDR, 1);
  if (strcmp(w[TTL], "-")) set(fd, SOL_IP, IP_TTL, atoi(w[TTL]));
  if (strcmp(w[PMTU], "-")) set(fd, SOL_IP, IP_MTU_DISCOVER, !strcmp(w[PMTU], "do") ? IP_PMTUDISC_DO : IP_PMTUDISC_DONT);
  if (strcmp(w[TOS], "0")) set(fd, SOL_IP, IP_TOS, atoi(w[TOS]));
  if (strcmp(w[MARK], "0")) set(fd, SOL_SOCKET, SO_MARK, atoi(w[MARK]));
  if (!strcmp(w[RECVERR], "1") || ping) set(fd, SOL_IP, IP_RECVERR, 1);
  if (strcmp(w[OIF], "-") && setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, w[OIF], strlen(w[OIF]))) die("SO_BINDTODEVICE");
  int any = !strcmp(w[SRC], "-");
  if (!(ping && any) && bind(fd, (void *)&src, sizeof src)) { failed(-1); close(fd); return; }
  /* A raw socket hears every echo of its namespace: it is not read. */
  watch(fd, tcp ? TCP_CLIENT : CLIENT, ns, tcp ? POLLOUT : ping ? 0 : POLLIN);
  int bytes = atoi(w[BYTES]);
  memset(data, 0, sizeof data);
  if (tcp) failed(connect(fd, (void *)&dst, sizeof dst));
  else if (ping) {
    int id = atoi(w[SPORT]);
    data[0] = ICMP_ECHO; data[4] = id >> 8; data[5] = id; data[7] = 1;
    unsigned short sum = checksum(data, 8 + bytes);
    memcpy(data + 2, &sum, 2);
    failed(sendto(fd, data, 8 + bytes, 0, (void *)&dst, sizeof dst));
  } else if (!strcmp(w[CONNECTED], "1")) {
    int r = connect(fd, (void *)&dst, sizeof dst);
    failed(r < 0 ? r : send(fd, data, bytes, 0));
  } else failed(sendto(fd, data, bytes, 0, (void *)&dst, sizeof dst));
}

static void send_frame(char **w) {
  static unsigned char data[16384];
  int ns = space(w[2]), n = 0;
  unsigned v;
  enter(ns);
  for (const char *s = w[4]; sscanf(s, "%2x", &v) == 1; s += 2) data[n++] = v;
  int fd = socket(AF_PACKET, SOCK_RAW, 0);
  struct sockaddr_ll to = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_IP), .sll_ifindex = if_nametoindex(w[3]) };
  if (fd < 0) die("AF_PACKET");
  /* A device that does not take it is not the sender's business. */
  sendto(fd, data, n, 0, (void *)&to, sizeof to);
  close(fd);
}

int main(int argc, char **argv) {
  FILE *script = argc > 1 ? fopen(argv[1], "r") : 0;
  if (!script) die("script");
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(sched_getcpu(), &one);
  sched_setaffinity(0, sizeof one, &one);
  home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
  static char line[65536], copy[65536];
  static char stdout_buffer[1 << 16];
  setvbuf(stdout, stdout_buffer, _IOFBF, sizeof stdout_buffer);
  long long begun = now_ms();
  printf("B %lld\n", begun);
  while (fgets(line, sizeof line, script)) {
    char *w[24] = { 0 }, *rest;
    int n = 0;
    strcpy(copy, line);
    for (char *t = strtok_r(line, " \n", &rest); t && n < 24; t = strtok_r(0, " \n", &rest)) w[n++] = t;
    if (!n) continue;
    if (!strcmp(w[0], "ns")) {
      struct netns *ns = &spaces[nspaces++];
      char path[128];
      snprintf(ns->name, sizeof ns->name, "%s", w[1]);
      snprintf(path, sizeof path, "/run/netns/%s", w[1]);
      if ((ns->fd = open(path, O_RDONLY | O_CLOEXEC)) < 0) die(path);
      enter(nspaces - 1);
      open_ring(ns);
      watch(ns->ring, RING, nspaces - 1, POLLIN);
      if ((ns->traced = w[2] && !strcmp(w[2], "traced"))) {
        open_reasons(&ns->reasons);
        watch(ns->reasons.nflog, NFLOG, nspaces - 1, POLLIN);
      }
      continue;
    }
    if (!strcmp(w[0], "listen")) { open_listener(w); continue; }
    if (!strcmp(w[0], "blind")) { quiet_ms = BLIND_MS; continue; }
    nasked = told = 0;
    printf("P %s %lld\n", w[1], now_ms() - begun);
    /* What answers itself for ever goes on beneath all later cases. */
    if (storm) { printf("X a storm\nQ\n"); continue; }
    if (!strcmp(w[0], "send")) send_one(w);
    else if (!strcmp(w[0], "frame")) send_frame(w);
    else {
      enter(-1);
      fflush(stdout);
      if (system(strstr(copy, w[1]) + strlen(w[1]) + 1)) printf("X the command failed\n");
    }
    end_case();
  }
  return 0;
}
