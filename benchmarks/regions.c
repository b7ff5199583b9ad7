// What a program would take with a core for each of its threads, measured on fewer: loaded before it (LD_PRELOAD), this notes the processor time
// of every thread in every region that it shares out (libgomp's teams, and threads that are started and joined again).
//
// Prints, as the process ends, seconds: what the first thread does alone; the longest thread of each region, summed; all threads of all regions; all
// threads of the process; and the number of regions. What threads take from one another (memory's speed, locks, waking up) is not in it.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

int omp_get_thread_num(void);

enum { most = 256 };
typedef struct {
  void (*body)(void *);
  void *data;
  double times[most];
} Team;
typedef struct {
  void *(*body)(void *);
  void *argument;
  pthread_t thread;
  double time;
} Worker;

static pthread_t first;
static double alone, longest, together, resumed;
static long regions;
static __thread int inside;
static Worker *workers[most];
static int started, joined;
static double ownBegin, ownTime;

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

__attribute__((constructor)) static void begin(void) { first = pthread_self(); }

__attribute__((destructor)) static void end(void) {
  if (pthread_equal(first, pthread_self())) alone += now() - resumed;
  struct timespec t;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  const double process = (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
  fprintf(stderr, "regions: alone %.4f longest %.4f together %.4f process %.4f count %ld\n", alone, longest, together, process, regions);
}

static void member(void *data) {
  Team *team = data;
  const int thread = omp_get_thread_num(), before = inside;
  const double start = now();
  inside = 1;
  team->body(team->data);
  inside = before;
  if (thread < most) team->times[thread] = now() - start;
}

void GOMP_parallel(void (*body)(void *), void *data, unsigned threads, unsigned flags) {
  static void (*real)(void (*)(void *), void *, unsigned, unsigned);
  if (!real) *(void **)&real = dlsym(RTLD_NEXT, "GOMP_parallel");
  if (inside || threads == 1 || !pthread_equal(first, pthread_self())) {
    real(body, data, threads, flags);
    return;
  }
  Team team = {body, data, {0}};
  alone += now() - resumed;
  inside = 1;
  real(member, &team, threads, flags);
  inside = 0;
  double slowest = 0;
  for (int i = 0; i < most; ++i) {
    if (team.times[i] > slowest) slowest = team.times[i];
    together += team.times[i];
  }
  longest += slowest;
  ++regions;
  resumed = now();
}

static void *work(void *data) {
  Worker *own = data;
  inside = 1;
  void *result = own->body(own->argument);
  own->time = now();
  return result;
}

int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*body)(void *), void *argument) {
  static int (*real)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
  if (!real) *(void **)&real = dlsym(RTLD_NEXT, "pthread_create");
  if (inside || !pthread_equal(first, pthread_self()) || started == most) return real(thread, attributes, body, argument);
  if (started == joined) {
    alone += now() - resumed;
    started = joined = 0;
    ownTime = -1;
  }
  Worker *own = calloc(1, sizeof *own);
  own->body = body;
  own->argument = argument;
  const int status = real(thread, attributes, work, own);
  if (status) {
    free(own);
    return status;
  }
  own->thread = *thread;
  workers[started++] = own;
  ownBegin = now();
  return status;
}

int pthread_join(pthread_t thread, void **result) {
  static int (*real)(pthread_t, void **);
  if (!real) *(void **)&real = dlsym(RTLD_NEXT, "pthread_join");
  int place = 0;
  while (place < started && !pthread_equal(workers[place]->thread, thread)) ++place;
  if (inside || !pthread_equal(first, pthread_self()) || place == started) return real(thread, result);
  if (ownTime < 0) ownTime = now() - ownBegin;
  const int status = real(thread, result);
  if (++joined < started) return status;
  double slowest = ownTime;
  together += ownTime;
  for (int i = 0; i < started; ++i) {
    if (workers[i]->time > slowest) slowest = workers[i]->time;
    together += workers[i]->time;
    free(workers[i]);
  }
  longest += slowest;
  started = joined = 0;
  ++regions;
  resumed = now();
  return status;
}
