// Pools over channels-last activations: for each output voxel the window's voxels are folded in, one row of channels at a time.
#include "CKernels.h"
#include "Parallel.h"
#include <algorithm>
#include <cfloat>
#include <cstring>
#include <vector>

namespace {

/// The voxels of a window that lie inside the input, along one axis: first + i·dilation for i < count.
struct Span {
  int64_t first, count;
};

Span inside(int64_t o, int64_t stride, int64_t pad, int64_t kernel, int64_t dilation, int64_t extent) {
  int64_t start = o * stride - pad, skip = start < 0 ? (-start + dilation - 1) / dilation : 0;
  const int64_t first = start + skip * dilation;
  if (skip >= kernel || first >= extent) return {0, 0};
  return {first, std::min(kernel - skip, (extent - 1 - first) / dilation + 1)};
}

/// Voxels of a window along one axis that count in an average: inside the padded input (ONNX), or inside the input.
int64_t counted(const pk_pool &p, int axis, int64_t o) {
  const int64_t start = o * p.stride[axis] - p.padBefore[axis];
  int64_t n = 0;
  const int64_t low = p.countPadding ? -p.padBefore[axis] : 0;
  const int64_t high = p.in[axis] + (p.countPadding ? p.padAfter[axis] : 0);
  for (int64_t i = 0; i < p.kernel[axis]; ++i) {
    const int64_t v = start + i * p.dilation[axis];
    n += v >= low && v < high;
  }
  return n;
}

PELLUCID_DISPATCHED void maxRow(const float *x, float *y, int64_t c) {
  for (int64_t i = 0; i < c; ++i) y[i] = x[i] > y[i] ? x[i] : y[i];
}
PELLUCID_DISPATCHED void addRow(const float *x, float *y, int64_t c) {
  for (int64_t i = 0; i < c; ++i) y[i] += x[i];
}
PELLUCID_DISPATCHED void scaleRow(float *y, float s, int64_t c) {
  for (int64_t i = 0; i < c; ++i) y[i] *= s;
}
PELLUCID_DISPATCHED void addScaledRow(const float *x, float s, float *y, int64_t c) {
  for (int64_t i = 0; i < c; ++i) y[i] += s * x[i];
}
/// Keeps the first maximum and where it was.
PELLUCID_DISPATCHED void argmaxRow(const float *x, int32_t place, float *best, int32_t *where, int64_t c) {
  for (int64_t i = 0; i < c; ++i) {
    const bool better = x[i] > best[i];
    best[i] = better ? x[i] : best[i];
    where[i] = better ? place : where[i];
  }
}

template <typename Visit>
void overWindow(const pk_pool &p, const Span &d, const Span &h, const Span &w, const Visit &visit) {
  for (int64_t a = 0; a < d.count; ++a)
    for (int64_t b = 0; b < h.count; ++b)
      for (int64_t e = 0; e < w.count; ++e)
        visit(((d.first + a * p.dilation[0]) * p.in[1] + h.first + b * p.dilation[1]) * p.in[2] + w.first + e * p.dilation[2]);
}

/// Calls body(image, output voxel, spans) for the output rows [begin, end) of n·D·H.
template <typename Body>
void overOutputs(const pk_pool &p, int64_t begin, int64_t end, const Body &body) {
  for (int64_t line = begin; line < end; ++line) {
    const int64_t h = line % p.out[1], d = line / p.out[1] % p.out[0], n = line / (p.out[0] * p.out[1]);
    const Span sd = inside(d, p.stride[0], p.padBefore[0], p.kernel[0], p.dilation[0], p.in[0]);
    const Span sh = inside(h, p.stride[1], p.padBefore[1], p.kernel[1], p.dilation[1], p.in[1]);
    for (int64_t w = 0; w < p.out[2]; ++w) {
      const Span sw = inside(w, p.stride[2], p.padBefore[2], p.kernel[2], p.dilation[2], p.in[2]);
      body(n, d, h, w, sd, sh, sw);
    }
  }
}

int64_t inVoxels(const pk_pool &p) { return p.in[0] * p.in[1] * p.in[2]; }
int64_t outPlace(const pk_pool &p, int64_t n, int64_t d, int64_t h, int64_t w) {
  return ((n * p.out[0] + d) * p.out[1] + h) * p.out[2] + w;
}
}  // namespace

extern "C" void pk_max_pool(const pk_pool *pool, const float *x, float *y) {
  const pk_pool p = *pool;
  const int64_t c = p.channels;
  pellucid::inParallel(p.n * p.out[0] * p.out[1], 1, [&](int64_t begin, int64_t end) {
    overOutputs(p, begin, end, [&](int64_t n, int64_t d, int64_t h, int64_t w, Span sd, Span sh, Span sw) {
      float *row = y + outPlace(p, n, d, h, w) * c;
      const float *image = x + n * inVoxels(p) * c;
      bool first = true;
      overWindow(p, sd, sh, sw, [&](int64_t voxel) {
        if (first) std::memcpy(row, image + voxel * c, size_t(c) * sizeof(float));
        else maxRow(image + voxel * c, row, c);
        first = false;
      });
      if (first) std::fill(row, row + c, -FLT_MAX);
    });
  });
}

extern "C" void pk_max_pool_gradient(const pk_pool *pool, const float *x, const float *dy, float *dx) {
  const pk_pool p = *pool;
  const int64_t c = p.channels;
  pk_fill(p.n * inVoxels(p) * c, 0, dx);
  // Windows that overlap along the first axis add to the same voxels: then one thread an image.
  const bool apart = p.stride[0] >= (p.kernel[0] - 1) * p.dilation[0] + 1;
  const int64_t linesPerPart = apart ? p.out[1] : p.out[0] * p.out[1];
  const int64_t parts = p.n * p.out[0] * p.out[1] / std::max<int64_t>(1, linesPerPart);
  pellucid::inParallel(parts, 1, [&](int64_t begin, int64_t end) {
    std::vector<float> best(static_cast<size_t>(c));
    std::vector<int32_t> where(static_cast<size_t>(c));
    overOutputs(p, begin * linesPerPart, end * linesPerPart,
                [&](int64_t n, int64_t d, int64_t h, int64_t w, Span sd, Span sh, Span sw) {
      const float *image = x + n * inVoxels(p) * c;
      std::fill(best.begin(), best.end(), -FLT_MAX);
      std::fill(where.begin(), where.end(), int32_t(-1));
      overWindow(p, sd, sh, sw, [&](int64_t voxel) { argmaxRow(image + voxel * c, int32_t(voxel), best.data(), where.data(), c); });
      const float *row = dy + outPlace(p, n, d, h, w) * c;
      float *target = dx + n * inVoxels(p) * c;
      for (int64_t i = 0; i < c; ++i)
        if (where[size_t(i)] >= 0) target[where[size_t(i)] * c + i] += row[i];
    });
  });
}

extern "C" void pk_average_pool(const pk_pool *pool, const float *x, float *y) {
  const pk_pool p = *pool;
  const int64_t c = p.channels;
  pellucid::inParallel(p.n * p.out[0] * p.out[1], 1, [&](int64_t begin, int64_t end) {
    overOutputs(p, begin, end, [&](int64_t n, int64_t d, int64_t h, int64_t w, Span sd, Span sh, Span sw) {
      float *row = y + outPlace(p, n, d, h, w) * c;
      const float *image = x + n * inVoxels(p) * c;
      std::fill(row, row + c, 0.f);
      overWindow(p, sd, sh, sw, [&](int64_t voxel) { addRow(image + voxel * c, row, c); });
      const int64_t size = counted(p, 0, d) * counted(p, 1, h) * counted(p, 2, w);
      scaleRow(row, size > 0 ? 1.f / float(size) : 0.f, c);
    });
  });
}

extern "C" void pk_average_pool_gradient(const pk_pool *pool, const float *dy, float *dx) {
  const pk_pool p = *pool;
  const int64_t c = p.channels;
  pk_fill(p.n * inVoxels(p) * c, 0, dx);
  const bool apart = p.stride[0] >= (p.kernel[0] - 1) * p.dilation[0] + 1;
  const int64_t linesPerPart = apart ? p.out[1] : p.out[0] * p.out[1];
  const int64_t parts = p.n * p.out[0] * p.out[1] / std::max<int64_t>(1, linesPerPart);
  pellucid::inParallel(parts, 1, [&](int64_t begin, int64_t end) {
    overOutputs(p, begin * linesPerPart, end * linesPerPart,
                [&](int64_t n, int64_t d, int64_t h, int64_t w, Span sd, Span sh, Span sw) {
      const int64_t size = counted(p, 0, d) * counted(p, 1, h) * counted(p, 2, w);
      const float share = size > 0 ? 1.f / float(size) : 0.f;
      const float *row = dy + outPlace(p, n, d, h, w) * c;
      float *target = dx + n * inVoxels(p) * c;
      overWindow(p, sd, sh, sw, [&](int64_t voxel) { addScaledRow(row, share, target + voxel * c, c); });
    });
  });
}
