// The gradient through a convolution whose output only a max pool reads: of a window's voxels only the one that held the maximum gets any,
// so that what reaches the convolution is nearly all zeros. Each winner adds its own share to the input instead.
#include "WinnerGradient.h"
#include "Parallel.h"
#include <algorithm>
#include <vector>

namespace {

constexpr int64_t largestTable = int64_t(64) << 10;  // floats: what a core's cache holds beside the lines it works on
constexpr uint8_t nobody = 255;

/// Neighbouring values at any address: the compiler does not vectorize what may overlap.
typedef float Four __attribute__((vector_size(16), aligned(4), may_alias));
typedef float Eight __attribute__((vector_size(32), aligned(4), may_alias));

/// The place of a window's first tap along an axis of the convolution's output, and of that voxel's first tap along the input's.
struct Steps {
  int64_t pool, convolution, start;  // input place of tap (p, k) of window o: o·pool + start + p·(convolution·poolDilation) + k·dilation
};

Steps steps(const pk_convolution_shape &s, const pk_convolution_place &p, const pk_pool &pool, int axis) {
  return {pool.stride[axis] * s.stride[axis], s.stride[axis] * pool.dilation[axis],
          -pool.padBefore[axis] * s.stride[axis] - p.padBefore[axis]};
}

/// Weights as [channelOut][kd][kh][kw][channelIn] from ONNX's [channelOut][channelIn][kd][kh][kw].
std::vector<float> channelsLastWeights(const pk_convolution_shape &s, const float *weights) {
  const int64_t taps = s.kernel[0] * s.kernel[1] * s.kernel[2], in = s.channelsIn;
  std::vector<float> w(size_t(s.channelsOut * taps * in));
  for (int64_t o = 0; o < s.channelsOut; ++o)
    for (int64_t t = 0; t < taps; ++t)
      for (int64_t i = 0; i < in; ++i) w[size_t((o * taps + t) * in + i)] = weights[(o * in + i) * taps + t];
  return w;
}

/// Calls body(n, first, last) for the planes [first, last) of every image's gradient that a thread owns.
template <typename Body>
void overOwnPlanes(const pk_convolution_place &p, const Body &body) {
  pellucid::inParallel(p.n * p.in[0], 1, [&](int64_t begin, int64_t end) {
    for (int64_t n = begin / p.in[0]; n * p.in[0] < end; ++n)
      body(n, std::max(begin - n * p.in[0], int64_t(0)), std::min(end - n * p.in[0], p.in[0]));
  });
}

// ---- one input channel: all that a window can reach is a small box, and each channel's share of it is a row of a table

struct BoxTable {
  int64_t extent[3];        // of the box, in voxels of the input; along w rounded up to a multiple of four
  int64_t size;             // floats of a box, rounded up to a multiple of 16
  std::vector<float> rows;  // [channel][tap of the pool][box]
};

BoxTable boxTable(const pk_convolution_shape &s, const pk_pool &pool) {
  BoxTable t;
  for (int a = 0; a < 3; ++a)
    t.extent[a] = (pool.kernel[a] - 1) * pool.dilation[a] * s.stride[a] + (s.kernel[a] - 1) * s.dilation[a] + 1;
  t.extent[2] = (t.extent[2] + 3) / 4 * 4;
  t.size = (t.extent[0] * t.extent[1] * t.extent[2] + 15) / 16 * 16;
  return t;
}

void fill(BoxTable &t, const pk_convolution_shape &s, const pk_pool &pool, const float *weights) {
  const int64_t poolTaps = pool.kernel[0] * pool.kernel[1] * pool.kernel[2];
  t.rows.assign(size_t(s.channelsOut * poolTaps * t.size), 0.f);
  const auto at = [&](int axis, int64_t p, int64_t k) { return p * pool.dilation[axis] * s.stride[axis] + k * s.dilation[axis]; };
  for (int64_t c = 0, tap = 0; c < s.channelsOut; ++c)
    for (int64_t pd = 0; pd < pool.kernel[0]; ++pd)
      for (int64_t ph = 0; ph < pool.kernel[1]; ++ph)
        for (int64_t pw = 0; pw < pool.kernel[2]; ++pw, ++tap)
          for (int64_t kd = 0; kd < s.kernel[0]; ++kd)
            for (int64_t kh = 0; kh < s.kernel[1]; ++kh)
              for (int64_t kw = 0; kw < s.kernel[2]; ++kw)
                t.rows[size_t(tap * t.size + (at(0, pd, kd) * t.extent[1] + at(1, ph, kh)) * t.extent[2] + at(2, pw, kw))] =
                    weights[((c * s.kernel[0] + kd) * s.kernel[1] + kh) * s.kernel[2] + kw];
}

/// box = Σ_c dy[c] · row of the tap that won in channel c.
template <int blocks>
inline __attribute__((always_inline)) void sumBoxOf(
    const float *dy, const uint8_t *winners, int64_t channels, int64_t poolTaps, const float *rows, float *box) {
  float sum[blocks * 16] = {};
  for (int64_t c = 0; c < channels; ++c) {
    // No branch: which channels have a winner is as good as random.
    const float *row = rows + (c * poolTaps + (winners[c] == nobody ? 0 : winners[c])) * (blocks * 16);
    const float share = winners[c] == nobody ? 0.f : dy[c];
    for (int i = 0; i < blocks * 16; ++i) sum[i] += row[i] * share;
  }
  for (int i = 0; i < blocks * 16; ++i) box[i] = sum[i];
}

inline __attribute__((always_inline)) void sumBoxOfAnySize(
    const float *dy, const uint8_t *winners, int64_t channels, int64_t poolTaps, const float *rows, int64_t size, float *box) {
  for (int64_t i = 0; i < size; ++i) box[i] = 0;
  for (int64_t c = 0; c < channels; ++c) {
    if (winners[c] == nobody) continue;
    const float *row = rows + (c * poolTaps + winners[c]) * size;
    const float share = dy[c];
    for (int64_t j = 0; j < size; j += 16)
      for (int i = 0; i < 16; ++i) box[j + i] += row[j + i] * share;
  }
}

/// A row along w of a box, and where it goes in the gradient.
struct BoxRow {
  int64_t from, to;
};

struct BoxLine {
  const BoxTable *table;
  int64_t channels, poolTaps, windows, step, start, width;
  std::vector<BoxRow> rows;  // those that lie inside what the thread owns
};

/// Adds the boxes of a line of windows to the gradient.
///
/// Boxes of neighbours overlap, and a load that overlaps a store not yet written waits for it: so every `turns`-th window in turn.
PELLUCID_DISPATCHED void addBoxes(const BoxLine &l, const float *dy, const uint8_t *winners, float *box, float *image) {
  const float *const table = l.table->rows.data();
  const int64_t size = l.table->size, extent = l.table->extent[2], channels = l.channels, poolTaps = l.poolTaps, windows = l.windows;
  const int64_t step = l.step, start = l.start, width = l.width, turns = std::min(windows, (extent + step - 1) / step);
  const BoxRow *const rows = l.rows.data(), *const end = rows + l.rows.size();
  for (int64_t turn = 0; turn < turns; ++turn)
    for (int64_t o = turn; o < windows; o += turns) {
      const float *own = dy + o * channels;
      const uint8_t *taps = winners + o * channels;
      switch (size) {
      case 64: sumBoxOf<4>(own, taps, channels, poolTaps, table, box); break;
      case 128: sumBoxOf<8>(own, taps, channels, poolTaps, table, box); break;
      default: sumBoxOfAnySize(own, taps, channels, poolTaps, table, size, box);
      }
      const int64_t w = o * step + start, from = std::max<int64_t>(0, -w), to = std::min(extent, width - w);
      if (from == 0 && to == extent && extent == 4) {
        for (const BoxRow *r = rows; r < end; ++r)
          *reinterpret_cast<Four *>(image + r->to + w) += *reinterpret_cast<const Four *>(box + r->from);
      } else {
        for (const BoxRow *r = rows; r < end; ++r)
          for (int64_t j = from; j < to; ++j) image[r->to + w + j] += box[r->from + j];
      }
    }
}

void oneChannel(
    const pk_convolution_shape &s, const pk_convolution_place &p, const pk_pool &pool, const float *weights, const uint8_t *winners,
    const float *dy, float *dx) {
  BoxTable table = boxTable(s, pool);
  fill(table, s, pool, weights);
  const Steps d = steps(s, p, pool, 0), h = steps(s, p, pool, 1);
  const int64_t plane = p.in[1] * p.in[2], lineValues = pool.out[2] * pool.channels;
  overOwnPlanes(p, [&](int64_t n, int64_t first, int64_t last) {
    std::vector<float> box(size_t(table.size));
    float *const image = dx + n * p.in[0] * plane;
    std::fill(image + first * plane, image + last * plane, 0.f);
    const Steps w = steps(s, p, pool, 2);
    BoxLine line{&table, pool.channels, pool.kernel[0] * pool.kernel[1] * pool.kernel[2], pool.out[2], w.pool, w.start, p.in[2], {}};
    for (int64_t od = 0; od < pool.out[0]; ++od) {
      const int64_t low = od * d.pool + d.start;
      if (low >= last || low + table.extent[0] <= first) continue;
      for (int64_t oh = 0; oh < pool.out[1]; ++oh) {
        const int64_t top = oh * h.pool + h.start;
        line.rows.clear();
        for (int64_t z = std::max<int64_t>(0, first - low); z < std::min(table.extent[0], last - low); ++z)
          for (int64_t y = std::max<int64_t>(0, -top); y < std::min(table.extent[1], p.in[1] - top); ++y)
            line.rows.push_back({(z * table.extent[1] + y) * table.extent[2], (low + z) * plane + (top + y) * p.in[2]});
        const int64_t at = ((n * pool.out[0] + od) * pool.out[1] + oh) * lineValues;
        addBoxes(line, dy + at, winners + at, box.data(), image);
      }
    }
  });
}

// ---- more input channels: a winner's taps along w are one run of values

/// target[i] += share · weights[i]
inline __attribute__((always_inline)) void addRun(const float *weights, float share, int64_t count, float *target) {
  int64_t i = 0;
  for (; i + 8 <= count; i += 8) *reinterpret_cast<Eight *>(target + i) += *reinterpret_cast<const Eight *>(weights + i) * share;
  for (; i < count; ++i) target[i] += share * weights[i];
}

/// The same for all runs of a winner whose taps all lie inside; `blocks` · 8 values each.
template <int blocks>
inline __attribute__((always_inline)) void addRuns(
    const float *weights, float share, const int64_t *offsets, int64_t runs, float *target) {
  for (int64_t r = 0; r < runs; ++r) {
    const float *w = weights + r * (blocks * 8);
    float *line = target + offsets[r];
    for (int b = 0; b < blocks; ++b)
      *reinterpret_cast<Eight *>(line + b * 8) += *reinterpret_cast<const Eight *>(w + b * 8) * share;
  }
}

struct WinnerLine {
  const pk_convolution_shape *shape;
  const pk_convolution_place *place;
  const pk_pool *pool;
  const float *weights;   // channels last
  int64_t first, last;    // planes of the gradient that the thread owns
  int64_t d, h;           // input place of the window's first tap
  float *image;
  const int64_t *offsets; // of a tap's runs along w from the winner's first tap, [kd][kh]
};

PELLUCID_DISPATCHED void addWinners(const WinnerLine &l, const Steps *steps, const float *dy, const uint8_t *winners) {
  const auto &s = *l.shape;
  const auto &p = *l.place;
  const auto &pool = *l.pool;
  const int64_t in = s.channelsIn, taps = s.kernel[0] * s.kernel[1] * s.kernel[2], plane = pool.kernel[1] * pool.kernel[2];
  const bool isRun = s.dilation[2] == 1;
  const int64_t runs = s.kernel[0] * s.kernel[1], run = s.kernel[2] * in;
  const int64_t reach[3] = {(s.kernel[0] - 1) * s.dilation[0], (s.kernel[1] - 1) * s.dilation[1], (s.kernel[2] - 1) * s.dilation[2]};
  for (int64_t o = 0; o < pool.out[2]; ++o)
    for (int64_t c = 0; c < pool.channels; ++c, ++dy, ++winners) {
      if (*winners == nobody) continue;
      const float share = *dy;
      const int64_t tap = *winners, within = tap % plane;
      const int64_t d0 = l.d + tap / plane * steps[0].convolution, h0 = l.h + within / pool.kernel[2] * steps[1].convolution;
      const int64_t w0 = o * steps[2].pool + steps[2].start + within % pool.kernel[2] * steps[2].convolution;
      const float *weights = l.weights + c * taps * in;
      float *const corner = l.image + ((d0 * p.in[1] + h0) * p.in[2] + w0) * in;
      if (isRun && d0 >= l.first && d0 + reach[0] < l.last && h0 >= 0 && h0 + reach[1] < p.in[1] && w0 >= 0 && w0 + reach[2] < p.in[2]) {
        switch (run) {
        case 24: addRuns<3>(weights, share, l.offsets, runs, corner); break;
        case 48: addRuns<6>(weights, share, l.offsets, runs, corner); break;
        case 96: addRuns<12>(weights, share, l.offsets, runs, corner); break;
        default:
          for (int64_t r = 0; r < runs; ++r) addRun(weights + r * run, share, run, corner + l.offsets[r]);
        }
        continue;
      }
      for (int64_t r = 0; r < runs; ++r) {
        const int64_t z = d0 + r / s.kernel[1] * s.dilation[0], y = h0 + r % s.kernel[1] * s.dilation[1];
        if (z < l.first || z >= l.last || y < 0 || y >= p.in[1]) continue;
        for (int64_t k = 0; k < s.kernel[2]; ++k) {
          const int64_t x = w0 + k * s.dilation[2];
          if (x >= 0 && x < p.in[2]) addRun(weights + r * run + k * in, share, in, corner + l.offsets[r] + k * s.dilation[2] * in);
        }
      }
    }
}

void moreChannels(
    const pk_convolution_shape &s, const pk_convolution_place &p, const pk_pool &pool, const float *weights, const uint8_t *winners,
    const float *dy, float *dx) {
  const std::vector<float> ordered = channelsLastWeights(s, weights);
  const Steps axes[3] = {steps(s, p, pool, 0), steps(s, p, pool, 1), steps(s, p, pool, 2)};
  const int64_t plane = p.in[1] * p.in[2] * s.channelsIn, lineValues = pool.out[2] * pool.channels;
  const int64_t reach = (pool.kernel[0] - 1) * axes[0].convolution + (s.kernel[0] - 1) * s.dilation[0] + 1;
  std::vector<int64_t> offsets;
  for (int64_t kd = 0; kd < s.kernel[0]; ++kd)
    for (int64_t kh = 0; kh < s.kernel[1]; ++kh)
      offsets.push_back(kd * s.dilation[0] * plane + kh * s.dilation[1] * p.in[2] * s.channelsIn);
  overOwnPlanes(p, [&](int64_t n, int64_t first, int64_t last) {
    float *const image = dx + n * p.in[0] * plane;
    std::fill(image + first * plane, image + last * plane, 0.f);
    WinnerLine line{&s, &p, &pool, ordered.data(), first, last, 0, 0, image, offsets.data()};
    for (int64_t od = 0; od < pool.out[0]; ++od) {
      line.d = od * axes[0].pool + axes[0].start;
      if (line.d >= last || line.d + reach <= first) continue;
      for (int64_t oh = 0; oh < pool.out[1]; ++oh) {
        line.h = oh * axes[1].pool + axes[1].start;
        const int64_t at = ((n * pool.out[0] + od) * pool.out[1] + oh) * lineValues;
        addWinners(line, axes, dy + at, winners + at);
      }
    }
  });
}
}  // namespace

bool pellucid::winnerGradientFits(const pk_convolution_shape &s, const pk_pool &pool) {
  const int64_t poolTaps = pool.kernel[0] * pool.kernel[1] * pool.kernel[2];
  // Dense arithmetic is some three times as fast for a multiply-add; windows that overlap much leave too little out.
  if (s.groups != 1 || poolTaps >= nobody || pool.stride[0] * pool.stride[1] * pool.stride[2] < 8) return false;
  if (s.channelsIn == 1) return s.channelsOut * poolTaps * boxTable(s, pool).size <= largestTable;
  return s.channelsOut * s.channelsIn * s.kernel[0] * s.kernel[1] * s.kernel[2] <= largestTable;
}

void pellucid::winnerGradient(
    const pk_convolution_shape &s, const pk_convolution_place &p, const pk_pool &pool, const float *weights, const uint8_t *winners,
    const float *dy, float *dx) {
  (s.channelsIn == 1 ? oneChannel : moreChannels)(s, p, pool, weights, winners, dy, dx);
}
