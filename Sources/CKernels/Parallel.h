// Loops on the thread pool that oneDNN uses. A second pool beside libgomp's would fight with its threads for the cores, so the pool is
// entered through the function that GCC's own `#pragma omp parallel` compiles to; SwiftPM's C++ targets cannot pass -fopenmp.
#pragma once
#include "CKernels.h"
#include <cstdint>
#include <type_traits>

namespace pellucid {
/// While it lives, the calling thread may compute with `size` threads, and so may oneDNN when it is called from here.
///
/// One caller at a time has a team of more than one: who finds it taken waits, since two teams would fight for the cores. Work on one
/// thread waits for nobody. libgomp keeps the number of threads for each calling thread; what it was before is put back, since it belongs to
/// the program that calls.
class Team {
 public:
  explicit Team(int wanted);
  ~Team();
  Team(const Team &) = delete;
  Team &operator=(const Team &) = delete;

  const int size;

 private:
  bool holds = false;
  int threadsBefore = 0, dynamicBefore = 0;
};

/// A team for so much work: one thread if it is too small to share, because waking a second one costs more than it saves, and very much
/// more on a machine with other things to do. The choice depends on the work alone, so results do not change from run to run.
class TeamFor : public Team {
 public:
  explicit TeamFor(int64_t multiplyAdds) : Team(multiplyAdds < (int64_t(1) << 20) ? 1 : pk_threads()) {}
};

/// Runs body(context, thread, threads) on every thread of a team and waits.
void onEveryThread(int threads, void (*body)(void *context, int thread, int threads), void *context);

/// Cuts 0..<count into one contiguous part a thread and runs body(begin, end) on each; small counts stay on this thread.
template <typename Body>
void inParallel(int64_t count, int64_t smallestPart, const Body &body);
}  // namespace pellucid

template <typename Body>
void pellucid::inParallel(int64_t count, int64_t smallestPart, const Body &body) {
  if (smallestPart < 1) smallestPart = 1;
  int64_t threads = count / smallestPart > 1 ? pk_threads() : 1;
  if (threads > count / smallestPart) threads = count / smallestPart;
  if (threads <= 1) {
    if (count > 0) body(int64_t(0), count);
    return;
  }
  struct Job {
    const Body *body;
    int64_t count;
  } job{&body, count};
  onEveryThread(
      int(threads),
      [](void *context, int thread, int parts) {
        const Job &job = *static_cast<Job *>(context);
        const int64_t begin = job.count * thread / parts, end = job.count * (thread + 1) / parts;
        if (begin < end) (*job.body)(begin, end);
      },
      &job);
}

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define PELLUCID_THREAD_SANITIZER
#endif
#if __has_feature(thread_sanitizer) || __has_feature(address_sanitizer)
// The loader asks which of several versions to take before a sanitizer is ready.
#define PELLUCID_BASELINE
#endif
#endif

/// Functions marked so are compiled three times; the loader picks the one that the processor can run.
#if defined(__x86_64__) && defined(__linux__) && !defined(PELLUCID_BASELINE)
#define PELLUCID_DISPATCHED __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define PELLUCID_DISPATCHED
#endif
