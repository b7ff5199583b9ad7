#pragma once
#include "CKernels.h"

namespace pellucid {
/// Whether the kernel below serves a convolution: one input channel, any kernel, steps and dilation.
bool fewChannelGradientFits(const pk_convolution_shape &shape);
/// dx [n, in, 1] = transpose of the convolution applied to dy [n, out, channelsOut]; weights in ONNX's order.
void fewChannelGradient(
    const pk_convolution_shape &shape, const pk_convolution_place &place, const float *weights, const float *dy, float *dx);
}  // namespace pellucid
