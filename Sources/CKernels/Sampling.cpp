// Sums and interpolation between the passes of sampling methods, and RISE's masks.
#include "CKernelsSampling.h"
#include "Parallel.h"
#include <algorithm>
#include <vector>

// A product and a sum in one rounding would differ between processors.
#pragma clang fp contract(off)

namespace {
constexpr int64_t smallestPart = 1 << 15;

PELLUCID_DISPATCHED void interpolate(int64_t begin, int64_t end, const float *x, const float *towards, float factor, float *y) {
  for (int64_t i = begin; i < end; ++i) y[i] = x[i] + factor * (towards[i] - x[i]);
}

PELLUCID_DISPATCHED void addScaled(int64_t begin, int64_t end, const float *x, float factor, bool squared, float *sum) {
  if (squared) {
    for (int64_t i = begin; i < end; ++i) sum[i] += factor * (x[i] * x[i]);
  } else {
    for (int64_t i = begin; i < end; ++i) sum[i] += factor * x[i];
  }
}

PELLUCID_DISPATCHED void addMoments(int64_t begin, int64_t end, const float *x, float share, float *mean, float *squares) {
  for (int64_t i = begin; i < end; ++i) {
    const float before = x[i] - mean[i];
    mean[i] += before * share;
    squares[i] += before * (x[i] - mean[i]);
  }
}

/// How a mask's voxels along an axis lie between two cells of its grid.
struct Between {
  std::vector<int64_t> low, high;
  /// How far towards the second.
  std::vector<float> part;

  Between(int64_t cells, int64_t extent, int64_t shift) : low(extent), high(extent), part(extent) {
    const int64_t stretched = (cells + 1) * ((extent + cells - 1) / cells);
    for (int64_t voxel = 0; voxel < extent; ++voxel) {
      const float place = (float(voxel + shift) + 0.5f) * float(cells) / float(stretched) - 0.5f;
      const float held = std::min(std::max(place, 0.f), float(cells - 1));
      low[voxel] = int64_t(held);
      high[voxel] = std::min(low[voxel] + 1, cells - 1);
      part[voxel] = held - float(low[voxel]);
    }
  }
};

struct Mask {
  int64_t cells;
  const float *grid;
  Between d, h, w;

  Mask(const pk_mask_shape &shape, const float *grid, const int64_t *shift)
      : cells(shape.cells), grid(grid), d(cells, shape.extents[0], shift[0]), h(cells, shape.extents[1], shift[1]),
        w(cells, shape.extents[2], shift[2]) {}

  float between(int64_t i, int64_t j, int64_t k, float part, int64_t other) const {
    const float here = grid[(i * cells + j) * cells + k], there = grid[(i * cells + other) * cells + k];
    return here + part * (there - here);
  }
};

/// Calls row(first, last, base, slope, parts) for each run of voxels w of a line between the same two cells: the mask is base + part·slope.
template <typename Row>
inline __attribute__((always_inline)) void alongLine(const Mask &m, int64_t d, int64_t h, const Row &row) {
  const int64_t extent = int64_t(m.w.low.size());
  const auto cell = [&](int64_t k) {
    const float near = m.between(m.d.low[d], m.h.low[h], k, m.h.part[h], m.h.high[h]);
    const float far = m.between(m.d.high[d], m.h.low[h], k, m.h.part[h], m.h.high[h]);
    return near + m.d.part[d] * (far - near);
  };
  for (int64_t first = 0; first < extent;) {
    const int64_t low = m.w.low[first];
    int64_t last = first + 1;
    while (last < extent && m.w.low[last] == low) ++last;
    const float base = cell(low);
    row(first, last, base, cell(m.w.high[first]) - base, m.w.part.data());
    first = last;
  }
}

PELLUCID_DISPATCHED void writeMask(const Mask &m, int64_t d, int64_t h, float *mask) {
  alongLine(m, d, h, [&](int64_t first, int64_t last, float base, float slope, const float *part) {
    for (int64_t w = first; w < last; ++w) mask[w] = base + part[w] * slope;
  });
}

PELLUCID_DISPATCHED void applyMask(const Mask &m, int64_t d, int64_t h, int64_t channels, const float *x, const float *image, float value, float *y) {
  alongLine(m, d, h, [&](int64_t first, int64_t last, float base, float slope, const float *part) {
    if (channels == 1 && !image) {
      for (int64_t w = first; w < last; ++w) {
        const float weight = 1.f - (base + part[w] * slope);
        y[w] = weight == 1.f ? value : x[w] + weight * (value - x[w]);
      }
      return;
    }
    for (int64_t w = first; w < last; ++w) {
      const float weight = 1.f - (base + part[w] * slope);
      for (int64_t i = w * channels; i < (w + 1) * channels; ++i) {
        const float wanted = image ? image[i] : value;
        y[i] = weight == 1.f ? wanted : x[i] + weight * (wanted - x[i]);
      }
    }
  });
}

PELLUCID_DISPATCHED void addMask(const Mask &m, int64_t d, int64_t h, double factor, double *sums) {
  alongLine(m, d, h, [&](int64_t first, int64_t last, float base, float slope, const float *part) {
    for (int64_t w = first; w < last; ++w) sums[w] += factor * double(base + part[w] * slope);
  });
}

/// Runs body(d, h, line) for each line of voxels, which begins at voxel `line`.
template <typename Body>
void onLines(const pk_mask_shape &shape, const Body &body) {
  const int64_t smallest = std::max<int64_t>(1, smallestPart / std::max<int64_t>(1, shape.extents[2]));
  pellucid::inParallel(shape.extents[0] * shape.extents[1], smallest, [&](int64_t begin, int64_t end) {
    for (int64_t line = begin; line < end; ++line) body(line / shape.extents[1], line % shape.extents[1], line * shape.extents[2]);
  });
}
}  // namespace

extern "C" void pk_interpolate(int64_t count, const float *x, const float *towards, float factor, float *y) {
  pellucid::inParallel(count, smallestPart, [&](int64_t begin, int64_t end) { interpolate(begin, end, x, towards, factor, y); });
}

extern "C" void pk_add_scaled(int64_t count, const float *x, float factor, int squared, float *sum) {
  pellucid::inParallel(count, smallestPart, [&](int64_t begin, int64_t end) { addScaled(begin, end, x, factor, squared != 0, sum); });
}

extern "C" void pk_add_moments(int64_t count, const float *x, int64_t before, float *mean, float *squares) {
  const float share = 1.f / float(before + 1);
  pellucid::inParallel(count, smallestPart, [&](int64_t begin, int64_t end) { addMoments(begin, end, x, share, mean, squares); });
}

extern "C" void pk_mask(const pk_mask_shape *shape, const float *grid, const int64_t *shift, float *mask) {
  const Mask m(*shape, grid, shift);
  onLines(*shape, [&](int64_t d, int64_t h, int64_t line) { writeMask(m, d, h, mask + line); });
}

extern "C" void pk_apply_mask(
    const pk_mask_shape *shape, const float *grid, const int64_t *shift, int64_t channels, const float *x, pk_new_values values,
    float *y) {
  const Mask m(*shape, grid, shift);
  onLines(*shape, [&](int64_t d, int64_t h, int64_t line) {
    const int64_t at = line * channels;
    applyMask(m, d, h, channels, x + at, values.image ? values.image + at : nullptr, values.value, y + at);
  });
}

extern "C" void pk_add_masks(
    const pk_mask_shape *shape, int64_t count, const float *grids, const int64_t *shifts, const double *factors, double *sums) {
  std::vector<Mask> masks;
  masks.reserve(size_t(count));
  const int64_t cells = shape->cells * shape->cells * shape->cells;
  for (int64_t n = 0; n < count; ++n) masks.emplace_back(*shape, grids + n * cells, shifts + 3 * n);
  onLines(*shape, [&](int64_t d, int64_t h, int64_t line) {
    for (int64_t n = 0; n < count; ++n) addMask(masks[size_t(n)], d, h, factors[n], sums + line);
  });
}
