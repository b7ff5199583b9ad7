#pragma once
#include "CKernels.h"

namespace pellucid {
/// Whether the kernel below serves a convolution with this max pool behind it, and is worth it.
bool winnerGradientFits(const pk_convolution_shape &shape, const pk_pool &pool);
/// dx [n, in, channelsIn] = what the pool's gradient dy [n, pool.out, channelsOut] sends through the convolution to its input; `winners`
/// as `pk_max_pool_winners` names them, weights in ONNX's order.
void winnerGradient(
    const pk_convolution_shape &shape, const pk_convolution_place &place, const pk_pool &pool, const float *weights,
    const uint8_t *winners, const float *dy, float *dx);
}  // namespace pellucid
