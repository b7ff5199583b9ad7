#include "FewChannelGradient.h"
#include "OneChannelConvolution.h"
#include "OneDNN.h"
#include "Parallel.h"
#include "PatchGradient.h"
#include "Recent.h"
#include "WinnerGradient.h"
#include "WinogradConvolution.h"
#include "Workspace.h"
#include <algorithm>
#include <atomic>
#include <memory>
#include <mutex>
#include <vector>

using namespace dnnl;

namespace {
struct Prepared {
  primitive op;
  memory::desc source, target, weights, scratch;
  memory weightMemory;
};

/// As many as a deep network's region occlusion uses again and again; a prepared convolution takes some tens of kilobytes. Kept for the
/// life of the process, since convolutions may be freed at its very end.
pellucid::Recent<Prepared> &prepared() {
  static auto *const all = new pellucid::Recent<Prepared>(2048);
  return *all;
}

std::atomic<int64_t> lastNumber{0};

/// Working memory of a convolution. The library's own belongs to the thread that made a primitive: run on another thread it is missing or
/// too small.
memory scratchpad(const memory::desc &wanted) { return memory(wanted, pellucid::engine(), pellucid::workspace(wanted.get_size())); }

memory::dims dims3(const int64_t *v) { return {v[0], v[1], v[2]}; }

thread_local pk_scoring scoring = PK_NOT_SCORING;

}  // namespace

struct pk_convolution {
  const int64_t number = ++lastNumber;
  pk_convolution_shape shape;
  memory userWeights, bias;
  bool hasBias = false;
  /// Held while something below is made.
  std::mutex making;
  memory zeros;
  std::vector<std::pair<memory::desc, memory>> reordered;
  /// For kernels of our own.
  std::vector<float> packed;
  std::unique_ptr<float[], pellucid::Freed> transformed;
  /// The convolution that is this one's gradient, once somebody has asked for it.
  std::unique_ptr<pk_convolution> mirrored;

  ~pk_convolution() { prepared().forget(number); }

  memory::dims weightDims() const {
    const auto &s = shape;
    if (s.groups == 1) return {s.channelsOut, s.channelsIn, s.kernel[0], s.kernel[1], s.kernel[2]};
    return {s.groups, s.channelsOut / s.groups, s.channelsIn / s.groups, s.kernel[0], s.kernel[1], s.kernel[2]};
  }

  /// Multiply-adds of one application.
  int64_t work(const pk_convolution_place &p) const {
    const auto &s = shape;
    return p.n * p.out[0] * p.out[1] * p.out[2] * s.channelsOut * (s.channelsIn / s.groups) * s.kernel[0] * s.kernel[1] * s.kernel[2];
  }

  /// Whether the gradient can be had as a convolution with mirrored weights, which oneDNN runs up to twice as fast as its own
  /// backward pass on channels-last activations: steps of one, whole vectors of channels, pads that stay inside the kernel.
  bool isMirrorable(const pk_convolution_place &p) const {
    if (shape.groups != 1 || shape.channelsIn % 16 != 0 || shape.channelsOut % 16 != 0) return false;
    for (int a = 0; a < 3; ++a) {
      const int64_t reach = (shape.kernel[a] - 1) * shape.dilation[a], padAfter = p.out[a] - 1 + reach + 1 - p.in[a] - p.padBefore[a];
      if (shape.stride[a] != 1 || p.padBefore[a] > reach || padAfter > reach || padAfter < 0) return false;
    }
    return true;
  }

  /// dx = Σ w[o][i][k] · dy at p + padBefore − k·dilation: a convolution of dy with inputs and outputs exchanged and taps reversed.
  pk_convolution &mirror() {
    std::lock_guard<std::mutex> guard(making);
    if (mirrored) return *mirrored;
    auto made = std::make_unique<pk_convolution>();
    made->shape = shape;
    std::swap(made->shape.channelsIn, made->shape.channelsOut);
    // Exchanged by reading the same order in memory as inputs first.
    memory::desc desc(made->weightDims(), memory::data_type::f32, memory::format_tag::iodhw);
    const int64_t taps = shape.kernel[0] * shape.kernel[1] * shape.kernel[2], count = shape.channelsIn * shape.channelsOut;
    auto *from = static_cast<const float *>(userWeights.get_data_handle());
    if (taps == 1) {
      made->userWeights = memory(desc, pellucid::engine(), const_cast<float *>(from));
    } else {
      made->userWeights = memory(desc, pellucid::engine());
      auto *to = static_cast<float *>(made->userWeights.get_data_handle());
      for (int64_t i = 0; i < count; ++i) std::reverse_copy(from + i * taps, from + (i + 1) * taps, to + i * taps);
    }
    mirrored = std::move(made);
    return *mirrored;
  }

  /// What is run with where the bias is left out: the same primitive takes zeros.
  memory noBias() {
    std::lock_guard<std::mutex> guard(making);
    if (!zeros) {
      zeros = memory(bias.get_desc(), pellucid::engine());
      std::memset(zeros.get_data_handle(), 0, bias.get_desc().get_size());
    }
    return zeros;
  }

  const float *packedWeights() {
    std::lock_guard<std::mutex> guard(making);
    if (packed.empty()) {
      packed.resize(userWeights.get_desc().get_size() / sizeof(float));
      pellucid::packOneChannelWeights(shape, static_cast<const float *>(userWeights.get_data_handle()), packed.data());
    }
    return packed.data();
  }

  const float *transformedWeights() {
    std::lock_guard<std::mutex> guard(making);
    if (!transformed) {
      auto made = pellucid::floats(size_t(pellucid::winogradWeightCount(shape)));
      pellucid::transformWinogradWeights(shape, static_cast<const float *>(userWeights.get_data_handle()), made.get());
      transformed = std::move(made);
    }
    return transformed.get();
  }

  /// The weights in another order; to be called while `making` is held.
  memory weightsAs(const memory::desc &wanted) {
    for (auto &pair : reordered)
      if (pair.first == wanted) return pair.second;
    memory result = userWeights;
    if (userWeights.get_desc() != wanted) {
      result = memory(wanted, pellucid::engine());
      reorder(userWeights, result).execute(pellucid::stream(), userWeights, result);
      pellucid::stream().wait();
    }
    reordered.emplace_back(wanted, result);
    return result;
  }

  /// What runs this convolution at a place with a team of so many threads, whom oneDNN shares the work out to when it is made.
  std::shared_ptr<Prepared> prepare(const pk_convolution_place &p, bool backward, bool relu, int threads) {
    pellucid::Recent<Prepared>::Key key{number, backward, relu, threads, p.n};
    for (int a = 0; a < 3; ++a) key.insert(key.end(), {p.in[a], p.padBefore[a], p.out[a]});
    if (auto found = prepared().find(key)) return found;
    std::lock_guard<std::mutex> guard(making);
    if (auto found = prepared().find(key)) return found;
    auto made = std::make_shared<Prepared>(make(p, backward, relu));
    prepared().keep(key, made);
    return made;
  }

  Prepared make(const pk_convolution_place &p, bool backward, bool relu) {
    auto &eng = pellucid::engine();
    using tag = memory::format_tag;
    const auto f32 = memory::data_type::f32;
    memory::desc source({p.n, shape.channelsIn, p.in[0], p.in[1], p.in[2]}, f32, tag::ndhwc);
    memory::desc target({p.n, shape.channelsOut, p.out[0], p.out[1], p.out[2]}, f32, tag::ndhwc);
    memory::desc weights(weightDims(), f32, tag::any);
    memory::desc biasDesc = hasBias ? bias.get_desc() : memory::desc();
    memory::dims strides = dims3(shape.stride), padBefore = dims3(p.padBefore), dilates(3), padAfter(3);
    for (int a = 0; a < 3; ++a) {
      dilates[a] = shape.dilation[a] - 1;
      padAfter[a] = (p.out[a] - 1) * shape.stride[a] + (shape.kernel[a] - 1) * shape.dilation[a] + 1 - p.in[a] - p.padBefore[a];
    }
    primitive_attr attr;
    attr.set_scratchpad_mode(scratchpad_mode::user);
    if (relu && !backward) {
      post_ops after;
#if DNNL_VERSION_MAJOR >= 3
      after.append_eltwise(algorithm::eltwise_relu, 0.f, 0.f);
#else
      after.append_eltwise(1.f, algorithm::eltwise_relu, 0.f, 0.f);
#endif
      attr.set_post_ops(after);
    }
    const auto direct = algorithm::convolution_direct;
    const auto kind = backward ? prop_kind::forward_training : prop_kind::forward_inference;
#if DNNL_VERSION_MAJOR >= 3
    convolution_forward::primitive_desc forward(
        eng, kind, direct, source, weights, biasDesc, target, strides, dilates, padBefore, padAfter, attr);
#else
    auto makeForward = [&] {
      if (hasBias)
        return convolution_forward::desc(kind, direct, source, weights, biasDesc, target, strides, dilates, padBefore, padAfter);
      return convolution_forward::desc(kind, direct, source, weights, target, strides, dilates, padBefore, padAfter);
    };
    convolution_forward::primitive_desc forward(makeForward(), attr, eng);
#endif
    Prepared made;
    made.source = source;
    made.target = target;
    if (backward) {
#if DNNL_VERSION_MAJOR >= 3
      convolution_backward_data::primitive_desc pd(
          eng, direct, source, weights, target, strides, dilates, padBefore, padAfter, forward, attr);
#else
      convolution_backward_data::primitive_desc pd(
          convolution_backward_data::desc(direct, source, weights, target, strides, dilates, padBefore, padAfter), attr, eng, forward);
#endif
      made.weights = pd.weights_desc();
      made.scratch = pd.scratchpad_desc();
      made.op = convolution_backward_data(pd);
    } else {
      made.weights = forward.weights_desc();
      made.scratch = forward.scratchpad_desc();
      made.op = convolution_forward(forward);
    }
    made.weightMemory = weightsAs(made.weights);
    return made;
  }
};

namespace {
void run(pk_convolution &c, const pk_convolution_place &place, const float *x, float *y, bool biased, bool relu) {
  const auto *bias = c.hasBias && biased ? static_cast<const float *>(c.bias.get_data_handle()) : nullptr;
  if (pellucid::oneChannelConvolutionFits(c.shape)) {
    pellucid::oneChannelConvolution(c.shape, place, c.packedWeights(), bias, relu, x, y);
    return;
  }
  if (scoring != PK_NOT_SCORING && pellucid::winogradConvolutionFits(c.shape, place, scoring == PK_SCORING_OFTEN)) {
    pellucid::winogradConvolution(c.shape, place, c.transformedWeights(), bias, relu, x, y);
    return;
  }
  const pellucid::TeamFor team(c.work(place));
  const auto kept = c.prepare(place, false, relu, team.size);
  Prepared &p = *kept;
  auto &eng = pellucid::engine();
  std::unordered_map<int, memory> arguments{
      {DNNL_ARG_SRC, memory(p.source, eng, const_cast<float *>(x))},
      {DNNL_ARG_WEIGHTS, p.weightMemory},
      {DNNL_ARG_DST, memory(p.target, eng, y)},
      {DNNL_ARG_SCRATCHPAD, scratchpad(p.scratch)}};
  if (c.hasBias) arguments.insert({DNNL_ARG_BIAS, biased ? c.bias : c.noBias()});
  p.op.execute(pellucid::stream(), arguments);
  pellucid::stream().wait();
}
}  // namespace

extern "C" pk_convolution *pk_convolution_make(
    const pk_convolution_shape *shape, const float *weights, const float *bias, char *why, size_t whySize) {
  std::unique_ptr<pk_convolution> c;
  const int status = pellucid::guarded(why, whySize, [&] {
    c = std::make_unique<pk_convolution>();
    c->shape = *shape;
    const auto f32 = memory::data_type::f32;
    memory::desc desc(c->weightDims(), f32, shape->groups == 1 ? memory::format_tag::oidhw : memory::format_tag::goidhw);
    c->userWeights = memory(desc, pellucid::engine());
    std::memcpy(c->userWeights.get_data_handle(), weights, desc.get_size());
    c->hasBias = bias != nullptr;
    if (bias) {
      memory::desc biasDesc({shape->channelsOut}, f32, memory::format_tag::x);
      c->bias = memory(biasDesc, pellucid::engine());
      std::memcpy(c->bias.get_data_handle(), bias, biasDesc.get_size());
    }
  });
  return status == 0 ? c.release() : nullptr;
}

extern "C" void pk_convolution_free(pk_convolution *c) { delete c; }

extern "C" int pk_convolution_forward(
    pk_convolution *c, const pk_convolution_place *place, const float *x, float *y, int biased, int relu, char *why, size_t whySize) {
  return pellucid::guarded(why, whySize, [&] {
    run(*c, *place, x, y, biased != 0, relu != 0);
  });
}

extern "C" int pk_convolution_backward(
    pk_convolution *c, const pk_convolution_place *place, const float *dy, float *dx, char *why, size_t whySize) {
  return pellucid::guarded(why, whySize, [&] {
    const auto *weights = static_cast<const float *>(c->userWeights.get_data_handle());
    if (pellucid::patchGradientFits(c->shape)) {
      pellucid::patchGradient(c->shape, *place, weights, dy, dx);
      return;
    }
    if (pellucid::fewChannelGradientFits(c->shape)) {
      pellucid::fewChannelGradient(c->shape, *place, weights, dy, dx);
      return;
    }
    if (c->isMirrorable(*place)) {
      pk_convolution_place back = *place;
      for (int a = 0; a < 3; ++a) {
        back.in[a] = place->out[a];
        back.out[a] = place->in[a];
        back.padBefore[a] = (c->shape.kernel[a] - 1) * c->shape.dilation[a] - place->padBefore[a];
      }
      run(c->mirror(), back, dy, dx, false, false);
      return;
    }
    const pellucid::TeamFor team(c->work(*place));
    const auto kept = c->prepare(*place, true, false, team.size);
    Prepared &p = *kept;
    auto &eng = pellucid::engine();
    p.op.execute(
        pellucid::stream(), {{DNNL_ARG_DIFF_DST, memory(p.target, eng, const_cast<float *>(dy))},
                             {DNNL_ARG_WEIGHTS, p.weightMemory},
                             {DNNL_ARG_DIFF_SRC, memory(p.source, eng, dx)},
                             {DNNL_ARG_SCRATCHPAD, scratchpad(p.scratch)}});
    pellucid::stream().wait();
  });
}

extern "C" int pk_winner_gradient_fits(const pk_convolution *c, const pk_pool *pool) {
  return pellucid::winnerGradientFits(c->shape, *pool) ? 1 : 0;
}

extern "C" void pk_winner_gradient(
    pk_convolution *c, const pk_convolution_place *place, const pk_pool *pool, const uint8_t *winners, const float *dy, float *dx) {
  pellucid::winnerGradient(c->shape, *place, *pool, static_cast<const float *>(c->userWeights.get_data_handle()), winners, dy, dx);
}

extern "C" pk_scoring pk_only_score(pk_scoring kind) {
  const pk_scoring before = scoring;
  scoring = kind;
  return before;
}

extern "C" int64_t pk_prepared_count(void) { return int64_t(prepared().count()); }

extern "C" int64_t pk_prepared_limit(void) { return int64_t(prepared().most); }
