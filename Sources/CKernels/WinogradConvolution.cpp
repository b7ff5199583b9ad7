// Minimal filtering F(2³, 3³) after Winograd, as Lavin and Gray (2016, arXiv:1509.09308) apply it to convolutions: a cube of 2³ neighbouring
// outputs of a pair of channels takes 4³ products of transformed inputs and weights, where the sums themselves take 8·27. The transforms
// only add and subtract inputs and outputs.
//
// An output's terms hold what it sees alone, so where nothing is seen there is nothing; but they cancel, and a sum that is exactly 0 for another
// reason may come out as −1e-8. Scores do not mind; relevance propagation, which divides by sums of positive parts, would.
#include "WinogradConvolution.h"
#include "LineProduct.h"
#include "Parallel.h"
#include "Workspace.h"
#include <algorithm>
#include <cstring>

namespace {
using pellucid::Line;
using pellucid::at;
using pellucid::width;

#define INLINE inline __attribute__((always_inline))

constexpr int64_t products = 64;
/// Cubes at once: their transforms stay in a core's second cache. Where the weights do not, they are read for more of them.
int64_t cubesAtOnce(int64_t pairs) { return (pairs <= 256 * 256 ? 4 : 9) * pellucid::productRows; }

/// The cubes of outputs, those of an image by rows; at the end of an axis a cube may have one output only.
struct Cubes {
  int64_t counts[3], each;

  explicit Cubes(const pk_convolution_place &p) {
    for (int a = 0; a < 3; ++a) counts[a] = (p.out[a] + 1) / 2;
    each = counts[0] * counts[1] * counts[2];
  }

  /// The first output of a cube.
  void place(int64_t cube, int64_t (&at)[3]) const {
    at[0] = 2 * (cube / (counts[1] * counts[2]) % counts[0]);
    at[1] = 2 * (cube / counts[2] % counts[1]);
    at[2] = 2 * (cube % counts[2]);
  }
};

/// Bᵀ along an axis.
INLINE void transformInputs(Line &a, Line &b, Line &c, Line &d) {
  const Line first = a - c, second = b + c, third = c - b, fourth = b - d;
  a = first;
  b = second;
  c = third;
  d = fourth;
}

/// Bᵀ along d and h, of a column of 4² inputs.
INLINE void transformColumn(const float *x, int64_t stepD, int64_t stepH, Line (&to)[16]) {
  Line column[16];
  PELLUCID_UNROLLED for (int i = 0; i < 16; ++i) column[i] = at(x + i / 4 * stepD + i % 4 * stepH);
  PELLUCID_UNROLLED for (int i = 0; i < 16; i += 4) transformInputs(column[i], column[i + 1], column[i + 2], column[i + 3]);
  PELLUCID_UNROLLED for (int i = 0; i < 4; ++i) transformInputs(column[i], column[i + 4], column[i + 8], column[i + 12]);
  PELLUCID_UNROLLED for (int i = 0; i < 16; ++i) to[i] = column[i];
}

/// Copies sixteen channels of the 4³ inputs of a cube that leaves the image, with zeros outside; `first` is its first input, `steps` the image's.
void copyCube(
    const pk_convolution_place &p, const float *image, const int64_t (&steps)[3], const int64_t (&first)[3], float *to) {
  for (int64_t voxel = 0; voxel < 64; ++voxel, to += width) {
    const int64_t at[3] = {first[0] + voxel / 16, first[1] + voxel / 4 % 4, first[2] + voxel % 4};
    bool isInside = true;
    int64_t from = 0;
    for (int a = 0; a < 3; ++a) {
      isInside = isInside && at[a] >= 0 && at[a] < p.in[a];
      from += at[a] * steps[a];
    }
    if (isInside) std::memcpy(to, image + from, 4 * width);
    else std::memset(to, 0, 4 * width);
  }
}

/// Transformed inputs of some cubes: 64 matrices [cubes, channels], `pitch` apart.
PELLUCID_DISPATCHED void takeInputs(
    const pk_convolution_shape &s, const pk_convolution_place &p, const Cubes &cubes, const float *x, int64_t begin, int64_t end,
    float *to, int64_t pitch) {
  const int64_t channels = s.channelsIn, steps[3] = {p.in[1] * p.in[2] * channels, p.in[2] * channels, channels};
  for (int64_t row = begin, next; row < end; row = next) {
    next = std::min(end, (row / cubes.counts[2] + 1) * cubes.counts[2]);
    const float *image = x + row / cubes.each * p.in[0] * steps[0];
    int64_t first[3];
    cubes.place(row, first);
    for (int a = 0; a < 3; ++a) first[a] -= p.padBefore[a];
    const bool isRowInside = first[0] >= 0 && first[0] + 4 <= p.in[0] && first[1] >= 0 && first[1] + 4 <= p.in[1];
    for (int64_t c = 0; c < channels; c += width) {
      float *own = to + (row - begin) * channels + c, edge[64 * width];
      // Of a cube beside the last one, half of the columns are known.
      Line columns[4][16];
      bool isKnown = false;
      int old = 0;
      int64_t place[3] = {first[0], first[1], first[2]};
      for (int64_t cube = row; cube < next; ++cube, own += channels, place[2] += 2) {
        // Or each store would wait for its line.
        for (int64_t i = 0; i < products; ++i) __builtin_prefetch(own + i * pitch, 1);
        if (isRowInside && place[2] >= 0 && place[2] + 4 <= p.in[2]) {
          const float *from = image + place[0] * steps[0] + place[1] * steps[1] + place[2] * steps[2] + c;
          for (int w = isKnown ? 2 : 0; w < 4; ++w) transformColumn(from + w * steps[2], steps[0], steps[1], columns[old ^ w]);
          isKnown = true;
        } else {
          copyCube(p, image + c, steps, place, edge);
          old = 0;
          for (int w = 0; w < 4; ++w) transformColumn(edge + w * width, 16 * width, 4 * width, columns[w]);
          isKnown = false;
        }
        for (int i = 0; i < 16; ++i) {
          Line a = columns[old][i], b = columns[old ^ 1][i], d = columns[old ^ 2][i], e = columns[old ^ 3][i];
          transformInputs(a, b, d, e);
          at(own + 4 * i * pitch) = a;
          at(own + (4 * i + 1) * pitch) = b;
          at(own + (4 * i + 2) * pitch) = d;
          at(own + (4 * i + 3) * pitch) = e;
        }
        old ^= 2;
      }
    }
  }
}

/// Outputs of some cubes, Aᵀ along each axis, from 64 matrices [cubes, channels], `pitch` apart.
PELLUCID_DISPATCHED void giveOutputs(
    const pk_convolution_shape &s, const pk_convolution_place &p, const Cubes &cubes, const float *from, int64_t pitch, int64_t begin,
    int64_t end, const float *bias, bool relu, float *y) {
  const int64_t channels = s.channelsOut;
  const int64_t steps[3] = {p.out[1] * p.out[2] * channels, p.out[2] * channels, channels};
  for (int64_t cube = begin; cube < end; ++cube, from += channels) {
    int64_t first[3];
    cubes.place(cube, first);
    float *to = y + (cube / cubes.each * p.out[0] + first[0]) * steps[0] + first[1] * steps[1] + first[2] * steps[2];
    const bool isPair[3] = {first[0] + 1 < p.out[0], first[1] + 1 < p.out[1], first[2] + 1 < p.out[2]};
    for (int64_t c = 0; c < channels; c += width) {
      Line planes[4][4];
      for (int d = 0; d < 4; ++d) {
        Line rows[8];
        PELLUCID_UNROLLED for (int h = 0; h < 4; ++h) {
          const float *row = from + (d * 16 + h * 4) * pitch + c;
          const Line second = at(row + pitch), third = at(row + 2 * pitch);
          rows[2 * h] = at(row) + second + third;
          rows[2 * h + 1] = second - third - at(row + 3 * pitch);
        }
        PELLUCID_UNROLLED for (int w = 0; w < 2; ++w) {
          planes[d][w] = rows[w] + rows[2 + w] + rows[4 + w];
          planes[d][2 + w] = rows[2 + w] - rows[4 + w] - rows[6 + w];
        }
      }
      const Line added = bias ? at(bias + c) : Line{};
      for (int i = 0; i < 4; ++i) {
        if ((i / 2 == 1 && !isPair[1]) || (i % 2 == 1 && !isPair[2])) continue;
        Line near = planes[0][i] + planes[1][i] + planes[2][i] + added, far = planes[1][i] - planes[2][i] - planes[3][i] + added;
        if (relu) {
          near = near < 0.f ? Line{} : near;
          far = far < 0.f ? Line{} : far;
        }
        float *const own = to + i / 2 * steps[1] + i % 2 * steps[2] + c;
        at(own) = near;
        if (isPair[0]) at(own + steps[0]) = far;
      }
    }
  }
}

/// G along an axis: three taps, `step` apart, as four.
void transformTaps(const double *taps, int64_t step, double *to, int64_t toStep) {
  const double ends = taps[0] + taps[2 * step], middle = taps[step];
  to[0] = taps[0];
  to[toStep] = (ends + middle) / 2;
  to[2 * toStep] = (ends - middle) / 2;
  to[3 * toStep] = taps[2 * step];
}
}  // namespace

bool pellucid::winogradConvolutionFits(const pk_convolution_shape &s, const pk_convolution_place &p, bool often) {
  int64_t outputs = 1, computed = 1;
  for (int a = 0; a < 3; ++a) {
    if (s.kernel[a] != 3 || s.stride[a] != 1 || s.dilation[a] != 1) return false;
    outputs *= p.out[a];
    computed *= (p.out[a] + 1) / 2 * 2;
  }
  // Of a few channels the transforms cost more than the products; of many, weights 64/27 as large are read for a few cubes.
  const int64_t pairs = s.channelsIn * s.channelsOut, mostPairs = often ? 512 * 512 : 256 * 256;
  return s.groups == 1 && s.channelsIn % width == 0 && s.channelsOut % width == 0 && pairs >= 256 && pairs <= mostPairs &&
      9 * outputs >= 5 * computed;
}

int64_t pellucid::winogradWeightCount(const pk_convolution_shape &s) { return products * s.channelsIn * s.channelsOut; }

void pellucid::transformWinogradWeights(const pk_convolution_shape &s, const float *weights, float *transformed) {
  const int64_t across = s.channelsOut / width;
  inParallel(s.channelsOut * s.channelsIn, 1 << 10, [&](int64_t begin, int64_t end) {
    for (int64_t pair = begin; pair < end; ++pair) {
      const int64_t out = pair / s.channelsIn, in = pair % s.channelsIn;
      double taps[27], one[36], two[48], all[products];
      std::copy(weights + pair * 27, weights + (pair + 1) * 27, taps);
      for (int i = 0; i < 9; ++i) transformTaps(taps + i * 3, 1, one + i * 4, 1);
      for (int d = 0; d < 3; ++d)
        for (int w = 0; w < 4; ++w) transformTaps(one + d * 12 + w, 4, two + d * 16 + w, 4);
      for (int i = 0; i < 16; ++i) transformTaps(two + i, 16, all + i, 16);
      for (int64_t i = 0; i < products; ++i)
        transformed[((i * across + out / width) * s.channelsIn + in) * width + out % width] = float(all[i]);
    }
  });
}

namespace {
/// What a convolution works on, and the three steps that make some cubes of it.
struct Work {
  const pk_convolution_shape &s;
  const pk_convolution_place &p;
  const float *transformed, *bias, *x;
  const bool relu;
  float *const y;
  const Cubes cubes{p};
  const int64_t pairs = s.channelsIn * s.channelsOut, most = cubesAtOnce(pairs), across = s.channelsOut / width;
  // A line more, or rows of one channel would all fall into the same few places of the cache.
  const int64_t pitchIn = most * s.channelsIn + width, pitchOut = most * s.channelsOut + width;

  /// Memory for the inputs and outputs of `most` cubes, transformed.
  float *desk() const { return static_cast<float *>(pellucid::workspace(size_t(4 * products * (pitchIn + pitchOut)))); }

  /// Cubes begin..<end of those from `first` on.
  void take(int64_t first, int64_t begin, int64_t end, float *desk) const {
    takeInputs(s, p, cubes, x, first + begin, first + end, desk + begin * s.channelsIn, pitchIn);
  }
  void give(int64_t first, int64_t begin, int64_t end, const float *desk) const {
    giveOutputs(
        s, p, cubes, desk + products * pitchIn + begin * s.channelsOut, pitchOut, first + begin, first + end, bias, relu, y);
  }
  /// One product of each pair of channels, of so many lines of outputs from `line` on.
  void multiply(int64_t count, int64_t product, int64_t line, int64_t lines, float *desk) const {
    pellucid::lineProduct(
        count, lines, s.channelsIn, desk + product * pitchIn, s.channelsIn, 1,
        transformed + product * pairs + line * s.channelsIn * width, false,
        desk + products * pitchIn + product * pitchOut + line * width, s.channelsOut);
  }
};
}  // namespace

void pellucid::winogradConvolution(
    const pk_convolution_shape &s, const pk_convolution_place &p, const float *transformed, const float *bias, bool relu, const float *x,
    float *y) {
  const Work work{s, p, transformed, bias, x, relu, y};
  const int64_t all = p.n * work.cubes.each, groups = (all + productRows - 1) / productRows;
  const int64_t smallest = std::max<int64_t>(1, (int64_t(1) << 20) / (productRows * products * work.pairs));
  const int threads = groups > smallest ? pk_threads() : 1;
  if (threads > 1 && groups < 4 * threads) {
    // Too few cubes to share them out evenly: the products of each are.
    float *const desk = work.desk();
    const int64_t half = work.across / 2, parts = half > 0 ? half : 1;
    for (int64_t first = 0; first < all; first += work.most) {
      const int64_t count = std::min(all - first, work.most);
      inParallel(count, 1, [&](int64_t begin, int64_t end) { work.take(first, begin, end, desk); });
      inParallel(products * parts, 1, [&](int64_t begin, int64_t end) {
        for (int64_t i = begin; i < end; ++i) {
          const int64_t line = work.across * (i % parts) / parts, next = work.across * (i % parts + 1) / parts;
          work.multiply(count, i / parts, line, next - line, desk);
        }
      });
      inParallel(count, 1, [&](int64_t begin, int64_t end) { work.give(first, begin, end, desk); });
    }
    return;
  }
  inParallel(groups, smallest, [&](int64_t begin, int64_t end) {
    float *const desk = work.desk();
    const int64_t last = std::min(all, end * productRows);
    for (int64_t first = begin * productRows; first < last; first += work.most) {
      const int64_t count = std::min(last - first, work.most);
      work.take(first, 0, count, desk);
      for (int64_t i = 0; i < products; ++i) work.multiply(count, i, 0, work.across, desk);
      work.give(first, 0, count, desk);
    }
  });
}
