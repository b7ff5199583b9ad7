// What optimizing an image does beside the passes: steps, smoothness, places that are cleared, random moves. Sums are carried in double, in
// an order that depends on the count alone, never on how many threads share the work.
#pragma once
#include "CKernels.h"

#ifdef __cplusplus
extern "C" {
#endif

/// Σ x·y.
double pk_dot(int64_t count, const float *_Nonnull x, const float *_Nonnull y);
/// Σ (x − y)².
double pk_squared_distance(int64_t count, const float *_Nonnull x, const float *_Nonnull y);

/// A step of gradient ascent with momentum: v = momentum·v + rate·g; x += v.
void pk_momentum_step(int64_t count, const float *_Nonnull g, float rate, float momentum, float *_Nonnull v, float *_Nonnull x);

/// A step of Adam (Kingma & Ba 2015) upwards: m = b₁m + (1 − b₁)g; v = b₂v + (1 − b₂)g²; x += rate·(m/c₁)/(√(v/c₂) + epsilon).
typedef struct {
  float rate, beta1, beta2, epsilon;
  /// 1 − b₁ᵗ and 1 − b₂ᵗ after t steps.
  float correction1, correction2;
} pk_adam;
void pk_adam_step(
    const pk_adam *_Nonnull adam, int64_t count, const float *_Nonnull g, float *_Nonnull m, float *_Nonnull v, float *_Nonnull x);

/// x = base + keep·(x − base), then at most `bound` away from base; base NULL: 0.
void pk_draw_near(int64_t count, const float *_Nullable base, float keep, float bound, float *_Nonnull x);

/// The value at place ⌊part·count⌋ of the ascending |x − base|, or |(x − base)·g| where g is not NULL; exact.
float pk_magnitude_at(
    int64_t count, float part, const float *_Nonnull x, const float *_Nullable base, const float *_Nullable g);
/// x = base where such a magnitude lies below the threshold.
void pk_clear_below(
    int64_t count, float threshold, const float *_Nullable base, const float *_Nullable g, float *_Nonnull x);

/// y = x under a Gaussian along the middle axis of [outer, length, inner], cut at 3 standard deviations; what lies outside has no weight.
void pk_smooth_axis(int64_t outer, int64_t length, int64_t inner, double sigma, const float *_Nonnull x, float *_Nonnull y);

/// How unlike a natural image an image [channels, D, H, W] is, and its slope.
///
///     R_α = Σ |x − centre|^α      R_V = Σ_v (Σ_axes (x_{v+1} − x_v)²)^{β/2}, nothing beyond the last voxel
typedef struct {
  int64_t channels, extents[3];
  float centre, alpha, beta;
  /// What the slopes are weighed with.
  float weightAlpha, weightBeta;
} pk_prior;
/// gradient += weightAlpha·∂R_α/∂x + weightBeta·∂R_V/∂x; sums = R_α, R_V. `scratch` holds `count` values.
void pk_natural_prior(
    const pk_prior *_Nonnull prior, const float *_Nonnull x, float *_Nonnull scratch, float *_Nonnull gradient, double *_Nonnull sums);

/// y at voxel u is x at the place `matrix`·(u, 1), trilinear, edges held; [channels, D, H, W], the matrix 3 × 4, row by row.
void pk_move(
    int64_t channels, const int64_t *_Nonnull extents, const double *_Nonnull matrix, const float *_Nonnull x, float *_Nonnull y);
/// dx += the transpose of that applied to dy.
void pk_move_back(
    int64_t channels, const int64_t *_Nonnull extents, const double *_Nonnull matrix, const float *_Nonnull dy, float *_Nonnull dx);

#ifdef __cplusplus
}
#endif
