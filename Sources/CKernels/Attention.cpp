// Attention, some queries of a group at a time: their scores, weights and slopes stay in a core's cache, where all groups' together would be
// written and read again by every step (for windows of 7³ voxels they are hundreds of megabytes).
#include "CKernelsTransformers.h"
#include "Exponential.h"
#include "LineProduct.h"
#include "Parallel.h"
#include <algorithm>
#include <cstring>
#include <limits>
#include <vector>

namespace {
using pellucid::Line;
using pellucid::at;
using pellucid::lineProduct;
using pellucid::lines;
using pellucid::width;

constexpr int64_t tile = 4 * pellucid::productRows;  // queries at once

/// A [depth, n] matrix as lines of sixteen columns, each [depth, 16], with zeros at the end.
void pack(int64_t depth, int64_t n, const float *x, int64_t row, int64_t column, float *to) {
  for (int64_t first = 0; first < n; first += width)
    for (int64_t k = 0; k < depth; ++k, to += width) {
      const int64_t own = std::min<int64_t>(width, n - first);
      if (column == 1 && own == width) {
        std::memcpy(to, x + k * row + first, 4 * width);
        continue;
      }
      for (int64_t j = 0; j < own; ++j) to[j] = x[k * row + (first + j) * column];
      for (int64_t j = own; j < width; ++j) to[j] = 0;
    }
}

/// Scores, scaled, with what is added to them; the largest of each of sixteen lanes.
template <int biases>
inline __attribute__((always_inline)) void scored(
    int64_t n, float scale, const float *bias, const float *mask, float *s, Line &most) {
  most = Line{} - std::numeric_limits<float>::infinity();
  int64_t i = 0;
  for (; i + width <= n; i += width) {
    Line line = at(s + i) * scale;
    if constexpr (biases > 0) line += at(bias + i);
    if constexpr (biases > 1) line += at(mask + i);
    at(s + i) = line;
    // A comparison with what is not a number is false, and keeps it.
    most = line <= most ? most : line;
  }
  if (i == n) return;
  Line rest = Line{} - std::numeric_limits<float>::infinity();
  for (int64_t k = 0; i + k < n; ++k) {
    rest[k] = s[i + k] * scale;
    if constexpr (biases > 0) rest[k] += bias[i + k];
    if constexpr (biases > 1) rest[k] += mask[i + k];
  }
  at(s + i) = rest;
  most = rest <= most ? most : rest;
}

/// Makes of scores e^(score − largest), zeros at the end of each line, and 1/Σ of each row.
PELLUCID_DISPATCHED void weigh(
    int64_t rows, int64_t n, float scale, const float *bias, int64_t biasRow, const float *mask, int64_t maskRow, float *s, float *inverse) {
  const int64_t pitch = lines(n) * width;
  if (!bias) std::swap(bias, mask), std::swap(biasRow, maskRow);
  for (int64_t r = 0; r < rows; ++r) {
    float *row = s + r * pitch;
    const float *b = bias ? bias + r * biasRow : nullptr, *m = mask ? mask + r * maskRow : nullptr;
    Line lanes;
    if (m) scored<2>(n, scale, b, m, row, lanes);
    else if (b) scored<1>(n, scale, b, m, row, lanes);
    else scored<0>(n, scale, b, m, row, lanes);
    float most = lanes[0];
    for (int k = 1; k < width; ++k) most = lanes[k] <= most ? most : lanes[k];
    Line sums{};
    for (int64_t i = 0; i < pitch; i += width) {
      pellucid::exponential(at(row + i), most);
      sums += at(row + i);
    }
    double sum = 0;
    for (int k = 0; k < width; ++k) sum += double(sums[k]);
    inverse[r] = float(1 / sum);
  }
}

/// Makes of weights (not yet divided by their sum) the weights, and of what arrives at them the slopes by the unscaled scores:
/// scale·w·(dw − Σ w·dw).
PELLUCID_DISPATCHED void slopes(int64_t rows, int64_t n, float scale, const float *inverse, float *w, float *dw) {
  const int64_t pitch = lines(n) * width;
  for (int64_t r = 0; r < rows; ++r) {
    float *own = w + r * pitch, *arrived = dw + r * pitch;
    Line sums{};
    for (int64_t i = 0; i < pitch; i += width) {
      at(own + i) *= inverse[r];
      sums += at(own + i) * at(arrived + i);
    }
    double sum = 0;
    for (int k = 0; k < width; ++k) sum += double(sums[k]);
    const float mean = float(sum);
    for (int64_t i = 0; i < pitch; i += width) at(arrived + i) = at(own + i) * (at(arrived + i) - mean) * scale;
  }
}

/// What is added to a group's scores; nothing where `start` is null.
struct Bias {
  const float *start;
  const int64_t *at;
  int64_t row;

  const float *of(int64_t group, int64_t query) const {
    return start && at[group] >= 0 ? start + at[group] + query * row : nullptr;
  }
};

/// Where the operands of attention lie.
struct Operands {
  const float *q, *k, *v;
  const int64_t *qAt, *kAt, *vAt;
  Bias bias, mask;
};

/// A thread's memory: matrices of a group, packed, and what belongs to some of its queries.
struct Desk {
  const pk_attention &a;
  const Operands &o;
  const int64_t pitch, valuePitch;
  std::vector<float> keys, values, scores, sums;

  Desk(const pk_attention &a, const Operands &o)
      : a(a), o(o), pitch(lines(a.keys) * width), valuePitch(lines(a.valueWidth) * width), keys(size_t(pitch * a.width)),
        values(size_t(valuePitch * a.keys)), scores(size_t(tile * pitch)), sums(size_t(tile)) {}

  void take(int64_t group) {
    pack(a.width, a.keys, o.k + o.kAt[group], a.columns[1], a.rows[1], keys.data());
    pack(a.keys, a.valueWidth, o.v + o.vAt[group], a.rows[2], a.columns[2], values.data());
  }

  /// The weights of queries from `first` on, not yet divided by their sums.
  void weights(int64_t group, int64_t first, int64_t count) {
    const float *q = o.q + o.qAt[group] + first * a.rows[0];
    lineProduct(count, lines(a.keys), a.width, q, a.rows[0], a.columns[0], keys.data(), false, scores.data(), pitch);
    weigh(
        count, a.keys, a.scale, o.bias.of(group, first), o.bias.row, o.mask.of(group, first), o.mask.row, scores.data(), sums.data());
  }
};

/// The weights' way back, for a group at a time.
struct BackDesk : Desk {
  const int64_t widthPitch;
  std::vector<float> turnedValues, plainKeys, queries, arrived, slope, dq, dk, dv;

  BackDesk(const pk_attention &a, const Operands &o)
      : Desk(a, o), widthPitch(lines(a.width) * width), turnedValues(size_t(pitch * a.valueWidth)),
        plainKeys(size_t(widthPitch * a.keys)), queries(size_t(widthPitch * tile)), arrived(size_t(valuePitch * tile)),
        slope(size_t(tile * pitch)), dq(size_t(tile * widthPitch)), dk(size_t(widthPitch * a.keys)), dv(size_t(valuePitch * a.keys)) {}

  void run(int64_t group, const float *dy, float *toQ, float *toK, float *toV) {
    take(group);
    pack(a.valueWidth, a.keys, o.v + o.vAt[group], a.columns[2], a.rows[2], turnedValues.data());
    pack(a.keys, a.width, o.k + o.kAt[group], a.rows[1], a.columns[1], plainKeys.data());
    for (int64_t first = 0; first < a.queries; first += tile) {
      const int64_t count = std::min(tile, a.queries - first);
      const float *own = dy + first * a.outputRow;
      weights(group, first, count);
      lineProduct(count, lines(a.keys), a.valueWidth, own, a.outputRow, 1, turnedValues.data(), false, slope.data(), pitch);
      slopes(count, a.keys, a.scale, sums.data(), scores.data(), slope.data());
      lineProduct(count, lines(a.width), a.keys, slope.data(), pitch, 1, plainKeys.data(), false, dq.data(), widthPitch);
      spread(count, a.width, dq.data(), widthPitch, toQ + o.qAt[group] + first * a.rows[0], a.rows[0], a.columns[0]);
      pack(count, a.width, o.q + o.qAt[group] + first * a.rows[0], a.rows[0], a.columns[0], queries.data());
      lineProduct(a.keys, lines(a.width), count, slope.data(), 1, pitch, queries.data(), first > 0, dk.data(), widthPitch);
      pack(count, a.valueWidth, own, a.outputRow, 1, arrived.data());
      lineProduct(a.keys, lines(a.valueWidth), count, scores.data(), 1, pitch, arrived.data(), first > 0, dv.data(), valuePitch);
    }
    spread(a.keys, a.width, dk.data(), widthPitch, toK + o.kAt[group], a.rows[1], a.columns[1]);
    spread(a.keys, a.valueWidth, dv.data(), valuePitch, toV + o.vAt[group], a.rows[2], a.columns[2]);
  }

 private:
  static void spread(int64_t rows, int64_t n, const float *x, int64_t pitch, float *y, int64_t row, int64_t column) {
    for (int64_t r = 0; r < rows; ++r) {
      if (column == 1) {
        std::memcpy(y + r * row, x + r * pitch, size_t(4 * n));
        continue;
      }
      for (int64_t c = 0; c < n; ++c) y[r * row + c * column] = x[r * pitch + c];
    }
  }
};
}  // namespace

extern "C" void pk_attention_forward(
    const pk_attention *a, const float *q, const int64_t *qAt, const float *k, const int64_t *kAt, const float *v, const int64_t *vAt,
    const float *bias, const int64_t *biasAt, const float *mask, const int64_t *maskAt, float *y, const int64_t *yAt) {
  const Operands operands{q, k, v, qAt, kAt, vAt, {bias, biasAt, a->biasRows[0]}, {mask, maskAt, a->biasRows[1]}};
  const int64_t tiles = (a->queries + tile - 1) / tile;
  pellucid::inParallel(a->count * tiles, 1, [&](int64_t begin, int64_t end) {
    Desk desk(*a, operands);
    std::vector<float> part(size_t(tile * desk.valuePitch));
    for (int64_t job = begin; job < end; ++job) {
      const int64_t group = job / tiles, first = job % tiles * tile, count = std::min(tile, a->queries - first);
      if (job == begin || first == 0) desk.take(group);
      desk.weights(group, first, count);
      lineProduct(
          count, lines(a->valueWidth), a->keys, desk.scores.data(), desk.pitch, 1, desk.values.data(), false, part.data(),
          desk.valuePitch);
      for (int64_t r = 0; r < count; ++r) {
        float *to = y + yAt[group] + (first + r) * a->outputRow;
        for (int64_t c = 0; c < a->valueWidth; ++c) to[c] = part[size_t(r * desk.valuePitch + c)] * desk.sums[size_t(r)];
      }
    }
  });
}

extern "C" void pk_attention_gradient(
    const pk_attention *a, const float *q, const int64_t *qAt, const float *k, const int64_t *kAt, const float *v, const int64_t *vAt,
    const float *bias, const int64_t *biasAt, const float *mask, const int64_t *maskAt, const float *dy, const int64_t *yAt, float *dq,
    float *dk, float *dv) {
  const Operands operands{q, k, v, qAt, kAt, vAt, {bias, biasAt, a->biasRows[0]}, {mask, maskAt, a->biasRows[1]}};
  pellucid::inParallel(a->count, 1, [&](int64_t begin, int64_t end) {
    BackDesk desk(*a, operands);
    for (int64_t group = begin; group < end; ++group) desk.run(group, dy + yAt[group], dq, dk, dv);
  });
}
