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

/// The 80-bit float of x87 in 16 bytes, which is what NIfTI files written on PCs hold as FLOAT128.
/// Bit 63 of the mantissa is stored there and set for every normal number; in an IEEE binary128 it is not.
static int convert_x87(const char *p, size_t count, int swapped, double slope, double intercept, float *out) {
  for (size_t n = 0; n < count; n++, p += 16) {
    uint64_t mantissa;
    uint16_t top;
    if (swapped) {
      memcpy(&mantissa, p + 8, 8);
      memcpy(&top, p + 6, 2);
      mantissa = __builtin_bswap64(mantissa);
      top = __builtin_bswap16(top);
    } else {
      memcpy(&mantissa, p, 8);
      memcpy(&top, p + 8, 2);
    }
    int exponent = top & 0x7fff;
    if (exponent == 0 ? mantissa >> 63 : !(mantissa >> 63)) return 2;
    double value;
    if (exponent == 0x7fff) {
      value = mantissa << 1 ? NAN : INFINITY;
    } else {
      value = ldexp((double)mantissa, exponent - 16383 - 63);
    }
    if (top & 0x8000) value = -value;
    out[n] = (float)(value * slope + intercept);
  }
  return 0;
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
    case DT_FLOAT128: return convert_x87(raw, count, swapped, scaled ? slope : 1, scaled ? intercept : 0, out);
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
