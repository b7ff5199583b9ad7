// Convolutions of 3³ with fewer products, for passes that only score.
#pragma once
#include "CKernels.h"

namespace pellucid {
/// Whether `winogradConvolution` can run this convolution there, and is faster than oneDNN's. The number of images does not matter, so that
/// results do not depend on it; whether it is run `often` does, because large weights are not worth transforming for one pass.
bool winogradConvolutionFits(const pk_convolution_shape &shape, const pk_convolution_place &place, bool often);
/// Values that the weights take once they are transformed.
int64_t winogradWeightCount(const pk_convolution_shape &shape);
/// Transforms weights [channelsOut, channelsIn, 3, 3, 3].
void transformWinogradWeights(const pk_convolution_shape &shape, const float *weights, float *transformed);
/// y [n, out, channelsOut] = convolution of x [n, in, channelsIn], with `bias` unless it is NULL, then max(0, ·) if `relu`; NaN stays.
void winogradConvolution(
    const pk_convolution_shape &shape, const pk_convolution_place &place, const float *transformed, const float *bias, bool relu,
    const float *x, float *y);
}  // namespace pellucid
