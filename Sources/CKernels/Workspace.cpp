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

/// What is written in many places at once wants few pages.
void *onPages(size_t bytes, size_t &size) {
  constexpr size_t smallPage = 4096, hugePage = size_t(2) << 20;
  const size_t page = bytes >= hugePage / 4 ? hugePage : smallPage;
  size = (bytes + page - 1) / page * page;
  void *const block = std::aligned_alloc(page, size);
  if (!block) throw std::bad_alloc();
#if defined(__linux__)
  if (page == hugePage) madvise(block, size, MADV_HUGEPAGE);
#endif
  return block;
}
}  // namespace

std::unique_ptr<float[], pellucid::Freed> pellucid::floats(size_t count) {
  size_t size = 0;
  return std::unique_ptr<float[], Freed>(static_cast<float *>(onPages(sizeof(float) * count, size)));
}

void *pellucid::workspace(size_t bytes) {
  if (bytes <= own.size) return own.start;
  std::free(own.start);
  own.start = nullptr;
  own.size = 0;
  size_t size = 0;
  own.start = onPages(bytes, size);
  own.size = size;
  return own.start;
}
