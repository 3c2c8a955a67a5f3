// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#ifndef NEUME_JOBS_H
#define NEUME_JOBS_H

#include <stdbool.h>
#include <stdint.h>

/** What to do with a row of jobs, numbered from 0. */
typedef struct {
  void (*work)(void* data, uint32_t job);      ///< On any thread, in any order
  void (*finish)(void* data, uint32_t job);    ///< On the caller's thread, in
                                               ///< order, after its work()
  void (*tick)(void* data, uint32_t finished); ///< On the caller's thread, some
                                               ///< times a second; may be NULL
  void* data;                                  ///< Handed to all of them
} Jobs;

/** Do `n` jobs on up to `threads` threads, and wait for them.

    If the system has no thread to give, the caller's thread does the work.
*/
void jobs_run(const Jobs* jobs, uint32_t n, uint32_t threads);

/** Number of processors that this process may use, at least 1. */
uint32_t jobs_processors(void);

#endif // NEUME_JOBS_H
