// Means over the boxes that cover a voxel: what a map of blanked windows is made of.
#include "CKernelsRegions.h"
#include "Parallel.h"
#include <algorithm>
#include <atomic>
#include <vector>

namespace {
PELLUCID_DISPATCHED void addTo(double *sums, int32_t *counts, double value, int64_t n) {
  for (int64_t i = 0; i < n; ++i) {
    sums[i] += value;
    counts[i] += 1;
  }
}

/// Means of a plane, 0 where nothing covers a voxel; returns how often that is.
PELLUCID_DISPATCHED int64_t means(const double *sums, const int32_t *counts, int64_t n, float *y) {
  int64_t uncovered = 0;
  for (int64_t i = 0; i < n; ++i) {
    y[i] = counts[i] == 0 ? 0.f : float(sums[i] / double(counts[i]));
    uncovered += counts[i] == 0;
  }
  return uncovered;
}
}  // namespace

extern "C" int64_t pk_box_means(const int64_t *map, int64_t count, const int64_t *boxes, const double *values, float *y) {
  struct Box {
    int64_t lower[3], upper[3];
  };
  const Box *all = reinterpret_cast<const Box *>(boxes);
  const int64_t plane = map[1] * map[2];
  std::atomic<int64_t> uncovered{0};
  pellucid::inParallel(map[0], 1, [&](int64_t begin, int64_t end) {
    std::vector<double> sums(static_cast<size_t>(plane));
    std::vector<int32_t> counts(static_cast<size_t>(plane));
    for (int64_t d = begin; d < end; ++d) {
      std::fill(sums.begin(), sums.end(), 0.0);
      std::fill(counts.begin(), counts.end(), 0);
      const Box *const first = std::partition_point(all, all + count, [&](const Box &box) { return box.upper[0] <= d; });
      const Box *const last = std::partition_point(first, all + count, [&](const Box &box) { return box.lower[0] <= d; });
      for (const Box *box = first; box < last; ++box)
        for (int64_t h = box->lower[1]; h < box->upper[1]; ++h) {
          const int64_t row = h * map[2] + box->lower[2];
          addTo(sums.data() + row, counts.data() + row, values[box - all], box->upper[2] - box->lower[2]);
        }
      uncovered += means(sums.data(), counts.data(), plane, y + d * plane);
    }
  });
  return uncovered;
}
