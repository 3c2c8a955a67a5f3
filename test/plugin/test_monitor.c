// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#include "host.h"
#include "monitor.h"

#include "test.h"

#include <math.h>
#include <stdint.h>

enum { RATE = 8000, RAMP = 40, N = 2 * RAMP };

/** Fill `out` from an input of ones, without a tone: what is left of the voice.
 */
static void pass(NeumeMonitor* monitor, float* out)
{
  for (uint32_t i = 0; i < N; ++i) {
    out[i] = 1.0f;
  }
  neume_monitor_run(monitor, out, out, N);
}

static void test_ramps(void)
{
  float        out[N];
  NeumeMonitor monitor;
  neume_monitor_init(&monitor, RATE);

  // What is asked for at first is there at once
  neume_monitor_set(&monitor, 0.5f);
  pass(&monitor, out);
  CHECK(out[0] == 0.5f && out[N - 1U] == 0.5f);

  // Then it goes there within 5 ms, evenly, up as down
  static const float targets[] = { 1.0f, 0.0f, 1.0f, 0.25f, 0.75f };
  float              before    = 0.5f;
  for (unsigned k = 0; k < 5U; ++k) {
    const float target = targets[k];
    const float way    = fabsf(target - (1.0f - before));
    unsigned    moves  = 0;
    neume_monitor_set(&monitor, target);
    pass(&monitor, out);
    for (uint32_t i = 0; i < N; ++i) {
      const float move = fabsf(out[i] - before);
      CHECK_MSG(move < 1.01f / RAMP, "%u: %g", i, (double)move);
      moves += move > 1e-6f;
      before = out[i];
    }
    CHECK(out[N - 1U] == 1.0f - target);
    CHECK_MSG(fabsf((float)moves - way * RAMP) < 1.5f, "%u", moves);
  }
}

/** Off, the voice passes as it is; on, no sample is without a number. */
static void test_voice(void)
{
  const float in[4] = { 0.5f, NAN, -INFINITY, 1e-42f };
  float       out[4];

  NeumeMonitor monitor;
  neume_monitor_init(&monitor, RATE);
  neume_monitor_set(&monitor, 0.0f);
  neume_monitor_run(&monitor, in, out, 4);
  CHECK(host_same_bits(in, out, sizeof(in)));

  neume_monitor_set(&monitor, 1.0f);
  neume_monitor_run(&monitor, in, out, 4);
  for (unsigned i = 0; i < 4U; ++i) {
    CHECK(isfinite(out[i]));
  }
}

/** How often a second of sound, less a fifth, goes up through zero. */
static unsigned crossings_of(const float* out, uint32_t n)
{
  unsigned crossings = 0;
  for (uint32_t i = 1; i < n; ++i) {
    crossings += out[i - 1U] < 0.0f && out[i] >= 0.0f;
  }
  return crossings;
}

/** The tone is tuned as the singer is, before it is turned up and after. */
static void test_tuning(void)
{
  const uint32_t n         = 8U * RATE / 10U;
  float          out[RATE] = { 0.0f };
  NeumeMonitor   monitor;
  neume_monitor_init(&monitor, RATE);
  neume_monitor_tune(&monitor, 415.0);
  neume_monitor_set(&monitor, 1.0f);
  neume_monitor_note(&monitor, 69, 100);
  neume_monitor_run(&monitor, out, out, n);
  unsigned crossings = crossings_of(out, n);
  CHECK_MSG(crossings >= 331U && crossings <= 333U, "%u", crossings);

  neume_monitor_tune(&monitor, 466.0); // While it sounds
  neume_monitor_run(&monitor, out, out, n);
  crossings = crossings_of(out, n);
  CHECK_MSG(crossings >= 371U && crossings <= 374U, "%u", crossings);

  neume_monitor_set(&monitor, 0.0f);
  neume_monitor_run(&monitor, out, out, n);
  neume_monitor_set(&monitor, 1.0f);
  neume_monitor_run(&monitor, out, out, n);
  crossings = crossings_of(out, n);
  CHECK_MSG(crossings >= 371U && crossings <= 374U, "%u", crossings);
}

/** Turned up in the middle of a note, the tone is that note. */
static void test_note_in_force(void)
{
  const uint32_t n         = 8U * RATE / 10U;
  float          out[RATE] = { 0.0f };
  NeumeMonitor   monitor;
  neume_monitor_init(&monitor, RATE);
  neume_monitor_set(&monitor, 0.0f);
  neume_monitor_note(&monitor, 69, 100);
  neume_monitor_run(&monitor, out, out, RATE / 10U);
  for (uint32_t i = 0; i < n; i += 64U) { // Each block asks for it again
    neume_monitor_set(&monitor, 1.0f);
    neume_monitor_run(&monitor, out + i, out + i, 64);
  }
  const unsigned crossings = crossings_of(out, n);
  CHECK_MSG(crossings >= 351U && crossings <= 353U, "%u", crossings);

  neume_monitor_note(&monitor, 0, 0);
  neume_monitor_run(&monitor, out, out, n);
  CHECK(out[RAMP + 1U] == 0.0f && out[n - 1U] == 0.0f);
}

int main(void)
{
  test_ramps();
  test_voice();
  test_tuning();
  test_note_in_force();
  return test_report();
}
