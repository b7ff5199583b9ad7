#include "Parallel.h"
#include "CKernels.h"
#include <atomic>

#if defined(__linux__)
extern "C" {
void GOMP_parallel(void (*body)(void *), void *data, unsigned threads, unsigned flags);
int omp_get_thread_num(void);
int omp_get_num_threads(void);
int omp_get_max_threads(void);
void omp_set_num_threads(int);
}
#endif

namespace {
std::atomic<int> wanted{0};

#if defined(__linux__)
/// What libgomp takes for all cores, asked once, before anything limits it.
int cores() {
  static const int count = omp_get_max_threads();
  return count;
}
#endif
}  // namespace

extern "C" int pk_threads(void) {
#if defined(__linux__)
  const int w = wanted.load(std::memory_order_relaxed);
  return w > 0 ? w : cores();
#else
  return 1;
#endif
}

extern "C" void pk_set_threads(int count) {
  wanted.store(count < 1 ? 1 : count, std::memory_order_relaxed);
#if defined(__linux__)
  omp_set_num_threads(count < 1 ? 1 : count);
#endif
}

void pellucid::onEveryThread(int threads, void (*body)(void *, int, int), void *context) {
#if defined(__linux__)
  struct Job {
    void (*body)(void *, int, int);
    void *context;
  } job{body, context};
  GOMP_parallel(
      [](void *data) {
        const Job &job = *static_cast<Job *>(data);
        job.body(job.context, omp_get_thread_num(), omp_get_num_threads());
      },
      &job, unsigned(threads), 0);
#else
  body(context, 0, 1);
#endif
}

pellucid::ThreadsFor::ThreadsFor(int64_t multiplyAdds) : isLimited(multiplyAdds < (int64_t(1) << 20) && pk_threads() > 1) {
#if defined(__linux__)
  if (isLimited) omp_set_num_threads(1);
#endif
}

pellucid::ThreadsFor::~ThreadsFor() {
#if defined(__linux__)
  if (isLimited) omp_set_num_threads(wanted.load(std::memory_order_relaxed) > 0 ? wanted.load(std::memory_order_relaxed) : cores());
#endif
}
