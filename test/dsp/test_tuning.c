// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#include "../test.h"

#include "tuning.h"

#include <math.h>
#include <stdint.h>

static const double step = 0.03125; ///< Seconds

/** Cents from the nearest note, -50..50. */
static float wrap(float cents)
{
  return remainderf(cents, 100.0f);
}

/** A singer whose notes lie around `off` cents, heard for `seconds`; the least
    and the most that the offset was at a step. */
static float sing(NeumeTuning* t, float off, float spread, double seconds)
{
  uint32_t state = 5;
  for (unsigned k = 0; k * step < seconds; ++k) {
    state             = state * 1664525U + 1013904223U;
    const float noise = (float)(state >> 8U) / 8388608.0f - 1.0f;
    const float heard = off + spread * noise;
    const float from  = t->offset;
    neume_tuning_hear(t, wrap(heard - t->offset), step);
    CHECK(fabsf(t->offset - from) <= 0.63f); // 20 cents a second
    CHECK(fabsf(t->offset) <= 50.0f);
  }
  return t->offset;
}

static void test_finds(void)
{
  static const float offs[] = { 0.0f, 10.0f, -30.0f, 45.0f, -49.0f };
  for (unsigned i = 0; i < sizeof(offs) / sizeof(offs[0]); ++i) {
    NeumeTuning t;
    neume_tuning_reset(&t);
    CHECK_MSG(fabsf(wrap(sing(&t, offs[i], 30.0f, 30.0) - offs[i])) < 5.0f,
              "%g: %g",
              (double)offs[i],
              (double)t.offset);
  }
}

static void test_waits(void)
{
  // A second of singing says little, and what does not agree says nothing
  NeumeTuning t;
  neume_tuning_reset(&t);
  CHECK(sing(&t, 40.0f, 10.0f, 0.9) == 0.0f);
  neume_tuning_reset(&t);
  CHECK_MSG(fabsf(sing(&t, 0.0f, 50.0f, 60.0)) < 15.0f, "%g", (double)t.offset);
}

static void test_goes_along(void)
{
  // Drifts are followed over the edge of a semitone only up to the bound, and
  // back
  NeumeTuning t;
  neume_tuning_reset(&t);
  for (int off = 0; off < 65; ++off) {
    sing(&t, (float)off, 10.0f, 2.0);
  }
  CHECK_MSG(t.offset == 50.0f, "%g", (double)t.offset);
  for (int off = 65; off > 20; --off) {
    sing(&t, (float)off, 10.0f, 2.0);
  }
  sing(&t, 20.0f, 10.0f, 20.0);
  CHECK_MSG(fabsf(t.offset - 20.0f) < 4.0f, "%g", (double)t.offset);
}

int main(void)
{
  test_finds();
  test_waits();
  test_goes_along();
  return test_report();
}
