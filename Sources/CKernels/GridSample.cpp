#include "CKernels.h"
#include "Parallel.h"
#include <algorithm>
#include <cmath>

namespace {
/// What an axis contributes to one output: up to four voxels, their weights, and the weights' slopes along the grid's coordinate.
struct Taps {
  int count = 0;
  int64_t place[4];
  float weight[4], slope[4];
};

/// The mirror image of a place between two borders, and 1 or −1: whether it moves with the place or against it.
double reflected(double at, double low, double high, double &sign) {
  const double range = high - low;
  if (at >= low && at <= high) return at;
  if (range <= 0) {
    sign = 0;
    return low;
  }
  const bool isBelow = at < low;
  const double beyond = isBelow ? low - at : at - high, turns = std::floor(beyond / range), rest = beyond - turns * range;
  const bool isBack = std::fmod(turns, 2) != 0;
  sign = isBack ? 1 : -1;
  return isBelow == isBack ? high - rest : low + rest;
}

/// Keys' kernel (1981) with a = −0.75 at a distance, and its slope.
void cubic(double distance, float &weight, float &slope) {
  const double a = -0.75, d = std::fabs(distance), sign = distance < 0 ? -1 : 1;
  if (d <= 1) {
    weight = float(((a + 2) * d - (a + 3)) * d * d + 1);
    slope = float(sign * (3 * (a + 2) * d - 2 * (a + 3)) * d);
  } else {
    weight = float(((a * d - 5 * a) * d + 8 * a) * d - 4 * a);
    slope = float(sign * ((3 * a * d - 10 * a) * d + 8 * a));
  }
}

class Sampler {
 public:
  explicit Sampler(const pk_grid_sampling &s) : s(s) {}

  Taps taps(int axis, double coordinate) const {
    const int64_t extent = s.in[axis];
    const double low = s.alignsCorners ? 0 : -0.5, high = s.alignsCorners ? double(extent - 1) : double(extent) - 0.5;
    const double unit = s.alignsCorners ? double(extent - 1) / 2 : double(extent) / 2;
    double sign = 1;
    Taps taps;
    // Not a number, and what is farther away than any voxel: no voxel, as a place outside among zeros.
    if (!(std::fabs(coordinate) < 1e9)) coordinate = s.padding == PK_PAD_ZEROS || coordinate != coordinate ? -1e9 : std::copysign(1e9, coordinate);
    double at = s.alignsCorners ? (coordinate + 1) * unit : ((coordinate + 1) * double(extent) - 1) / 2;
    if (s.interpolation == PK_SAMPLE_NEAREST) at = std::nearbyint(float(at));
    if (at < low || at > high) {
      if (s.padding == PK_PAD_BORDER) {
        at = std::clamp(at, 0.0, double(extent - 1));
        sign = 0;
      } else if (s.padding == PK_PAD_REFLECTION) {
        at = reflected(at, low, high, sign);
      }
    }
    const int64_t first = int64_t(std::floor(at));
    const double part = at - double(first);
    const float scale = float(unit * sign);
    switch (s.interpolation) {
      case PK_SAMPLE_NEAREST: add(taps, extent, int64_t(at), 1, 0); break;
      case PK_SAMPLE_LINEAR:
        add(taps, extent, first, float(1 - part), -scale);
        add(taps, extent, first + 1, float(part), scale);
        break;
      case PK_SAMPLE_CUBIC:
        for (int k = -1; k <= 2; ++k) {
          float weight, slope;
          cubic(part - k, weight, slope);
          add(taps, extent, first + k, weight, slope * scale);
        }
    }
    return taps;
  }

  /// Calls body(offset in an image's channel, weight, the taps that made it) for each voxel that an output is made of.
  template <typename Body>
  void each(const float *at, const Body &body) const {
    Taps all[3];
    // The grid names the last axis first.
    for (int axis = 0; axis < 3; ++axis) {
      const int place = 2 - axis;
      if (place < s.axes) {
        all[axis] = taps(axis, at[place]);
      } else {
        all[axis].count = 1;
        all[axis].place[0] = 0;
        all[axis].weight[0] = 1;
        all[axis].slope[0] = 0;
      }
    }
    for (int d = 0; d < all[0].count; ++d)
      for (int h = 0; h < all[1].count; ++h)
        for (int w = 0; w < all[2].count; ++w) {
          const int tap[3] = {d, h, w};
          body(
              (all[0].place[d] * s.in[1] + all[1].place[h]) * s.in[2] + all[2].place[w],
              all[0].weight[d] * all[1].weight[h] * all[2].weight[w], all, tap);
        }
  }

 private:
  const pk_grid_sampling &s;

  void add(Taps &taps, int64_t extent, int64_t place, float weight, float slope) const {
    if (place < 0 || place >= extent) {
      if (s.padding == PK_PAD_ZEROS) return;
      if (s.padding == PK_PAD_BORDER) {
        place = std::clamp(place, int64_t(0), extent - 1);
      } else {
        double ignored = 1;
        const double low = s.alignsCorners ? 0 : -0.5, high = s.alignsCorners ? double(extent - 1) : double(extent) - 0.5;
        place = std::clamp(int64_t(reflected(double(place), low, high, ignored)), int64_t(0), extent - 1);
      }
    }
    taps.place[taps.count] = place;
    taps.weight[taps.count] = weight;
    taps.slope[taps.count++] = slope;
  }
};
}  // namespace

extern "C" void pk_grid_sample(const pk_grid_sampling *s, const float *x, const float *grid, float *y) {
  const Sampler sampler(*s);
  const int64_t voxels = s->in[0] * s->in[1] * s->in[2];
  pellucid::inParallel(s->n * s->points, 256, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const int64_t image = i / s->points, point = i % s->points;
      const float *source = x + image * s->channels * voxels;
      float *target = y + image * s->channels * s->points + point;
      for (int64_t c = 0; c < s->channels; ++c) target[c * s->points] = 0;
      sampler.each(grid + (image * s->gridStride + point) * s->axes, [&](int64_t offset, float weight, const Taps *, const int *) {
        for (int64_t c = 0; c < s->channels; ++c) target[c * s->points] += weight * source[c * voxels + offset];
      });
    }
  });
}

extern "C" void pk_grid_sample_gradient(const pk_grid_sampling *s, const float *grid, const float *dy, float *dx) {
  const Sampler sampler(*s);
  const int64_t voxels = s->in[0] * s->in[1] * s->in[2];
  // A thread owns channels: outputs that read one voxel add to it in turn.
  pellucid::inParallel(s->n * s->channels, std::max<int64_t>(1, 4096 / std::max<int64_t>(1, s->points)), [&](int64_t begin, int64_t end) {
    std::fill(dx + begin * voxels, dx + end * voxels, 0.f);
    for (int64_t image = begin / s->channels; image * s->channels < end; ++image) {
      const int64_t from = std::max(begin, image * s->channels), to = std::min(end, (image + 1) * s->channels);
      for (int64_t point = 0; point < s->points; ++point)
        sampler.each(grid + (image * s->gridStride + point) * s->axes, [&](int64_t offset, float weight, const Taps *, const int *) {
          for (int64_t c = from; c < to; ++c) dx[c * voxels + offset] += weight * dy[c * s->points + point];
        });
    }
  });
}

extern "C" void pk_grid_sample_grid_gradient(
    const pk_grid_sampling *s, const float *x, const float *grid, const float *dy, float *dgrid) {
  const Sampler sampler(*s);
  const int64_t voxels = s->in[0] * s->in[1] * s->in[2];
  pellucid::inParallel(s->n * s->points, 256, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const int64_t image = i / s->points, point = i % s->points;
      double sums[3] = {0, 0, 0};
      sampler.each(grid + (image * s->gridStride + point) * s->axes, [&](int64_t offset, float, const Taps *all, const int *tap) {
        double product = 0;
        for (int64_t c = 0; c < s->channels; ++c)
          product += double(x[(image * s->channels + c) * voxels + offset]) * double(dy[(image * s->channels + c) * s->points + point]);
        for (int axis = 0; axis < 3; ++axis) {
          double slope = product;
          for (int other = 0; other < 3; ++other) slope *= other == axis ? all[other].slope[tap[other]] : all[other].weight[tap[other]];
          sums[axis] += slope;
        }
      });
      for (int place = 0; place < s->axes; ++place) dgrid[i * s->axes + place] = float(sums[2 - place]);
    }
  });
}
