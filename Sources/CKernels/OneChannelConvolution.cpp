// oneDNN's vectors hold output channels, of which eight fill half of one, and sum over input channels innermost, of which one is no loop: it
// runs at a third of the machine's limit. Here vectors hold neighbouring voxels of a line, one for each output channel.
#include "OneChannelConvolution.h"
#include "Parallel.h"
#include <algorithm>
#include <cstring>
#include <vector>

namespace {
#define INLINE inline __attribute__((always_inline))

constexpr int lanes = 16, block = 8;
typedef float Reals __attribute__((vector_size(4 * lanes), aligned(4)));

/// The taps along an axis that stay inside the input; the first of all lies at `at`.
struct Taps {
  int64_t begin, end, at;
};

Taps inside(const pk_convolution_shape &s, const pk_convolution_place &p, int axis, int64_t out) {
  const int64_t at = out * s.stride[axis] - p.padBefore[axis], dilation = s.dilation[axis], in = p.in[axis];
  const int64_t end = at < in ? (in - at + dilation - 1) / dilation : 0;
  return {at >= 0 ? 0 : (-at + dilation - 1) / dilation, std::min(end, s.kernel[axis]), at};
}

/// Vectors a…h of voxels, one a channel, as voxels of channels: a transpose in three steps.
INLINE void store(const Reals (&v)[block], float *y) {
#define LOW(a, b) __builtin_shufflevector(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23)
#define HIGH(a, b) __builtin_shufflevector(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31)
#define LOW_PAIRS(a, b) __builtin_shufflevector(a, b, 0, 1, 16, 17, 2, 3, 18, 19, 4, 5, 20, 21, 6, 7, 22, 23)
#define HIGH_PAIRS(a, b) __builtin_shufflevector(a, b, 8, 9, 24, 25, 10, 11, 26, 27, 12, 13, 28, 29, 14, 15, 30, 31)
#define LOW_FOURS(a, b) __builtin_shufflevector(a, b, 0, 1, 2, 3, 16, 17, 18, 19, 4, 5, 6, 7, 20, 21, 22, 23)
#define HIGH_FOURS(a, b) __builtin_shufflevector(a, b, 8, 9, 10, 11, 24, 25, 26, 27, 12, 13, 14, 15, 28, 29, 30, 31)
  const Reals two[8] = {LOW(v[0], v[1]), LOW(v[2], v[3]), LOW(v[4], v[5]), LOW(v[6], v[7]),
                        HIGH(v[0], v[1]), HIGH(v[2], v[3]), HIGH(v[4], v[5]), HIGH(v[6], v[7])};
#pragma clang loop unroll(full)
  for (int half = 0; half < 2; ++half) {
    const Reals first = LOW_PAIRS(two[4 * half], two[4 * half + 1]), second = LOW_PAIRS(two[4 * half + 2], two[4 * half + 3]);
    const Reals third = HIGH_PAIRS(two[4 * half], two[4 * half + 1]), fourth = HIGH_PAIRS(two[4 * half + 2], two[4 * half + 3]);
    const Reals four[4] = {LOW_FOURS(first, second), HIGH_FOURS(first, second), LOW_FOURS(third, fourth), HIGH_FOURS(third, fourth)};
    std::memcpy(y + half * 4 * lanes, four, sizeof four);
  }
}

/// What a line of output voxels is computed from: lines of input with zeros around them, and the weights of each.
struct Sources {
  int64_t count;
  const float *const *lines;
  const float *const *weights;
};

PELLUCID_DISPATCHED void line(
    const pk_convolution_shape &s, const Sources &sources, int64_t length, const float *bias, bool relu, float *y) {
  const int64_t taps = s.kernel[2], dilation = s.dilation[2];
  for (int64_t w = 0; w < length; w += lanes) {
    Reals sums[block];
#pragma clang loop unroll(full)
    for (int o = 0; o < block; ++o) sums[o] = Reals{} + (bias ? bias[o] : 0.f);
    for (int64_t i = 0; i < sources.count; ++i) {
      const float *from = sources.lines[i] + w, *weights = sources.weights[i];
      for (int64_t k = 0; k < taps; ++k, from += dilation, weights += block) {
        const Reals x = *reinterpret_cast<const Reals *>(from);
#pragma clang loop unroll(full)
        for (int o = 0; o < block; ++o) sums[o] += x * weights[o];
      }
    }
    if (relu) {
#pragma clang loop unroll(full)
      for (int o = 0; o < block; ++o) sums[o] = sums[o] < 0.f ? Reals{} : sums[o];
    }
    const int64_t own = std::min<int64_t>(lanes, length - w);
    float *to = y + w * s.channelsOut;
    if (own == lanes && s.channelsOut == block) {
      store(sums, to);
      continue;
    }
    float voxels[lanes * block];
    store(sums, voxels);
    for (int64_t v = 0; v < own; ++v) std::memcpy(to + v * s.channelsOut, voxels + v * block, 4 * block);
  }
}
}  // namespace

bool pellucid::oneChannelConvolutionFits(const pk_convolution_shape &s) {
  return s.groups == 1 && s.channelsIn == 1 && s.channelsOut % 16 == 8 && s.stride[2] == 1;
}

void pellucid::packOneChannelWeights(const pk_convolution_shape &s, const float *weights, float *packed) {
  const int64_t taps = s.kernel[0] * s.kernel[1] * s.kernel[2];
  for (int64_t o = 0; o < s.channelsOut; ++o)
    for (int64_t t = 0; t < taps; ++t) packed[(o / block * taps + t) * block + o % block] = weights[o * taps + t];
}

void pellucid::oneChannelConvolution(
    const pk_convolution_shape &s, const pk_convolution_place &p, const float *packed, const float *bias, bool relu, const float *x,
    float *y) {
  const int64_t length = p.out[2], reach = (s.kernel[2] - 1) * s.dilation[2], taps = s.kernel[0] * s.kernel[1];
  // As far as the last vector reads.
  const int64_t padded = (length + lanes - 1) / lanes * lanes + reach;
  const int64_t lead = std::max<int64_t>(0, p.padBefore[2]), cut = std::max<int64_t>(0, -p.padBefore[2]);
  const int64_t copied = std::max<int64_t>(0, std::min(p.in[2] - cut, padded - lead));
  const int64_t work = length * s.channelsOut * taps * s.kernel[2];
  inParallel(p.n * p.out[0] * p.out[1], std::max<int64_t>(1, (int64_t(1) << 19) / std::max<int64_t>(1, work)), [&](int64_t begin, int64_t end) {
    std::vector<float> lines(size_t(taps * padded));
    std::vector<const float *> from(static_cast<size_t>(taps)), weights(static_cast<size_t>(taps));
    for (int64_t row = begin; row < end; ++row) {
      const float *image = x + row / (p.out[0] * p.out[1]) * p.in[0] * p.in[1] * p.in[2];
      const Taps d = inside(s, p, 0, row / p.out[1] % p.out[0]), h = inside(s, p, 1, row % p.out[1]);
      Sources sources{0, from.data(), weights.data()};
      for (int64_t kd = d.begin; kd < d.end; ++kd)
        for (int64_t kh = h.begin; kh < h.end; ++kh) {
          float *own = lines.data() + sources.count * padded;
          const float *line = image + ((d.at + kd * s.dilation[0]) * p.in[1] + h.at + kh * s.dilation[1]) * p.in[2];
          std::memcpy(own + lead, line + cut, size_t(4 * copied));
          from[size_t(sources.count)] = own;
          weights[size_t(sources.count)] = packed + (kd * s.kernel[1] + kh) * s.kernel[2] * block;
          ++sources.count;
        }
      for (int64_t o = 0; o < s.channelsOut; o += block) {
        line(s, sources, length, bias ? bias + o : nullptr, relu, y + row * length * s.channelsOut + o);
        for (int64_t i = 0; i < sources.count; ++i) weights[size_t(i)] += taps * s.kernel[2] * block;
      }
    }
  });
}
