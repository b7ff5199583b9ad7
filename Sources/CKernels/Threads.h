// What libgomp's threads can be relied upon to do, whatever the environment says and the machine allows.
#pragma once

#if defined(__linux__)
extern "C" {
void GOMP_parallel(void (*body)(void *), void *data, unsigned threads, unsigned flags);
int omp_get_thread_num(void);
int omp_get_num_threads(void);
int omp_get_max_threads(void);
void omp_set_num_threads(int);
int omp_get_num_procs(void);
int omp_in_parallel(void);
int omp_get_dynamic(void);
void omp_set_dynamic(int);
int omp_get_thread_limit(void);
int omp_get_max_active_levels(void);
}
#endif

namespace pellucid {
/// Threads unless the program says otherwise: the cores that this process may use, or fewer where `OMP_NUM_THREADS` says so.
int cores();
/// How many of so many threads the calling thread can have in its team. libgomp ends the process where it cannot start a thread, so this
/// starts them once itself.
int obtainable(int wanted);
/// Makes libgomp's threads sleep instead of spin between the loops of teams of this size, unless the environment says how they wait.
void sleepWhileWaiting(int team);
}  // namespace pellucid
