// No voxel is reached by two windows, so each window's gradient is a row of a product of matrices, which then only has to be laid out.
#include "PatchGradient.h"
#include "Matrix.h"
#include "Parallel.h"
#include <algorithm>
#include <cstring>
#include <vector>

namespace {
/// What the rows of a product may take until they are laid out.
constexpr int64_t productBytes = int64_t(4) << 20;
}  // namespace

bool pellucid::patchGradientFits(const pk_convolution_shape &s) {
  for (int a = 0; a < 3; ++a)
    if (s.kernel[a] != s.stride[a] || s.dilation[a] != 1) return false;
  return s.channelsIn == 1 && s.groups == 1 && s.channelsOut >= 16 && s.kernel[0] * s.kernel[1] * s.kernel[2] >= 64;
}

void pellucid::patchGradient(
    const pk_convolution_shape &s, const pk_convolution_place &p, const float *weights, const float *dy, float *dx) {
  const int64_t taps = s.kernel[0] * s.kernel[1] * s.kernel[2], row = p.out[2], rows = p.n * p.out[0] * p.out[1];
  const int64_t each = std::clamp<int64_t>(productBytes / (4 * row * taps), 1, rows);
  std::fill(dx, dx + p.n * p.in[0] * p.in[1] * p.in[2], 0.f);
  std::vector<float> products(size_t(each * row * taps));
  for (int64_t first = 0; first < rows; first += each) {
    const int64_t count = std::min(each, rows - first);
    matrixProduct(
        false, false, count * row, taps, s.channelsOut, dy + first * row * s.channelsOut, s.channelsOut, weights, taps, 0,
        products.data(), taps);
    inParallel(count, std::max<int64_t>(1, (1 << 14) / (row * taps)), [&](int64_t begin, int64_t end) {
      for (int64_t r = begin; r < end; ++r) {
        const int64_t n = (first + r) / (p.out[0] * p.out[1]), place = (first + r) % (p.out[0] * p.out[1]);
        const int64_t top = place / p.out[1] * s.stride[0] - p.padBefore[0], left = place % p.out[1] * s.stride[1] - p.padBefore[1];
        const float *patch = products.data() + r * row * taps;
        for (int64_t w = 0; w < row; ++w) {
          // A window's columns that lie inside the image.
          const int64_t at = w * s.stride[2] - p.padBefore[2];
          const int64_t from = std::max<int64_t>(0, -at), to = std::min(s.kernel[2], p.in[2] - at);
          for (int64_t line = 0; line < s.kernel[0] * s.kernel[1]; ++line, patch += s.kernel[2]) {
            const int64_t d = top + line / s.kernel[1], h = left + line % s.kernel[1];
            if (d < 0 || d >= p.in[0] || h < 0 || h >= p.in[1] || from >= to) continue;
            std::memcpy(dx + ((n * p.in[0] + d) * p.in[1] + h) * p.in[2] + at + from, patch + from, size_t(4 * (to - from)));
          }
        }
      }
    });
  }
}
