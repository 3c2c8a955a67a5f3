// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#include "../test.h"

#include "step_queue.h"

#include <stdbool.h>
#include <stdint.h>

enum { APART = 20 };

/** A step that ends and begins these notes. */
static NeumeStep step_of(uint64_t position, uint32_t off, uint32_t on)
{
  NeumeStep step = { 0 };
  step.position  = position;
  step.off       = off;
  step.on        = on;
  return step;
}

static bool push(NeumeStepQueue* q,
                 uint64_t        at,
                 uint32_t        off,
                 uint32_t        on,
                 uint64_t        due)
{
  const NeumeStep step = step_of(at, off, on);
  return neume_step_queue_push(q, &step, due, APART);
}

/** Whether the next step was made at `at` and is due at `due`. */
static bool next(NeumeStepQueue* q, uint64_t at, uint64_t due)
{
  NeumeStep step;
  uint64_t  when = 0;
  return !neume_step_queue_pop(q, due, &step, &when) &&
         neume_step_queue_pop(q, due + 1U, &step, &when) &&
         step.position == at && when == due;
}

static void test_order(void)
{
  NeumeStepQueue q;
  neume_step_queue_reset(&q);

  // A note that began before what waits comes first; what it ends goes along
  CHECK(push(&q, 100, 0, 0, 200) && push(&q, 110, 60, 0, 210));
  CHECK(push(&q, 120, 0, 0, 220) && push(&q, 130, 0, 62, 205));
  CHECK(push(&q, 140, 0, 0, 190)); // Nothing else overtakes
  CHECK(next(&q, 100, 200) && next(&q, 110, 205) && next(&q, 130, 205));
  CHECK(next(&q, 140, 205) && !q.n);

  // Two notes never begin at once
  CHECK(push(&q, 150, 62, 64, 207));
  CHECK(next(&q, 150, 205 + APART));

  CHECK(push(&q, 160, 64, 0, 300) && push(&q, 170, 0, 65, 310));
  neume_step_queue_hurry(&q, 305);
  CHECK(next(&q, 160, 300) && next(&q, 170, 305));

  // Full, it refuses and keeps what it has
  for (uint32_t i = 0; i < NEUME_STEP_QUEUE_SIZE; ++i) {
    CHECK(push(&q, i, 0, 0, 400U + i));
  }
  CHECK(!push(&q, 99, 0, 0, 500) && q.n == NEUME_STEP_QUEUE_SIZE);
  CHECK(next(&q, 0, 400) && push(&q, 99, 0, 0, 500));
}

/** A note makes way for itself among what waits, wherever that stands. */
static void test_way(void)
{
  NeumeStepQueue q;
  neume_step_queue_reset(&q);
  CHECK(push(&q, 100, 0, 0, 200) && push(&q, 110, 0, 0, 210));
  CHECK(push(&q, 120, 60, 0, 220) && push(&q, 130, 0, 62, 205));
  CHECK(next(&q, 100, 200) && next(&q, 120, 205) && next(&q, 130, 205));
  CHECK(!q.n);
}

/** A note that was heard late still lasts, unless another comes. */
static void test_lasts(void)
{
  NeumeStepQueue q;
  neume_step_queue_reset(&q);
  CHECK(push(&q, 100, 0, 62, 200) && push(&q, 110, 62, 0, 190));
  CHECK(push(&q, 120, 0, 0, 195));
  CHECK(next(&q, 100, 200) && next(&q, 110, 200 + APART));
  CHECK(next(&q, 120, 200 + APART) && !q.n);

  const NeumeStep begin = step_of(200, 0, 64);
  const NeumeStep end   = step_of(210, 64, 0);
  CHECK(neume_step_queue_push(&q, &begin, 300, APART));
  CHECK(neume_step_queue_push(&q, &end, 310, 100U));
  CHECK(push(&q, 220, 0, 65, 330));
  CHECK(next(&q, 200, 300) && next(&q, 210, 330) && next(&q, 220, 330));
}

/** All that waits can be hurried. */
static void test_hurry(void)
{
  NeumeStepQueue q;
  neume_step_queue_reset(&q);
  CHECK(push(&q, 100, 0, 0, 200) && push(&q, 110, 0, 0, 210));
  neume_step_queue_hurry(&q, 150);
  CHECK(next(&q, 100, 150) && next(&q, 110, 150) && !q.n);
}

/** After a reset time begins anew: notes of before hold nothing up. */
static void test_reset(void)
{
  NeumeStepQueue q;
  neume_step_queue_reset(&q);
  CHECK(push(&q, 90000, 0, 62, 90100));
  neume_step_queue_reset(&q);
  CHECK(!q.n && push(&q, 10, 0, 64, 20) && next(&q, 10, 20));
}

/** Every note that is put begins and ends, in order, whatever is due when. */
static void test_random(void)
{
  uint32_t       seed = 7;
  NeumeStepQueue q;
  neume_step_queue_reset(&q);
  uint32_t note    = 0; // Sounds as put
  uint32_t heard   = 0; // Sounds as taken
  uint64_t last    = 0; // Due of the last one taken
  uint64_t last_on = 0;
  unsigned put     = 0;
  unsigned taken   = 0;
  for (uint64_t now = 1000; now < 400000U; now += 10U) {
    NeumeStep step;
    uint64_t  due = 0;
    while (neume_step_queue_pop(&q, now, &step, &due)) {
      CHECK(due >= last && due < now);
      CHECK(step.off == heard || !step.off);
      CHECK(!step.on || due >= last_on + APART || !last_on);
      heard   = step.off ? 0 : heard;
      heard   = step.on ? step.on : heard;
      last_on = step.on ? due : last_on;
      last    = due;
      taken += step.on != 0;
    }
    seed               = seed * 1664525U + 1013904223U;
    const uint32_t r   = seed >> 8U;
    const bool     on  = r % 8U == 0U;
    const bool     off = note && (on || r % 8U == 1U);
    const uint32_t new = on ? 45U + put % 39U : 0U;
    CHECK(
      push(&q, now, off ? note : 0U, new, now + (on ? r / 8U % 200U : 100U)));
    note = on ? new : (off ? 0U : note);
    put += on;
  }
  CHECK_MSG(put > 1000U && put - taken < 30U, "%u, %u", put, taken);
}

int main(void)
{
  test_order();
  test_way();
  test_lasts();
  test_hurry();
  test_reset();
  test_random();
  return test_report();
}
