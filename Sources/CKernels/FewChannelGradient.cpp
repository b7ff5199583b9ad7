// The gradient of a convolution into an input of very few channels: the last step of every saliency and relevance map of a scan.
//
// oneDNN pads the one channel to a whole vector and does up to sixteen times the work. Here a line of upstream voxels is transposed once,
// so that its channels are rows along w, and each tap is a multiply-add of whole rows onto the lines of the gradient that it reaches.
#include "FewChannelGradient.h"
#include "CKernels.h"
#include "Parallel.h"
#include <algorithm>
#include <vector>

namespace {

/// rows[c][w] from voxels[w][c].
PELLUCID_DISPATCHED void transpose(const float *voxels, int64_t width, int64_t channels, int64_t pitch, float *rows) {
  constexpr int64_t block = 16;
  for (int64_t w0 = 0; w0 < width; w0 += block) {
    const int64_t w1 = std::min(width, w0 + block);
    for (int64_t c = 0; c < channels; ++c)
      for (int64_t w = w0; w < w1; ++w) rows[c * pitch + w] = voxels[w * channels + c];
  }
}

/// target[w] += Σ_c Σ_k rows[c][w − k·dilation] · weights[c][k], for w in [0, width): rows are zero outside the line.
PELLUCID_DISPATCHED void correlate(
    const float *rows, int64_t pitch, int64_t channels, const float *weights, int64_t taps, int64_t dilation, int64_t width,
    float *target) {
  constexpr int64_t block = 64;
  int64_t w = 0;
  for (; w + block <= width; w += block) {
    float sum[block];
    for (int64_t i = 0; i < block; ++i) sum[i] = target[w + i];
    for (int64_t c = 0; c < channels; ++c)
      for (int64_t k = 0; k < taps; ++k) {
        const float weight = weights[c * taps + k];
        const float *from = rows + c * pitch + w - k * dilation;
        for (int64_t i = 0; i < block; ++i) sum[i] += from[i] * weight;
      }
    for (int64_t i = 0; i < block; ++i) target[w + i] = sum[i];
  }
  for (; w < width; ++w) {
    float sum = target[w];
    for (int64_t c = 0; c < channels; ++c)
      for (int64_t k = 0; k < taps; ++k) sum += rows[c * pitch + w - k * dilation] * weights[c * taps + k];
    target[w] = sum;
  }
}
}  // namespace

bool pellucid::fewChannelGradientFits(const pk_convolution_shape &s) {
  return s.channelsIn == 1 && s.groups == 1 && s.stride[0] == 1 && s.stride[1] == 1 && s.stride[2] == 1;
}

void pellucid::fewChannelGradient(
    const pk_convolution_shape &s, const pk_convolution_place &p, const float *weights, const float *dy, float *dx) {
  const int64_t c = s.channelsOut, taps = s.kernel[2], reach = (taps - 1) * s.dilation[2];
  // Rows hold `reach` zeros before and after the line, so that every tap reads inside them.
  const int64_t lead = reach + p.padBefore[2], width = p.in[2];
  const int64_t pitch = lead + std::max(p.out[2], width + p.padBefore[2]) + reach + 64;
  // weights[kd][kh][c][kw]
  std::vector<float> arranged(size_t(s.kernel[0] * s.kernel[1] * c * taps));
  for (int64_t o = 0; o < c; ++o)
    for (int64_t kd = 0; kd < s.kernel[0]; ++kd)
      for (int64_t kh = 0; kh < s.kernel[1]; ++kh)
        for (int64_t kw = 0; kw < taps; ++kw)
          arranged[size_t(((kd * s.kernel[1] + kh) * c + o) * taps + kw)] =
              weights[((o * s.kernel[0] + kd) * s.kernel[1] + kh) * taps + kw];

  // A thread owns planes of the gradient, and reads every upstream plane that reaches them.
  pellucid::inParallel(p.n * p.in[0], 1, [&](int64_t begin, int64_t end) {
    std::vector<float> rows(size_t(c * pitch), 0.f);
    for (int64_t plane = begin; plane < end; ++plane) {
      const int64_t n = plane / p.in[0], d = plane % p.in[0];
      float *target = dx + plane * p.in[1] * width;
      std::fill(target, target + p.in[1] * width, 0.f);
      for (int64_t kd = 0; kd < s.kernel[0]; ++kd) {
        const int64_t from = d + p.padBefore[0] - kd * s.dilation[0];
        if (from < 0 || from >= p.out[0]) continue;
        for (int64_t oh = 0; oh < p.out[1]; ++oh) {
          transpose(dy + ((n * p.out[0] + from) * p.out[1] + oh) * p.out[2] * c, p.out[2], c, pitch, rows.data() + lead);
          for (int64_t kh = 0; kh < s.kernel[1]; ++kh) {
            const int64_t h = oh - p.padBefore[1] + kh * s.dilation[1];
            if (h < 0 || h >= p.in[1]) continue;
            correlate(
                rows.data() + lead + p.padBefore[2], pitch, c, arranged.data() + (kd * s.kernel[1] + kh) * c * taps, taps,
                s.dilation[2], width, target + h * width);
          }
        }
      }
    }
  });
}
