#include "CMachine.h"

#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static uint64_t least(uint64_t a, uint64_t b) { return a < b ? a : b; }

/// A soft limit of this process; UINT64_MAX: none.
static uint64_t own_limit(int resource) {
  struct rlimit limit;
  if (getrlimit(resource, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return UINT64_MAX;
  return (uint64_t)limit.rlim_cur;
}

static uint64_t physical(void) {
  const long pages = sysconf(_SC_PHYS_PAGES), size = sysconf(_SC_PAGESIZE);
  return pages > 0 && size > 0 ? (uint64_t)pages * (uint64_t)size : UINT64_MAX;
}

#if defined(__linux__)
enum { LONGEST = 1024 };

/// The number that a file begins with; UINT64_MAX where there is none, as in "max".
static uint64_t number_in(const char *folder, const char *name) {
  char path[2 * LONGEST];
  unsigned long long value;
  if (snprintf(path, sizeof path, "%s/%s", folder, name) >= (int)sizeof path) return UINT64_MAX;
  FILE *file = fopen(path, "re");
  if (!file) return UINT64_MAX;
  const int found = fscanf(file, "%llu", &value);
  fclose(file);
  return found == 1 ? value : UINT64_MAX;
}

/// The number behind a word at the beginning of a line of a file, 0 where there is none.
static uint64_t number_after(const char *path, const char *word) {
  char line[256];
  unsigned long long value = 0;
  FILE *file = fopen(path, "re");
  if (!file) return 0;
  const size_t length = strlen(word);
  while (fgets(line, sizeof line, file)) {
    if (strncmp(line, word, length) == 0 && sscanf(line + length, "%llu", &value) == 1) break;
    value = 0;
  }
  fclose(file);
  return value;
}

/// The least over a control group and all that it lies in: of the limits, or of what they leave now.
static uint64_t least_of_groups(const char *root, char *group, const char *limit, const char *usage, const char *cache) {
  uint64_t least_so_far = UINT64_MAX;
  for (;;) {
    char folder[2 * LONGEST], stat[3 * LONGEST];
    snprintf(folder, sizeof folder, "%s%s", root, strcmp(group, "/") == 0 ? "" : group);
    uint64_t most = number_in(folder, limit);
    if (most != UINT64_MAX && usage) {
      const uint64_t used = number_in(folder, usage);
      snprintf(stat, sizeof stat, "%s/memory.stat", folder);
      const uint64_t given_up = number_after(stat, cache);
      const uint64_t held = used == UINT64_MAX || used < given_up ? 0 : used - given_up;
      most = most > held ? most - held : 0;
    }
    least_so_far = least(least_so_far, most);
    char *slash = strrchr(group, '/');
    if (!slash || (slash == group && group[1] == 0)) return least_so_far;
    slash[slash == group ? 1 : 0] = 0;
  }
}

static uint64_t groups(int left) {
  char line[LONGEST];
  uint64_t least_so_far = UINT64_MAX;
  FILE *file = fopen("/proc/self/cgroup", "re");
  if (!file) return UINT64_MAX;
  while (fgets(line, sizeof line, file)) {
    line[strcspn(line, "\n")] = 0;
    char *kinds = strchr(line, ':'), *group = kinds ? strchr(kinds + 1, ':') : NULL;
    if (!group) continue;
    *group++ = 0;
    if (kinds[1] == 0) {  // version 2
      least_so_far = least(
        least_so_far,
        least_of_groups("/sys/fs/cgroup", group, "memory.max", left ? "memory.current" : NULL, "inactive_file "));
    } else if (strcmp(kinds + 1, "memory") == 0) {
      least_so_far = least(
        least_so_far,
        least_of_groups(
          "/sys/fs/cgroup/memory", group, "memory.limit_in_bytes", left ? "memory.usage_in_bytes" : NULL,
          "total_inactive_file "));
    }
  }
  fclose(file);
  return least_so_far;
}

uint64_t cm_available(void) {
  const uint64_t kibibytes = number_after("/proc/meminfo", "MemAvailable:");
  uint64_t left = kibibytes ? (kibibytes + number_after("/proc/meminfo", "SwapFree:")) << 10 : UINT64_MAX;
  left = least(left, groups(1));
  const uint64_t most = own_limit(RLIMIT_AS);
  if (most != UINT64_MAX) {
    const uint64_t used = number_in("/proc/self", "statm") * (uint64_t)sysconf(_SC_PAGESIZE);
    left = least(left, most > used ? most - used : 0);
  }
  return left;
}
#else
static uint64_t groups(int left) {
  (void)left;
  return UINT64_MAX;
}

uint64_t cm_available(void) { return UINT64_MAX; }
#endif

uint64_t cm_memory(void) {
  // Looked up twice at worst, with the same answer.
  static uint64_t known;
  uint64_t all = __atomic_load_n(&known, __ATOMIC_RELAXED);
  if (all == 0) {
    all = least(least(physical(), groups(0)), least(own_limit(RLIMIT_AS), own_limit(RLIMIT_DATA)));
    __atomic_store_n(&known, all, __ATOMIC_RELAXED);
  }
  return all;
}
