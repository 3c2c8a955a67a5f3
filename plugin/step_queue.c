// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#include "step_queue.h"

#include <string.h>

void neume_step_queue_reset(NeumeStepQueue* queue)
{
  queue->n       = 0;
  queue->last_on = 0;
}

static bool is_event(const NeumeStep* step)
{
  return step->on || step->off;
}

/** Make way for a note that is due at `due`. */
static void make_way(NeumeStepQueue* q, uint64_t due)
{
  uint32_t kept = 0;
  for (uint32_t i = 0; i < q->n; ++i) {
    const bool past = q->due[i] > due;
    if (!past || is_event(&q->steps[i])) {
      q->steps[kept] = q->steps[i];
      q->due[kept++] = past ? due : q->due[i];
    }
  }
  q->n = kept;
}

bool neume_step_queue_push(NeumeStepQueue*  queue,
                           const NeumeStep* step,
                           uint64_t         due,
                           uint64_t         apart)
{
  NeumeStepQueue* const q = queue;
  if (q->last_on && is_event(step) && due < q->last_on + apart) {
    due = q->last_on + apart;
  }
  if (step->on) {
    make_way(q, due);
  } else if (q->n && due < q->due[q->n - 1U]) {
    due = q->due[q->n - 1U];
  }
  if (q->n == NEUME_STEP_QUEUE_SIZE) {
    return false;
  }
  q->steps[q->n] = *step;
  q->due[q->n++] = due;
  q->last_on     = step->on ? due : q->last_on;
  return true;
}

void neume_step_queue_hurry(NeumeStepQueue* queue, uint64_t due)
{
  for (uint32_t i = 0; i < queue->n; ++i) {
    queue->due[i] = queue->due[i] < due ? queue->due[i] : due;
  }
}

bool neume_step_queue_pop(NeumeStepQueue* queue,
                          uint64_t        end,
                          NeumeStep*      step,
                          uint64_t*       due)
{
  NeumeStepQueue* const q = queue;
  if (!q->n || q->due[0] >= end) {
    return false;
  }
  *step = q->steps[0];
  *due  = q->due[0];
  --q->n;
  memmove(q->steps, q->steps + 1, q->n * sizeof(*q->steps));
  memmove(q->due, q->due + 1, q->n * sizeof(*q->due));
  return true;
}
