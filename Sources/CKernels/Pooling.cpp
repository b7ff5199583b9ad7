// Pools over channels-last activations. A window's lines (fixed d and h) are folded first, over whole rows of voxels and channels, which
// vectorizes whatever the number of channels; what remains is a fold along w.
#include "CKernels.h"
#include "Parallel.h"
#include <algorithm>
#include <cfloat>
#include <cstring>
#include <vector>

namespace {

/// The voxels of a window that lie inside the input, along one axis: first + i·dilation for i < count; `skipped` taps lie before it.
struct Span {
  int64_t first, count, skipped;
};

Span inside(const pk_pool &p, int axis, int64_t o) {
  const int64_t start = o * p.stride[axis] - p.padBefore[axis], dilation = p.dilation[axis];
  const int64_t skipped = start < 0 ? (-start + dilation - 1) / dilation : 0;
  const int64_t first = start + skipped * dilation;
  if (skipped >= p.kernel[axis] || first >= p.in[axis]) return {0, 0, 0};
  return {first, std::min(p.kernel[axis] - skipped, (p.in[axis] - 1 - first) / dilation + 1), skipped};
}

/// Voxels of a window along one axis that count in an average: inside the padded input (ONNX), or inside the input.
int64_t counted(const pk_pool &p, int axis, int64_t o) {
  const int64_t start = o * p.stride[axis] - p.padBefore[axis];
  const int64_t low = p.countPadding ? -p.padBefore[axis] : 0;
  const int64_t high = p.in[axis] + (p.countPadding ? p.padAfter[axis] : 0);
  int64_t n = 0;
  for (int64_t i = 0; i < p.kernel[axis]; ++i) {
    const int64_t v = start + i * p.dilation[axis];
    n += v >= low && v < high;
  }
  return n;
}

PELLUCID_DISPATCHED void maxLine(const float *x, float *y, int64_t n) {
  // NaN stays: a comparison with it is false.
  for (int64_t i = 0; i < n; ++i) y[i] = x[i] > y[i] || x[i] != x[i] ? x[i] : y[i];
}
PELLUCID_DISPATCHED void addLine(const float *x, float *y, int64_t n) {
  for (int64_t i = 0; i < n; ++i) y[i] += x[i];
}
/// Keeps the first maximum of lines, and which line it came from. NaN wins, as in PyTorch.
PELLUCID_DISPATCHED void argmaxLine(const float *x, int32_t line, float *best, int32_t *where, int64_t n) {
  for (int64_t i = 0; i < n; ++i) {
    const bool better = x[i] > best[i] || x[i] != x[i];
    best[i] = better ? x[i] : best[i];
    where[i] = better ? line : where[i];
  }
}

/// Folds a line of voxels along w into output voxels.
PELLUCID_DISPATCHED void maxAlong(const float *line, const Span *spans, int64_t outputs, int64_t dilation, int64_t c, float *y) {
  for (int64_t w = 0; w < outputs; ++w) {
    const Span s = spans[w];
    float *row = y + w * c;
    if (s.count == 0) {
      for (int64_t k = 0; k < c; ++k) row[k] = -FLT_MAX;
      continue;
    }
    const float *from = line + s.first * c;
    for (int64_t k = 0; k < c; ++k) row[k] = from[k];
    for (int64_t i = 1; i < s.count; ++i) {
      from += dilation * c;
      for (int64_t k = 0; k < c; ++k) row[k] = from[k] > row[k] || from[k] != from[k] ? from[k] : row[k];
    }
  }
}
PELLUCID_DISPATCHED void meanAlong(
    const float *line, const Span *spans, const float *shares, int64_t outputs, int64_t dilation, int64_t c, float *y) {
  for (int64_t w = 0; w < outputs; ++w) {
    const Span s = spans[w];
    const float share = shares[w];
    float *row = y + w * c;
    for (int64_t k = 0; k < c; ++k) row[k] = 0;
    for (int64_t i = 0; i < s.count; ++i) {
      const float *from = line + (s.first + i * dilation) * c;
      for (int64_t k = 0; k < c; ++k) row[k] += from[k];
    }
    for (int64_t k = 0; k < c; ++k) row[k] *= share;
  }
}
/// The first maximum along w, in the order of taps (line, then place along w), as one number: line · taps + place.
PELLUCID_DISPATCHED void argmaxAlong(
    const float *best, const int32_t *where, const Span *spans, int64_t outputs, int64_t taps, int64_t dilation, int64_t c,
    float *top, int32_t *tap) {
  for (int64_t w = 0; w < outputs; ++w) {
    const Span s = spans[w];
    float *value = top + w * c;
    int32_t *place = tap + w * c;
    for (int64_t k = 0; k < c; ++k) {
      value[k] = s.count > 0 ? best[s.first * c + k] : -FLT_MAX;
      place[k] = s.count > 0 ? where[s.first * c + k] * int32_t(taps) + int32_t(s.skipped) : -1;
    }
    for (int64_t i = 1; i < s.count; ++i) {
      const int64_t at = (s.first + i * dilation) * c;
      const int32_t own = int32_t(s.skipped + i);
      for (int64_t k = 0; k < c; ++k) {
        const float v = best[at + k];
        const int32_t candidate = where[at + k] * int32_t(taps) + own;
        const bool wins = v > value[k] || v != v || (v == value[k] && candidate < place[k]);
        value[k] = wins ? v : value[k];
        place[k] = wins ? candidate : place[k];
      }
    }
  }
}
/// Winning taps as bytes; nobody's (255) where no tap lies inside the input, or where the maximum is not above 0 and `positive` is wanted.
PELLUCID_DISPATCHED void nameWinners(const float *top, const int32_t *tap, bool positive, int64_t n, uint8_t *winners) {
  for (int64_t i = 0; i < n; ++i) winners[i] = positive && !(top[i] > 0) ? uint8_t(255) : uint8_t(tap[i]);
}
/// Hands the gradients of a line of outputs to one line of the input, where that line held the maximum.
PELLUCID_DISPATCHED void scatterLine(
    const float *dy, const int32_t *tap, const Span *spans, int64_t outputs, int32_t line, int64_t taps, int64_t dilation,
    int64_t c, float *dx) {
  for (int64_t w = 0; w < outputs; ++w) {
    const Span s = spans[w];
    for (int64_t i = 0; i < s.count; ++i) {
      const int32_t own = line * int32_t(taps) + int32_t(s.skipped + i);
      float *target = dx + (s.first + i * dilation) * c;
      const float *from = dy + w * c;
      const int32_t *place = tap + w * c;
      for (int64_t k = 0; k < c; ++k) target[k] += place[k] == own ? from[k] : 0.f;
    }
  }
}
PELLUCID_DISPATCHED void spreadAlong(
    const float *dy, const Span *spans, const float *shares, int64_t outputs, int64_t dilation, int64_t c, float *line) {
  for (int64_t w = 0; w < outputs; ++w) {
    const Span s = spans[w];
    const float share = shares[w];
    for (int64_t i = 0; i < s.count; ++i) {
      float *target = line + (s.first + i * dilation) * c;
      for (int64_t k = 0; k < c; ++k) target[k] += share * dy[w * c + k];
    }
  }
}

/// What a thread needs for its lines.
struct Geometry {
  const pk_pool p;
  std::vector<Span> along;
  std::vector<int64_t> countedAlong;

  explicit Geometry(const pk_pool &pool) : p(pool) {
    for (int64_t w = 0; w < p.out[2]; ++w) {
      along.push_back(inside(p, 2, w));
      countedAlong.push_back(counted(p, 2, w));
    }
  }

  int64_t lineLength() const { return p.in[2] * p.channels; }
  int64_t inVoxels() const { return p.in[0] * p.in[1] * p.in[2]; }

  /// Calls body(image n, output place of the line, spans along d and h, d, h) for output lines [begin, end).
  template <typename Body>
  void overLines(int64_t begin, int64_t end, const Body &body) const {
    for (int64_t line = begin; line < end; ++line) {
      const int64_t h = line % p.out[1], d = line / p.out[1] % p.out[0], n = line / (p.out[0] * p.out[1]);
      body(n, line * p.out[2] * p.channels, inside(p, 0, d), inside(p, 1, h), d, h);
    }
  }

  /// Calls body(tap line, offset of the input line) for the lines of a window.
  template <typename Body>
  void overWindow(int64_t n, const Span &sd, const Span &sh, const Body &body) const {
    for (int64_t a = 0; a < sd.count; ++a)
      for (int64_t b = 0; b < sh.count; ++b) {
        const int64_t d = sd.first + a * p.dilation[0], h = sh.first + b * p.dilation[1];
        const int64_t tap = (sd.skipped + a) * p.kernel[1] + sh.skipped + b;
        body(int32_t(tap), (n * inVoxels() + (d * p.in[1] + h) * p.in[2]) * p.channels);
      }
  }

  /// Working memory of a thread that looks for maxima.
  struct Maxima {
    std::vector<float> best, top;
    std::vector<int32_t> where, tap;
    explicit Maxima(const Geometry &g)
        : best(size_t(g.lineLength())), top(size_t(g.p.out[2] * g.p.channels)), where(best.size()), tap(top.size()) {}
  };

  /// The maxima of a line of outputs, and the tap of the window that each came from; −1 where no tap lies inside the input.
  void findMaxima(const float *x, int64_t n, const Span &sd, const Span &sh, Maxima &m, float *top) const {
    bool first = true;
    overWindow(n, sd, sh, [&](int32_t line, int64_t at) {
      if (first) {
        std::memcpy(m.best.data(), x + at, m.best.size() * sizeof(float));
        std::fill(m.where.begin(), m.where.end(), line);
      } else {
        argmaxLine(x + at, line, m.best.data(), m.where.data(), lineLength());
      }
      first = false;
    });
    if (first) {
      std::fill(top, top + m.tap.size(), -FLT_MAX);
      std::fill(m.tap.begin(), m.tap.end(), int32_t(-1));
      return;
    }
    argmaxAlong(m.best.data(), m.where.data(), along.data(), p.out[2], p.kernel[2], p.dilation[2], p.channels, top, m.tap.data());
  }

  /// Shares of an average for a line of outputs.
  void shares(int64_t d, int64_t h, std::vector<float> &into) const {
    const int64_t plane = counted(p, 0, d) * counted(p, 1, h);
    for (int64_t w = 0; w < p.out[2]; ++w) {
      const int64_t size = plane * countedAlong[size_t(w)];
      into[size_t(w)] = size > 0 ? 1.f / float(size) : 0.f;
    }
  }

  /// Runs over output lines in parallel, in parts that no two threads' windows share along d.
  template <typename Body>
  void withoutSharing(const Body &body) const {
    const bool apart = p.stride[0] >= (p.kernel[0] - 1) * p.dilation[0] + 1;
    const int64_t part = std::max<int64_t>(1, apart ? p.out[1] : p.out[0] * p.out[1]);
    pellucid::inParallel(p.n * p.out[0] * p.out[1] / part, 1, [&](int64_t begin, int64_t end) { body(begin * part, end * part); });
  }
};
}  // namespace

extern "C" void pk_max_pool(const pk_pool *pool, const float *x, float *y) {
  const Geometry g(*pool);
  pellucid::inParallel(g.p.n * g.p.out[0] * g.p.out[1], 1, [&](int64_t begin, int64_t end) {
    std::vector<float> line(static_cast<size_t>(g.lineLength()));
    g.overLines(begin, end, [&](int64_t n, int64_t out, Span sd, Span sh, int64_t, int64_t) {
      bool first = true;
      g.overWindow(n, sd, sh, [&](int32_t, int64_t at) {
        if (first) std::memcpy(line.data(), x + at, line.size() * sizeof(float));
        else maxLine(x + at, line.data(), int64_t(line.size()));
        first = false;
      });
      if (first) std::fill(line.begin(), line.end(), -FLT_MAX);
      maxAlong(line.data(), g.along.data(), g.p.out[2], g.p.dilation[2], g.p.channels, y + out);
    });
  });
}

extern "C" void pk_max_pool_gradient(const pk_pool *pool, const float *x, const float *dy, float *dx) {
  const Geometry g(*pool);
  const int64_t c = g.p.channels;
  pk_fill(g.p.n * g.inVoxels() * c, 0, dx);
  g.withoutSharing([&](int64_t begin, int64_t end) {
    Geometry::Maxima m(g);
    g.overLines(begin, end, [&](int64_t n, int64_t out, Span sd, Span sh, int64_t, int64_t) {
      g.findMaxima(x, n, sd, sh, m, m.top.data());
      g.overWindow(n, sd, sh, [&](int32_t line, int64_t at) {
        scatterLine(dy + out, m.tap.data(), g.along.data(), g.p.out[2], line, g.p.kernel[2], g.p.dilation[2], c, dx + at);
      });
    });
  });
}

extern "C" void pk_max_pool_winners(const pk_pool *pool, const float *x, int positive, float *y, uint8_t *winners, int64_t imagePitch) {
  const Geometry g(*pool);
  const int64_t image = g.p.out[0] * g.p.out[1] * g.p.out[2] * g.p.channels;
  pellucid::inParallel(g.p.n * g.p.out[0] * g.p.out[1], 1, [&](int64_t begin, int64_t end) {
    Geometry::Maxima m(g);
    g.overLines(begin, end, [&](int64_t n, int64_t out, Span sd, Span sh, int64_t, int64_t) {
      g.findMaxima(x, n, sd, sh, m, y + out);
      nameWinners(y + out, m.tap.data(), positive != 0, int64_t(m.tap.size()), winners + n * imagePitch + out - n * image);
    });
  });
}

extern "C" void pk_pick_winners(const pk_pool *pool, const float *x, const uint8_t *winners, int64_t imagePitch, float *y) {
  const pk_pool p = *pool;
  const int64_t c = p.channels, plane = p.kernel[1] * p.kernel[2], image = p.out[0] * p.out[1] * p.out[2] * c;
  pellucid::inParallel(p.n * p.out[0] * p.out[1], 1, [&](int64_t begin, int64_t end) {
    // Where each tap lies from its window's first.
    std::vector<int64_t> offsets;
    for (int64_t tap = 0; tap < p.kernel[0] * plane; ++tap)
      offsets.push_back(
          ((tap / plane * p.dilation[0] * p.in[1] + tap % plane / p.kernel[2] * p.dilation[1]) * p.in[2] +
           tap % p.kernel[2] * p.dilation[2]) * c);
    for (int64_t line = begin; line < end; ++line) {
      const int64_t h = line % p.out[1], d = line / p.out[1] % p.out[0], n = line / (p.out[0] * p.out[1]);
      const uint8_t *taps = winners + n * imagePitch + line * p.out[2] * c - n * image;
      float *row = y + line * p.out[2] * c;
      for (int64_t w = 0; w < p.out[2]; ++w, taps += c, row += c) {
        const float *corner =
            x + (((n * p.in[0] + d * p.stride[0] - p.padBefore[0]) * p.in[1] + h * p.stride[1] - p.padBefore[1]) * p.in[2] +
                 w * p.stride[2] - p.padBefore[2]) * c;
        for (int64_t k = 0; k < c; ++k) row[k] = taps[k] == 255 ? 0.f : corner[offsets[taps[k]] + k];
      }
    }
  });
}

extern "C" void pk_average_pool(const pk_pool *pool, const float *x, float *y) {
  const Geometry g(*pool);
  pellucid::inParallel(g.p.n * g.p.out[0] * g.p.out[1], 1, [&](int64_t begin, int64_t end) {
    std::vector<float> line(static_cast<size_t>(g.lineLength())), shares(static_cast<size_t>(g.p.out[2]));
    g.overLines(begin, end, [&](int64_t n, int64_t out, Span sd, Span sh, int64_t d, int64_t h) {
      std::fill(line.begin(), line.end(), 0.f);
      g.overWindow(n, sd, sh, [&](int32_t, int64_t at) { addLine(x + at, line.data(), int64_t(line.size())); });
      g.shares(d, h, shares);
      meanAlong(line.data(), g.along.data(), shares.data(), g.p.out[2], g.p.dilation[2], g.p.channels, y + out);
    });
  });
}

extern "C" void pk_average_pool_gradient(const pk_pool *pool, const float *dy, float *dx) {
  const Geometry g(*pool);
  pk_fill(g.p.n * g.inVoxels() * g.p.channels, 0, dx);
  g.withoutSharing([&](int64_t begin, int64_t end) {
    std::vector<float> line(static_cast<size_t>(g.lineLength())), shares(static_cast<size_t>(g.p.out[2]));
    g.overLines(begin, end, [&](int64_t n, int64_t out, Span sd, Span sh, int64_t d, int64_t h) {
      std::fill(line.begin(), line.end(), 0.f);
      g.shares(d, h, shares);
      spreadAlong(dy + out, g.along.data(), shares.data(), g.p.out[2], g.p.dilation[2], g.p.channels, line.data());
      g.overWindow(n, sd, sh, [&](int32_t, int64_t at) { addLine(line.data(), dx + at, int64_t(line.size())); });
    });
  });
}
