// Kernels on parts of maps: what a change of an image has changed in an activation, over the activation of the unchanged image.
//
// A changed map is a baseline (one image, D, H, W, C) and, for each of n images, a part: a box of equal extents with a corner of its
// own, whose values replace the baseline's. Corners are three numbers an image.
#pragma once
#include "CKernels.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
  int64_t n, channels, map[3];
  /// NULL where the parts hold all that is asked for.
  const float *_Nullable baseline;
  /// Extents of the parts, 0 where nothing changed; their corners; their values.
  int64_t part[3];
  const int64_t *_Nullable partCorners;
  const float *_Nullable parts;
} pk_changed;

/// Boxes of equal extents, one an image; they may reach out of the map where a verb allows it.
typedef struct {
  int64_t extents[3];
  const int64_t *_Nonnull corners;
} pk_boxes;

/// y = the values in the boxes, `outside` where a box leaves the map; voxels of y lie `yChannels` values apart.
void pk_crop(const pk_changed *_Nonnull x, pk_boxes boxes, float outside, float *_Nonnull y, int64_t yChannels);
/// y = the channels of `count` maps one after another in boxes inside them, each times its factor plus its summand where `scale` is not
/// NULL, then max(0, ·) if `relu` is not 0 (only with a scale).
void pk_crop_joined(
    int64_t count, const pk_changed *_Nonnull parts, pk_boxes boxes, const float *_Nullable scale, const float *_Nullable shift, int relu,
    float *_Nonnull y);
/// The outputs in the boxes (inside the output's map) of a pool: the mean of each window if `average` is not 0, else its maximum.
/// `pool` describes the pool of one whole map.
void pk_pool_boxes(const pk_pool *_Nonnull pool, int average, const pk_changed *_Nonnull x, pk_boxes boxes, float *_Nonnull y);
/// sums[c] = Σ over the baseline, in double.
void pk_channel_sums(int64_t voxels, int64_t channels, const float *_Nonnull x, double *_Nonnull sums);
/// y[n, c] = factor·(sums[c] + Σ over part n of (part − baseline)), in double.
void pk_changed_sums(const pk_changed *_Nonnull x, const double *_Nonnull sums, double factor, float *_Nonnull y);

/// What an image is changed to.
typedef struct {
  /// A whole image of values; NULL: `value` everywhere.
  const float *_Nullable image;
  float value;
} pk_new_values;

/// Sets (where `weights` is NULL) or blends, y += w·(new − y), the voxels of a box of the map in a part of it; weights lie in the box's
/// order. What lies outside the part is left out.
void pk_paint_box(
    const int64_t *_Nonnull map, int64_t channels, const int64_t *_Nonnull corner, const int64_t *_Nonnull extents,
    const int64_t *_Nonnull lower, const int64_t *_Nonnull upper, const float *_Nullable weights, pk_new_values values,
    float *_Nonnull y);
/// The same for voxels by their offset in the map.
void pk_paint_voxels(
    const int64_t *_Nonnull map, int64_t channels, const int64_t *_Nonnull corner, const int64_t *_Nonnull extents, int64_t count,
    const int32_t *_Nonnull offsets, pk_new_values values, float *_Nonnull y);
/// Shrinks lower…upper to the voxels that painting the box would change; returns 0 where it would change none.
int pk_painted_box(
    const int64_t *_Nonnull map, int64_t channels, const float *_Nonnull x, const float *_Nullable weights, pk_new_values values,
    int64_t *_Nonnull lower, int64_t *_Nonnull upper);
/// The same for voxels; sets lower and upper.
int pk_painted_voxels(
    const int64_t *_Nonnull map, int64_t channels, const float *_Nonnull x, int64_t count, const int32_t *_Nonnull offsets,
    pk_new_values values, int64_t *_Nonnull lower, int64_t *_Nonnull upper);

/// y[v] = the mean of the values of the boxes that hold voxel v of the map, 0 where none does; returns how many those are. A box is its lower
/// and its upper corner, six numbers; along d neither may descend from one box to the next.
int64_t pk_box_means(
    const int64_t *_Nonnull map, int64_t count, const int64_t *_Nonnull boxes, const double *_Nonnull values, float *_Nonnull y);

#ifdef __cplusplus
}
#endif
