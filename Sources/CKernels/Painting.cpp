// Changes of an image: boxes and voxels set to new values, and what of it they truly change.
#include "CKernelsRegions.h"
#include "Parallel.h"
#include <algorithm>
#include <mutex>

namespace {
struct Bounds {
  int64_t lower[3] = {INT64_MAX, INT64_MAX, INT64_MAX}, upper[3] = {0, 0, 0};
  void take(int64_t d, int64_t h, int64_t w) {
    const int64_t v[3] = {d, h, w};
    for (int a = 0; a < 3; ++a) {
      lower[a] = std::min(lower[a], v[a]);
      upper[a] = std::max(upper[a], v[a] + 1);
    }
  }
  void take(const Bounds &other) {
    for (int a = 0; a < 3; ++a) {
      lower[a] = std::min(lower[a], other.lower[a]);
      upper[a] = std::max(upper[a], other.upper[a]);
    }
  }
  int give(int64_t *low, int64_t *high) const {
    if (upper[0] == 0) return 0;
    std::copy(lower, lower + 3, low);
    std::copy(upper, upper + 3, high);
    return 1;
  }
};

/// Voxels that are worth a thread of their own.
constexpr int64_t part = int64_t(1) << 15;

/// The coordinates of offsets that ascend: neighbours mostly lie in one line, and divisions take longer than all the rest.
struct Walk {
  const int64_t *map;
  int64_t line = -1, v[3] = {0, 0, 0};

  const int64_t *to(int64_t offset) {
    if (line < 0 || offset < line || offset >= line + map[2]) {
      v[0] = offset / (map[1] * map[2]);
      v[1] = offset / map[2] % map[1];
      line = offset - offset % map[2];
    }
    v[2] = offset - line;
    return v;
  }
};

float fresh(const pk_new_values &values, int64_t place) { return values.image ? values.image[place] : values.value; }
}  // namespace

extern "C" void pk_paint_box(
    const int64_t *map, int64_t channels, const int64_t *corner, const int64_t *extents, const int64_t *lower, const int64_t *upper,
    const float *weights, pk_new_values values, float *y) {
  int64_t from[3], to[3];
  for (int a = 0; a < 3; ++a) {
    from[a] = std::max(lower[a], corner[a]);
    to[a] = std::min(upper[a], corner[a] + extents[a]);
    if (from[a] >= to[a]) return;
  }
  for (int64_t d = from[0]; d < to[0]; ++d)
    for (int64_t h = from[1]; h < to[1]; ++h) {
      float *row = y + (((d - corner[0]) * extents[1] + h - corner[1]) * extents[2] - corner[2]) * channels;
      const int64_t line = (d * map[1] + h) * map[2];
      if (!weights && !values.image) {
        std::fill(row + from[2] * channels, row + to[2] * channels, values.value);
        continue;
      }
      const float *w = weights
          ? weights + ((d - lower[0]) * (upper[1] - lower[1]) + h - lower[1]) * (upper[2] - lower[2]) - lower[2] : nullptr;
      for (int64_t v = from[2]; v < to[2]; ++v)
        for (int64_t c = 0; c < channels; ++c) {
          float &target = row[v * channels + c];
          const float wanted = fresh(values, (line + v) * channels + c);
          target = !w || w[v] == 1.f ? wanted : target + w[v] * (wanted - target);
        }
    }
}

extern "C" void pk_paint_voxels(
    const int64_t *map, int64_t channels, const int64_t *corner, const int64_t *extents, int64_t count, const int32_t *offsets,
    pk_new_values values, float *y) {
  pellucid::inParallel(count, part, [&](int64_t begin, int64_t end) {
    Walk walk{map};
    for (int64_t i = begin; i < end; ++i) {
      const int64_t offset = offsets[i];
      if (offset < 0) continue;
      const int64_t *v = walk.to(offset);
      bool inside = true;
      for (int a = 0; a < 3; ++a) inside = inside && v[a] >= corner[a] && v[a] < corner[a] + extents[a];
      if (!inside) continue;
      float *target = y + (((v[0] - corner[0]) * extents[1] + v[1] - corner[1]) * extents[2] + v[2] - corner[2]) * channels;
      for (int64_t c = 0; c < channels; ++c) target[c] = fresh(values, offset * channels + c);
    }
  });
}

extern "C" int pk_painted_box(
    const int64_t *map, int64_t channels, const float *x, const float *weights, pk_new_values values, int64_t *lower,
    int64_t *upper) {
  const int64_t size[3] = {upper[0] - lower[0], upper[1] - lower[1], upper[2] - lower[2]};
  const auto changes = [&](int64_t d, int64_t h, int64_t v) {
    if (weights && weights[((d - lower[0]) * size[1] + h - lower[1]) * size[2] + v - lower[2]] == 0) return false;
    const int64_t voxel = ((d * map[1] + h) * map[2] + v) * channels;
    for (int64_t c = 0; c < channels; ++c)
      if (x[voxel + c] != fresh(values, voxel + c)) return true;
    return false;
  };
  // Only what may widen the bounds is looked at: of a box that changes everywhere little more than its surface.
  Bounds bounds;
  for (int64_t d = lower[0]; d < upper[0]; ++d)
    for (int64_t h = lower[1]; h < upper[1]; ++h) {
      const bool isRowNew = bounds.upper[0] != d + 1 || h < bounds.lower[1] || h >= bounds.upper[1];
      const int64_t end = isRowNew ? upper[2] : std::min(bounds.lower[2], upper[2]);
      int64_t first = lower[2];
      while (first < end && !changes(d, h, first)) ++first;
      if (first < end) bounds.take(d, h, first);
      if (isRowNew && first == end) continue;
      int64_t last = upper[2] - 1;
      while (last >= bounds.upper[2] && !changes(d, h, last)) --last;
      if (last >= bounds.upper[2]) bounds.take(d, h, last);
    }
  return bounds.give(lower, upper);
}

extern "C" int pk_painted_voxels(
    const int64_t *map, int64_t channels, const float *x, int64_t count, const int32_t *offsets, pk_new_values values,
    int64_t *lower, int64_t *upper) {
  Bounds all;
  std::mutex joining;
  pellucid::inParallel(count, part, [&](int64_t begin, int64_t end) {
    Bounds bounds;
    Walk walk{map};
    for (int64_t i = begin; i < end; ++i) {
      const int64_t offset = offsets[i];
      if (offset < 0 || offset >= map[0] * map[1] * map[2]) continue;
      for (int64_t c = 0; c < channels; ++c)
        if (x[offset * channels + c] != fresh(values, offset * channels + c)) {
          const int64_t *v = walk.to(offset);
          bounds.take(v[0], v[1], v[2]);
          break;
        }
    }
    std::lock_guard<std::mutex> guard(joining);
    all.take(bounds);
  });
  return all.give(lower, upper);
}
