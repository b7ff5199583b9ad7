// Which process a temporary file belongs to, and whether it still lives. Process numbers mean something on one machine, until it is
// started anew, within one container; elsewhere, or later, the same number is another process.
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "CFiles.h"

static uint64_t hashed(uint64_t hash, const char *text, size_t length) {  // FNV-1a
  for (size_t n = 0; n < length; n++) hash = (hash ^ (unsigned char)text[n]) * 0x100000001b3u;
  return hash;
}

static ssize_t start_of(const char *path, char *text, size_t room) {
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return -1;
  ssize_t got = read(fd, text, room - 1);
  close(fd);
  if (got >= 0) text[got] = 0;
  return got;
}

uint64_t cf_host(void) {
  char boot[128], space[128];
  ssize_t boot_length = start_of("/proc/sys/kernel/random/boot_id", boot, sizeof boot);
  ssize_t space_length = readlink("/proc/self/ns/pid", space, sizeof space);
  if (boot_length <= 0 || space_length <= 0) return 0;
  return hashed(hashed(0xcbf29ce484222325u, boot, (size_t)boot_length), space, (size_t)space_length);
}

/// The state (a letter) and the start of a process, as the system lists them; 0 where it does not.
static char state(int process, unsigned long long *start) {
  char path[64], text[1024];
  snprintf(path, sizeof path, "/proc/%d/stat", process);
  *start = 0;
  if (start_of(path, text, sizeof text) <= 0) return 0;
  // The second field, the program's name in brackets, may hold anything.
  const char *rest = strrchr(text, ')');
  char letter = 0;
  if (!rest ||
      sscanf(rest + 1, " %c %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %llu", &letter,
             start) < 2)
    return 0;
  return letter;
}

uint64_t cf_process_start(int process) {
  unsigned long long start;
  return state(process, &start) ? start : 0;
}

int cf_process_lives(int process) {
  if (kill(process, 0) != 0 && errno == ESRCH) return 0;
  unsigned long long start;
  char letter = state(process, &start);
  return letter != 'Z' && letter != 'X';
}
