#include "Workspace.h"
#include <cstdlib>
#include <new>
#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace {
struct Block {
  void *start = nullptr;
  size_t size = 0;
  ~Block() { std::free(start); }
};
thread_local Block own;
}  // namespace

void *pellucid::workspace(size_t bytes) {
  if (bytes <= own.size) return own.start;
  // What is written in many places at once wants few pages.
  constexpr size_t smallPage = 4096, hugePage = size_t(2) << 20;
  const size_t page = bytes >= hugePage / 4 ? hugePage : smallPage, larger = (bytes + page - 1) / page * page;
  std::free(own.start);
  own.size = 0;
  own.start = std::aligned_alloc(page, larger);
  if (!own.start) throw std::bad_alloc();
#if defined(__linux__)
  if (page == hugePage) madvise(own.start, larger, MADV_HUGEPAGE);
#endif
  own.size = larger;
  return own.start;
}
