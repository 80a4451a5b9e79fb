/*
 * What a kernel tells of its reasons, for namespaces that are asked: each rule hit, by netfilter's TRACE through
 * nfnetlink_log (group 0, which a namespace gets by net.netfilter.nf_log.2), and the counters that a case has moved.
 */
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_log.h>
#include <linux/netlink.h>

enum { MAX_COUNTERS = 700, NAME = 64, HEADERS = 64 };

struct counter { char name[NAME]; long long value; };
struct reasons { int nflog, files[3], ncounters; struct counter *counters; };

static void nflog_ask(int fd, int attribute, const void *value, int size) {
  char b[128] = { 0 }, answer[512];
  struct nlmsghdr *h = (void *)b;
  struct nlattr *a = (void *)(b + NLMSG_SPACE(sizeof(struct nfgenmsg)));
  h->nlmsg_type = NFNL_SUBSYS_ULOG << 8 | NFULNL_MSG_CONFIG;
  h->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
  a->nla_type = attribute;
  a->nla_len = NLA_HDRLEN + size;
  memcpy(a + 1, value, size);
  h->nlmsg_len = NLMSG_SPACE(sizeof(struct nfgenmsg)) + NLA_ALIGN(a->nla_len);
  if (send(fd, b, h->nlmsg_len, 0) < 0 || recv(fd, answer, sizeof answer, 0) < 0) die("nfnetlink_log");
  struct nlmsghdr *q = (void *)answer;
  if (q->nlmsg_type == NLMSG_ERROR && ((struct nlmsgerr *)NLMSG_DATA(q))->error) {
    errno = -((struct nlmsgerr *)NLMSG_DATA(q))->error;
    die("nfnetlink_log");
  }
}

/* In the namespace that the process is in. Each message comes by itself, at once (NFULA_CFG_QTHRESH). */
static int open_nflog(void) {
  int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER), most = 1 << 24;
  struct sockaddr_nl me = { .nl_family = AF_NETLINK };
  if (fd < 0 || bind(fd, (void *)&me, sizeof me)) die("NETLINK_NETFILTER");
  setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &most, sizeof most);
  struct nfulnl_msg_config_cmd bind_group = { NFULNL_CFG_CMD_BIND };
  struct nfulnl_msg_config_mode mode = { .copy_range = htonl(HEADERS), .copy_mode = NFULNL_COPY_PACKET };
  unsigned one = htonl(1);
  nflog_ask(fd, NFULA_CFG_CMD, &bind_group, sizeof bind_group);
  nflog_ask(fd, NFULA_CFG_MODE, &mode, sizeof mode);
  nflog_ask(fd, NFULA_CFG_QTHRESH, &one, sizeof one);
  return fd;
}

static const char *device(int fd, unsigned index, struct ifreq *r) {
  r->ifr_ifindex = index;
  return index && !ioctl(fd, SIOCGIFNAME, r) ? r->ifr_name : "-";
}

/* `T NETNS IN OUT MARK TABLE:CHAIN:WHAT:N HEADERS` */
static void print_hit(const char *ns, int dev_fd, struct nlmsghdr *h) {
  char *p = (char *)NLMSG_DATA(h) + NLMSG_ALIGN(sizeof(struct nfgenmsg));
  int left = h->nlmsg_len - NLMSG_SPACE(sizeof(struct nfgenmsg)), bytes = 0;
  const char *prefix = "";
  unsigned char *packet = 0;
  unsigned in = 0, out = 0, mark = 0;
  while (left >= (int)sizeof(struct nlattr)) {
    struct nlattr *a = (void *)p;
    char *data = p + NLA_HDRLEN;
    int step = NLA_ALIGN(a->nla_len);
    switch (a->nla_type & NLA_TYPE_MASK) {
    case NFULA_PREFIX: prefix = data; break;
    case NFULA_PAYLOAD: packet = (void *)data; bytes = a->nla_len - NLA_HDRLEN; break;
    case NFULA_IFINDEX_INDEV: in = ntohl(*(unsigned *)data); break;
    case NFULA_IFINDEX_OUTDEV: out = ntohl(*(unsigned *)data); break;
    case NFULA_MARK: mark = ntohl(*(unsigned *)data); break;
    }
    if (step < NLA_HDRLEN) break;
    p += step;
    left -= step;
  }
  struct ifreq r, s;
  char rule[128] = "";
  if (sscanf(prefix, "TRACE: %127s", rule) != 1) return;
  printf("T %s %s %s %u %s ", ns, device(dev_fd, in, &r), device(dev_fd, out, &s), mark, rule);
  for (int i = 0; i < bytes && i < HEADERS; i++) printf("%02x", packet[i]);
  printf("\n");
}

static int read_nflog(const char *ns, int nflog, int dev_fd) {
  static char b[65536];
  int found = 0, n;
  while ((n = recv(nflog, b, sizeof b, MSG_DONTWAIT)) > 0)
    for (struct nlmsghdr *h = (void *)b; NLMSG_OK(h, n); h = NLMSG_NEXT(h, n))
      if (h->nlmsg_type == (NFNL_SUBSYS_ULOG << 8 | NFULNL_MSG_PACKET)) { print_hit(ns, dev_fd, h); found++; }
  if (n < 0 && errno == ENOBUFS) printf("X netfilter's trace overflowed\n");
  return found;
}

/* ---- counters ---- */

static int note(struct counter *list, int n, const char *group, const char *name, long long value) {
  if (n == MAX_COUNTERS) { fprintf(stderr, "too many counters\n"); exit(1); }
  snprintf(list[n].name, NAME, "%.20s.%.40s", group, name);
  list[n].value = value;
  return n + 1;
}

/* /proc/net/snmp and netstat: a line of names, and one of values. Octets and ECN bits are every packet's. */
static int read_pairs(char *text, struct counter *list, int n) {
  char *lines, *names = strtok_r(text, "\n", &lines), *values, *a, *b;
  for (; names && (values = strtok_r(0, "\n", &lines)); names = strtok_r(0, "\n", &lines)) {
    char *group = strtok_r(names, ": ", &a), *name, *value;
    strtok_r(values, " ", &b);
    while ((name = strtok_r(0, " ", &a)) && (value = strtok_r(0, " ", &b)))
      if (strcmp(group, "IcmpMsg") && !strstr(name, "Octets") && !strstr(name, "ECTPkts") && !strstr(name, "CEPkts"))
        n = note(list, n, group, name, atoll(value));
  }
  return n;
}

static int read_devices(char *text, struct counter *list, int n) {
  static const struct { const char *name; int column; } COLUMNS[] = {
    { "rx_errors", 2 }, { "rx_dropped", 3 }, { "tx_errors", 10 }, { "tx_dropped", 11 }, { "tx_collisions", 13 }, { "tx_carrier", 14 },
  };
  char *lines, *line = strtok_r(text, "\n", &lines), *words, group[NAME];
  strtok_r(0, "\n", &lines);
  while (line && (line = strtok_r(0, "\n", &lines))) {
    long long v[16];
    snprintf(group, sizeof group, "dev.%s", strtok_r(line, ": ", &words));
    for (int i = 0; i < 16; i++) { char *w = strtok_r(0, " ", &words); v[i] = w ? atoll(w) : 0; }
    for (unsigned i = 0; i < sizeof COLUMNS / sizeof *COLUMNS; i++) n = note(list, n, group, COLUMNS[i].name, v[COLUMNS[i].column]);
  }
  return n;
}

static int read_counters(struct reasons *r, struct counter *list) {
  static char b[1 << 16];
  int n = 0;
  for (int i = 0; i < 3; i++) {
    int size = pread(r->files[i], b, sizeof b - 1, 0);
    if (size <= 0) die("/proc/self/net");
    b[size] = 0;
    n = i < 2 ? read_pairs(b, list, n) : read_devices(b, list, n);
  }
  return n;
}

static void open_reasons(struct reasons *r) {
  static const char *const FILES[] = { "/proc/self/net/snmp", "/proc/self/net/netstat", "/proc/self/net/dev" };
  r->nflog = open_nflog();
  for (int i = 0; i < 3; i++) if ((r->files[i] = open(FILES[i], O_RDONLY | O_CLOEXEC)) < 0) die(FILES[i]);
  r->counters = calloc(MAX_COUNTERS, sizeof *r->counters);
  r->ncounters = read_counters(r, r->counters);
}

/* `S NETNS NAME=DELTA…`: what has changed since it was called last. */
static void print_counters(const char *ns, struct reasons *r) {
  static struct counter now[MAX_COUNTERS];
  int n = read_counters(r, now), found = 0;
  for (int i = 0; i < n; i++) {
    long long old = 0;
    if (i < r->ncounters && !strcmp(now[i].name, r->counters[i].name)) old = r->counters[i].value;
    else for (int j = 0; j < r->ncounters; j++) if (!strcmp(now[i].name, r->counters[j].name)) old = r->counters[j].value;
    if (now[i].value == old) continue;
    if (!found++) printf("S %s", ns);
    printf(" %s=%lld", now[i].name, now[i].value - old);
  }
  if (found) printf("\n");
  memcpy(r->counters, now, n * sizeof *now);
  r->ncounters = n;
}
