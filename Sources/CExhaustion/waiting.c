// How long libgomp's threads spin before they sleep, in this program.
//
// Without spinning every small step of a pass waits for a thread to be woken: a fifth of a pass with two threads. With libgomp's own three
// milliseconds a busy machine waits for spinning threads. About 20 µs are as good as either where it is at its best.
//
// libgomp reads its environment in its constructor, before any code of ours but what stands in .preinit_array; and what that sets by setenv is
// lost, because the C library takes the environment up anew afterwards. So one entry of it that no library looks at stands aside until all are loaded.
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

// A sanitizer's own code is not ready so early.
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define IS_SANITIZED
#endif
#endif

#if defined(__linux__) && defined(__GLIBC__) && !defined(IS_SANITIZED)
static char name[] = "GOMP_SPINCOUNT", count[] = "2000", entry[] = "GOMP_SPINCOUNT=2000";
static char **lent, *aside;

static int is_called(const char *text, const char *wanted) {
  const size_t length = strlen(wanted);
  return strncmp(text, wanted, length) == 0 && text[length] == '=';
}

static void lend(int argc, char **argv, char **environment) {
  (void)argc, (void)argv;
  static const char *const idle[] = {"_", "OLDPWD", "SHLVL", "PWD"};
  for (char **e = environment; *e; e++)
    if (is_called(*e, name) || is_called(*e, "OMP_WAIT_POLICY")) return;
  for (size_t n = 0; n < sizeof idle / sizeof *idle && !lent; n++)
    for (char **e = environment; *e && !lent; e++)
      if (is_called(*e, idle[n])) lent = e;
  if (!lent) return;
  aside = *lent;
  *lent = entry;
}
__attribute__((section(".preinit_array"), used)) static void (*const first)(int, char **, char **) = lend;

__attribute__((constructor)) static void give_back(void) {
  if (!lent) return;
  *lent = aside;
  // The engine leaves alone what the environment says.
  setenv(name, count, 1);
}
#endif
