// Blocks for activations. A fresh page costs a fault and a clearing; a 200 MB activation map has 50,000 of them. So blocks are asked
// for on 2 MiB pages, and kept for the next taker of about the same size.
#include "CKernels.h"
#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <map>
#include <mutex>
#include <unistd.h>
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

/// What blocks may take, in use and idle together; 0: a quarter of the machine.
std::atomic<size_t> wanted{0};
/// Bytes that this thread has taken and not given back, and the most that was. Negative where it gives back what others took.
thread_local int64_t ownBytes = 0, mostOwn = 0;

void countTaken(size_t size) {
  ownBytes += int64_t(size);
  mostOwn = std::max(mostOwn, ownBytes);
}

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

/// What may lie idle now: as much as makes a pass like the largest so far without fresh pages, and no more memory than that took, or than
/// is allowed.
size_t limit() {
  const size_t all = pk_memory_limit();
  return std::min(std::max(idleLimit, mostLive - liveBytes), all > liveBytes ? all - liveBytes : 0);
}
}  // namespace

extern "C" void *pk_take(size_t bytes, size_t *capacity) {
  if (bytes > SIZE_MAX - hugePage) return nullptr;
  const size_t size = rounded(bytes == 0 ? 1 : bytes);
  *capacity = size;
  if (size < smallest) {
    countTaken(size);
    return std::aligned_alloc(64, size);
  }
  {
    std::lock_guard<std::mutex> guard(lock);
    auto found = idle.lower_bound(size);
    if (found != idle.end() && found->first <= size + size / 2) {
      void *block = found->second;
      *capacity = found->first;
      idleBytes -= found->first;
      idle.erase(found);
      countTaken(*capacity);
      liveBytes += *capacity;
      mostLive = std::max(mostLive, liveBytes);
      return block;
    }
    countTaken(size);
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
  ownBytes -= int64_t(capacity);
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

extern "C" size_t pk_memory_limit(void) {
  const size_t own = wanted.load(std::memory_order_relaxed);
  if (own > 0) return own;
  static const size_t quarter = size_t(std::max(1L, sysconf(_SC_PHYS_PAGES))) * size_t(std::max(1L, sysconf(_SC_PAGESIZE))) / 4;
  return quarter;
}

extern "C" void pk_set_memory_limit(size_t bytes) { wanted.store(bytes, std::memory_order_relaxed); }

extern "C" int64_t pk_memory_taken(void) { return ownBytes; }

extern "C" int64_t pk_memory_peak(int restart) {
  const int64_t most = mostOwn;
  if (restart) mostOwn = ownBytes;
  return most;
}

extern "C" void pk_release_idle(void) {
  std::lock_guard<std::mutex> guard(lock);
  freeLargestUntil(0);
}
