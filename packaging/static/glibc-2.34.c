// What Debian 12's static libraries want of its glibc 2.36, from glibc 2.34: the linker's --wrap sends their calls here.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/types.h>

// 2.35 gave hypot a version that reports errors in another way; the values are those of before. It is asked for by name and version:
// a reference to it would be sent here, too.
static double (*old_hypot)(double, double);
static float (*old_hypotf)(float, float);

__attribute__((constructor)) static void find(void) {
  *(void **)&old_hypot = dlvsym(RTLD_DEFAULT, "hypot", "GLIBC_2.2.5");
  *(void **)&old_hypotf = dlvsym(RTLD_DEFAULT, "hypotf", "GLIBC_2.2.5");
  if (!old_hypot || !old_hypotf) abort();
}

double __wrap_hypot(double x, double y) { return old_hypot(x, y); }
float __wrap_hypotf(float x, float y) { return old_hypotf(x, y); }

// 2.36; for expat's hash tables and Foundation's temporary names. The kernel does not refuse random bytes after boot.
void __wrap_arc4random_buf(void *buffer, size_t count) {
  unsigned char *next = buffer;
  while (count > 0) {
    ssize_t got = getrandom(next, count, 0);
    if (got <= 0) abort();
    next += got;
    count -= (size_t)got;
  }
}

uint32_t __wrap_arc4random(void) {
  uint32_t value;
  __wrap_arc4random_buf(&value, sizeof value);
  return value;
}
