// Loops on the thread pool that oneDNN uses. A second pool beside libgomp's would fight with its spinning threads for the cores, so the
// pool is entered through the function that GCC's own `#pragma omp parallel` compiles to; SwiftPM's C++ targets cannot pass -fopenmp.
#pragma once
#include <cstdint>
#include <type_traits>

namespace pellucid {
/// Runs body(thread, threads) on every thread of the pool and waits.
void onEveryThread(int threads, void (*body)(void *context, int thread, int threads), void *context);

/// Cuts 0..<count into one contiguous part a thread and runs body(begin, end) on each; small counts stay on this thread.
template <typename Body>
void inParallel(int64_t count, int64_t smallestPart, const Body &body);

/// While it lives, oneDNN uses one thread if the work is too small to share: waking a second one costs more than it saves, and very much
/// more on a machine with other things to do. The choice depends on the work alone, so results do not change from run to run.
class ThreadsFor {
 public:
  explicit ThreadsFor(int64_t multiplyAdds);
  ~ThreadsFor();

 private:
  bool isLimited;
};
}  // namespace pellucid

extern "C" int pk_threads(void);

template <typename Body>
void pellucid::inParallel(int64_t count, int64_t smallestPart, const Body &body) {
  int64_t threads = pk_threads();
  if (smallestPart < 1) smallestPart = 1;
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

/// Functions marked so are compiled three times; the loader picks the one that the processor can run.
#if defined(__x86_64__) && defined(__linux__) && !defined(PELLUCID_BASELINE)
#define PELLUCID_DISPATCHED __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define PELLUCID_DISPATCHED
#endif
