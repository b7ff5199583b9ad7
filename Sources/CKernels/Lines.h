// Values side by side, for kernels whose vectors the compiler does not find by itself.
#pragma once
#include <cstdint>

namespace pellucid {
/// One vector of the widest kind.
constexpr int width = 16;

/// Neighbouring values at any address.
typedef float Line __attribute__((vector_size(64), aligned(4), may_alias));

inline __attribute__((always_inline)) Line &at(float *x) { return *reinterpret_cast<Line *>(x); }
inline __attribute__((always_inline)) const Line &at(const float *x) { return *reinterpret_cast<const Line *>(x); }

/// How many hold n values.
inline int64_t lines(int64_t n) { return (n + width - 1) / width; }
}  // namespace pellucid

/// Or vectors that a loop counts through lie in memory.
#define PELLUCID_UNROLLED _Pragma("clang loop unroll(full)")
