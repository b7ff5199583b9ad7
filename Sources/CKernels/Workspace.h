// Memory of kernels beside that of activations.
#pragma once
#include <cstddef>
#include <cstdlib>
#include <memory>

namespace pellucid {
struct Freed {
  void operator()(float *block) const { std::free(block); }
};
/// So many values, not cleared, on large pages where that spares faults.
/// - Throws: `std::bad_alloc`.
std::unique_ptr<float[], Freed> floats(size_t count);
/// Working memory of the calling thread: at least so many bytes, as large as the thread has ever asked for, until it asks again or ends; beginning on a page.
/// - Throws: `std::bad_alloc`.
void *workspace(size_t bytes);
}  // namespace pellucid
