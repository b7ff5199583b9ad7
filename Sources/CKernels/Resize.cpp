#include "CKernels.h"
#include "Parallel.h"
#include <algorithm>
#include <cmath>
#include <vector>

namespace {
struct Tap {
  int64_t low, high;
  float weight;  // of high
};

std::vector<Tap> taps(int64_t in, int64_t out, double first, double step) {
  std::vector<Tap> all(static_cast<size_t>(out));
  for (int64_t o = 0; o < out; ++o) {
    const double at = std::clamp(first + double(o) * step, 0.0, double(in - 1));
    const int64_t low = int64_t(at);
    all[size_t(o)] = {low, std::min(low + 1, in - 1), float(at - double(low))};
  }
  return all;
}
}  // namespace

extern "C" void pk_resize_linear(
    int64_t n, int64_t c, const int64_t *in, const int64_t *out, const double *first, const double *step, const float *x, float *y) {
  const auto td = taps(in[0], out[0], first[0], step[0]), th = taps(in[1], out[1], first[1], step[1]),
             tw = taps(in[2], out[2], first[2], step[2]);
  pellucid::inParallel(n * out[0] * out[1], 1, [&](int64_t begin, int64_t end) {
    for (int64_t line = begin; line < end; ++line) {
      const int64_t h = line % out[1], d = line / out[1] % out[0], image = line / (out[0] * out[1]);
      const Tap &a = td[size_t(d)], &b = th[size_t(h)];
      const float *base = x + image * in[0] * in[1] * in[2] * c;
      const float *rows[4] = {
          base + (a.low * in[1] + b.low) * in[2] * c, base + (a.low * in[1] + b.high) * in[2] * c,
          base + (a.high * in[1] + b.low) * in[2] * c, base + (a.high * in[1] + b.high) * in[2] * c};
      const float weights[4] = {
          (1 - a.weight) * (1 - b.weight), (1 - a.weight) * b.weight, a.weight * (1 - b.weight), a.weight * b.weight};
      float *target = y + line * out[2] * c;
      for (int64_t w = 0; w < out[2]; ++w) {
        const Tap &t = tw[size_t(w)];
        for (int64_t k = 0; k < c; ++k) {
          float sum = 0;
          for (int r = 0; r < 4; ++r)
            sum += weights[r] * ((1 - t.weight) * rows[r][t.low * c + k] + t.weight * rows[r][t.high * c + k]);
          target[w * c + k] = sum;
        }
      }
    }
  });
}
