// Elementwise functions of two operands with broadcasting, and strided copies: loops over rows, each row one of a few simple forms.
#include "CKernels.h"
#include "ChannelAffine.h"
#include "Parallel.h"
#include <algorithm>
#include <cmath>
#include <cstring>

namespace {
constexpr int mostAxes = 12;

/// Axes that follow one another in every operand are joined; axes of extent 1 go.
struct Walk {
  int rank = 0, operands = 0;
  int64_t extents[mostAxes], strides[3][mostAxes];

  Walk(int fullRank, const int64_t *full, int count, const int64_t *const *all) : operands(count) {
    for (int axis = 0; axis < fullRank; ++axis) {
      if (full[axis] == 1) continue;
      bool joins = rank > 0;
      for (int o = 0; o < count && joins; ++o) joins = strides[o][rank - 1] == all[o][axis] * full[axis];
      if (joins) {
        extents[rank - 1] *= full[axis];
        for (int o = 0; o < count; ++o) strides[o][rank - 1] = all[o][axis];
      } else {
        extents[rank] = full[axis];
        for (int o = 0; o < count; ++o) strides[o][rank] = all[o][axis];
        ++rank;
      }
    }
    if (rank == 0) {
      extents[0] = 1;
      for (int o = 0; o < count; ++o) strides[o][0] = 1;
      rank = 1;
    }
  }

  int64_t rows() const {
    int64_t n = 1;
    for (int axis = 0; axis + 1 < rank; ++axis) n *= extents[axis];
    return n;
  }
  int64_t rowLength() const { return extents[rank - 1]; }
  void offsets(int64_t row, int64_t *at) const {
    for (int o = 0; o < operands; ++o) at[o] = 0;
    for (int axis = rank - 2; axis >= 0; --axis) {
      const int64_t i = row % extents[axis];
      row /= extents[axis];
      for (int o = 0; o < operands; ++o) at[o] += i * strides[o][axis];
    }
  }
};

template <pk_binary_function f>
inline __attribute__((always_inline)) float value(float a, float b, float alpha) {
  if constexpr (f == PK_ADD) return a + b;
  if constexpr (f == PK_SUBTRACT) return a - b;
  if constexpr (f == PK_MULTIPLY) return a * b;
  if constexpr (f == PK_DIVIDE) return a / b;
  // What is not a number stays so: a comparison with it is false.
  if constexpr (f == PK_MAXIMUM) return a > b || a != a ? a : b;
  if constexpr (f == PK_MINIMUM) return a < b || a != a ? a : b;
  if constexpr (f == PK_GATE) return b > 0 ? a : 0;
  if constexpr (f == PK_GUIDED_GATE) return b > 0 && !(a < 0) ? a : 0;  // NaN stays
  if constexpr (f == PK_STABLE_QUOTIENT) return a / (b < 0 ? b - alpha : b + alpha);
  if constexpr (f == PK_SCALE_ADD) return a * alpha + b;
  if constexpr (f == PK_NOT_BELOW) return a >= b ? 1.f : 0.f;
  if constexpr (f == PK_QUOTIENT_BEYOND) return b > alpha || b < -alpha ? a / b : 0;
  if constexpr (f == PK_WITHIN) return b > alpha || b < -alpha ? 0 : a;
  if constexpr (f == PK_POWER) return std::pow(a, b);
  if constexpr (f == PK_ADD_RELU) return a + b < 0 ? 0 : a + b;
}

template <pk_binary_function f>
inline __attribute__((always_inline)) void row(
    float alpha, int64_t n, const float *a, int64_t sa, const float *b, int64_t sb, float *y) {
  if (sa == 1 && sb == 1) {
    for (int64_t i = 0; i < n; ++i) y[i] = value<f>(a[i], b[i], alpha);
  } else if (sa == 1 && sb == 0) {
    const float one = *b;
    for (int64_t i = 0; i < n; ++i) y[i] = value<f>(a[i], one, alpha);
  } else if (sa == 0 && sb == 1) {
    const float one = *a;
    for (int64_t i = 0; i < n; ++i) y[i] = value<f>(one, b[i], alpha);
  } else {
    for (int64_t i = 0; i < n; ++i) y[i] = value<f>(a[i * sa], b[i * sb], alpha);
  }
}

PELLUCID_DISPATCHED void anyRow(
    pk_binary_function f, float alpha, int64_t n, const float *a, int64_t sa, const float *b, int64_t sb, float *y) {
  switch (f) {
    case PK_ADD: return row<PK_ADD>(alpha, n, a, sa, b, sb, y);
    case PK_SUBTRACT: return row<PK_SUBTRACT>(alpha, n, a, sa, b, sb, y);
    case PK_MULTIPLY: return row<PK_MULTIPLY>(alpha, n, a, sa, b, sb, y);
    case PK_DIVIDE: return row<PK_DIVIDE>(alpha, n, a, sa, b, sb, y);
    case PK_MAXIMUM: return row<PK_MAXIMUM>(alpha, n, a, sa, b, sb, y);
    case PK_MINIMUM: return row<PK_MINIMUM>(alpha, n, a, sa, b, sb, y);
    case PK_GATE: return row<PK_GATE>(alpha, n, a, sa, b, sb, y);
    case PK_GUIDED_GATE: return row<PK_GUIDED_GATE>(alpha, n, a, sa, b, sb, y);
    case PK_STABLE_QUOTIENT: return row<PK_STABLE_QUOTIENT>(alpha, n, a, sa, b, sb, y);
    case PK_SCALE_ADD: return row<PK_SCALE_ADD>(alpha, n, a, sa, b, sb, y);
    case PK_NOT_BELOW: return row<PK_NOT_BELOW>(alpha, n, a, sa, b, sb, y);
    case PK_QUOTIENT_BEYOND: return row<PK_QUOTIENT_BEYOND>(alpha, n, a, sa, b, sb, y);
    case PK_WITHIN: return row<PK_WITHIN>(alpha, n, a, sa, b, sb, y);
    case PK_POWER: return row<PK_POWER>(alpha, n, a, sa, b, sb, y);
    case PK_ADD_RELU: return row<PK_ADD_RELU>(alpha, n, a, sa, b, sb, y);
  }
}

PELLUCID_DISPATCHED void affine(
    int64_t rows, int64_t channels, const float *x, const float *scale, const float *shift, bool relu, float *y, int64_t pitch) {
  for (int64_t r = 0; r < rows; ++r) {
    const float *from = x + r * channels;
    float *to = y + r * pitch;
    if (relu) {
      for (int64_t c = 0; c < channels; ++c) {
        const float v = from[c] * scale[c] + shift[c];
        to[c] = v < 0 ? 0 : v;
      }
    } else {
      for (int64_t c = 0; c < channels; ++c) to[c] = from[c] * scale[c] + shift[c];
    }
  }
}

PELLUCID_DISPATCHED void addRow(int64_t n, const float *a, int64_t sa, float *y, int64_t sy) {
  if (sa == 1 && sy == 1) {
    for (int64_t i = 0; i < n; ++i) y[i] += a[i];
  } else {
    for (int64_t i = 0; i < n; ++i) y[i * sy] += a[i * sa];
  }
}

void copyRow(int64_t n, const float *a, int64_t sa, float *y, int64_t sy) {
  if (sa == 1 && sy == 1) {
    std::memcpy(y, a, size_t(n) * sizeof(float));
  } else if (sy == 1) {
    for (int64_t i = 0; i < n; ++i) y[i] = a[i * sa];
  } else {
    for (int64_t i = 0; i < n; ++i) y[i * sy] = a[i * sa];
  }
}

/// Axes of a copy, slowest first in the target, so that rows are memory in one piece; where no axis is that in both operands, as given.
struct CopyAxes {
  int64_t extents[mostAxes], source[mostAxes], target[mostAxes];

  CopyAxes(int rank, const int64_t *full, const int64_t *sourceStrides, const int64_t *targetStrides) {
    int order[mostAxes];
    bool hasRows = false;
    for (int axis = 0; axis < rank; ++axis) {
      order[axis] = axis;
      hasRows = hasRows || (full[axis] > 1 && sourceStrides[axis] == 1 && targetStrides[axis] == 1);
    }
    if (hasRows) {
      std::sort(order, order + rank, [&](int a, int b) {
        return targetStrides[a] != targetStrides[b] ? targetStrides[a] > targetStrides[b] : a < b;
      });
    }
    for (int axis = 0; axis < rank; ++axis) {
      extents[axis] = full[order[axis]];
      source[axis] = sourceStrides[order[axis]];
      target[axis] = targetStrides[order[axis]];
    }
  }
};

/// Calls body(begin row, end row, offset in a row, length) with whole rows, or parts of the only row, on every thread.
template <typename Body>
void overRows(const Walk &walk, const Body &body) {
  const int64_t rows = walk.rows(), length = walk.rowLength();
  if (rows == 1) {
    pellucid::inParallel(length, 1 << 14, [&](int64_t begin, int64_t end) { body(0, 1, begin, end - begin); });
  } else {
    const int64_t part = std::max<int64_t>(1, (1 << 14) / std::max<int64_t>(1, length));
    pellucid::inParallel(rows, part, [&](int64_t begin, int64_t end) { body(begin, end, 0, length); });
  }
}
}  // namespace

extern "C" void pk_combine(
    pk_binary_function f, float alpha, int rank, const int64_t *extents, const float *a, const int64_t *strideA, const float *b,
    const int64_t *strideB, float *y) {
  int64_t strideY[mostAxes], size = 1;
  for (int axis = rank - 1; axis >= 0; --axis) {
    strideY[axis] = size;
    size *= extents[axis];
  }
  if (size == 0) return;
  const int64_t *all[3] = {strideA, strideB, strideY};
  const Walk walk(rank, extents, 3, all);
  const int last = walk.rank - 1;
  overRows(walk, [&](int64_t begin, int64_t end, int64_t from, int64_t length) {
    for (int64_t r = begin; r < end; ++r) {
      int64_t at[3];
      walk.offsets(r, at);
      const int64_t sa = walk.strides[0][last], sb = walk.strides[1][last];
      anyRow(f, alpha, length, a + at[0] + from * sa, sa, b + at[1] + from * sb, sb, y + at[2] + from);
    }
  });
}

extern "C" void pk_copy_strided(
    int rank, const int64_t *extents, const float *source, const int64_t *sourceStrides, float *target,
    const int64_t *targetStrides) {
  for (int axis = 0; axis < rank; ++axis)
    if (extents[axis] == 0) return;
  const CopyAxes axes(rank, extents, sourceStrides, targetStrides);
  const int64_t *all[2] = {axes.source, axes.target};
  const Walk walk(rank, axes.extents, 2, all);
  const int last = walk.rank - 1;
  overRows(walk, [&](int64_t begin, int64_t end, int64_t from, int64_t length) {
    for (int64_t r = begin; r < end; ++r) {
      int64_t at[2];
      walk.offsets(r, at);
      const int64_t ss = walk.strides[0][last], st = walk.strides[1][last];
      copyRow(length, source + at[0] + from * ss, ss, target + at[1] + from * st, st);
    }
  });
}

extern "C" void pk_add_strided(
    int rank, const int64_t *extents, const float *source, const int64_t *sourceStrides, float *target,
    const int64_t *targetStrides) {
  for (int axis = 0; axis < rank; ++axis)
    if (extents[axis] == 0) return;
  const int64_t *all[2] = {sourceStrides, targetStrides};
  const Walk walk(rank, extents, 2, all);
  const int last = walk.rank - 1;
  const auto body = [&](int64_t begin, int64_t end, int64_t from, int64_t length) {
    for (int64_t r = begin; r < end; ++r) {
      int64_t at[2];
      walk.offsets(r, at);
      const int64_t ss = walk.strides[0][last], st = walk.strides[1][last];
      addRow(length, source + at[0] + from * ss, ss, target + at[1] + from * st, st);
    }
  };
  // Rows that share targets (stride 0, a reduction) must not be added from two threads at once.
  bool shared = false;
  for (int axis = 0; axis < walk.rank; ++axis) shared = shared || walk.strides[1][axis] == 0;
  if (shared) body(0, walk.rows(), 0, walk.rowLength());
  else overRows(walk, body);
}

void pellucid::affineRows(
    int64_t rows, int64_t channels, const float *x, const float *scale, const float *shift, bool rectifies, float *y, int64_t pitch) {
  affine(rows, channels, x, scale, shift, rectifies, y, pitch);
}

extern "C" void pk_channel_affine(
    int64_t rows, int64_t channels, const float *x, const float *scale, const float *shift, int relu, float *y) {
  const int64_t part = std::max<int64_t>(1, (1 << 14) / std::max<int64_t>(1, channels));
  pellucid::inParallel(rows, part, [&](int64_t begin, int64_t end) {
    pellucid::affineRows(end - begin, channels, x + begin * channels, scale, shift, relu != 0, y + begin * channels, channels);
  });
}
