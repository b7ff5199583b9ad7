// Working memory of a kernel, the calling thread's own.
#pragma once
#include <cstddef>

namespace pellucid {
/// At least so many bytes, as large as the thread has ever asked for, until it asks again or ends; beginning on a page.
/// - Throws: `std::bad_alloc`.
void *workspace(size_t bytes);
}  // namespace pellucid
