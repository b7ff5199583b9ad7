#pragma once
#include <cstdint>

namespace pellucid {
/// y[r, c] = x[r, c]·scale[c] + shift[c], then max(0, ·) where `rectifies`; rows of x without gaps, those of y `pitch` values apart. NaN stays.
void affineRows(
    int64_t rows, int64_t channels, const float *x, const float *scale, const float *shift, bool rectifies, float *y, int64_t pitch);
}  // namespace pellucid
