#include "Parallel.h"
#include "Threads.h"
#include <atomic>
#include <mutex>

#if defined(PELLUCID_THREAD_SANITIZER)
// libgomp is not built for ThreadSanitizer, which does not see that its teams begin and end together.
extern "C" void __tsan_acquire(void *), __tsan_release(void *);
#define HANDED_OVER(object) __tsan_release(object)
#define TAKEN_OVER(object) __tsan_acquire(object)
#else
#define HANDED_OVER(object) (void)(object)
#define TAKEN_OVER(object) (void)(object)
#endif

namespace {
/// What the program asked for; 0: all cores.
std::atomic<int> wanted{0};
/// The most that this thread may compute with; 0: what the program asked for.
thread_local int ownLimit = 0;

std::mutex oneTeam;
thread_local bool hasTeam = false;
}  // namespace

extern "C" int pk_threads(void) {
#if defined(__linux__)
  if (ownLimit == 1 || omp_in_parallel()) return 1;
  const int asked = wanted.load(std::memory_order_relaxed);
  const int all = pellucid::obtainable(asked > 0 ? asked : pellucid::cores());
  return ownLimit > 0 && ownLimit < all ? ownLimit : all;
#else
  return 1;
#endif
}

extern "C" int pk_threads_asked(void) {
#if defined(__linux__)
  const int asked = wanted.load(std::memory_order_relaxed);
  return asked > 0 ? asked : pellucid::cores();
#else
  return 1;
#endif
}

extern "C" void pk_set_threads(int count) { wanted.store(count < 1 ? 1 : count, std::memory_order_relaxed); }

extern "C" int pk_limit_own_threads(int count) {
  const int before = ownLimit;
  ownLimit = count < 0 ? 0 : count;
  return before;
}

#if defined(__linux__)

pellucid::Team::Team(int wanted) : size(wanted > 1 && !omp_in_parallel() ? wanted : 1) {
  if (size > 1 && !hasTeam) {
    oneTeam.lock();
    holds = hasTeam = true;
    sleepWhileWaiting(size);
  }
  threadsBefore = omp_get_max_threads();
  if (threadsBefore != size) omp_set_num_threads(size);
  // A team is as large as it is asked to be: oneDNN's kernels share their work out before it begins.
  dynamicBefore = omp_get_dynamic();
  if (dynamicBefore) omp_set_dynamic(0);
}

pellucid::Team::~Team() {
  if (dynamicBefore) omp_set_dynamic(dynamicBefore);
  if (threadsBefore != size) omp_set_num_threads(threadsBefore);
  if (holds) {
    hasTeam = false;
    oneTeam.unlock();
  }
}

void pellucid::onEveryThread(int threads, void (*body)(void *, int, int), void *context) {
  const Team team(threads);
  struct Job {
    void (*body)(void *, int, int);
    void *context;
  } job{body, context};
  HANDED_OVER(&job);
  GOMP_parallel(
      [](void *data) {
        TAKEN_OVER(data);
        const Job &job = *static_cast<Job *>(data);
        job.body(job.context, omp_get_thread_num(), omp_get_num_threads());
        HANDED_OVER(data);
      },
      &job, unsigned(team.size), 0);
  TAKEN_OVER(&job);
}

#else

pellucid::Team::Team(int) : size(1) {}
pellucid::Team::~Team() {}

void pellucid::onEveryThread(int, void (*body)(void *, int, int), void *context) { body(context, 0, 1); }

#endif
