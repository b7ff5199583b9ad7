// Crops of changed maps, and reductions updated by the difference.
#include "CKernelsRegions.h"
#include "ChannelAffine.h"
#include "Parallel.h"
#include <algorithm>
#include <cstring>
#include <vector>

namespace {
[[maybe_unused]] constexpr int64_t block = 8;

/// What becomes of a channel's values while they are copied: x·scale + shift, then max(0, ·); nothing where there is no scale.
struct ChannelChange {
  const float *scale, *shift;
  bool rectifies;
};

/// Copies voxels whose rows of channels lie apart in the target; in one piece where they do not.
void copyVoxels(int64_t voxels, int64_t channels, const float *x, const ChannelChange &change, float *y, int64_t yChannels) {
  if (change.scale) {
    pellucid::affineRows(voxels, channels, x, change.scale, change.shift, change.rectifies, y, yChannels);
    return;
  }
  if (yChannels == channels) {
    std::memcpy(y, x, size_t(voxels * channels) * sizeof(float));
    return;
  }
  for (int64_t v = 0; v < voxels; ++v) std::memcpy(y + v * yChannels, x + v * channels, size_t(channels) * sizeof(float));
}

void fillVoxels(int64_t voxels, int64_t channels, float value, float *y, int64_t yChannels) {
  for (int64_t v = 0; v < voxels; ++v) std::fill(y + v * yChannels, y + v * yChannels + channels, value);
}

bool within(int64_t v, int64_t lower, int64_t extent) { return v >= lower && v < lower + extent; }

PELLUCID_DISPATCHED void addDifferences(int64_t voxels, int64_t channels, const float *part, const float *base, double *sums) {
  for (int64_t v = 0; v < voxels; ++v)
    for (int64_t c = 0; c < channels; ++c) sums[c] += double(part[v * channels + c]) - double(base[v * channels + c]);
}

PELLUCID_DISPATCHED void addRows(int64_t voxels, int64_t channels, const float *x, double *sums) {
  for (int64_t v = 0; v < voxels; ++v)
    for (int64_t c = 0; c < channels; ++c) sums[c] += double(x[v * channels + c]);
}
}  // namespace

namespace {
/// One line along w of a crop.
void cropLine(
    const pk_changed &x, const pk_boxes &boxes, int64_t line, float outside, const ChannelChange &change, float *y, int64_t yChannels) {
  const int64_t c = x.channels;
  const int64_t *crop = boxes.extents;
  const int64_t n = line / (crop[0] * crop[1]);
  const int64_t *corner = boxes.corners + 3 * n;
  const int64_t d = corner[0] + line / crop[1] % crop[0], h = corner[1] + line % crop[1], w = corner[2];
  float *row = y + line * crop[2] * yChannels;
  // The columns inside the map, and those of them inside the part.
  const int64_t from = std::max<int64_t>(w, 0), to = std::min(w + crop[2], x.map[2]);
  if (!within(d, 0, x.map[0]) || !within(h, 0, x.map[1]) || from >= to) {
    fillVoxels(crop[2], c, outside, row, yChannels);
    return;
  }
  if (from > w) fillVoxels(from - w, c, outside, row, yChannels);
  if (to < w + crop[2]) fillVoxels(w + crop[2] - to, c, outside, row + (to - w) * yChannels, yChannels);
  int64_t left = to, right = to;
  if (x.parts && x.part[0] > 0 && x.part[1] > 0 && x.part[2] > 0) {
    const int64_t *at = x.partCorners + 3 * n;
    if (within(d, at[0], x.part[0]) && within(h, at[1], x.part[1])) {
      left = std::clamp(at[2], from, to);
      right = std::clamp(at[2] + x.part[2], left, to);
      if (right > left) {
        const float *part = x.parts + (((n * x.part[0] + d - at[0]) * x.part[1] + h - at[1]) * x.part[2] + left - at[2]) * c;
        copyVoxels(right - left, c, part, change, row + (left - w) * yChannels, yChannels);
      }
    }
  }
  if (!x.baseline) return;
  const float *base = x.baseline + (d * x.map[1] + h) * x.map[2] * c;
  if (left > from) copyVoxels(left - from, c, base + from * c, change, row + (from - w) * yChannels, yChannels);
  if (to > right) copyVoxels(to - right, c, base + right * c, change, row + (right - w) * yChannels, yChannels);
}
}  // namespace

extern "C" void pk_crop(const pk_changed *x, pk_boxes boxes, float outside, float *y, int64_t yChannels) {
  const int64_t *crop = boxes.extents;
  const int64_t least = std::max<int64_t>(1, (1 << 13) / std::max<int64_t>(1, crop[2] * x->channels));
  pellucid::inParallel(x->n * crop[0] * crop[1], least, [&](int64_t begin, int64_t end) {
    for (int64_t line = begin; line < end; ++line) cropLine(*x, boxes, line, outside, {nullptr, nullptr, false}, y, yChannels);
  });
}

extern "C" void pk_crop_joined(
    int64_t count, const pk_changed *parts, pk_boxes boxes, const float *scale, const float *shift, int relu, float *y) {
  int64_t channels = 0;
  for (int64_t i = 0; i < count; ++i) channels += parts[i].channels;
  const int64_t *crop = boxes.extents;
  const int64_t least = std::max<int64_t>(1, (1 << 13) / std::max<int64_t>(1, crop[2] * channels));
  pellucid::inParallel(parts[0].n * crop[0] * crop[1], least, [&](int64_t begin, int64_t end) {
    for (int64_t line = begin; line < end; ++line)
      for (int64_t i = 0, c = 0; i < count; c += parts[i].channels, ++i)
        cropLine(
            parts[i], boxes, line, 0, {scale ? scale + c : nullptr, scale ? shift + c : nullptr, relu != 0}, y + c, channels);
  });
}

extern "C" void pk_channel_sums(int64_t voxels, int64_t channels, const float *x, double *sums) {
  std::fill(sums, sums + channels, 0.0);
  addRows(voxels, channels, x, sums);
}

extern "C" void pk_changed_sums(const pk_changed *changed, const double *sums, double factor, float *y) {
  const pk_changed x = *changed;
  const int64_t c = x.channels, row = x.part[2];
  pellucid::inParallel(x.n, 1, [&](int64_t begin, int64_t end) {
    std::vector<double> own(static_cast<size_t>(c));
    for (int64_t n = begin; n < end; ++n) {
      std::copy(sums, sums + c, own.begin());
      const int64_t *at = x.partCorners + 3 * n;
      for (int64_t d = 0; d < x.part[0]; ++d)
        for (int64_t h = 0; h < x.part[1]; ++h)
          addDifferences(
              row, c, x.parts + ((n * x.part[0] + d) * x.part[1] + h) * row * c,
              x.baseline + (((at[0] + d) * x.map[1] + at[1] + h) * x.map[2] + at[2]) * c, own.data());
      for (int64_t k = 0; k < c; ++k) y[n * c + k] = float(own[size_t(k)] * factor);
    }
  });
}
