// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#include "jobs.h"

#include "../test.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <time.h>

#define N 50

typedef struct {
  atomic_uint worked[N];  ///< How often each job was done
  uint32_t    results[N]; ///< Written by work(), read by finish()
  uint32_t    finished;   ///< Jobs finished, in order
  unsigned    ticks;      ///< Calls of tick()
  pthread_t   caller;     ///< Thread that finish() must be on
  bool        slow;       ///< Each job takes a while
} Log;

static void work(void* data, uint32_t job)
{
  Log* const log = data;
  if (log->slow) {
    const struct timespec t = { 0, 300000000L };
    nanosleep(&t, NULL);
  }
  atomic_fetch_add(&log->worked[job], 1U);
  log->results[job] = job * job;
}

static void finish(void* data, uint32_t job)
{
  Log* const log = data;
  CHECK_MSG(job == log->finished, "%u after %u", job, log->finished);
  CHECK(pthread_equal(log->caller, pthread_self()));
  CHECK(log->results[job] == job * job);
  ++log->finished;
}

static void tick(void* data, uint32_t finished)
{
  Log* const log = data;
  ++log->ticks;
  CHECK(finished == log->finished);
}

static void test_each_job_once(void)
{
  for (uint32_t threads = 0; threads < 9; ++threads) {
    for (uint32_t n = 0; n <= N; n += 10) {
      Log        log  = { .caller = pthread_self() };
      const Jobs jobs = { work, finish, NULL, &log };
      jobs_run(&jobs, n, threads);
      CHECK(log.finished == n);
      for (uint32_t i = 0; i < N; ++i) {
        CHECK(atomic_load(&log.worked[i]) == (i < n));
      }
    }
  }
}

static void test_ticks_while_waiting(void)
{
  Log        log  = { .caller = pthread_self(), .slow = true };
  const Jobs jobs = { work, finish, tick, &log };
  jobs_run(&jobs, 2, 1);
  CHECK(log.finished == 2);
  CHECK_MSG(log.ticks >= 1, "%u", log.ticks);
}

int main(void)
{
  test_each_job_once();
  test_ticks_while_waiting();
  CHECK(jobs_processors() >= 1);
  return test_report();
}
