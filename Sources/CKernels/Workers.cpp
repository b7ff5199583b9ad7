// Threads that each do work of their own. A team that shares every small step waits at its end; workers wait once.
#include "CKernels.h"
#include <system_error>
#include <thread>
#include <vector>

namespace {
/// Runs body(context, worker) on so many threads, this one among them; each may compute with `own` threads, and counts its memory to
/// `account` where there is one.
void onThreads(int count, int own, pk_account *account, void (*body)(void *, int), void *context) {
  std::vector<std::thread> others;
  try {
    for (int worker = 1; worker < count; ++worker) {
      others.emplace_back([=] {
        if (account) pk_account_share(account);
        pk_limit_own_threads(own);
        body(context, worker);
      });
    }
  } catch (const std::system_error &) {
    // The system gives no more threads; those that are there do all the work.
  }
  const int before = pk_limit_own_threads(own);
  body(context, 0);
  pk_limit_own_threads(before);
  for (std::thread &other : others) other.join();
}
}  // namespace

extern "C" void pk_on_workers(int workers, void (*body)(void *, int), void *context) {
  pk_account *const account = pk_account_hold();
  onThreads(workers, 1, account, body, context);
  pk_account_let_go(account);
}

extern "C" void pk_on_jobs(int jobs, void (*body)(void *, int), void *context) {
  const int threads = pk_threads();
  onThreads(jobs, threads > jobs ? threads / jobs : 1, nullptr, body, context);
}

struct pk_thread {
  std::thread thread;
};

extern "C" pk_thread *pk_thread_start(void (*body)(void *), void *context) {
  try {
    return new pk_thread{std::thread(body, context)};
  } catch (const std::system_error &) {
    return nullptr;
  }
}

extern "C" void pk_thread_join(pk_thread *thread) {
  thread->thread.join();
  delete thread;
}
