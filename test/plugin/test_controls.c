// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

// What moves while a voice is heard: controls, the transport, activation

#include "host.h"

#include "test.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#define RATE  48000U
#define TOTAL (3U * RATE)

/** A host that sends bends, and is told that A4 is where the singer has it not.
 */
static Host* off_tune(void)
{
  Host* const host                      = host_started(RATE, HOST_ALL);
  host->controls[NEUME_PORT_BEND_RANGE] = 2.0f;
  host->controls[NEUME_PORT_A4]         = 447.7f;
  return host;
}

/** A control that moves before the voice begins is as good as one that was
    there from the start, and changes what is sent. */
static void test_moved(const float* in)
{
  static const struct {
    NeumePortIndex port;  ///< A control
    float          value; ///< Not its default
  } cases[] = {
    { NEUME_PORT_LOOKAHEAD, 300.0f }, { NEUME_PORT_THRESHOLD, 0.97f },
    { NEUME_PORT_GATE, -12.0f },      { NEUME_PORT_MIN_NOTE, 500.0f },
    { NEUME_PORT_A4, 455.0f },        { NEUME_PORT_FOLLOW, 1.0f }
  };
  Host* const plain = off_tune();
  host_run(plain, in, NULL, TOTAL);
  for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); ++i) {
    Host* const set   = off_tune();
    Host* const moved = off_tune();
    host_run(moved, in, NULL, 0);
    set->controls[cases[i].port]   = cases[i].value;
    moved->controls[cases[i].port] = cases[i].value;
    host_run(set, in, NULL, TOTAL);
    host_run(moved, in, NULL, TOTAL);
    CHECK_MSG(host_events_equal(set, moved), "%u", i);
    CHECK_MSG(!host_events_equal(set, plain), "%u", i);
    host_free(set);
    host_free(moved);
  }
  host_free(plain);
}

/** Whether the samples from `first` to `end` are all 0. */
static bool is_silent(const float* x, uint32_t first, uint32_t end)
{
  uint32_t i = first;
  while (i < end && x[i] == 0.0f) {
    ++i;
  }
  return i >= end;
}

/** A host that plays the tone alone, in the middle of a note. */
static Host* play(const float* in, float* out)
{
  Host* const host                   = host_started(RATE, HOST_ALL);
  host->controls[NEUME_PORT_MONITOR] = 1.0f;
  host_run(host, in, out, RATE / 3U);
  CHECK(host->n_events == 1U && !is_silent(out, RATE / 3U - 64U, RATE / 3U));
  return host;
}

/** The tone ends with its note, whatever ends that. */
static void test_tone_ends(const float* in)
{
  const uint32_t ramp    = RATE / 100U;
  float* const   out     = host_samples(TOTAL);
  float* const   nothing = host_samples(TOTAL);

  Host* host = play(in, out); // The voice
  host_run(host, nothing, out, RATE);
  CHECK(host_events_sound(host, false));
  CHECK(is_silent(out, RATE / 2U, RATE));
  host_free(host);

  host = play(in, out); // The transport
  host_transport(host, 1.0f);
  host_run(host, in, out, RATE / 3U);
  CHECK(!is_silent(out, RATE / 3U - 64U, RATE / 3U));
  host_transport(host, 0.0f);
  host_run(host, in + RATE / 3U, out, ramp + 64U);
  CHECK(!is_silent(out, 0, ramp) && is_silent(out, ramp, ramp + 64U));
  host_free(host);

  host = play(in, out); // Bypass, which passes the voice
  host->controls[NEUME_PORT_ENABLED] = 0.0f;
  host_run(host, in + RATE / 3U, out, RATE);
  CHECK(host_same_bits(
    in + RATE / 3U + ramp, out + ramp, (RATE - ramp) * sizeof(float)));
  host_free(host);

  host = play(in, out); // Another beginning
  host_deactivate(host);
  host_activate(host);
  host_run(host, nothing, out, RATE);
  CHECK(is_silent(out, 0, RATE));
  host_free(host);

  free(nothing);
  free(out);
}

/** Aligned, nothing of what was heard before the transport started, or before
    the plugin was stopped, is left: not the notes that waited, and in the
    second case not the voice either. */
static void test_begins_anew(const float* in)
{
  float* const out                    = host_samples(TOTAL);
  Host* const  fresh                  = host_started(RATE, HOST_ALL);
  fresh->controls[NEUME_PORT_ALIGNED] = 1.0f;
  host_run(fresh, in, out, TOTAL);
  CHECK(fresh->n_events > 4U);
  for (unsigned stops = 0; stops < 2U; ++stops) {
    Host* const host                   = host_started(RATE, HOST_ALL);
    host->controls[NEUME_PORT_ALIGNED] = 1.0f;
    host_transport(host, 0.0f);
    host_run(host, in, out, TOTAL);
    if (stops) {
      host_deactivate(host);
      host_activate(host);
    } else {
      host_transport(host, 1.0f);
    }
    host_run(host, in, NULL, 0);
    CHECK(host_events_sound(host, true));
    host->n_events = 0;
    host->position = 0;
    host_run(host, in, out, 1); // What sounded ends, and is not in the record
    host->n_events = 0;
    host_run(host, in + 1, out + 1, TOTAL - 1U);
    CHECK_MSG(host_events_equal(host, fresh), "%u", stops);
    const uint32_t late = (uint32_t)host->controls[NEUME_PORT_LATENCY];
    CHECK(late > 0 && (!stops || is_silent(out, 0, late)));
    host_free(host);
  }
  host_free(fresh);
  free(out);
}

/** In the middle of a note the host is shown which one, how far off, and how
    sure that is. */
static void test_shown(void)
{
  static const float sharp[] = { -30.0f, 0.0f, 30.0f };

  float* const in = host_samples(RATE);
  for (unsigned k = 0; k < 3U; ++k) {
    const double hz = 220.0 * exp2((double)sharp[k] / 1200.0);
    for (uint32_t i = 0; i < RATE; ++i) {
      double x = 0.0; // A reed's overtones
      for (int n = 1; n < 9; ++n) {
        x += sin(2.0 * 3.14159265358979 * n * hz * i / RATE) / n;
      }
      in[i] = (float)(0.1 * x);
    }
    Host* const host = host_started(RATE, HOST_ALL);
    host_run(host, in, NULL, RATE);
    CHECK(host->controls[NEUME_PORT_MIDI_NOTE] == 57.0f);
    CHECK(host->controls[NEUME_PORT_NOTE] == 13.0f);
    CHECK_MSG(fabsf(host->controls[NEUME_PORT_CENTS] - sharp[k]) < 8.0f,
              "%f",
              (double)host->controls[NEUME_PORT_CENTS]);
    CHECK_MSG(host->controls[NEUME_PORT_CONFIDENCE] > 0.6f,
              "%f",
              (double)host->controls[NEUME_PORT_CONFIDENCE]);
    host_free(host);
  }
  free(in);
}

int main(void)
{
  float* const in = host_sung(TOTAL, RATE);
  test_shown();
  test_moved(in);
  test_tone_ends(in);
  test_begins_anew(in);
  free(in);
  return test_report();
}
