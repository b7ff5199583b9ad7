// Smoothness of images: Gaussian windows, the norms that keep a rebuilt image natural, and small moves.
#include "CKernelsAscent.h"
#include "Parallel.h"
#include <algorithm>
#include <cmath>
#include <vector>

namespace {
PELLUCID_DISPATCHED void addWeighed(int64_t count, float weight, const float *x, float *y) {
  for (int64_t i = 0; i < count; ++i) y[i] += weight * x[i];
}

PELLUCID_DISPATCHED void scale(int64_t count, float factor, float *y) {
  for (int64_t i = 0; i < count; ++i) y[i] *= factor;
}

/// |x|^power, without the library's function where a few products do.
inline float raised(float magnitude, float power) {
  if (power == 2) return magnitude * magnitude;
  if (power == 1) return magnitude;
  if (power == 0) return 1;
  if (power == 5 || power == 6) {
    const float square = magnitude * magnitude;
    return power == 5 ? square * square * magnitude : square * square * square;
  }
  if (power == 3) return magnitude * magnitude * magnitude;
  return std::pow(magnitude, power);
}

/// Differences to the next voxels along D, H, W; 0 behind the last.
struct Steps {
  const int64_t *extents;
  int64_t stride[3];

  explicit Steps(const int64_t *extents) : extents(extents), stride{extents[1] * extents[2], extents[2], 1} {}

  void at(const float *x, int64_t voxel, const int64_t (&place)[3], float (&step)[3]) const {
    for (int axis = 0; axis < 3; ++axis)
      step[axis] = place[axis] + 1 < extents[axis] ? x[voxel + stride[axis]] - x[voxel] : 0.f;
  }
};

/// Runs body(channel, d) over all slices.
template <typename Body>
void overSlices(const pk_prior &prior, const Body &body) {
  const int64_t slices = prior.channels * prior.extents[0];
  pellucid::inParallel(slices, std::max<int64_t>(1, (1 << 15) / (prior.extents[1] * prior.extents[2])), [&](int64_t begin, int64_t end) {
    for (int64_t slice = begin; slice < end; ++slice) body(slice);
  });
}

/// The eight voxels around a place, edges held, and their weights.
struct Corners {
  int64_t offset[8];
  float weight[8];

  Corners(const int64_t *extents, const double (&place)[3]) {
    int64_t low[3], high[3];
    float part[3];
    for (int axis = 0; axis < 3; ++axis) {
      const double held = std::min(std::max(place[axis], 0.0), double(extents[axis] - 1));
      low[axis] = int64_t(held);
      high[axis] = std::min(low[axis] + 1, extents[axis] - 1);
      part[axis] = float(held - double(low[axis]));
    }
    for (int corner = 0; corner < 8; ++corner) {
      const int64_t d = corner & 4 ? high[0] : low[0], h = corner & 2 ? high[1] : low[1], w = corner & 1 ? high[2] : low[2];
      offset[corner] = (d * extents[1] + h) * extents[2] + w;
      weight[corner] = (corner & 4 ? part[0] : 1 - part[0]) * (corner & 2 ? part[1] : 1 - part[1]) * (corner & 1 ? part[2] : 1 - part[2]);
    }
  }
};

inline void moved(const double *matrix, int64_t d, int64_t h, int64_t w, double (&place)[3]) {
  for (int axis = 0; axis < 3; ++axis)
    place[axis] = matrix[4 * axis] * double(d) + matrix[4 * axis + 1] * double(h) + matrix[4 * axis + 2] * double(w) + matrix[4 * axis + 3];
}
}  // namespace

extern "C" void pk_smooth_axis(
    int64_t outer, int64_t length, int64_t inner, double sigma, const float *x, float *y) {
  const int64_t radius = std::max<int64_t>(1, int64_t(std::min(3 * sigma, 4096.0) + 0.5));
  std::vector<float> weights(static_cast<size_t>(radius + 1));
  for (int64_t step = 0; step <= radius; ++step) weights[size_t(step)] = float(std::exp(-0.5 * double(step * step) / (sigma * sigma)));
  std::vector<float> share(static_cast<size_t>(length));
  for (int64_t place = 0; place < length; ++place) {
    float sum = 0;
    for (int64_t step = -std::min(radius, place); step <= std::min(radius, length - 1 - place); ++step) sum += weights[size_t(std::abs(step))];
    share[size_t(place)] = 1 / sum;
  }
  if (inner == 1) {
    pellucid::inParallel(outer, std::max<int64_t>(1, (1 << 15) / length), [&](int64_t begin, int64_t end) {
      for (int64_t o = begin; o < end; ++o) {
        const float *from = x + o * length;
        float *to = y + o * length;
        std::fill(to, to + length, 0.f);
        for (int64_t step = -std::min(radius, length - 1); step <= std::min(radius, length - 1); ++step) {
          const int64_t first = std::max<int64_t>(0, -step);
          addWeighed(length - std::abs(step), weights[size_t(std::abs(step))], from + first + step, to + first);
        }
        for (int64_t place = 0; place < length; ++place) to[place] *= share[size_t(place)];
      }
    });
    return;
  }
  pellucid::inParallel(outer * length, std::max<int64_t>(1, (1 << 15) / inner), [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) {
      const int64_t o = row / length, place = row % length;
      float *to = y + row * inner;
      std::fill(to, to + inner, 0.f);
      for (int64_t other = std::max<int64_t>(0, place - radius); other <= std::min(length - 1, place + radius); ++other)
        addWeighed(inner, weights[size_t(std::abs(other - place))], x + (o * length + other) * inner, to);
      scale(inner, share[size_t(place)], to);
    }
  });
}

extern "C" void pk_natural_prior(const pk_prior *prior, const float *x, float *scratch, float *gradient, double *sums) {
  const Steps steps(prior->extents);
  const int64_t height = prior->extents[1], width = prior->extents[2], plane = height * width;
  const int64_t slices = prior->channels * prior->extents[0];
  std::vector<double> alphas(static_cast<size_t>(slices)), betas(static_cast<size_t>(slices));
  // First what each voxel's slope is weighed with: β·(Σ steps²)^{β/2 − 1}.
  overSlices(*prior, [&](int64_t slice) {
    const float *image = x + slice / prior->extents[0] * prior->extents[0] * plane;
    double alpha = 0, beta = 0;
    for (int64_t h = 0; h < height; ++h) {
      double rowAlpha = 0, rowBeta = 0;
      for (int64_t w = 0; w < width; ++w) {
        const int64_t place[3] = {slice % prior->extents[0], h, w};
        const int64_t voxel = (place[0] * height + h) * width + w;
        float step[3];
        steps.at(image, voxel, place, step);
        const float square = step[0] * step[0] + step[1] * step[1] + step[2] * step[2];
        const float away = image[voxel] - prior->centre;
        const int64_t at = slice * plane + h * width + w;
        if (prior->beta == 2) {
          rowBeta += square;
          scratch[at] = 2;
        } else {
          // The root has no slope at 0.
          const float length = std::sqrt(square);
          rowBeta += length == 0 ? 0 : raised(length, prior->beta);
          scratch[at] = length == 0 ? 0 : prior->beta * raised(length, prior->beta) / square;
        }
        const float slope = prior->alpha * raised(std::fabs(away), prior->alpha - 1);
        rowAlpha += double(std::fabs(away)) * double(raised(std::fabs(away), prior->alpha - 1));
        gradient[at] += prior->weightAlpha * (away < 0 ? -slope : away > 0 ? slope : 0.f);
      }
      alpha += rowAlpha;
      beta += rowBeta;
    }
    alphas[size_t(slice)] = alpha;
    betas[size_t(slice)] = beta;
  });
  overSlices(*prior, [&](int64_t slice) {
    const int64_t first = slice / prior->extents[0] * prior->extents[0] * plane;
    const float *image = x + first, *weight = scratch + first;
    for (int64_t h = 0; h < height; ++h)
      for (int64_t w = 0; w < width; ++w) {
        const int64_t place[3] = {slice % prior->extents[0], h, w};
        const int64_t voxel = (place[0] * height + h) * width + w;
        float step[3], slope = 0;
        steps.at(image, voxel, place, step);
        slope -= weight[voxel] * (step[0] + step[1] + step[2]);
        for (int axis = 0; axis < 3; ++axis)
          if (place[axis] > 0) {
            const int64_t before = voxel - steps.stride[axis];
            slope += weight[before] * (image[voxel] - image[before]);
          }
        gradient[slice * plane + h * width + w] += prior->weightBeta * slope;
      }
  });
  sums[0] = sums[1] = 0;
  for (int64_t slice = 0; slice < slices; ++slice) {
    sums[0] += alphas[size_t(slice)];
    sums[1] += betas[size_t(slice)];
  }
}

extern "C" void pk_move(int64_t channels, const int64_t *extents, const double *matrix, const float *x, float *y) {
  const int64_t plane = extents[1] * extents[2], voxels = extents[0] * plane;
  pellucid::inParallel(extents[0], 1, [&](int64_t begin, int64_t end) {
    for (int64_t d = begin; d < end; ++d)
      for (int64_t h = 0; h < extents[1]; ++h)
        for (int64_t w = 0; w < extents[2]; ++w) {
          double place[3];
          moved(matrix, d, h, w, place);
          const Corners corners(extents, place);
          for (int64_t c = 0; c < channels; ++c) {
            float sum = 0;
            for (int n = 0; n < 8; ++n) sum += corners.weight[n] * x[c * voxels + corners.offset[n]];
            y[c * voxels + d * plane + h * extents[2] + w] = sum;
          }
        }
  });
}

extern "C" void pk_move_back(int64_t channels, const int64_t *extents, const double *matrix, const float *dy, float *dx) {
  const int64_t plane = extents[1] * extents[2], voxels = extents[0] * plane;
  // Neighbours write to the same voxels: a channel is one thread's, so that the order of its sums is fixed.
  pellucid::inParallel(channels, 1, [&](int64_t begin, int64_t end) {
    for (int64_t c = begin; c < end; ++c)
      for (int64_t d = 0; d < extents[0]; ++d)
        for (int64_t h = 0; h < extents[1]; ++h)
          for (int64_t w = 0; w < extents[2]; ++w) {
            double place[3];
            moved(matrix, d, h, w, place);
            const Corners corners(extents, place);
            const float value = dy[c * voxels + d * plane + h * extents[2] + w];
            for (int n = 0; n < 8; ++n) dx[c * voxels + corners.offset[n]] += corners.weight[n] * value;
          }
  });
}
