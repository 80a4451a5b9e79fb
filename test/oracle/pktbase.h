/* What the agent's parts share. */
static void die(const char *what) { perror(what); exit(1); }

static long long now_ms(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

static void close_silently(int fd) {
  int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_REPAIR, &on, sizeof on);
  close(fd);
}

static struct sockaddr_in address(const char *text, int port) {
  struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(port) };
  if (strcmp(text, "-")) inet_pton(AF_INET, text, &a.sin_addr);
  return a;
}

static void set(int fd, int level, int option, int value) {
  if (setsockopt(fd, level, option, &value, sizeof value)) die("setsockopt");
}

static unsigned short checksum(const unsigned char *b, int n) {
  unsigned long s = 0;
  for (int i = 0; i < n; i += 2) s += b[i] << 8 | (i + 1 < n ? b[i + 1] : 0);
  while (s >> 16) s = (s & 0xffff) + (s >> 16);
  return htons(~s & 0xffff);
}
