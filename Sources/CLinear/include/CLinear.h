// Dense linear algebra in double on plain pointers: Eigen behind C.
//
// Matrices are row-major, n × n ones symmetric. Verbs return 0 when done, 1 where the matrix is none that they can work on, and -1 where
// memory is lacking. No C++ type crosses this border, and no exception leaves it.
#pragma once
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// X·Xᵀ of n rows of so many floats, n × n, summed up in double; `centred`: of the rows less the mean row.
int pl_gram(int64_t n, int64_t columns, const float *_Nonnull x, int centred, double *_Nonnull gram);
/// Xᵀ·y of n rows of so many floats: the sum of the rows, each weighted; `centred` as above.
int pl_combine(
    int64_t n, int64_t columns, const float *_Nonnull x, int centred, const double *_Nonnull weights,
    double *_Nonnull sum);
/// Eigenvalues, descending, and their eigenvectors of length 1, a row each.
int pl_eigen(int64_t n, const double *_Nonnull a, double *_Nonnull values, double *_Nonnull vectors);
/// L with A = L·Lᵀ, its upper triangle 0; 1 where A is not positive definite.
int pl_cholesky(int64_t n, const double *_Nonnull a, double *_Nonnull lower);
/// X with L·Lᵀ·X = B for m columns (`half`: L·X = B); B is n × m and becomes X.
int pl_solve(int64_t n, const double *_Nonnull lower, int half, int64_t m, double *_Nonnull b);
/// A·B of n × k and k × m.
int pl_multiply(
    int64_t n, int64_t k, int64_t m, const double *_Nonnull a, const double *_Nonnull b, double *_Nonnull product);


// Layers that are trained: a(X·Wᵀ + b), with W as so many rows of what goes in. Slopes add to dw and db; dy is used up.

enum { pl_linear = 0, pl_rectified = 1, pl_tanh = 2 };

/// Y = a(X·Wᵀ + b) of n rows.
int pl_dense(
    int64_t n, int64_t in, int64_t out, int kind, const double *_Nonnull x, const double *_Nonnull w,
    const double *_Nonnull b, double *_Nonnull y);
/// From dL/dY the slopes along W and b, and along X; dw or dx null: not wanted.
int pl_dense_slopes(
    int64_t n, int64_t in, int64_t out, int kind, const double *_Nonnull x, const double *_Nonnull w,
    const double *_Nonnull y, double *_Nonnull dy, double *_Nullable dw, double *_Nullable db, double *_Nullable dx);
/// A convolution of one cell: Y = a(W·Xᵀ + b), out × places, of X, places × in.
int pl_maps(
    int64_t places, int64_t in, int64_t out, int kind, const float *_Nonnull x, const double *_Nonnull w,
    const double *_Nonnull b, double *_Nonnull y);
/// From dL/dY the slopes along W and b.
int pl_maps_slopes(
    int64_t places, int64_t in, int64_t out, int kind, const float *_Nonnull x, const double *_Nonnull y,
    double *_Nonnull dy, double *_Nonnull dw, double *_Nonnull db);
/// A step of Adam with its usual constants (0.9, 0.999, 1e-8), the first of them 1.
void pl_adam(
    int64_t n, int64_t step, double rate, const double *_Nonnull dw, double *_Nonnull m, double *_Nonnull v,
    double *_Nonnull w);

#ifdef __cplusplus
}
#endif
