// Normally distributed noise by counting: number i is computed from i alone, so that threads share a draw.
#include "CKernelsSampling.h"
#include "Parallel.h"

// A product and a sum in one rounding would differ between processors.
#pragma clang fp contract(off)

namespace {
/// So many blocks of Philox are made side by side. All below is written for one and has no branches: the compiler makes vectors of it.
constexpr int lanes = 16;
constexpr int64_t numbersOfGroup = 4 * lanes;

#define INLINE inline __attribute__((always_inline))

INLINE uint32_t highProduct(uint32_t a, uint32_t b) { return uint32_t((uint64_t(a) * b) >> 32); }

INLINE void philox(uint32_t (&x)[4], uint32_t key0, uint32_t key1) {
  for (int round = 0; round < 10; ++round) {
    const uint32_t high0 = highProduct(x[0], 0xD2511F53u), low0 = x[0] * 0xD2511F53u;
    const uint32_t high1 = highProduct(x[2], 0xCD9E8D57u), low1 = x[2] * 0xCD9E8D57u;
    x[0] = high1 ^ x[1] ^ key0;
    x[1] = low1;
    x[2] = high0 ^ x[3] ^ key1;
    x[3] = low0;
    key0 += 0x9E3779B9u;
    key1 += 0xBB67AE85u;
  }
}

INLINE int32_t bits(float x) { return __builtin_bit_cast(int32_t, x); }
INLINE float real(uint32_t bits) { return __builtin_bit_cast(float, bits); }

/// ln x for normal x > 0: Cephes' logf.
INLINE float logarithm(float x) {
  int32_t exponent = (bits(x) >> 23) - 126;
  float m = real(uint32_t((bits(x) & 0x007fffff) | 0x3f000000));  // ½ to 1
  const bool isSmall = m < 0.707106781186547524f;
  exponent -= isSmall ? 1 : 0;
  m = (isSmall ? m + m : m) - 1.f;
  const float e = float(exponent), z = m * m;
  float y = m * 7.0376836292e-2f - 1.1514610310e-1f;
  y = y * m + 1.1676998740e-1f;
  y = y * m - 1.2420140846e-1f;
  y = y * m + 1.4249322787e-1f;
  y = y * m - 1.6668057665e-1f;
  y = y * m + 2.0000714765e-1f;
  y = y * m - 2.4999993993e-1f;
  y = y * m + 3.3333331174e-1f;
  y = y * m * z + e * -2.12194440e-4f - 0.5f * z;
  return m + y + e * 0.693359375f;
}

/// Two independent normal numbers.
INLINE void normal(uint32_t a, uint32_t b, float &first, float &second) {
  const float square = logarithm((float(a) + 0.5f) * 0x1p-32f) * -2.f;
  const float radius = __builtin_elementwise_sqrt(square > 0.f ? square : 0.f);
  // The nearest quarter of the circle, and the way from it, −½…½ quarters.
  const uint32_t quarter = (b + 0x20000000u) >> 30;
  const float angle = float(int32_t(b << 2) >> 2) * (0x1p-30f * 1.57079632679489662f), z = angle * angle;
  // Cephes' sinf and cosf.
  const float sine = ((-1.9515295891e-4f * z + 8.3321608736e-3f) * z - 1.6666654611e-1f) * z * angle + angle;
  const float cosine = ((2.443315711809948e-5f * z - 1.388731625493765e-3f) * z + 4.166664568298827e-2f) * z * z - 0.5f * z + 1.f;
  const bool isSwapped = (quarter & 1u) != 0;
  const uint32_t cosineSign = ((quarter + 1u) & 2u) << 30, sineSign = (quarter & 2u) << 30;
  first = radius * real(uint32_t(bits(isSwapped ? sine : cosine)) ^ cosineSign);
  second = radius * real(uint32_t(bits(isSwapped ? cosine : sine)) ^ sineSign);
}

struct Stream {
  uint64_t seed, number;
};

INLINE void draw(Stream stream, int64_t group, float *numbers) {
  const uint64_t block = uint64_t(group) * lanes;  // its lower word does not overflow within a group
  for (int lane = 0; lane < lanes; ++lane) {
    uint32_t x[4] = {uint32_t(block) + uint32_t(lane), uint32_t(block >> 32), uint32_t(stream.number), uint32_t(stream.number >> 32)};
    philox(x, uint32_t(stream.seed), uint32_t(stream.seed >> 32));
    normal(x[0], x[1], numbers[lane], numbers[lanes + lane]);
    normal(x[2], x[3], numbers[2 * lanes + lane], numbers[3 * lanes + lane]);
  }
}

PELLUCID_DISPATCHED void addNoise(
    const Stream &stream, float deviation, int64_t begin, int64_t end, int64_t count, const float *x, float *y) {
  for (int64_t group = begin; group < end; ++group) {
    alignas(64) float numbers[numbersOfGroup];
    draw(stream, group, numbers);
    const int64_t first = group * numbersOfGroup, own = count - first < numbersOfGroup ? count - first : numbersOfGroup;
    for (int64_t i = 0; i < own; ++i) y[first + i] = x[first + i] + deviation * numbers[i];
  }
}
}  // namespace

extern "C" void pk_add_noise(uint64_t seed, uint64_t stream, float deviation, int64_t count, const float *x, float *y) {
  const int64_t groups = (count + numbersOfGroup - 1) / numbersOfGroup;
  pellucid::inParallel(groups, 256, [&](int64_t begin, int64_t end) {
    addNoise({seed, stream}, deviation, begin, end, count, x, y);
  });
}
