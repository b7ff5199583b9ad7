// Stored voxels to float: one tight loop a datatype, which the compiler vectorises.
#include "CNIfTI.h"

#include <math.h>
#include <nifti/nifti1.h>
#include <string.h>

// Loads through memcpy: the raw bytes need not be aligned. `bits` is the unsigned type of the same width.
#define LOOP(type, bits, swap)                                          \
  do {                                                                  \
    const char *p = raw;                                                \
    if (scaled) {                                                       \
      for (size_t n = 0; n < count; n++) {                              \
        bits b;                                                         \
        memcpy(&b, p + n * sizeof b, sizeof b);                         \
        b = swap(b);                                                    \
        type v;                                                         \
        memcpy(&v, &b, sizeof v);                                       \
        out[n] = (float)((double)v * slope + intercept);                \
      }                                                                 \
    } else {                                                            \
      for (size_t n = 0; n < count; n++) {                              \
        bits b;                                                         \
        memcpy(&b, p + n * sizeof b, sizeof b);                         \
        b = swap(b);                                                    \
        type v;                                                         \
        memcpy(&v, &b, sizeof v);                                       \
        out[n] = (float)v;                                              \
      }                                                                 \
    }                                                                   \
  } while (0)
#define SAME(x) (x)
#define CASE(code, type, bits, swap) \
  case code:                         \
    if (swapped) {                   \
      LOOP(type, bits, swap);        \
    } else {                         \
      LOOP(type, bits, SAME);        \
    }                                \
    return 0

typedef struct wide {
  uint64_t low, high;
} wide;

static wide load_wide(const char *p, int swapped) {
  wide w;
  memcpy(&w.low, p + (swapped ? 8 : 0), 8);
  memcpy(&w.high, p + (swapped ? 0 : 8), 8);
  if (swapped) {
    w.low = __builtin_bswap64(w.low);
    w.high = __builtin_bswap64(w.high);
  }
  return w;
}

/// The 80-bit float of x87 (a `long double` of a PC) in the low 10 of 16 bytes; bit 63 of its mantissa is stored.
static double from_x87(wide w) {
  int exponent = w.high & 0x7fff;
  double value = exponent == 0x7fff ? (w.low << 1 ? NAN : INFINITY) : ldexp((double)w.low, exponent - 16383 - 63);
  return w.high & 0x8000 ? -value : value;
}

/// An IEEE binary128; the 60 leading bits of its mantissa are more than a double has.
static double from_binary128(wide w) {
  int exponent = (int)(w.high >> 48) & 0x7fff;
  uint64_t leading = (w.high & 0xffffffffffffull) << 12 | w.low >> 52;
  double value = leading ? NAN : INFINITY;
  if (exponent != 0x7fff) {
    if (exponent) leading |= 1ull << 60;
    value = ldexp((double)leading, (exponent ? exponent : 1) - 16383 - 60);
  }
  return w.high >> 63 ? -value : value;
}

/// FLOAT128 is what the writer's machine had as `long double`: x87's where every voxel fits it (its mantissa's stored top bit is set,
/// or all is zero), which no run of other binary128 numbers does.
static void convert_wide(const char *p, size_t count, int swapped, double slope, double intercept, float *out) {
  int is_x87 = 1;
  for (size_t n = 0; n < count && is_x87; n++) {
    wide w = load_wide(p + 16 * n, swapped);
    is_x87 = (w.high & 0x7fff) ? (int)(w.low >> 63) : w.low == 0 && w.high == 0;
  }
  for (size_t n = 0; n < count; n++) {
    wide w = load_wide(p + 16 * n, swapped);
    out[n] = (float)((is_x87 ? from_x87(w) : from_binary128(w)) * slope + intercept);
  }
}

int pv_convert(const void *raw, size_t count, int datatype, int swapped, int scaled, double slope, double intercept, float *out) {
  if (datatype == DT_FLOAT32 && !swapped && !scaled) {
    memcpy(out, raw, count * sizeof(float));
    return 0;
  }
  switch (datatype) {
    CASE(DT_UINT8, uint8_t, uint8_t, SAME);
    CASE(DT_INT8, int8_t, uint8_t, SAME);
    CASE(DT_INT16, int16_t, uint16_t, __builtin_bswap16);
    CASE(DT_UINT16, uint16_t, uint16_t, __builtin_bswap16);
    CASE(DT_INT32, int32_t, uint32_t, __builtin_bswap32);
    CASE(DT_UINT32, uint32_t, uint32_t, __builtin_bswap32);
    CASE(DT_INT64, int64_t, uint64_t, __builtin_bswap64);
    CASE(DT_UINT64, uint64_t, uint64_t, __builtin_bswap64);
    CASE(DT_FLOAT32, float, uint32_t, __builtin_bswap32);
    CASE(DT_FLOAT64, double, uint64_t, __builtin_bswap64);
    case DT_FLOAT128: convert_wide(raw, count, swapped, scaled ? slope : 1, scaled ? intercept : 0, out); return 0;
    default: return 1;
  }
}

size_t pv_first_not_finite(const float *values, size_t count) {
  const size_t block = 4096;
  for (size_t start = 0; start < count; start += block) {
    size_t end = start + block < count ? start + block : count;
    uint32_t found = 0;
    for (size_t n = start; n < end; n++) {
      uint32_t bits;
      memcpy(&bits, values + n, 4);
      found |= (bits & 0x7f800000u) == 0x7f800000u;
    }
    if (!found) continue;
    for (size_t n = start; n < end; n++) {
      if (!isfinite(values[n])) return n;
    }
  }
  return count;
}
