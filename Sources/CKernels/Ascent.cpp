// Steps of gradient ascent on an image, and what is cleared between them.
#include "CKernelsAscent.h"
#include "Parallel.h"
#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <mutex>
#include <vector>

namespace {
constexpr int64_t smallestPart = 1 << 15;

/// Σ over blocks of a fixed size, eight lanes each, so that the order depends on the count alone.
template <typename Term>
inline __attribute__((always_inline)) double lanes(int64_t count, const Term &term) {
  double lane[8] = {};
  int64_t i = 0;
  for (; i + 8 <= count; i += 8)
    for (int k = 0; k < 8; ++k) lane[k] += term(i + k);
  double rest = 0;
  for (; i < count; ++i) rest += term(i);
  return ((lane[0] + lane[1]) + (lane[2] + lane[3])) + ((lane[4] + lane[5]) + (lane[6] + lane[7])) + rest;
}

PELLUCID_DISPATCHED double products(int64_t count, const float *x, const float *y) {
  return lanes(count, [&](int64_t i) { return double(x[i]) * double(y[i]); });
}

PELLUCID_DISPATCHED double squares(int64_t count, const float *x, const float *y) {
  return lanes(count, [&](int64_t i) { const double d = double(x[i]) - double(y[i]); return d * d; });
}

template <typename Part>
double blockwise(int64_t count, const Part &part) {
  constexpr int64_t block = 1 << 15;
  const int64_t blocks = (count + block - 1) / block;
  std::vector<double> partial(static_cast<size_t>(blocks));
  pellucid::inParallel(blocks, 4, [&](int64_t begin, int64_t end) {
    for (int64_t b = begin; b < end; ++b) partial[size_t(b)] = part(b * block, std::min(block, count - b * block));
  });
  double sum = 0;
  for (double v : partial) sum += v;
  return sum;
}

PELLUCID_DISPATCHED void momentumStep(int64_t begin, int64_t end, const float *g, float rate, float momentum, float *v, float *x) {
  for (int64_t i = begin; i < end; ++i) {
    v[i] = momentum * v[i] + rate * g[i];
    x[i] += v[i];
  }
}

PELLUCID_DISPATCHED void adamStep(const pk_adam &adam, int64_t begin, int64_t end, const float *g, float *m, float *v, float *x) {
  const float scale1 = 1 / adam.correction1, scale2 = 1 / adam.correction2;
  for (int64_t i = begin; i < end; ++i) {
    m[i] = adam.beta1 * m[i] + (1 - adam.beta1) * g[i];
    v[i] = adam.beta2 * v[i] + (1 - adam.beta2) * (g[i] * g[i]);
    x[i] += adam.rate * (m[i] * scale1) / (__builtin_elementwise_sqrt(v[i] * scale2) + adam.epsilon);
  }
}

PELLUCID_DISPATCHED void drawNear(int64_t begin, int64_t end, const float *base, float keep, float bound, float *x) {
  for (int64_t i = begin; i < end; ++i) {
    const float own = base ? base[i] : 0.f;
    float away = keep * (x[i] - own);
    away = away > bound ? bound : away < -bound ? -bound : away;
    x[i] = own + away;
  }
}

/// Bits of magnitudes order as their values do.
inline uint32_t magnitude(int64_t i, const float *x, const float *base, const float *g) {
  float value = base ? x[i] - base[i] : x[i];
  if (g) value *= g[i];
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  return bits & 0x7fffffffu;
}

/// The number of magnitudes for each value of some of their bits, of those whose upper bits are these.
std::vector<int64_t> counted(
    int64_t count, int shift, int wide, uint32_t upper, int upperShift, const float *x, const float *base, const float *g) {
  std::vector<int64_t> sums(size_t(1) << wide, 0);
  std::mutex joining;
  const uint32_t mask = (1u << wide) - 1;
  pellucid::inParallel(count, smallestPart, [&](int64_t begin, int64_t end) {
    std::vector<uint32_t> own(size_t(1) << wide, 0);
    for (int64_t i = begin; i < end; ++i) {
      const uint32_t bits = magnitude(i, x, base, g);
      if (upperShift < 31 && bits >> upperShift != upper) continue;
      ++own[bits >> shift & mask];
    }
    const std::lock_guard<std::mutex> guard(joining);
    for (size_t n = 0; n < own.size(); ++n) sums[n] += own[n];
  });
  return sums;
}
}  // namespace

extern "C" double pk_dot(int64_t count, const float *x, const float *y) {
  return blockwise(count, [&](int64_t from, int64_t length) { return products(length, x + from, y + from); });
}

extern "C" double pk_squared_distance(int64_t count, const float *x, const float *y) {
  return blockwise(count, [&](int64_t from, int64_t length) { return squares(length, x + from, y + from); });
}

extern "C" void pk_momentum_step(int64_t count, const float *g, float rate, float momentum, float *v, float *x) {
  pellucid::inParallel(count, smallestPart, [&](int64_t begin, int64_t end) { momentumStep(begin, end, g, rate, momentum, v, x); });
}

extern "C" void pk_adam_step(const pk_adam *adam, int64_t count, const float *g, float *m, float *v, float *x) {
  pellucid::inParallel(count, smallestPart, [&](int64_t begin, int64_t end) { adamStep(*adam, begin, end, g, m, v, x); });
}

extern "C" void pk_draw_near(int64_t count, const float *base, float keep, float bound, float *x) {
  pellucid::inParallel(count, smallestPart, [&](int64_t begin, int64_t end) { drawNear(begin, end, base, keep, bound, x); });
}

extern "C" float pk_magnitude_at(int64_t count, float part, const float *x, const float *base, const float *g) {
  if (count < 1) return 0;
  int64_t place = std::min(count - 1, std::max<int64_t>(0, int64_t(double(part) * double(count))));
  const auto bin = [&](const std::vector<int64_t> &sums) {
    size_t n = 0;
    while (place >= sums[n]) place -= sums[n++];
    return uint32_t(n);
  };
  const uint32_t upper = bin(counted(count, 16, 15, 0, 31, x, base, g));
  const uint32_t bits = upper << 16 | bin(counted(count, 0, 16, upper, 16, x, base, g));
  float value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

extern "C" void pk_clear_below(int64_t count, float threshold, const float *base, const float *g, float *x) {
  uint32_t least;
  std::memcpy(&least, &threshold, sizeof least);
  pellucid::inParallel(count, smallestPart, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i)
      if (magnitude(i, x, base, g) < least) x[i] = base ? base[i] : 0.f;
  });
}
