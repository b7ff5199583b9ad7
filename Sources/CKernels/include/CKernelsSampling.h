// What sampling methods do beside the passes: noise, sums along the way, smooth masks. Each value depends on its place alone, never on
// how many threads share the work or what the processor can do.
#pragma once
#include "CKernelsRegions.h"

#ifdef __cplusplus
extern "C" {
#endif

/// y[i] = x[i] + deviation·n_i, the n_i standard normal: number i of a stream of a seed. x and y may be the same.
///
/// Bits by Philox4x32-10 (Salmon et al. 2011, doi:10.1145/2063384.2063405) with the seed as key and the counter [block, stream], 64 bits
/// each, lower words first. Number i takes word i / 16 % 4 of block i / 64 · 16 + i % 16; words 0 and 1, and 2 and 3, make two normal
/// numbers (Box & Muller 1958): √(−2 ln((a + ½)/2³²)) · cos and sin of 2πb/2³².
void pk_add_noise(uint64_t seed, uint64_t stream, float deviation, int64_t count, const float *_Nonnull x, float *_Nonnull y);

/// y[i] = x[i] + factor·(towards[i] − x[i]).
void pk_interpolate(int64_t count, const float *_Nonnull x, const float *_Nonnull towards, float factor, float *_Nonnull y);
/// sum[i] += factor·x[i], or factor·x[i]² if `squared` is not 0.
void pk_add_scaled(int64_t count, const float *_Nonnull x, float factor, int squared, float *_Nonnull sum);
/// Welford's recurrence: the mean of `before` values and now x, and the sum of squares about it.
void pk_add_moments(int64_t count, const float *_Nonnull x, int64_t before, float *_Nonnull mean, float *_Nonnull squares);

/// Masks of RISE for images of these voxels: a grid of cells³ values, stretched and cut out.
///
/// A cell is ⌈extent / cells⌉ voxels wide, the grid is stretched linearly to (cells + 1) cells (half-pixel centres, edges held), and a
/// mask begins `shift` voxels into the first cell.
typedef struct {
  int64_t cells, extents[3];
} pk_mask_shape;

/// The values of a mask, D, H, W.
void pk_mask(const pk_mask_shape *_Nonnull shape, const float *_Nonnull grid, const int64_t *_Nonnull shift, float *_Nonnull mask);
/// y = x + (1 − m)·(new − x), m the mask.
void pk_apply_mask(
    const pk_mask_shape *_Nonnull shape, const float *_Nonnull grid, const int64_t *_Nonnull shift, int64_t channels,
    const float *_Nonnull x, pk_new_values values, float *_Nonnull y);
/// sums[v] += Σ_n factors[n]·m_n(v) in double, in this order; grids and shifts one after another.
void pk_add_masks(
    const pk_mask_shape *_Nonnull shape, int64_t count, const float *_Nonnull grids, const int64_t *_Nonnull shifts,
    const double *_Nonnull factors, double *_Nonnull sums);

#ifdef __cplusplus
}
#endif
