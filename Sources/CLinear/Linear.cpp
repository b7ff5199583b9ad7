#define EIGEN_MPL2_ONLY
#include "CLinear.h"

#include <algorithm>
#include <eigen3/Eigen/Cholesky>
#include <eigen3/Eigen/Eigenvalues>

namespace {

using Matrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using Rows = Eigen::Map<const Matrix>;
using Floats = Eigen::Map<const Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>>;

// Columns that are in double at once.
constexpr int64_t block = 1024;

template <typename Body>
int guarded(const Body &body) noexcept {
  try {
    return body();
  } catch (...) {
    return -1;
  }
}

Matrix columns(const Floats &x, int64_t begin, int64_t count, bool centred) {
  Matrix part = x.middleCols(begin, count).cast<double>();
  if (centred) part.rowwise() -= part.colwise().mean().eval();
  return part;
}

}  // namespace

int pl_gram(int64_t n, int64_t width, const float *x, int centred, double *gram) {
  return guarded([&] {
    Floats rows(x, n, width);
    Eigen::Map<Matrix> sum(gram, n, n);
    sum.setZero();
    for (int64_t begin = 0; begin < width; begin += block) {
      Matrix part = columns(rows, begin, std::min(block, width - begin), centred != 0);
      sum.selfadjointView<Eigen::Lower>().rankUpdate(part);
    }
    sum.triangularView<Eigen::StrictlyUpper>() = sum.transpose();
    return 0;
  });
}

int pl_combine(int64_t n, int64_t width, const float *x, int centred, const double *weights, double *sum) {
  return guarded([&] {
    Floats rows(x, n, width);
    Eigen::Map<const Eigen::VectorXd> y(weights, n);
    Eigen::Map<Eigen::VectorXd> out(sum, width);
    for (int64_t begin = 0; begin < width; begin += block) {
      int64_t count = std::min(block, width - begin);
      out.segment(begin, count) = columns(rows, begin, count, centred != 0).transpose() * y;
    }
    return 0;
  });
}

int pl_eigen(int64_t n, const double *a, double *values, double *vectors) {
  return guarded([&] {
    Rows matrix(a, n, n);
    if (!matrix.allFinite()) return 1;
    Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(matrix);
    if (solver.info() != Eigen::Success) return 1;
    Eigen::Map<Eigen::VectorXd>(values, n) = solver.eigenvalues().reverse();
    Eigen::Map<Matrix>(vectors, n, n) = solver.eigenvectors().rowwise().reverse().transpose();
    return 0;
  });
}

int pl_cholesky(int64_t n, const double *a, double *lower) {
  return guarded([&] {
    Rows matrix(a, n, n);
    if (!matrix.allFinite()) return 1;
    Eigen::LLT<Eigen::MatrixXd> factor(matrix);
    if (factor.info() != Eigen::Success) return 1;
    Eigen::Map<Matrix>(lower, n, n) = factor.matrixL();
    return 0;
  });
}

int pl_solve(int64_t n, const double *lower, int half, int64_t m, double *b) {
  return guarded([&] {
    Rows factor(lower, n, n);
    Eigen::Map<Matrix> x(b, n, m);
    factor.triangularView<Eigen::Lower>().solveInPlace(x);
    if (half == 0) factor.transpose().triangularView<Eigen::Upper>().solveInPlace(x);
    return 0;
  });
}

int pl_multiply(int64_t n, int64_t k, int64_t m, const double *a, const double *b, double *product) {
  return guarded([&] {
    Eigen::Map<Matrix>(product, n, m).noalias() = Rows(a, n, k) * Rows(b, k, m);
    return 0;
  });
}
