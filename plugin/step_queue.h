// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#ifndef NEUME_STEP_QUEUE_H
#define NEUME_STEP_QUEUE_H

#include "attributes.h"
#include "neume.h"

#include <stdbool.h>
#include <stdint.h>

/** Decisions that wait for their time, where the voice waits too.

    A step is due at an input sample, never before the one put before it, with
    one exception: a note that was heard to begin earlier than what is queued
    comes first.  What then is past of the queue says nothing any more, unless
   it begins or ends a note; that moves with it.
*/

#define NEUME_STEP_QUEUE_SIZE 32U

typedef struct {
  NeumeStep steps[NEUME_STEP_QUEUE_SIZE]; ///< The first to come first
  uint64_t  due[NEUME_STEP_QUEUE_SIZE];   ///< Input sample of each
  uint32_t  n;                            ///< How many
  uint64_t  last_on;                      ///< When the last note was due
} NeumeStepQueue;

/** Forget all.  Realtime-safe. */
void neume_step_queue_reset(NeumeStepQueue* queue) NEUME_REALTIME;

/** Put a step that is due at `due`; false if the queue is full.

    What begins or ends a note comes at least `apart` samples after the last
   beginning, later if need be.  Realtime-safe.
*/
bool neume_step_queue_push(NeumeStepQueue*  queue,
                           const NeumeStep* step,
                           uint64_t         due,
                           uint64_t         apart) NEUME_REALTIME;

/** Let all be due at `due` or earlier.  Realtime-safe. */
void neume_step_queue_hurry(NeumeStepQueue* queue, uint64_t due) NEUME_REALTIME;

/** Take the first step if it is due before `end`.  Realtime-safe. */
bool neume_step_queue_pop(NeumeStepQueue* queue,
                          uint64_t        end,
                          NeumeStep*      step,
                          uint64_t*       due) NEUME_REALTIME;

#endif // NEUME_STEP_QUEUE_H
