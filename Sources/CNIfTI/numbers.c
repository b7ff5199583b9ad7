// Sums and extremes of many numbers, eight side by side: one sum alone waits for each addition.
#include "CNIfTI.h"

#include <float.h>
#include <math.h>
#include <string.h>
#ifdef __linux__
#include <sys/mman.h>
#endif

// The processor's own vectors; the loader picks, before a sanitizer is ready.
#if defined(__has_feature)
#if __has_feature(thread_sanitizer) || __has_feature(address_sanitizer)
#define IS_SANITIZED
#endif
#endif
#if defined(__x86_64__) && defined(__linux__) && !defined(IS_SANITIZED)
#define DISPATCHED __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define DISPATCHED
#endif

enum { lanes = 8 };
typedef float numbers __attribute__((vector_size(4 * lanes)));
typedef int32_t bits __attribute__((vector_size(4 * lanes)));
typedef double sums __attribute__((vector_size(8 * lanes)));

DISPATCHED void pv_sums_of(const float *values, size_t count, pv_sums *result) {
  sums positive = {0}, negative = {0};
  numbers least = (numbers){0} + INFINITY, most = (numbers){0} - INFINITY;
  pv_sums all = {0, 0, INFINITY, -INFINITY, 0};
  for (size_t n = 0; n < count;) {
    // As many steps as a lane can count.
    bits finite = {0};
    const size_t end = count - n < ((size_t)1 << 30) ? count : n + ((size_t)1 << 30);
    for (; n < end; n += lanes) {
      numbers value = (numbers){0} + NAN;
      memcpy(&value, values + n, count - n < lanes ? (count - n) * sizeof(float) : sizeof value);
      // A difference to itself is 0 for finite numbers alone.
      const bits counts = value - value == 0;
      const bits kept = (bits)value & counts;
      positive += __builtin_convertvector((numbers)(kept & ((numbers)kept > 0)), sums);
      negative += __builtin_convertvector((numbers)(kept & ((numbers)kept < 0)), sums);
      const bits lower = counts & (value < least), higher = counts & (value > most);
      least = (numbers)(((bits)value & lower) | ((bits)least & ~lower));
      most = (numbers)(((bits)value & higher) | ((bits)most & ~higher));
      finite -= counts;
    }
    for (int l = 0; l < lanes; l++) all.finite += finite[l];
  }
  for (int l = 0; l < lanes; l++) {
    all.positive += positive[l];
    all.negative += negative[l];
    if (least[l] < all.minimum) all.minimum = least[l];
    if (most[l] > all.maximum) all.maximum = most[l];
  }
  *result = all;
}

DISPATCHED double pv_squares_around(double mean, const float *values, size_t count) {
  sums squares = {0};
  double sum = 0;
  size_t n = 0;
  for (; n + lanes <= count; n += lanes) {
    numbers value;
    memcpy(&value, values + n, sizeof value);
    const sums difference = __builtin_convertvector(value, sums) - mean;
    squares += difference * difference;
  }
  for (; n < count; n++) sum += (values[n] - mean) * (values[n] - mean);
  for (int l = 0; l < lanes; l++) sum += squares[l];
  return sum;
}

void pv_prefer_large_pages(void *memory, size_t bytes) {
#if defined(__linux__) && defined(MADV_HUGEPAGE)
  const uintptr_t page = (uintptr_t)1 << 21;
  const uintptr_t begin = ((uintptr_t)memory + page - 1) & ~(page - 1), end = ((uintptr_t)memory + bytes) & ~(page - 1);
  if (end > begin) madvise((void *)begin, end - begin, MADV_HUGEPAGE);
#else
  (void)memory, (void)bytes;
#endif
}
