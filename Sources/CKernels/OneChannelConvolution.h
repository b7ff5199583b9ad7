// The convolution that most networks begin with: one channel becomes eight.
#pragma once
#include "CKernels.h"

namespace pellucid {
/// Whether `oneChannelConvolution` serves this convolution, and is faster than oneDNN's.
bool oneChannelConvolutionFits(const pk_convolution_shape &shape);
/// The weights in the order that it reads: eight output channels of a tap after those of the tap before, eight by eight.
void packOneChannelWeights(const pk_convolution_shape &shape, const float *weights, float *packed);
/// y [n, out, channelsOut] = convolution of x [n, in, 1], with `bias` unless it is NULL, then max(0, ·) if `relu`; NaN stays.
void oneChannelConvolution(
    const pk_convolution_shape &shape, const pk_convolution_place &place, const float *packed, const float *bias, bool relu,
    const float *x, float *y);
}  // namespace pellucid
