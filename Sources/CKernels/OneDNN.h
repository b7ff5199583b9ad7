// What the files that call oneDNN share. Debian 12 ships 2.6, newer systems 3.x, whose primitive descriptors are made differently:
// only these files may know.
#pragma once
#include "CKernels.h"
#include <cstring>
#include <exception>
#include <oneapi/dnnl/dnnl.hpp>

namespace pellucid {

/// Kept for the life of the process, since threads may compute until its very end.
inline dnnl::engine &engine() {
  static auto *const one = new dnnl::engine(dnnl::engine::kind::cpu, 0);
  return *one;
}

/// The calling thread's own: a stream is not made for calls from several at once.
inline dnnl::stream &stream() {
  thread_local dnnl::stream one(engine());
  return one;
}

/// Runs a body whose exceptions become a status and a text.
template <typename Body>
int guarded(char *why, size_t whySize, const Body &body) noexcept {
  const char *text = "unknown failure";
  int status = -1;
  try {
    body();
    return 0;
  } catch (const dnnl::error &e) {
    status = int(e.status) == 0 ? -1 : int(e.status);
    std::strncpy(why, e.message ? e.message : text, whySize - 1);
  } catch (const std::exception &e) {
    std::strncpy(why, e.what(), whySize - 1);
  } catch (...) {
    std::strncpy(why, text, whySize - 1);
  }
  why[whySize - 1] = 0;
  return status;
}

}  // namespace pellucid
