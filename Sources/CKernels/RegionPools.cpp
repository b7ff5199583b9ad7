// Pools of boxes of a changed map: each window's voxels are read where they are, in the part or in the baseline.
#include "CKernelsRegions.h"
#include "Parallel.h"
#include <algorithm>
#include <cfloat>
#include <limits>

namespace {
/// The taps of a window that lie inside the map along one axis: first, first + dilation, … count of them; and how many an average counts.
struct Taps {
  int64_t first, count, counted;
};

Taps taps(const pk_pool &p, int axis, int64_t o) {
  const int64_t start = o * p.stride[axis] - p.padBefore[axis];
  Taps t{0, 0, 0};
  for (int64_t k = 0; k < p.kernel[axis]; ++k) {
    const int64_t v = start + k * p.dilation[axis];
    const bool inside = v >= 0 && v < p.in[axis];
    if (inside && t.count++ == 0) t.first = v;
    t.counted += p.countPadding ? v >= -p.padBefore[axis] && v < p.in[axis] + p.padAfter[axis] : inside;
  }
  return t;
}

/// What a line of outputs reads: for each of the window's rows (along W) its place in the part and in the baseline.
struct Rows {
  static constexpr int most = 64;
  int count = 0;
  /// Address of the row's voxel 0 of the map in the part, or null where the row misses the part; and in the baseline.
  const float *part[most], *base[most];
  int64_t lower = 0, upper = 0;  // columns that lie in the part
};

#define INLINE inline __attribute__((always_inline))

/// Values of neighbouring channels.
template <int width>
struct Lanes {
  typedef float Reals __attribute__((vector_size(4 * width), aligned(4)));
  typedef int32_t Marks __attribute__((vector_size(4 * width)));
};

/// What some channels of an output voxel fold to, beginning with what `y` holds unless this is the first that is folded.
///
/// - Parameter voxel: where channel 0 of a row's tap lies.
template <bool average, int width, typename Voxel>
INLINE void foldChannels(int rows, int64_t taps, const Voxel &voxel, int64_t k, bool begins, float *y) {
  typedef typename Lanes<width>::Reals Reals;
  typedef typename Lanes<width>::Marks Marks;
  Reals *const target = reinterpret_cast<Reals *>(y + k);
  Reals sum = begins ? Reals{} + (average ? 0.f : -FLT_MAX) : *target;
  // A maximum does not wait for the question whether a value is one. NaN, which differs from itself, stays.
  Marks isNaN{};
  for (int r = 0; r < rows; ++r)
    for (int64_t t = 0; t < taps; ++t) {
      const Reals x = *reinterpret_cast<const Reals *>(voxel(r, t) + k);
      if (average) {
        sum += x;
      } else {
        isNaN |= x != x;
        sum = x > sum ? x : sum;
      }
    }
  *target = isNaN ? Reals{} + std::numeric_limits<float>::quiet_NaN() : sum;
}

template <bool average, typename Voxel>
INLINE void foldVoxel(int rows, int64_t taps, const Voxel &voxel, int64_t c, bool begins, float *y) {
  int64_t k = 0;
  for (; k + 16 <= c; k += 16) foldChannels<average, 16>(rows, taps, voxel, k, begins, y);
  for (; k + 8 <= c; k += 8) foldChannels<average, 8>(rows, taps, voxel, k, begins, y);
  for (; k < c; ++k) {
    float sum = begins ? (average ? 0.f : -FLT_MAX) : y[k];
    for (int r = 0; r < rows; ++r)
      for (int64_t t = 0; t < taps; ++t) {
        const float x = voxel(r, t)[k];
        sum = average ? sum + x : (x > sum || x != x ? x : sum);
      }
    y[k] = sum;
  }
}

template <bool average>
INLINE void foldLine(
    const Rows &rows, const Taps *w, int64_t outputs, int64_t dilation, int64_t c, bool begins, float *y) {
  const float *from[Rows::most];
  bool hasPart = false;
  for (int r = 0; r < rows.count; ++r) {
    from[r] = rows.part[r] ? rows.part[r] : rows.base[r];
    hasPart = hasPart || rows.part[r];
  }
  for (int64_t o = 0; o < outputs; ++o) {
    const int64_t first = w[o].first, last = first + (w[o].count - 1) * dilation;
    if (!hasPart || (first >= rows.lower && last < rows.upper)) {
      // Each row is read in one place.
      foldVoxel<average>(rows.count, w[o].count, [&](int r, int64_t t) { return from[r] + (first + t * dilation) * c; }, c, begins, y + o * c);
    } else {
      const auto voxel = [&](int r, int64_t t) {
        const int64_t v = first + t * dilation;
        return (v >= rows.lower && v < rows.upper ? from[r] : rows.base[r]) + v * c;
      };
      foldVoxel<average>(rows.count, w[o].count, voxel, c, begins, y + o * c);
    }
  }
}

PELLUCID_DISPATCHED void maxLine(
    const Rows &rows, const Taps *w, int64_t outputs, int64_t dilation, int64_t c, bool begins, float *y) {
  foldLine<false>(rows, w, outputs, dilation, c, begins, y);
}
PELLUCID_DISPATCHED void sumLine(
    const Rows &rows, const Taps *w, int64_t outputs, int64_t dilation, int64_t c, bool begins, float *y) {
  foldLine<true>(rows, w, outputs, dilation, c, begins, y);
}
}  // namespace

extern "C" void pk_pool_boxes(const pk_pool *pool, int average, const pk_changed *changed, pk_boxes boxes, float *y) {
  const pk_pool p = *pool;
  const pk_changed x = *changed;
  const int64_t c = x.channels;
  const int64_t *out = boxes.extents;
  const bool hasParts = x.parts && x.part[0] > 0 && x.part[1] > 0 && x.part[2] > 0;
  const int64_t work = out[2] * c * p.kernel[0] * p.kernel[1] * p.kernel[2];
  pellucid::inParallel(x.n * out[0] * out[1], std::max<int64_t>(1, (1 << 14) / std::max<int64_t>(1, work)), [&](int64_t begin, int64_t end) {
    constexpr int64_t most = 256;
    Taps w[most];
    for (int64_t line = begin; line < end; ++line) {
      const int64_t n = line / (out[0] * out[1]);
      const int64_t *corner = boxes.corners + 3 * n;
      const Taps td = taps(p, 0, corner[0] + line / out[1] % out[0]), th = taps(p, 1, corner[1] + line % out[1]);
      const int64_t *at = hasParts ? x.partCorners + 3 * n : nullptr;
      for (int64_t start = 0; start < out[2]; start += most) {
        const int64_t outputs = std::min(most, out[2] - start);
        float *row = y + (line * out[2] + start) * c;
        for (int64_t o = 0; o < outputs; ++o) w[o] = taps(p, 2, corner[2] + start + o);
        Rows rows;
        if (hasParts) {
          rows.lower = at[2];
          rows.upper = at[2] + x.part[2];
        }
        bool begins = true;
        const auto fold = [&] {
          (average ? sumLine : maxLine)(rows, w, outputs, p.dilation[2], c, begins, row);
          begins = false;
          rows.count = 0;
        };
        for (int64_t a = 0; a < td.count; ++a)
          for (int64_t b = 0; b < th.count; ++b) {
            const int64_t d = td.first + a * p.dilation[0], h = th.first + b * p.dilation[1];
            const bool inPart = hasParts && d >= at[0] && d < at[0] + x.part[0] && h >= at[1] && h < at[1] + x.part[1];
            rows.part[rows.count] = inPart
                ? x.parts + (((n * x.part[0] + d - at[0]) * x.part[1] + h - at[1]) * x.part[2] - at[2]) * c : nullptr;
            rows.base[rows.count] = x.baseline ? x.baseline + (d * x.map[1] + h) * x.map[2] * c : rows.part[rows.count];
            if (++rows.count == Rows::most) fold();
          }
        if (rows.count > 0 || begins) fold();
        if (average)
          for (int64_t o = 0; o < outputs; ++o) {
            const int64_t size = td.counted * th.counted * w[o].counted;
            const float share = size > 0 ? 1.f / float(size) : 0.f;
            for (int64_t k = 0; k < c; ++k) row[o * c + k] *= share;
          }
      }
    }
  });
}
