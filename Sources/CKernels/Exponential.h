// What softmax and attention share: functions to be compiled into a dispatched one.
#pragma once
#include "Lines.h"
#include <cstdint>
#include <cstring>

namespace pellucid {
/// eʳ by Cephes' polynomial for r = x − n·ln 2, of a float or of a vector of floats.
template <typename Value>
inline __attribute__((always_inline)) Value exponentialOfRest(const Value &x, const Value &n) {
  const Value r = (x - n * 0.693359375f) + n * 2.12194440e-4f;
  Value p = Value{} + 1.9875691500e-4f;
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  return p * r * r + r + 1.f;
}

/// eˣ for x ≤ 0, within 2 units in the last place; 0 below e⁻⁸⁷, where floats have lost their precision. What is not a number stays so.
///
/// eˣ = 2ⁿ·eʳ with |r| ≤ ln 2 / 2.
inline __attribute__((always_inline)) float exponential(float x) {
  const float kept = x < -87.f ? -87.f : x;
  const float whole = __builtin_floorf(kept * 1.44269504088896341f + 0.5f);
  const float p = exponentialOfRest(kept, whole);
  // Not a number has no whole part; its product is none either.
  const int32_t n = whole == whole ? int32_t(whole) : 0;
  const int32_t bits = (n + 127) << 23;
  float scale;
  std::memcpy(&scale, &bits, sizeof scale);
  return x < -87.f ? 0.f : p * scale;
}

typedef int32_t WholeLine __attribute__((vector_size(64)));

/// The same of a line of values less the largest of their row: explicit vectors, which the compiler does not find by itself.
inline __attribute__((always_inline)) void exponential(Line &values, float largest) {
  const Line x = values - largest;
  const Line kept = x < -87.f ? Line{} - 87.f : x;
  const Line whole = __builtin_elementwise_floor(kept * 1.44269504088896341f + 0.5f);
  const Line p = exponentialOfRest(kept, whole);
  const WholeLine n = __builtin_convertvector(whole == whole ? whole : Line{}, WholeLine);
  const WholeLine bits = (n + 127) << 23;
  Line scale;
  std::memcpy(&scale, &bits, sizeof scale);
  values = x < -87.f ? Line{} : p * scale;
}

/// The largest of a row; what is not a number stays so.
inline __attribute__((always_inline)) float largest(int64_t n, const float *x) {
  float lane[width];
  for (int k = 0; k < width; ++k) lane[k] = x[0];
  int64_t i = 0;
  // A comparison with what is not a number is false, and keeps it.
  for (; i + width <= n; i += width)
    for (int k = 0; k < width; ++k) lane[k] = x[i + k] <= lane[k] ? lane[k] : x[i + k];
  for (; i < n; ++i) lane[0] = x[i] <= lane[0] ? lane[0] : x[i];
  for (int k = 1; k < width; ++k) lane[0] = lane[k] <= lane[0] ? lane[0] : lane[k];
  return lane[0];
}
}  // namespace pellucid
