// Kernels of transformers: what between large matrix products would read and write the same memory again and again.
#pragma once
#include "CKernels.h"

#ifdef __cplusplus
extern "C" {
#endif

// ---- attention of many small groups (a head of a window, or of the whole image), none of whose scores ever lie in memory together

/// softmax(scale · Q · Kᵀ + biases) · V for `count` groups; Q is [queries, width], K [keys, width], V [keys, valueWidth].
///
/// `rows` and `columns` are the steps between the values of Q, K and V. A bias is [queries, keys], or one row for all queries where its step
/// is 0.
typedef struct {
  int64_t count, queries, keys, width, valueWidth;
  float scale;
  int64_t rows[3], columns[3];
  int64_t outputRow;
  int64_t biasRows[2];
} pk_attention;

/// y[yAt[g] + i·outputRow + c] of group g; `…At[g]` is where its part begins. A bias that is NULL, or whose place is negative, is none.
void pk_attention_forward(
    const pk_attention *_Nonnull a, const float *_Nonnull q, const int64_t *_Nonnull qAt, const float *_Nonnull k,
    const int64_t *_Nonnull kAt, const float *_Nonnull v, const int64_t *_Nonnull vAt, const float *_Nullable bias,
    const int64_t *_Nullable biasAt, const float *_Nullable mask, const int64_t *_Nullable maskAt, float *_Nonnull y,
    const int64_t *_Nonnull yAt);
/// The gradients, written where the operands were read; the weights are computed again.
void pk_attention_gradient(
    const pk_attention *_Nonnull a, const float *_Nonnull q, const int64_t *_Nonnull qAt, const float *_Nonnull k,
    const int64_t *_Nonnull kAt, const float *_Nonnull v, const int64_t *_Nonnull vAt, const float *_Nullable bias,
    const int64_t *_Nullable biasAt, const float *_Nullable mask, const int64_t *_Nullable maskAt, const float *_Nonnull dy,
    const int64_t *_Nonnull yAt, float *_Nonnull dq, float *_Nonnull dk, float *_Nonnull dv);

// ---- rows moved about

/// y, `count` rows of `length` values: row i is row from[i] of x, or zeros where that is negative.
void pk_pick_rows(
    int64_t count, int64_t length, const int32_t *_Nonnull from, const float *_Nonnull x, float *_Nonnull y);

// ---- rows of features

/// y = scale·(x − mean)/√(variance + epsilon) + shift of each row of n values; without scale or shift where they are NULL.
void pk_layer_norm(
    int64_t rows, int64_t n, float epsilon, const float *_Nonnull x, const float *_Nullable scale, const float *_Nullable shift,
    float *_Nonnull y);
/// dx = (g − mean(g) − x̂·mean(g·x̂))/√(variance + epsilon) of each row, g being dy·scale.
void pk_layer_norm_gradient(
    int64_t rows, int64_t n, float epsilon, const float *_Nonnull x, const float *_Nullable scale, const float *_Nonnull dy,
    float *_Nonnull dx);

#ifdef __cplusplus
}
#endif
