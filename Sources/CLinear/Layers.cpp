#define EIGEN_MPL2_ONLY
#include "CLinear.h"

#include <cmath>
#include <eigen3/Eigen/Core>

namespace {

using Matrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using Rows = Eigen::Map<const Matrix>;
using Sum = Eigen::Map<Matrix>;
using Line = Eigen::Map<const Eigen::RowVectorXd>;
using Floats = Eigen::Map<const Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>>;

template <typename Body>
int guarded(const Body &body) noexcept {
  try {
    body();
    return 0;
  } catch (...) {
    return -1;
  }
}

void activate(int kind, int64_t n, double *y) {
  if (kind == pl_rectified) {
    for (int64_t i = 0; i < n; ++i) y[i] = y[i] > 0 ? y[i] : 0;
  } else if (kind == pl_tanh) {
    for (int64_t i = 0; i < n; ++i) y[i] = std::tanh(y[i]);
  }
}

// dL/dy becomes dL/d(what was activated); both activations tell their slope by what they made.
void deactivate(int kind, int64_t n, const double *y, double *dy) {
  if (kind == pl_rectified) {
    for (int64_t i = 0; i < n; ++i) dy[i] = y[i] > 0 ? dy[i] : 0;
  } else if (kind == pl_tanh) {
    for (int64_t i = 0; i < n; ++i) dy[i] *= 1 - y[i] * y[i];
  }
}

}  // namespace

int pl_dense(
    int64_t n, int64_t in, int64_t out, int kind, const double *x, const double *w, const double *b, double *y) {
  return guarded([&] {
    Sum made(y, n, out);
    made.noalias() = Rows(x, n, in) * Rows(w, out, in).transpose();
    made.rowwise() += Line(b, out);
    activate(kind, n * out, y);
  });
}

int pl_dense_slopes(
    int64_t n, int64_t in, int64_t out, int kind, const double *x, const double *w, const double *y, double *dy,
    double *dw, double *db, double *dx) {
  return guarded([&] {
    deactivate(kind, n * out, y, dy);
    Rows arrived(dy, n, out);
    if (dw) {
      Sum(dw, out, in).noalias() += arrived.transpose() * Rows(x, n, in);
      Eigen::Map<Eigen::RowVectorXd>(db, out) += arrived.colwise().sum();
    }
    if (dx) Sum(dx, n, in).noalias() = arrived * Rows(w, out, in);
  });
}

int pl_maps(
    int64_t places, int64_t in, int64_t out, int kind, const float *x, const double *w, const double *b, double *y) {
  return guarded([&] {
    Matrix values = Floats(x, places, in).cast<double>();
    Sum made(y, out, places);
    made.noalias() = Rows(w, out, in) * values.transpose();
    made.colwise() += Eigen::Map<const Eigen::VectorXd>(b, out);
    activate(kind, out * places, y);
  });
}

int pl_maps_slopes(
    int64_t places, int64_t in, int64_t out, int kind, const float *x, const double *y, double *dy, double *dw,
    double *db) {
  return guarded([&] {
    deactivate(kind, out * places, y, dy);
    Rows arrived(dy, out, places);
    Matrix values = Floats(x, places, in).cast<double>();
    Sum(dw, out, in).noalias() += arrived * values;
    Eigen::Map<Eigen::VectorXd>(db, out) += arrived.rowwise().sum();
  });
}

void pl_adam(int64_t n, int64_t step, double rate, const double *dw, double *m, double *v, double *w) {
  const double first = 0.9, second = 0.999, least = 1e-8;
  const double a = 1 - std::pow(first, double(step)), b = 1 - std::pow(second, double(step));
  for (int64_t i = 0; i < n; ++i) {
    m[i] = first * m[i] + (1 - first) * dw[i];
    v[i] = second * v[i] + (1 - second) * dw[i] * dw[i];
    w[i] -= rate * (m[i] / a) / (std::sqrt(v[i] / b) + least);
  }
}
