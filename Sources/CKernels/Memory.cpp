// Blocks for activations. A fresh page costs a fault and a clearing; a 200 MB activation map has 50,000 of them. So blocks are asked
// for on 2 MiB pages, and kept for the next taker of about the same size.
#include "CKernels.h"
#include <algorithm>
#include <cstdlib>
#include <map>
#include <mutex>
#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace {
constexpr size_t hugePage = size_t(2) << 20;
constexpr size_t smallest = size_t(64) << 10;  // below this the C library's own allocator is as good

constexpr size_t idleLimit = size_t(640) << 20;

std::mutex lock;
std::multimap<size_t, void *> idle;
size_t idleBytes = 0, liveBytes = 0, mostLive = 0;

size_t rounded(size_t bytes) {
  const size_t unit = bytes >= 2 * hugePage ? hugePage : bytes >= smallest ? size_t(16) << 10 : 64;
  return (bytes + unit - 1) / unit * unit;
}

void freeLargestUntil(size_t limit) {
  while (idleBytes > limit && !idle.empty()) {
    auto last = std::prev(idle.end());
    idleBytes -= last->first;
    std::free(last->second);
    idle.erase(last);
  }
}

/// What may lie idle now: as much as makes a pass like the largest so far without fresh pages, and no more memory than that took.
size_t limit() { return std::max(idleLimit, mostLive - liveBytes); }
}  // namespace

extern "C" void *pk_take(size_t bytes, size_t *capacity) {
  if (bytes > SIZE_MAX - hugePage) return nullptr;
  const size_t size = rounded(bytes == 0 ? 1 : bytes);
  *capacity = size;
  if (size < smallest) return std::aligned_alloc(64, size);
  {
    std::lock_guard<std::mutex> guard(lock);
    auto found = idle.lower_bound(size);
    if (found != idle.end() && found->first <= size + size / 2) {
      void *block = found->second;
      *capacity = found->first;
      idleBytes -= found->first;
      idle.erase(found);
      liveBytes += *capacity;
      mostLive = std::max(mostLive, liveBytes);
      return block;
    }
    liveBytes += size;
    mostLive = std::max(mostLive, liveBytes);
    freeLargestUntil(limit());
  }
  const size_t alignment = size >= 2 * hugePage ? hugePage : 64;
  void *block = std::aligned_alloc(alignment, size);
  if (!block) {
    pk_release_idle();
    block = std::aligned_alloc(alignment, size);
    if (!block) {
      std::lock_guard<std::mutex> guard(lock);
      liveBytes -= size;
    }
  }
#if defined(__linux__)
  if (block && alignment == hugePage) madvise(block, size, MADV_HUGEPAGE);
#endif
  return block;
}

extern "C" void pk_give(void *block, size_t capacity) {
  if (capacity < smallest) {
    std::free(block);
    return;
  }
  std::lock_guard<std::mutex> guard(lock);
  idle.emplace(capacity, block);
  idleBytes += capacity;
  liveBytes -= capacity;
  freeLargestUntil(limit());
}

extern "C" void pk_release_idle(void) {
  std::lock_guard<std::mutex> guard(lock);
  freeLargestUntil(0);
}
