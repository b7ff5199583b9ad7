#include "CExhaustion.h"

#include "CFiles.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char *put(char *at, const char *text) {
  while (*text) *at++ = *text++;
  return at;
}

_Noreturn void ce_end(size_t bytes) {
  cf_abandon();
  const size_t mebibytes = (bytes >> 20) + ((bytes & ((1 << 20) - 1)) != 0);
  char line[256], digits[24];
  char *digit = digits + sizeof digits - 1;
  *digit = 0;
  for (size_t rest = mebibytes; rest || !*digit; rest /= 10) *--digit = (char)('0' + rest % 10);
  char *end = put(line, "pellucid: no memory is left: ");
  end = put(put(end, digit), " MiB more cannot be had; close other programs, raise the limit (ulimit -v), or give smaller ");
  end = put(end, "images, --memory or --threads\n");
  ssize_t sent = write(STDERR_FILENO, line, (size_t)(end - line));
  (void)sent;
  _exit(65);
}

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define HAS_ALLOCATORS_OF_ITS_OWN
#endif
#endif

#if defined(__GLIBC__) && !defined(HAS_ALLOCATORS_OF_ITS_OWN)
#include <sys/mman.h>
#include <sys/syscall.h>

// What the C library calls its own under other names (its manual, "Replacing malloc").
extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);

static void *had(void *block, size_t bytes) {
  if (!block && bytes) ce_end(bytes);
  return block;
}

void *malloc(size_t bytes) { return had(__libc_malloc(bytes), bytes); }
void *realloc(void *block, size_t bytes) { return had(__libc_realloc(block, bytes), bytes); }
void *memalign(size_t alignment, size_t bytes) { return had(__libc_memalign(alignment, bytes), bytes); }
void *aligned_alloc(size_t alignment, size_t bytes) { return had(__libc_memalign(alignment, bytes), bytes); }

void *calloc(size_t count, size_t size) {
  size_t bytes;
  if (__builtin_mul_overflow(count, size, &bytes)) bytes = SIZE_MAX;
  return had(__libc_calloc(count, size), bytes);
}

int posix_memalign(void **block, size_t alignment, size_t bytes) {
  if (alignment % sizeof(void *) != 0 || (alignment & (alignment - 1)) != 0 || alignment == 0) return EINVAL;
  *block = had(__libc_memalign(alignment, bytes), bytes);
  return 0;
}

// oneDNN writes its code into what mmap gives, whatever that is.
void *mmap(void *address, size_t length, int protection, int flags, int file, off_t offset) {
  void *block = (void *)syscall(SYS_mmap, address, length, protection, flags, file, offset);
  if (block == MAP_FAILED && errno == ENOMEM) ce_end(length);
  return block;
}

void *mmap64(void *address, size_t length, int protection, int flags, int file, off_t offset) {
  return mmap(address, length, protection, flags, file, offset);
}
#endif
