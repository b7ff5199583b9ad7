#include "Threads.h"

#if defined(__linux__)
#include <algorithm>
#include <cctype>
#include <climits>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <pthread.h>
#include <strings.h>
#include <unistd.h>
#include <vector>

namespace {
/// With less than this, code of the libraries might not find room for what it keeps on the stack.
constexpr size_t leastStack = size_t(256) << 10;

/// The bytes that the environment gives each thread's stack, read as libgomp does (K unless a unit is named); 0: the system's default, also
/// where the text is no size.
size_t stackInEnvironment() {
  const char *text = std::getenv("OMP_STACKSIZE");
  if (!text) text = std::getenv("GOMP_STACKSIZE");
  if (!text) return 0;
  while (std::isspace(static_cast<unsigned char>(*text))) ++text;
  if (!std::isdigit(static_cast<unsigned char>(*text))) return 0;
  char *end = nullptr;
  const unsigned long long number = std::strtoull(text, &end, 10);
  while (std::isspace(static_cast<unsigned char>(*end))) ++end;
  int shift = 10;
  switch (std::tolower(static_cast<unsigned char>(*end))) {
    case 0: case 'k': break;
    case 'b': shift = 0; break;
    case 'm': shift = 20; break;
    case 'g': shift = 30; break;
    default: return 0;
  }
  return number > (SIZE_MAX >> shift) ? SIZE_MAX : size_t(number << shift);
}

/// A door that threads wait at until all have been started.
struct Door {
  pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
  pthread_cond_t opened = PTHREAD_COND_INITIALIZER;
  bool isOpen = false;
};

void *waitAt(void *door) {
  Door &d = *static_cast<Door *>(door);
  pthread_mutex_lock(&d.lock);
  while (!d.isOpen) pthread_cond_wait(&d.opened, &d.lock);
  pthread_mutex_unlock(&d.lock);
  return nullptr;
}

/// How many of `wanted` threads, the calling one among them, can be there at once.
int started(int wanted) {
  const size_t stack = stackInEnvironment();
  pthread_attr_t attributes;
  if (pthread_attr_init(&attributes) != 0) return 1;
  // A size that the system refuses libgomp does not take either.
  if (stack > 0 && pthread_attr_setstacksize(&attributes, stack) == 0 && stack < leastStack) {
    pthread_attr_destroy(&attributes);
    return 1;
  }
  Door door;
  std::vector<pthread_t> threads;
  threads.reserve(size_t(wanted));
  for (int i = 1; i < wanted; ++i) {
    pthread_t thread;
    if (pthread_create(&thread, &attributes, waitAt, &door) != 0) break;
    threads.push_back(thread);
  }
  pthread_mutex_lock(&door.lock);
  door.isOpen = true;
  pthread_cond_broadcast(&door.opened);
  pthread_mutex_unlock(&door.lock);
  for (const pthread_t thread : threads) pthread_join(thread, nullptr);
  pthread_attr_destroy(&attributes);
  return int(threads.size()) + 1;
}

/// A thread that begins a team of this size, and never ends.
void *sleepForEver(void *team) {
  const int had = pellucid::obtainable(int(reinterpret_cast<intptr_t>(team)));
  if (had > 1) GOMP_parallel([](void *) {}, nullptr, unsigned(had), 0);
  for (;;) pause();
}
}  // namespace

int pellucid::cores() {
  static const int count = std::max(1, std::min(omp_get_max_threads(), omp_get_num_procs()));
  return count;
}

int pellucid::obtainable(int wanted) {
  // Each calling thread has a pool of its own.
  thread_local int proven = 1, failedAt = INT_MAX;
  if (wanted <= proven) return wanted;
  if (omp_get_max_active_levels() < 1) return 1;
  const int most = std::min({wanted, omp_get_thread_limit(), failedAt - 1});
  if (most > proven) {
    const int had = started(most);
    if (had < most) failedAt = had + 1;
    proven = std::max(proven, had);
  }
  return std::min(wanted, proven);
}

void pellucid::sleepWhileWaiting(int team) {
  // libgomp reads its environment while it is loaded, before any code of a library that uses it can change it. But it spins only about
  // a microsecond once it has more threads than there are cores. So a team of threads without work is made, as many as are missing, and
  // sleeps: beside the usual team of all cores, two threads.
  static const bool isSaid = std::getenv("OMP_WAIT_POLICY") || std::getenv("GOMP_SPINCOUNT");
  static int asleep = 0;
  constexpr int most = 64;
  const int missing = std::min(most, omp_get_num_procs() - team + 1);
  if (isSaid || missing <= asleep) return;
  sigset_t all, before;
  sigfillset(&all);
  // Signals are for the program's own threads.
  pthread_sigmask(SIG_SETMASK, &all, &before);
  pthread_attr_t attributes;
  if (pthread_attr_init(&attributes) == 0) {
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_t thread;
    // Where there is no thread to be had, all works as before.
    pthread_create(&thread, &attributes, sleepForEver, reinterpret_cast<void *>(intptr_t(missing - asleep + 1)));
    pthread_attr_destroy(&attributes);
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  asleep = missing;
}
#else
int pellucid::cores() { return 1; }
int pellucid::obtainable(int) { return 1; }
void pellucid::sleepWhileWaiting(int) {}
#endif
