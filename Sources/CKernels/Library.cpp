// What computes: the library behind convolutions, and the instructions that it uses here.
#include <oneapi/dnnl/dnnl.h>

#include <string>

#include "CKernels.h"

extern "C" const char *pk_library(void) {
  static const auto *const text = [] {
    const dnnl_version_t *v = dnnl_version();
    return new std::string(
        "oneDNN " + std::to_string(v->major) + "." + std::to_string(v->minor) + "." + std::to_string(v->patch));
  }();
  return text->c_str();
}

extern "C" const char *pk_instruction_set(void) {
#if defined(__x86_64__)
  const unsigned isa = dnnl_get_effective_cpu_isa();
  const auto has = [isa](unsigned all) { return (isa & all) == all; };
  if (has(dnnl_cpu_isa_avx512_core)) return "AVX-512";
  if (has(dnnl_cpu_isa_avx2)) return "AVX2";
  if (has(dnnl_cpu_isa_avx)) return "AVX";
  return "SSE";
#elif defined(__aarch64__)
  return "NEON";
#else
  return "plain";
#endif
}
