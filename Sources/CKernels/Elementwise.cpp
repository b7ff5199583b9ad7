#include "OneDNN.h"
#include "Parallel.h"
#include <algorithm>
#include <cmath>

using namespace dnnl;

namespace {

struct Named {
  algorithm kind;
  float alpha, beta;
};

/// oneDNN's name for a function, with the parameters that its version wants.
Named named(pk_function f, float alpha, float beta) {
  switch (f) {
    case PK_RELU: return {algorithm::eltwise_relu, 0, 0};
    case PK_LEAKY_RELU: return {algorithm::eltwise_relu, alpha, 0};
    case PK_ELU: return {algorithm::eltwise_elu, alpha, 0};
    case PK_SIGMOID: return {algorithm::eltwise_logistic, 0, 0};
    case PK_TANH: return {algorithm::eltwise_tanh, 0, 0};
    case PK_SOFTPLUS: return {algorithm::eltwise_soft_relu, 1, 0};
    case PK_GELU_ERF: return {algorithm::eltwise_gelu_erf, 0, 0};
    case PK_GELU_TANH: return {algorithm::eltwise_gelu_tanh, 0, 0};
    case PK_SWISH: return {algorithm::eltwise_swish, alpha, 0};
    case PK_MISH: return {algorithm::eltwise_mish, 0, 0};
    case PK_HARDSWISH: return {algorithm::eltwise_hardswish, 1.f / 6, 0.5f};
    case PK_EXP: return {algorithm::eltwise_exp, 0, 0};
    case PK_LOG: return {algorithm::eltwise_log, 0, 0};
    case PK_SQRT: return {algorithm::eltwise_sqrt, 0, 0};
    case PK_ABS: return {algorithm::eltwise_abs, 0, 0};
    case PK_SQUARE: return {algorithm::eltwise_square, 0, 0};
    case PK_CLIP: return {algorithm::eltwise_clip, alpha, beta};
    case PK_POW: return {algorithm::eltwise_pow, alpha, beta};
    case PK_LINEAR: return {algorithm::eltwise_linear, alpha, beta};
  }
  return {algorithm::eltwise_linear, 1, 0};
}

}  // namespace

extern "C" int pk_apply(
    pk_function f, float alpha, float beta, int64_t count, const float *x, float *y, char *why, size_t whySize) {
  return pellucid::guarded(why, whySize, [&] {
    if (count == 0) return;
    const pellucid::TeamFor team(count * 16);
    auto &eng = pellucid::engine();
    const Named n = named(f, alpha, beta);
    memory::desc line({count}, memory::data_type::f32, memory::format_tag::x);
#if DNNL_VERSION_MAJOR >= 3
    eltwise_forward::primitive_desc pd(eng, prop_kind::forward_inference, n.kind, line, line, n.alpha, n.beta);
#else
    eltwise_forward::primitive_desc pd(eltwise_forward::desc(prop_kind::forward_inference, n.kind, line, n.alpha, n.beta), eng);
#endif
    eltwise_forward(pd).execute(
        pellucid::stream(), {{DNNL_ARG_SRC, memory(line, eng, const_cast<float *>(x))}, {DNNL_ARG_DST, memory(line, eng, y)}});
    pellucid::stream().wait();
  });
}

extern "C" int pk_apply_gradient(
    pk_function f, float alpha, float beta, int64_t count, const float *x, const float *dy, float *dx, char *why, size_t whySize) {
  return pellucid::guarded(why, whySize, [&] {
    if (count == 0) return;
    const pellucid::TeamFor team(count * 16);
    auto &eng = pellucid::engine();
    const Named n = named(f, alpha, beta);
    memory::desc line({count}, memory::data_type::f32, memory::format_tag::x);
#if DNNL_VERSION_MAJOR >= 3
    eltwise_forward::primitive_desc hint(eng, prop_kind::forward_training, n.kind, line, line, n.alpha, n.beta);
    eltwise_backward::primitive_desc pd(eng, n.kind, line, line, line, n.alpha, n.beta, hint);
#else
    eltwise_forward::primitive_desc hint(eltwise_forward::desc(prop_kind::forward_training, n.kind, line, n.alpha, n.beta), eng);
    eltwise_backward::primitive_desc pd(eltwise_backward::desc(n.kind, line, line, n.alpha, n.beta), eng, hint);
#endif
    eltwise_backward(pd).execute(
        pellucid::stream(), {{DNNL_ARG_SRC, memory(line, eng, const_cast<float *>(x))},
                             {DNNL_ARG_DIFF_DST, memory(line, eng, const_cast<float *>(dy))},
                             {DNNL_ARG_DIFF_SRC, memory(line, eng, dx)}});
    pellucid::stream().wait();
  });
}

namespace {
PELLUCID_DISPATCHED void clampPart(const float *x, float low, float high, float *y, int64_t begin, int64_t end) {
  for (int64_t i = begin; i < end; ++i) {
    const float v = x[i] < low ? low : x[i];
    y[i] = v > high ? high : v;
  }
}
}  // namespace

extern "C" void pk_clamp(int64_t count, const float *x, float low, float high, float *y) {
  pellucid::inParallel(count, 1 << 15, [&](int64_t begin, int64_t end) { clampPart(x, low, high, y, begin, end); });
}

extern "C" void pk_fill(int64_t count, float value, float *y) {
  pellucid::inParallel(count, 1 << 16, [&](int64_t begin, int64_t end) { std::fill(y + begin, y + end, value); });
}
