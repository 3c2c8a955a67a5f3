// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

// Notes placed where the delayed audio has them

#include "host.h"

#include "test.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/** Aligned, `out` is as late as the notes, and the host is told. */
static void test_aligned(double rate, double lookahead)
{
  const uint32_t n       = (uint32_t)(3.0 * rate);
  float* const   in      = host_sung(n, rate);
  float* const   out     = host_samples(n);
  Host* const    live    = host_started(rate, HOST_ALL);
  Host* const    aligned = host_started(rate, HOST_ALL);
  Host* const    at_once = host_started(rate, HOST_ALL);

  live->controls[NEUME_PORT_LOOKAHEAD]    = (float)lookahead;
  aligned->controls[NEUME_PORT_LOOKAHEAD] = (float)lookahead;
  aligned->controls[NEUME_PORT_ALIGNED]   = 1.0f;
  at_once->controls[NEUME_PORT_LOOKAHEAD] = (float)lookahead;
  at_once->controls[NEUME_PORT_ALIGNED]   = 1.0f;
  host_run(at_once, in, out, n);
  host_run(live, in, out, n);
  CHECK(live->controls[NEUME_PORT_LATENCY] == 0.0f);
  CHECK(host_same_bits(in, out, n * sizeof(float)));

  uint64_t seed = 3;
  memcpy(out, in, n * sizeof(float));
  host_run_random(aligned, out, out, n, 3000, &seed);
  const uint32_t late = (uint32_t)aligned->controls[NEUME_PORT_LATENCY];
  CHECK_MSG(late > (0.03 + lookahead / 1000.0) * rate &&
              late < (0.25 + lookahead / 1000.0) * rate,
            "%u",
            late);
  for (uint32_t i = 0; i < late; ++i) {
    CHECK(out[i] == 0.0f);
  }
  CHECK(host_same_bits(in, out + late, (n - late) * sizeof(float)));
  CHECK(live->n_events > 4U && host_events_equal(at_once, aligned));

  // What is sent is what is sent live, but for what still waits
  CHECK(aligned->n_events <= live->n_events &&
        aligned->n_events + 4U > live->n_events);
  for (uint32_t i = 0; i < aligned->n_events; ++i) {
    CHECK(!memcmp(aligned->events[i].bytes, live->events[i].bytes, 3));
    CHECK(aligned->events[i].position >= live->events[i].position);
  }

  // The phrase has a note every half second from 0.03 s on; where `out` has it,
  // the note-on is, give or take what onsets are uncertain by.  (Between them
  // there may be others.)
  unsigned notes = 0;
  unsigned near  = 0;
  for (uint32_t i = 0; i < aligned->n_events; ++i) {
    const HostEvent* const e = &aligned->events[i];
    if (e->bytes[0] == 0x90U) {
      const double seconds = ((double)e->position - late) / rate - 0.03;
      ++notes;
      near += fabs(seconds - 0.5 * round(2.0 * seconds)) < 0.03;
    }
  }
  CHECK_MSG(near > 3U && near * 2U > notes, "%u of %u", near, notes);

  // Bypassed, the host may go on counting on it
  aligned->controls[NEUME_PORT_ENABLED] = 0.0f;
  host_run(aligned, in, out, 64);
  CHECK(aligned->controls[NEUME_PORT_LATENCY] == (float)late);

  host_free(at_once);
  host_free(live);
  host_free(aligned);
  free(in);
  free(out);
}

/** Where the singer is followed, no control but the look-ahead and A4 moves the
    latency: hosts would make up for it in the middle of a song. */
static void test_latency_stays(void)
{
  const double   rate = 16000.0;
  const uint32_t n    = (uint32_t)(6.0 * rate);
  float* const   in   = host_sung(n, rate);
  Host* const    host = host_started(rate, HOST_ALL);

  // The phrase is 30 cents off, as A4 is told
  host->controls[NEUME_PORT_ALIGNED] = 1.0f;
  host->controls[NEUME_PORT_FOLLOW]  = 1.0f;
  host->controls[NEUME_PORT_A4]      = 447.7f;
  host_run(host, in, NULL, 256);
  const float before = host->controls[NEUME_PORT_LATENCY];
  host_run(host, in + 256, NULL, n - 512U);
  CHECK_MSG(fabsf(host->controls[NEUME_PORT_OFFSET]) > 3.0f,
            "%f cents",
            (double)host->controls[NEUME_PORT_OFFSET]);
  host->controls[NEUME_PORT_THRESHOLD] = 0.51f;
  host_run(host, in + n - 256U, NULL, 256);
  CHECK(before > 0.0f && host->controls[NEUME_PORT_LATENCY] == before);

  host_free(host);
  free(in);
}

/** Where the voice need wait no longer, what was decided is played at once. */
static void test_no_longer_aligned(void)
{
  const double   rate    = 16000.0;
  const uint32_t n       = (uint32_t)(6.0 * rate);
  const uint32_t block   = 256;
  float* const   in      = host_sung(n, rate);
  Host* const    live    = host_started(rate, HOST_ALL);
  Host* const    aligned = host_started(rate, HOST_ALL);
  unsigned       behind  = 0;
  for (uint32_t i = 0; i + block <= n; i += block) {
    // Notes that one plays and the other does not: they wait
    const bool waits = live->controls[NEUME_PORT_MIDI_NOTE] !=
                       aligned->controls[NEUME_PORT_MIDI_NOTE];
    aligned->controls[NEUME_PORT_ALIGNED] = waits ? 0.0f : 1.0f;
    host_run(live, in + i, NULL, block);
    host_run(aligned, in + i, NULL, block);
    CHECK(!waits || live->controls[NEUME_PORT_MIDI_NOTE] ==
                      aligned->controls[NEUME_PORT_MIDI_NOTE]);
    behind += waits;
  }
  CHECK_MSG(behind > 4U, "%u", behind);
  CHECK(host_events_sound(aligned, true));
  host_free(aligned);
  host_free(live);
  free(in);
}

/** Notes whose onset was heard sooner than they are decided on average last as
    long as they must, unless another comes. */
static void test_lasts(void)
{
  const double   rate = 16000.0;
  const uint32_t n    = (uint32_t)(6.0 * rate);
  float* const   in   = host_sung(n, rate);
  for (uint32_t i = 0; i < n; ++i) { // In bursts of 60 ms
    in[i] *= fmod(i / rate, 0.16) < 0.06 ? 1.0f : 0.0005f;
  }
  for (unsigned way = 0; way < 3U; ++way) {
    Host* const  host                   = host_started(rate, HOST_ALL);
    const double least                  = way ? 0.03 * way : 0.025;
    unsigned     alone                  = 0;
    host->controls[NEUME_PORT_ALIGNED]  = 1.0f;
    host->controls[NEUME_PORT_MIN_NOTE] = 30.0f * (float)way;
    host_run(host, in, NULL, n);
    for (uint32_t i = 1; i < host->n_events; ++i) {
      const HostEvent* const e   = &host->events[i];
      const bool             off = e->bytes[0] == 0x80U;
      const bool             joins =
        i + 1U < host->n_events && host->events[i + 1U].position == e->position;
      const double seconds =
        (double)(e->position - host->events[i - 1U].position) / rate;
      CHECK_MSG(
        !off || joins || seconds > least - 1e-3, "way %u: %f s", way, seconds);
      alone += off && !joins;
    }
    CHECK_MSG(alone > 5U, "%u", alone);
    host_free(host);
  }
  free(in);
}

/** A shortest note beyond its range is the longest that there is. */
static void test_least_is_bounded(void)
{
  static const float wanted[] = { 500.0f, 2000.0f, INFINITY };

  const double   rate     = 16000.0;
  const uint32_t n        = (uint32_t)(6.0 * rate);
  float* const   in       = host_sung(n, rate);
  Host*          hosts[3] = { NULL };
  for (uint32_t i = n / 10U; i < n; ++i) { // No other note comes
    in[i] = 0.0f;
  }
  for (unsigned i = 0; i < 3U; ++i) {
    hosts[i]                                = host_started(rate, HOST_ALL);
    hosts[i]->controls[NEUME_PORT_ALIGNED]  = 1.0f;
    hosts[i]->controls[NEUME_PORT_MIN_NOTE] = wanted[i];
    host_run(hosts[i], in, NULL, n);
  }
  CHECK(hosts[0]->n_events > 1U);
  CHECK(host_events_equal(hosts[0], hosts[1]));
  CHECK(host_events_equal(hosts[0], hosts[2]));
  for (unsigned i = 0; i < 3U; ++i) {
    host_free(hosts[i]);
  }
  free(in);
}

int main(void)
{
  test_least_is_bounded();
  test_lasts();
  test_latency_stays();
  test_no_longer_aligned();
  test_aligned(8000.0, 0.0);
  test_aligned(48000.0, 500.0);
  test_aligned(192000.0, 1250.0);
  return test_report();
}
