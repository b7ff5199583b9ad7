// Blocks for activations. A fresh page costs a fault and a clearing; a 200 MB activation map has 50,000 of them. So blocks are asked
// for on 2 MiB pages, and kept for the next taker of about the same size.
#include "CKernels.h"
#include "CMachine.h"
#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <map>
#include <mutex>
#include <utility>
#if defined(__linux__)
#include <sys/mman.h>
#endif

/// Bytes taken and not given back, and the most that was; and the passes that were made. It lives as long as a thread or a block counts to it.
struct pk_account {
  std::atomic<int64_t> bytes{0}, most{0}, holders{1};
  std::atomic<int64_t> passes[2] = {0, 0};

  void add(size_t size) {
    const int64_t now = bytes.fetch_add(int64_t(size), std::memory_order_relaxed) + int64_t(size);
    int64_t before = most.load(std::memory_order_relaxed);
    while (now > before && !most.compare_exchange_weak(before, now, std::memory_order_relaxed)) {}
  }
  void remove(size_t size) { bytes.fetch_sub(int64_t(size), std::memory_order_relaxed); }
  pk_account *hold() {
    holders.fetch_add(1, std::memory_order_relaxed);
    return this;
  }
  void letGo() {
    if (holders.fetch_sub(1, std::memory_order_acq_rel) == 1) delete this;
  }
};

namespace {
constexpr size_t hugePage = size_t(2) << 20;
constexpr size_t smallest = size_t(64) << 10;  // below this the C library's own allocator is as good

constexpr size_t idleLimit = size_t(640) << 20;
constexpr size_t considerable = size_t(64) << 20;  // from here on it is worth asking whether the machine has as much

std::mutex lock;
/// Kept for the life of the process: threads may give blocks back at its very end, when what is static has been taken down.
std::multimap<size_t, void *> &idle = *new std::multimap<size_t, void *>;
size_t idleBytes = 0, liveBytes = 0, mostLive = 0;

/// What blocks may take, in use and idle together; 0: a quarter of the machine.
std::atomic<size_t> wanted{0};
/// The calling thread's account.
struct Own {
  pk_account *account = nullptr;
  ~Own() {
    if (account) std::exchange(account, nullptr)->letGo();
  }
};
thread_local Own own;

pk_account &ownAccount() {
  if (!own.account) own.account = new pk_account;
  return *own.account;
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

namespace {
/// A block that lay idle, of at least `size`; null where there is none that fits. Its true size, or that of the block to be made, counts as
/// in use.
void *idleBlock(size_t size, size_t *capacity) {
  std::lock_guard<std::mutex> guard(lock);
  void *block = nullptr;
  auto found = idle.lower_bound(size);
  if (found != idle.end() && found->first <= size + size / 2) {
    block = found->second;
    *capacity = found->first;
    idleBytes -= found->first;
    idle.erase(found);
  }
  liveBytes += *capacity;
  mostLive = std::max(mostLive, liveBytes);
  if (!block) freeLargestUntil(limit());
  return block;
}

/// A large block that the machine does not have is not asked for: it would be granted, and the process killed as it fills it.
void *freshBlock(size_t size) {
  const size_t alignment = size >= 2 * hugePage ? hugePage : 64;
  const auto asked = [&]() -> void * {
    return size < considerable || size <= cm_available() ? std::aligned_alloc(alignment, size) : nullptr;
  };
  void *block = asked();
  if (!block) {
    pk_release_idle();
    block = asked();
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
}  // namespace

extern "C" void *pk_take(size_t bytes, size_t *capacity, pk_account **account) {
  if (bytes > SIZE_MAX - hugePage) return nullptr;
  const size_t size = rounded(bytes == 0 ? 1 : bytes);
  *capacity = size;
  void *block = nullptr;
  if (size < smallest) {
    block = std::aligned_alloc(64, size);
  } else {
    block = idleBlock(size, capacity);
    if (!block) block = freshBlock(size);
  }
  if (!block) return nullptr;
  *account = ownAccount().hold();
  (*account)->add(*capacity);
  return block;
}

extern "C" void pk_give(void *block, size_t capacity, pk_account *account) {
  account->remove(capacity);
  account->letGo();
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

extern "C" size_t pk_machine_memory(void) { return size_t(cm_memory()); }

extern "C" int pk_has_room(size_t bytes) {
  if (bytes < considerable) return 1;
  const uint64_t left = cm_available();
  std::lock_guard<std::mutex> guard(lock);
  return bytes <= left || bytes - left <= idleBytes;
}

extern "C" size_t pk_memory_limit(void) {
  const size_t own = wanted.load(std::memory_order_relaxed);
  if (own > 0) return own;
  return pk_machine_memory() / 4;
}

extern "C" void pk_set_memory_limit(size_t bytes) { wanted.store(bytes, std::memory_order_relaxed); }

extern "C" int64_t pk_memory_taken(void) { return ownAccount().bytes.load(std::memory_order_relaxed); }

extern "C" int64_t pk_memory_peak(int restart) {
  pk_account &account = ownAccount();
  const int64_t most = account.most.load(std::memory_order_relaxed);
  if (restart) account.most.store(account.bytes.load(std::memory_order_relaxed), std::memory_order_relaxed);
  return most;
}

extern "C" void pk_count_passes(int64_t images, int backward) {
  ownAccount().passes[backward != 0].fetch_add(images, std::memory_order_relaxed);
}

extern "C" int64_t pk_passes(int backward) {
  return ownAccount().passes[backward != 0].load(std::memory_order_relaxed);
}

extern "C" pk_account *pk_account_hold(void) { return ownAccount().hold(); }

extern "C" void pk_account_let_go(pk_account *account) { account->letGo(); }

extern "C" void pk_account_share(pk_account *account) {
  account->hold();
  ownAccount().letGo();
  own.account = account;
}

extern "C" void pk_release_idle(void) {
  std::lock_guard<std::mutex> guard(lock);
  freeLargestUntil(0);
}
