// Products of small matrices that lie in a core's cache, on the calling thread.
#pragma once
#include "Lines.h"

namespace pellucid {
/// Rows that are computed at once where registers allow.
constexpr int64_t productRows = 12;

/// c = a·b, or c + a·b: a is [m, depth] with these steps, b packed as `count` lines of sixteen columns, each [depth, 16], c [m, count · 16].
///
/// A value's products are added in one order, however many rows there are: 64 at a time, then their sums.
void lineProduct(
    int64_t m, int64_t count, int64_t depth, const float *a, int64_t rowA, int64_t columnA, const float *b, bool adds, float *c,
    int64_t rowC);
}  // namespace pellucid
