// The gradient of a convolution that cuts an image into patches, as the first step of a vision transformer does.
#pragma once
#include "CKernels.h"

namespace pellucid {
/// Whether `patchGradient` serves a convolution: one input channel, windows of some size that lie side by side.
bool patchGradientFits(const pk_convolution_shape &shape);
/// dx [n, in, 1] = transpose of the convolution applied to dy [n, out, channelsOut]; weights in ONNX's order.
void patchGradient(
    const pk_convolution_shape &shape, const pk_convolution_place &place, const float *weights, const float *dy, float *dx);
}  // namespace pellucid
