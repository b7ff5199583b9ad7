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

/// target[j] += Σ_c Σ_t rows[c][j − offset_t] · weights[c][t] for `block` places from `from` on.
template <int block>
inline __attribute__((always_inline)) void correlateBlock(
    const float *rows, int64_t pitch, int64_t channels, const float *weights, int64_t taps, const int64_t *offsets, int64_t from,
    int64_t count, float *target) {
  float sum[block] = {};
  for (int64_t i = 0; i < count; ++i) sum[i] = target[from + i];
  for (int64_t c = 0; c < channels; ++c)
    for (int64_t t = 0; t < taps; ++t) {
      const float weight = weights[c * taps + t];
      const float *row = rows + c * pitch + from - offsets[t];
      for (int i = 0; i < block; ++i) sum[i] += row[i] * weight;
    }
  for (int64_t i = 0; i < count; ++i) target[from + i] = sum[i];
}

/// The same for all places in [0, width); rows are zero outside the line, up to a block further than it needs.
PELLUCID_DISPATCHED void correlate(
    const float *rows, int64_t pitch, int64_t channels, const float *weights, int64_t taps, const int64_t *offsets, int64_t width,
    float *target) {
  int64_t j = 0;
  for (; j + 64 <= width; j += 64) correlateBlock<64>(rows, pitch, channels, weights, taps, offsets, j, 64, target);
  if (j + 32 <= width) {
    correlateBlock<32>(rows, pitch, channels, weights, taps, offsets, j, 32, target);
    j += 32;
  }
  for (; j < width; j += 16)
    correlateBlock<16>(rows, pitch, channels, weights, taps, offsets, j, std::min<int64_t>(16, width - j), target);
}

/// The taps along w that reach the places φ, φ + stride, φ + 2·stride, … of the gradient's lines.
struct Phase {
  int64_t width;                  // how many such places there are
  std::vector<int64_t> taps;      // their places along w in the kernel
  std::vector<int64_t> offsets;   // place j is reached by the upstream voxel j − offset
  std::vector<float> weights;     // [kd][kh][c][tap]
};

std::vector<Phase> phases(const pk_convolution_shape &s, const pk_convolution_place &p, const float *weights) {
  std::vector<Phase> all(size_t(std::min<int64_t>(s.stride[2], p.in[2])));
  for (size_t phi = 0; phi < all.size(); ++phi) {
    Phase &phase = all[phi];
    phase.width = (p.in[2] - int64_t(phi) + s.stride[2] - 1) / s.stride[2];
    for (int64_t k = 0; k < s.kernel[2]; ++k) {
      const int64_t shift = k * s.dilation[2] - p.padBefore[2] - int64_t(phi);
      if (shift % s.stride[2] != 0) continue;
      phase.taps.push_back(k);
      phase.offsets.push_back(shift / s.stride[2]);
    }
    for (int64_t plane = 0; plane < s.kernel[0] * s.kernel[1]; ++plane)
      for (int64_t c = 0; c < s.channelsOut; ++c)
        for (const int64_t k : phase.taps) phase.weights.push_back(weights[(c * s.kernel[0] * s.kernel[1] + plane) * s.kernel[2] + k]);
  }
  return all;
}
}  // namespace

bool pellucid::fewChannelGradientFits(const pk_convolution_shape &s) { return s.channelsIn == 1 && s.groups == 1; }

void pellucid::fewChannelGradient(
    const pk_convolution_shape &s, const pk_convolution_place &p, const float *weights, const float *dy, float *dx) {
  const std::vector<Phase> along = phases(s, p, weights);
  const int64_t c = s.channelsOut, width = p.in[2];
  // Rows hold zeros before and after the line, so that every tap of every block reads inside them.
  int64_t lead = 0, reach = p.out[2], phasePitch = 0;
  for (const Phase &phase : along) {
    phasePitch = std::max(phasePitch, phase.width);
    for (const int64_t offset : phase.offsets) {
      lead = std::max(lead, offset);
      reach = std::max(reach, phase.width - offset);
    }
  }
  const int64_t pitch = lead + reach + 64, lines = p.in[1] * int64_t(along.size());

  // A thread owns planes of the gradient and reads every upstream plane that reaches them, each once.
  pellucid::inParallel(p.n * p.in[0], 1, [&](int64_t begin, int64_t end) {
    std::vector<float> rows(size_t(c * pitch), 0.f);
    for (int64_t n = begin / p.in[0]; n * p.in[0] < end; ++n) {
      const int64_t first = std::max(begin - n * p.in[0], int64_t(0)), last = std::min(end - n * p.in[0], p.in[0]);
      // The gradient with its places along w sorted by phase: [d][h][phase][place]; with one phase that is the gradient itself.
      float *const own = dx + (n * p.in[0] + first) * p.in[1] * width;
      std::vector<float> apart(along.size() > 1 ? size_t((last - first) * lines * phasePitch) : 0, 0.f);
      float *const sorted = along.size() > 1 ? apart.data() : own;
      if (along.size() == 1) std::fill(own, own + (last - first) * p.in[1] * width, 0.f);
      for (int64_t od = 0; od < p.out[0]; ++od) {
        const int64_t low = od * s.stride[0] - p.padBefore[0];
        if (low >= last || low + (s.kernel[0] - 1) * s.dilation[0] < first) continue;
        for (int64_t oh = 0; oh < p.out[1]; ++oh) {
          transpose(dy + ((n * p.out[0] + od) * p.out[1] + oh) * p.out[2] * c, p.out[2], c, pitch, rows.data() + lead);
          for (int64_t kd = 0; kd < s.kernel[0]; ++kd) {
            const int64_t d = low + kd * s.dilation[0];
            if (d < first || d >= last) continue;
            for (int64_t kh = 0; kh < s.kernel[1]; ++kh) {
              const int64_t h = oh * s.stride[1] - p.padBefore[1] + kh * s.dilation[1];
              if (h < 0 || h >= p.in[1]) continue;
              for (size_t phi = 0; phi < along.size(); ++phi) {
                const Phase &phase = along[phi];
                const int64_t taps = int64_t(phase.taps.size());
                correlate(
                    rows.data() + lead, pitch, c, phase.weights.data() + (kd * s.kernel[1] + kh) * c * taps, taps,
                    phase.offsets.data(), phase.width,
                    sorted + (((d - first) * p.in[1] + h) * int64_t(along.size()) + int64_t(phi)) * phasePitch);
              }
            }
          }
        }
      }
      if (along.size() == 1) continue;
      for (int64_t line = 0; line < (last - first) * p.in[1]; ++line)
        for (size_t phi = 0; phi < along.size(); ++phi) {
          const float *from = sorted + (line * int64_t(along.size()) + int64_t(phi)) * phasePitch;
          float *target = own + line * width + int64_t(phi);
          for (int64_t j = 0; j < along[phi].width; ++j) target[j * s.stride[2]] = from[j];
        }
    }
  });
}
