// The registry of temporary paths and the signal handler that empties it.
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "CFiles.h"

enum { SLOTS = 256, LONGEST = 4096 };
enum { FREE = 0, TAKEN = 1, FILE_HELD = 2, FOLDER_HELD = 3 };
enum { IDLE = 0, COMMITTING = 1, SWEEPING = 2 };

static char paths[SLOTS][LONGEST];
static atomic_int states[SLOTS];
static atomic_int phase;
static atomic_int waiting_signal;

int cf_register(const char *path, int is_folder) {
  if (strlen(path) >= LONGEST) return -1;
  while (atomic_load(&phase) == SWEEPING) pause();  // the process is about to end: make nothing new
  for (int slot = 0; slot < SLOTS; slot++) {
    int expected = FREE;
    if (!atomic_compare_exchange_strong(&states[slot], &expected, TAKEN)) continue;
    strcpy(paths[slot], path);
    atomic_store(&states[slot], is_folder ? FOLDER_HELD : FILE_HELD);
    return slot;
  }
  return -1;
}

void cf_unregister(int slot) {
  if (slot >= 0 && slot < SLOTS) atomic_store(&states[slot], FREE);
}

static void sweep(void) {
  for (int slot = 0; slot < SLOTS; slot++) {
    if (atomic_load(&states[slot]) == FILE_HELD) unlink(paths[slot]);
  }
  // Outer folders are registered before inner ones; a folder with anything in it stays.
  for (int slot = SLOTS - 1; slot >= 0; slot--) {
    if (atomic_load(&states[slot]) == FOLDER_HELD) rmdir(paths[slot]);
  }
}

static void finish(int number) {
  sweep();
  signal(number, SIG_DFL);
  sigset_t only;
  sigemptyset(&only);
  sigaddset(&only, number);
  pthread_sigmask(SIG_UNBLOCK, &only, NULL);
  raise(number);
}

static void on_signal(int number) {
  int expected = IDLE;
  if (atomic_compare_exchange_strong(&phase, &expected, SWEEPING)) {
    finish(number);
  } else if (expected == COMMITTING) {
    atomic_store(&waiting_signal, number);
  }
}

void cf_commit_begin(void) {
  int expected = IDLE;
  while (!atomic_compare_exchange_strong(&phase, &expected, COMMITTING)) {
    if (expected == SWEEPING) pause();
    expected = IDLE;
  }
}

void cf_commit_end(void) {
  atomic_store(&phase, IDLE);
  int number = atomic_exchange(&waiting_signal, 0);
  // To the process, not to this thread, which may be one that has signals blocked.
  if (number) kill(getpid(), number);
}

/// A crash: nothing can be finished any more, but what was begun can be removed.
static void on_crash(int number) {
  cf_abandon();
  signal(number, SIG_DFL);
  sigset_t only;
  sigemptyset(&only);
  sigaddset(&only, number);
  pthread_sigmask(SIG_UNBLOCK, &only, NULL);
  raise(number);
}

void cf_abandon(void) {
  if (atomic_exchange(&phase, SWEEPING) == SWEEPING) {
    // Another thread is at it, and ends the process when it is done.
    for (;;) pause();
  }
  sweep();
  // What another thread was just about to make.
  const struct timespec moment = {.tv_nsec = 20 * 1000 * 1000};
  nanosleep(&moment, NULL);
  sweep();
}

static void install_crash_handlers(void) {
  // Where the stack is what ran out, the handler needs another one.
  static char room[1 << 16];
  stack_t other = {.ss_sp = room, .ss_size = sizeof room};
  sigaltstack(&other, NULL);
  const int numbers[] = {SIGSEGV, SIGBUS, SIGILL, SIGTRAP, SIGFPE, SIGABRT};
  for (int n = 0; n < 6; n++) {
    struct sigaction new;
    memset(&new, 0, sizeof new);
    new.sa_handler = on_crash;
    sigfillset(&new.sa_mask);
    new.sa_flags = SA_ONSTACK | SA_RESETHAND;
    sigaction(numbers[n], &new, NULL);
  }
}

void cf_install_signal_handlers(void) {
  const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
  for (int n = 0; n < 3; n++) {
    struct sigaction old, new;
    sigaction(numbers[n], NULL, &old);
    if (old.sa_handler == SIG_IGN) continue;  // nohup, background jobs
    memset(&new, 0, sizeof new);
    new.sa_handler = on_signal;
    sigfillset(&new.sa_mask);
    new.sa_flags = SA_RESTART;
    sigaction(numbers[n], &new, NULL);
    // A parent that starts programs from a thread with signals blocked, as Foundation's Process does, hands that mask on.
    sigset_t only;
    sigemptyset(&only);
    sigaddset(&only, numbers[n]);
    pthread_sigmask(SIG_UNBLOCK, &only, NULL);
  }
  install_crash_handlers();
  signal(SIGXFSZ, SIG_IGN);
  signal(SIGPIPE, SIG_IGN);
}
