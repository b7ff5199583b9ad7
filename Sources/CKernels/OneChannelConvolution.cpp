// oneDNN's vectors hold output channels, of which eight fill half of one, and sum over input channels innermost, of which one is no loop: it
// runs at a third of the machine's limit. Here vectors hold neighbouring voxels, one vector for each output channel. They run on from one row
// into the next, over the few voxels of padding between them, since the rows of a small window are shorter than a vector.
#include "OneChannelConvolution.h"
#include "Parallel.h"
#include <algorithm>
#include <cstring>
#include <vector>

namespace {
#define INLINE inline __attribute__((always_inline))

constexpr int lanes = 16, block = 8;
/// Most rows of a window, and most voxels from its first to its last along w.
constexpr int64_t mostSources = 64, mostReach = 40;
/// What the planes of input that a thread works on may take: about its first cache.
constexpr int64_t planeBytes = int64_t(48) << 10;
typedef float Reals __attribute__((vector_size(4 * lanes), aligned(4)));

/// The taps along d that stay inside the input; the first of all lies at `at`.
struct Taps {
  int64_t begin, end, at;
};

Taps inside(const pk_convolution_shape &s, const pk_convolution_place &p, int64_t out) {
  const int64_t at = out * s.stride[0] - p.padBefore[0], dilation = s.dilation[0], in = p.in[0];
  const int64_t end = at < in ? (in - at + dilation - 1) / dilation : 0;
  return {at >= 0 ? 0 : (-at + dilation - 1) / dilation, std::min(end, s.kernel[0]), at};
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

/// What output voxels are computed from: planes of input with zeros around them, at the tap along h, and the weights of each.
struct Sources {
  int64_t count;
  const float *const *values;
  const float *const *weights;
  /// For each, whether a voxel equals the next: a bit a voxel, from the lowest on.
  const uint8_t *const *alike;
  /// Where in its plane each begins.
  const int64_t *offsets;
};

/// Bit i: x[i] equals x[i + 1]. `voxels` is a multiple of the lanes, and one more is read.
PELLUCID_DISPATCHED void compareNeighbours(const float *x, int64_t voxels, uint8_t *bits) {
  typedef bool Bits __attribute__((ext_vector_type(lanes)));
  for (int64_t i = 0; i < voxels; i += lanes) {
    const Reals here = *reinterpret_cast<const Reals *>(x + i), next = *reinterpret_cast<const Reals *>(x + i + 1);
    const Bits alike = __builtin_convertvector(here == next, Bits);
    std::memcpy(bits + i / 8, &alike, lanes / 8);
  }
}

/// Whether every source has one value in all voxels that a vector of outputs at q sees.
INLINE bool isEven(const Sources &sources, int64_t q, uint64_t wanted) {
  for (int64_t i = 0; i < sources.count; ++i) {
    const int64_t at = sources.offsets[i] + q;
    uint64_t bits;
    std::memcpy(&bits, sources.alike[i] + at / 8, sizeof bits);
    if ((~(bits >> (at % 8)) & wanted) != 0) return false;
  }
  return true;
}

/// Some rows of a plane of outputs, one after another with what lies between them in the input: `length` voxels, of each `pitch` the first
/// `width` wanted.
struct Rows {
  int64_t length, pitch, width;
};

PELLUCID_DISPATCHED void convolveRows(
    const pk_convolution_shape &s, const Sources &sources, const Rows &rows, const float *bias, bool relu, float *y) {
  typedef float Channels __attribute__((vector_size(4 * block), aligned(4)));
  const int64_t taps = s.kernel[2], dilation = s.dilation[2], seen = lanes + (taps - 1) * dilation - 1;
  const uint64_t wanted = (uint64_t(1) << seen) - 1;
  // Background, or the inside of a blanked window: the same sum again and again.
  Channels even{};
  float evenValues[mostSources];
  bool isEvenKnown = false;
  int64_t column = 0;
  float *to = y;
  for (int64_t q = 0; q < rows.length; q += lanes) {
    float voxels[lanes * block];
    const bool direct = column + lanes <= rows.width && s.channelsOut == block;
    float *const target = direct ? to : voxels;
    if (isEven(sources, q, wanted)) {
      bool isSame = isEvenKnown;
      for (int64_t i = 0; i < sources.count && isSame; ++i) isSame = sources.values[i][q] == evenValues[i];
      if (!isSame) {
        Channels sum{};
        if (bias) std::memcpy(&sum, bias, sizeof sum);
        for (int64_t i = 0; i < sources.count; ++i) {
          const float x = evenValues[i] = sources.values[i][q];
          for (int64_t k = 0; k < taps; ++k) sum += x * *reinterpret_cast<const Channels *>(sources.weights[i] + k * block);
        }
        even = relu ? (sum < 0.f ? Channels{} : sum) : sum;
        isEvenKnown = true;
      }
      for (int v = 0; v < lanes; ++v) std::memcpy(target + v * block, &even, sizeof even);
    } else {
      Reals sums[block];
#pragma clang loop unroll(full)
      for (int o = 0; o < block; ++o) sums[o] = Reals{} + (bias ? bias[o] : 0.f);
      for (int64_t i = 0; i < sources.count; ++i) {
        const float *from = sources.values[i] + q, *weights = sources.weights[i];
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
      store(sums, target);
    }
    if (direct) {
      to += lanes * block;
      column += lanes;
      if (column == rows.pitch) column = 0;
    } else {
      const int64_t last = std::min<int64_t>(lanes, rows.length - q);
      for (int64_t v = 0; v < last;) {
        const int64_t own = std::clamp<int64_t>(rows.width - column, 0, last - v);
        for (int64_t o = v; o < v + own; ++o, to += s.channelsOut) std::memcpy(to, voxels + o * block, 4 * block);
        // Then what lies between the rows, which nobody wants.
        const int64_t skipped = std::min<int64_t>(rows.pitch - column - own, last - v - own);
        v += own + skipped;
        column += own + skipped;
        if (column == rows.pitch) column = 0;
      }
    }
  }
}
}  // namespace

bool pellucid::oneChannelConvolutionFits(const pk_convolution_shape &s) {
  return s.groups == 1 && s.channelsIn == 1 && s.channelsOut % 16 == 8 && s.stride[1] == 1 && s.stride[2] == 1 &&
      s.kernel[0] * s.kernel[1] <= mostSources && (s.kernel[2] - 1) * s.dilation[2] <= mostReach;
}

void pellucid::packOneChannelWeights(const pk_convolution_shape &s, const float *weights, float *packed) {
  const int64_t taps = s.kernel[0] * s.kernel[1] * s.kernel[2];
  for (int64_t o = 0; o < s.channelsOut; ++o)
    for (int64_t t = 0; t < taps; ++t) packed[(o / block * taps + t) * block + o % block] = weights[o * taps + t];
}

namespace {
/// Planes of the input in which a thread's rows of output see theirs; most of them serve the next plane of output as well.
struct Planes {
  int64_t rows, pitch, size;
  std::vector<float> values;
  std::vector<uint8_t> alike;
  /// Which plane lies in each place.
  std::vector<int64_t> held;

  Planes(int64_t count, int64_t rows, int64_t pitch)
      : rows(rows), pitch(pitch), size((rows * pitch + 2 * lanes - 1) / lanes * lanes),
        values(size_t(count * (size + lanes))), alike(size_t(count * (size / 8 + 8))), held(size_t(count), -1) {}

  float *plane(int64_t place) { return values.data() + place * (size + lanes); }
  uint8_t *bits(int64_t place) { return alike.data() + place * (size / 8 + 8); }

  /// Rows from `top` on of a plane of the input, with zeros where they leave it.
  void fill(int64_t place, const pk_convolution_place &p, const float *image, int64_t top) {
    const int64_t lead = std::clamp<int64_t>(p.padBefore[2], 0, pitch), cut = std::max<int64_t>(0, -p.padBefore[2]);
    const int64_t copied = std::clamp<int64_t>(p.in[2] - cut, 0, pitch - lead);
    float *to = plane(place);
    for (int64_t row = 0; row < rows; ++row, to += pitch) {
      const int64_t h = top + row;
      const bool isInside = h >= 0 && h < p.in[1];
      std::fill(to, to + (isInside ? lead : pitch), 0.f);
      if (!isInside) continue;
      std::memcpy(to + lead, image + h * p.in[2] + cut, size_t(4 * copied));
      std::fill(to + lead + copied, to + pitch, 0.f);
    }
    compareNeighbours(plane(place), size, bits(place));
  }
};
}  // namespace

void pellucid::oneChannelConvolution(
    const pk_convolution_shape &s, const pk_convolution_place &p, const float *packed, const float *bias, bool relu, const float *x,
    float *y) {
  const int64_t width = p.out[2], pitch = width + (s.kernel[2] - 1) * s.dilation[2], reach = (s.kernel[1] - 1) * s.dilation[1];
  const int64_t taps = s.kernel[0] * s.kernel[1];
  const int64_t most = std::clamp<int64_t>(planeBytes / (4 * s.kernel[0] * pitch) - reach, 1, p.out[1]);
  const int64_t blocks = (p.out[1] + most - 1) / most, height = (p.out[1] + blocks - 1) / blocks;
  const int64_t work = height * width * s.channelsOut * taps * s.kernel[2];
  inParallel(p.n * p.out[0] * blocks, std::max<int64_t>(1, (int64_t(1) << 19) / std::max<int64_t>(1, work)), [&](int64_t begin, int64_t end) {
    Planes planes(s.kernel[0], height + reach, pitch);
    const float *values[mostSources], *weights[mostSources];
    const uint8_t *alike[mostSources];
    int64_t offsets[mostSources];
    for (int64_t part = begin; part < end; ++part) {
      const int64_t out = part % p.out[0], slab = part / p.out[0], n = slab / blocks;
      const int64_t top = slab % blocks * height, rows = std::min(height, p.out[1] - top);
      if (rows <= 0) continue;
      const Taps d = inside(s, p, out);
      Sources sources{0, values, weights, alike, offsets};
      for (int64_t kd = d.begin; kd < d.end; ++kd) {
        const int64_t plane = d.at + kd * s.dilation[0], place = plane / s.dilation[0] % s.kernel[0];
        const int64_t wanted = slab * p.in[0] + plane;
        if (planes.held[size_t(place)] != wanted) {
          planes.fill(place, p, x + (n * p.in[0] + plane) * p.in[1] * p.in[2], top - p.padBefore[1]);
          planes.held[size_t(place)] = wanted;
        }
        for (int64_t kh = 0; kh < s.kernel[1]; ++kh, ++sources.count) {
          offsets[sources.count] = kh * s.dilation[1] * pitch;
          values[sources.count] = planes.plane(place) + offsets[sources.count];
          alike[sources.count] = planes.bits(place);
          weights[sources.count] = packed + (kd * s.kernel[1] + kh) * s.kernel[2] * block;
        }
      }
      float *to = y + ((n * p.out[0] + out) * p.out[1] + top) * width * s.channelsOut;
      for (int64_t o = 0; o < s.channelsOut; o += block) {
        convolveRows(s, sources, {(rows - 1) * pitch + width, pitch, width}, bias ? bias + o : nullptr, relu, to + o);
        for (int64_t i = 0; i < sources.count; ++i) weights[i] += taps * s.kernel[2] * block;
      }
    }
  });
}
