#include "CKernels.h"
#include "Parallel.h"
#include <algorithm>
#include <cfloat>
#include <cmath>
#include <limits>
#include <mutex>
#include <cstring>
#include <atomic>
#include <vector>

namespace {
template <pk_reduction r>
inline double folded(double so_far, float v) {
  if constexpr (r == PK_SUM) return so_far + double(v);
  if constexpr (r == PK_MAX) return so_far > double(v) || so_far != so_far ? so_far : double(v);
  if constexpr (r == PK_SUM_OF_SQUARES) return so_far + double(v) * double(v);
  if constexpr (r == PK_SUM_OF_ABSOLUTES) return so_far + std::fabs(double(v));
}

template <pk_reduction r>
inline __attribute__((always_inline)) void column(
    int64_t reduced, int64_t inner, int64_t from, int64_t to, const float *x, float *y, double *sums) {
  std::fill(sums, sums + (to - from), r == PK_MAX ? -double(FLT_MAX) : 0.0);
  for (int64_t i = 0; i < reduced; ++i) {
    const float *row = x + i * inner;
    for (int64_t j = from; j < to; ++j) sums[j - from] = folded<r>(sums[j - from], row[j]);
  }
  for (int64_t j = from; j < to; ++j) y[j] = float(sums[j - from]);
}

PELLUCID_DISPATCHED void reduceColumn(
    pk_reduction r, int64_t reduced, int64_t inner, int64_t from, int64_t to, const float *x, float *y, double *sums) {
  switch (r) {
    case PK_SUM: return column<PK_SUM>(reduced, inner, from, to, x, y, sums);
    case PK_MAX: return column<PK_MAX>(reduced, inner, from, to, x, y, sums);
    case PK_SUM_OF_SQUARES: return column<PK_SUM_OF_SQUARES>(reduced, inner, from, to, x, y, sums);
    case PK_SUM_OF_ABSOLUTES: return column<PK_SUM_OF_ABSOLUTES>(reduced, inner, from, to, x, y, sums);
  }
}

/// Eight lanes, so that the sum vectorizes and its order is fixed.
template <bool squares>
inline __attribute__((always_inline)) double laneSum(int64_t count, const float *x) {
  const auto term = [](float v) { return squares ? double(v) * double(v) : double(v); };
  double lane[8] = {};
  int64_t i = 0;
  for (; i + 8 <= count; i += 8)
    for (int k = 0; k < 8; ++k) lane[k] += term(x[i + k]);
  double rest = 0;
  for (; i < count; ++i) rest += term(x[i]);
  return ((lane[0] + lane[1]) + (lane[2] + lane[3])) + ((lane[4] + lane[5]) + (lane[6] + lane[7])) + rest;
}

PELLUCID_DISPATCHED double lanes(int64_t count, const float *x) { return laneSum<false>(count, x); }
PELLUCID_DISPATCHED double squareLanes(int64_t count, const float *x) { return laneSum<true>(count, x); }
}  // namespace

extern "C" void pk_reduce(pk_reduction r, int64_t outer, int64_t reduced, int64_t inner, const float *x, float *y) {
  if (inner == 1 && (r == PK_SUM || r == PK_SUM_OF_SQUARES)) {
    pellucid::inParallel(outer, std::max<int64_t>(1, (1 << 14) / std::max<int64_t>(1, reduced)), [&](int64_t begin, int64_t end) {
      for (int64_t o = begin; o < end; ++o)
        y[o] = float(r == PK_SUM ? lanes(reduced, x + o * reduced) : squareLanes(reduced, x + o * reduced));
    });
    return;
  }
  constexpr int64_t block = 256;
  const int64_t blocks = (inner + block - 1) / block;
  pellucid::inParallel(outer * blocks, 1, [&](int64_t begin, int64_t end) {
    std::vector<double> sums(block);
    for (int64_t job = begin; job < end; ++job) {
      const int64_t o = job / blocks, from = job % blocks * block, to = std::min(inner, from + block);
      reduceColumn(r, reduced, inner, from, to, x + o * reduced * inner, y + o * inner, sums.data());
    }
  });
}

extern "C" double pk_sum(int64_t count, const float *x) {
  constexpr int64_t block = 1 << 15;
  const int64_t blocks = (count + block - 1) / block;
  std::vector<double> partial(static_cast<size_t>(blocks));
  pellucid::inParallel(blocks, 4, [&](int64_t begin, int64_t end) {
    for (int64_t b = begin; b < end; ++b) partial[size_t(b)] = lanes(std::min(block, count - b * block), x + b * block);
  });
  double sum = 0;
  for (double v : partial) sum += v;
  return sum;
}

namespace {
/// Largest bits of |x|, which order as the values do, NaN above infinity.
PELLUCID_DISPATCHED int32_t largestBits(int64_t n, const float *x) {
  int32_t most = 0;
  for (int64_t i = 0; i < n; ++i) {
    int32_t bits;
    std::memcpy(&bits, x + i, sizeof bits);
    bits &= 0x7fffffff;
    most = bits > most ? bits : most;
  }
  return most;
}
}  // namespace

extern "C" float pk_largest_magnitude(int64_t count, const float *x) {
  std::atomic<int32_t> most{0};
  pellucid::inParallel(count, 1 << 16, [&](int64_t begin, int64_t end) {
    const int32_t own = largestBits(end - begin, x + begin);
    int32_t so_far = most.load();
    while (own > so_far && !most.compare_exchange_weak(so_far, own)) {}
  });
  const int32_t bits = most.load();
  float value;
  std::memcpy(&value, &bits, sizeof value);
  return bits > 0x7f800000 ? std::numeric_limits<float>::infinity() : value;
}

extern "C" int64_t pk_first_non_finite(int64_t count, const float *x) {
  constexpr int64_t block = 1 << 14;
  std::atomic<int64_t> first{count};
  pellucid::inParallel((count + block - 1) / block, 4, [&](int64_t begin, int64_t end) {
    for (int64_t b = begin; b < end && b * block < first.load(); ++b) {
      const int64_t from = b * block, to = std::min(count, from + block);
      if (largestBits(to - from, x + from) < 0x7f800000) continue;
      int64_t own = from;
      while (std::isfinite(x[own])) ++own;
      int64_t known = first.load();
      while (own < known && !first.compare_exchange_weak(known, own)) {}
      return;
    }
  });
  return first.load() < count ? first.load() : -1;
}

namespace {
PELLUCID_DISPATCHED void extremes(int64_t n, const float *x, float *low, float *high) {
  constexpr int lanes = 64;
  float least[lanes], most[lanes];
  for (int i = 0; i < lanes; ++i) {
    least[i] = std::numeric_limits<float>::infinity();
    most[i] = -std::numeric_limits<float>::infinity();
  }
  const int64_t whole = n / lanes * lanes;
  // Comparisons with what is not a number are false: it counts as nothing.
  for (int64_t begin = 0; begin < whole; begin += lanes)
    for (int i = 0; i < lanes; ++i) {
      const float v = x[begin + i];
      least[i] = v < least[i] ? v : least[i];
      most[i] = v > most[i] ? v : most[i];
    }
  for (int64_t i = whole; i < n; ++i) {
    least[0] = x[i] < least[0] ? x[i] : least[0];
    most[0] = x[i] > most[0] ? x[i] : most[0];
  }
  *low = *std::min_element(least, least + lanes);
  *high = *std::max_element(most, most + lanes);
}
}  // namespace

extern "C" void pk_extremes(int64_t count, const float *x, float *low, float *high) {
  *low = std::numeric_limits<float>::infinity();
  *high = -std::numeric_limits<float>::infinity();
  std::mutex joining;
  pellucid::inParallel(count, 1 << 16, [&](int64_t begin, int64_t end) {
    float least, most;
    extremes(end - begin, x + begin, &least, &most);
    const std::lock_guard<std::mutex> guard(joining);
    *low = std::min(*low, least);
    *high = std::max(*high, most);
  });
}
