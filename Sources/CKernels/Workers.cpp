// Threads that each do work of their own. A team that shares every small step waits at its end; workers wait once.
#include "CKernels.h"
#include <system_error>
#include <thread>
#include <vector>

extern "C" void pk_on_workers(int workers, void (*body)(void *, int), void *context) {
  std::vector<std::thread> others;
  pk_account *const account = pk_account_hold();
  try {
    for (int worker = 1; worker < workers; ++worker) {
      others.emplace_back([=] {
        pk_account_share(account);
        pk_limit_own_threads(1);
        body(context, worker);
      });
    }
  } catch (const std::system_error &) {
    // The system gives no more threads; those that are there do all the work.
  }
  const int before = pk_limit_own_threads(1);
  body(context, 0);
  pk_limit_own_threads(before);
  for (std::thread &other : others) other.join();
  pk_account_let_go(account);
}
