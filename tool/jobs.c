// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

// For sched_getaffinity(), where there is one
#define _GNU_SOURCE // NOLINT(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp)

#include "jobs.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static const long tick_ns = 200000000L;

/** Jobs being done. */
typedef struct {
  const Jobs*     jobs; ///< What to do
  uint32_t        n;    ///< How many
  uint32_t        next; ///< First that nobody has taken
  bool*           done; ///< Which are done
  pthread_mutex_t lock; ///< Guards `next` and `done`
  pthread_cond_t  news; ///< One more is done
} Queue;

/** Take jobs until none is left. */
static void* worker(void* data)
{
  Queue* const q = data;
  pthread_mutex_lock(&q->lock);
  while (q->next < q->n) {
    const uint32_t job = q->next++;
    pthread_mutex_unlock(&q->lock);
    q->jobs->work(q->jobs->data, job);
    pthread_mutex_lock(&q->lock);
    q->done[job] = true;
    pthread_cond_signal(&q->news);
  }
  pthread_mutex_unlock(&q->lock);
  return NULL;
}

/** Wait until `job` is done or it is time for a tick; whether it is done. */
static bool wait_for(Queue* q, uint32_t job)
{
  struct timespec until;
  clock_gettime(CLOCK_REALTIME, &until);
  until.tv_nsec += tick_ns;
  until.tv_sec += until.tv_nsec / 1000000000L;
  until.tv_nsec %= 1000000000L;

  pthread_mutex_lock(&q->lock);
  int error = 0;
  while (!q->done[job] && error != ETIMEDOUT) {
    error = pthread_cond_timedwait(&q->news, &q->lock, &until);
  }
  const bool done = q->done[job];
  pthread_mutex_unlock(&q->lock);
  return done;
}

static void finish_all(Queue* q)
{
  for (uint32_t job = 0; job < q->n; ++job) {
    while (!wait_for(q, job)) {
      if (q->jobs->tick) {
        q->jobs->tick(q->jobs->data, job);
      }
    }
    q->jobs->finish(q->jobs->data, job);
  }
}

void jobs_run(const Jobs* jobs, uint32_t n, uint32_t threads)
{
  Queue q = { jobs,
              n,
              0,
              calloc(n ? n : 1, sizeof(bool)),
              PTHREAD_MUTEX_INITIALIZER,
              PTHREAD_COND_INITIALIZER };

  const uint32_t   wanted  = (threads < n) ? threads : n;
  uint32_t         started = 0;
  pthread_t* const pool    = calloc(wanted ? wanted : 1, sizeof(pthread_t));
  if (!q.done || !pool) {
    // Too little memory for a queue: one after the other needs none
    for (uint32_t job = 0; job < n; ++job) {
      jobs->work(jobs->data, job);
      jobs->finish(jobs->data, job);
    }
  } else {
    while (started < wanted &&
           !pthread_create(&pool[started], NULL, worker, &q)) {
      ++started;
    }
    if (!started) {
      worker(&q);
    }
    finish_all(&q);
    for (uint32_t i = 0; i < started; ++i) {
      pthread_join(pool[i], NULL);
    }
  }
  free(pool);
  free(q.done);
  pthread_cond_destroy(&q.news);
  pthread_mutex_destroy(&q.lock);
}

uint32_t jobs_processors(void)
{
#ifdef CPU_COUNT
  cpu_set_t set;
  if (!sched_getaffinity(0, sizeof(set), &set)) {
    return (uint32_t)CPU_COUNT(&set);
  }
#endif
  const long n = sysconf(_SC_NPROCESSORS_ONLN);
  return (n > 0 && n < 4096) ? (uint32_t)n : 1U;
}
