#include "LineProduct.h"
#include "Parallel.h"
#include <algorithm>

namespace {
using pellucid::Line;
using pellucid::at;
using pellucid::width;

constexpr int tall = pellucid::productRows / 2;  // rows at once: what sixteen registers of eight values hold
/// Products of a value at a time: two lines of b are read from a core's first cache then, whatever the number of rows, and sums of sums round
/// less than one long sum does.
constexpr int64_t deep = 64;

/// Rows of c, so many lines of each: Σ_k a[r, k]·b[k].
template <int rows, int across>
inline __attribute__((always_inline)) void someRows(
    int64_t depth, const float *a, int64_t rowA, int64_t columnA, const float *b, int64_t lineB, bool adds, float *c, int64_t rowC) {
  Line sum[rows][across];
  PELLUCID_UNROLLED for (int r = 0; r < rows; ++r)
    PELLUCID_UNROLLED for (int l = 0; l < across; ++l) sum[r][l] = Line{};
  for (int64_t k = 0; k < depth; ++k) {
    Line line[across];
    PELLUCID_UNROLLED for (int l = 0; l < across; ++l) line[l] = at(b + l * lineB + k * width);
    PELLUCID_UNROLLED for (int r = 0; r < rows; ++r) {
      const float factor = a[r * rowA + k * columnA];
      PELLUCID_UNROLLED for (int l = 0; l < across; ++l) sum[r][l] += line[l] * factor;
    }
  }
  PELLUCID_UNROLLED for (int r = 0; r < rows; ++r)
    PELLUCID_UNROLLED for (int l = 0; l < across; ++l) {
      Line &to = at(c + r * rowC + l * width);
      to = adds ? to + sum[r][l] : sum[r][l];
    }
}

/// All rows of so many lines of c, `most` and then `tall` at once, as many at once as there are registers for.
template <int most, int across>
inline __attribute__((always_inline)) void allRows(
    int64_t m, int64_t depth, const float *a, int64_t rowA, int64_t columnA, const float *b, int64_t lineB, bool adds, float *c,
    int64_t rowC) {
  for (; m >= most; m -= most, a += most * rowA, c += most * rowC) someRows<most, across>(depth, a, rowA, columnA, b, lineB, adds, c, rowC);
  if constexpr (most > tall) {
    allRows<tall, across>(m, depth, a, rowA, columnA, b, lineB, adds, c, rowC);
  } else {
    switch (m) {
    case 1: someRows<1, across>(depth, a, rowA, columnA, b, lineB, adds, c, rowC); break;
    case 2: someRows<2, across>(depth, a, rowA, columnA, b, lineB, adds, c, rowC); break;
    case 3: someRows<3, across>(depth, a, rowA, columnA, b, lineB, adds, c, rowC); break;
    case 4: someRows<4, across>(depth, a, rowA, columnA, b, lineB, adds, c, rowC); break;
    case 5: someRows<5, across>(depth, a, rowA, columnA, b, lineB, adds, c, rowC); break;
    default: break;
    }
  }
}

/// Whether there are thirty-two registers of sixteen values.
bool hasLargeRegisters() {
#if defined(__x86_64__) && !defined(PELLUCID_BASELINE)
  static const bool large = __builtin_cpu_supports("avx512vl");
  return large;
#else
  return false;
#endif
}

PELLUCID_DISPATCHED void product(
    int64_t m, int64_t count, int64_t depth, const float *a, int64_t rowA, int64_t columnA, const float *b, bool adds, float *c,
    int64_t rowC, bool large) {
  for (int64_t first = 0; first < depth; first += deep, a += deep * columnA, b += deep * width, adds = true) {
    const int64_t own = std::min(deep, depth - first), lineB = depth * width;
    int64_t l = 0;
    // With few sums at once each would wait for the one before.
    for (; large && l + 2 <= count; l += 2)
      allRows<2 * tall, 2>(m, own, a, rowA, columnA, b + l * lineB, lineB, adds, c + l * width, rowC);
    for (; l < count; ++l) allRows<tall, 1>(m, own, a, rowA, columnA, b + l * lineB, lineB, adds, c + l * width, rowC);
  }
}
}  // namespace

void pellucid::lineProduct(
    int64_t m, int64_t count, int64_t depth, const float *a, int64_t rowA, int64_t columnA, const float *b, bool adds, float *c,
    int64_t rowC) {
  product(m, count, depth, a, rowA, columnA, b, adds, c, rowC, hasLargeRegisters());
}
