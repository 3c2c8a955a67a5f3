// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

// What run() does with audio, ports and blocks

#include "host.h"

#include "test.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double all_rates[] = { 8000.0,  11025.0,  16000.0, 22050.0,
                                    32000.0, 44100.0,  48000.0, 88200.0,
                                    96000.0, 192000.0, 384000.0 };

/** True if a control output stays within the range that it declares. */
static bool in_range(const Host* host)
{
  const float* const c = host->controls;
  return c[NEUME_PORT_NOTE] >= 0.0f && c[NEUME_PORT_NOTE] <= 39.0f &&
         c[NEUME_PORT_MIDI_NOTE] >= 0.0f && c[NEUME_PORT_MIDI_NOTE] <= 127.0f &&
         fabsf(c[NEUME_PORT_CENTS]) <= 50.0f &&
         c[NEUME_PORT_CONFIDENCE] >= 0.0f && c[NEUME_PORT_CONFIDENCE] <= 1.0f &&
         c[NEUME_PORT_LEVEL] >= -120.0f && c[NEUME_PORT_LEVEL] <= 20.0f &&
         c[NEUME_PORT_LATENCY] >= 0.0f && c[NEUME_PORT_LATENCY] <= 600000.0f;
}

/** The same, of notes that are sent as they are sung, with no delay. */
static bool is_plain(const Host* host)
{
  const float* const c = host->controls;
  return in_range(host) && c[NEUME_PORT_LATENCY] == 0.0f &&
         c[NEUME_PORT_MIDI_NOTE] ==
           (c[NEUME_PORT_NOTE] > 0.0f ? c[NEUME_PORT_NOTE] + 44.0f : 0.0f);
}

/** The same audio gives the same events and the same tone in any blocks. */
static void test_blocks(double rate, double seconds, uint64_t seed)
{
  const uint32_t n      = (uint32_t)(seconds * rate);
  float* const   in     = host_sung(n, rate);
  float* const   expect = host_samples(n);
  float* const   out    = host_samples(n);
  Host* const    whole  = host_started(rate, HOST_ALL);

  whole->controls[NEUME_PORT_MONITOR] = 0.7f;
  for (uint32_t i = 0; i < n; i += 256U) {
    host_run(whole, in + i, expect + i, n - i < 256U ? n - i : 256U);
  }
  CHECK_MSG(whole->n_events >= 4U, "%u events at %g Hz", whole->n_events, rate);
  CHECK(host_events_sound(whole, true));

  for (uint32_t pass = 0; pass < 2U; ++pass) {
    Host* const cut                   = host_started(rate, HOST_ALL);
    cut->controls[NEUME_PORT_MONITOR] = 0.7f;
    if (pass) {
      memcpy(out, in, n * sizeof(float));
      host_run_random(cut, out, out, n, 8192, &seed);
    } else {
      host_run_random(cut, in, out, n, 8192, &seed);
    }
    CHECK_MSG(host_events_equal(whole, cut), "%g Hz, pass %u", rate, pass);
    CHECK(host_same_bits(out, expect, n * sizeof(float)));
    CHECK(host_same_bits(&whole->controls[NEUME_PORT_NOTE],
                         &cut->controls[NEUME_PORT_NOTE],
                         5U * sizeof(float)));
    CHECK(is_plain(cut));
    host_free(cut);
  }

  host_free(whole);
  free(in);
  free(expect);
  free(out);
}

/** Control outputs at the end of a block are those of its last sample. */
static void test_outputs(void)
{
  const double   rate  = 16000.0;
  const uint32_t n     = 48000;
  float* const   in    = host_sung(n, rate);
  float* const   trace = host_samples(n * 5U);
  Host* const    fine  = host_started(rate, HOST_MAP);
  Host* const    cut   = host_started(rate, HOST_MAP);
  uint64_t       seed  = 5;
  uint32_t       wrong = 0;
  uint32_t       moved = 0;

  for (uint32_t i = 0; i < n; ++i) {
    host_run(fine, in + i, NULL, 1);
    memcpy(trace + (size_t)i * 5U,
           &fine->controls[NEUME_PORT_NOTE],
           5U * sizeof(float));
    moved += i && !host_same_bits(
                    trace + (size_t)i * 5U, trace + ((size_t)i - 1U) * 5U, 20U);
  }
  CHECK_MSG(moved > 20U, "%u", moved);

  for (uint32_t i = 0; i < n;) {
    uint32_t size = 1U + host_random(&seed) % 700U;
    size          = size < n - i ? size : n - i;
    host_run(cut, in + i, NULL, size);
    i += size;
    wrong += !host_same_bits(trace + ((size_t)i - 1U) * 5U,
                             &cut->controls[NEUME_PORT_NOTE],
                             5U * sizeof(float));
  }
  CHECK_MSG(!wrong, "%u", wrong);
  CHECK(host_events_equal(fine, cut));

  host_free(fine);
  host_free(cut);
  free(in);
  free(trace);
}

/** Numbers that break arithmetic: NaN, infinity, denormals, huge ones. */
static void fill_hostile(float* out, uint32_t n, uint64_t* seed)
{
  static const float hostile[] = { NAN,      INFINITY, -INFINITY, FLT_MAX,
                                   -FLT_MAX, 1e-42f,   -1e-45f,   FLT_MIN,
                                   1e30f,    -0.0f,    8.5f,      1.0f };
  for (uint32_t i = 0; i < n; ++i) {
    const uint32_t bits = host_random(seed);
    if (bits & 1U) {
      out[i] = hostile[(bits >> 8U) % 12U];
    } else {
      memcpy(&out[i], &bits, sizeof(bits));
    }
  }
}

/** Any bits at the input come out unchanged, and nothing else breaks. */
static void test_hostile_input(double rate)
{
  const uint32_t n    = (uint32_t)rate;
  float* const   in   = host_samples(n);
  float* const   out  = host_samples(n);
  Host* const    host = host_started(rate, HOST_ALL);
  uint64_t       seed = 11;

  for (uint32_t pass = 0; pass < 3U; ++pass) {
    fill_hostile(in, n, &seed);
    host->controls[NEUME_PORT_ENABLED] = pass == 1U ? 0.0f : 1.0f;
    host_run_random(host, in, out, n, 8192, &seed);
    CHECK(host_same_bits(in, out, n * sizeof(float)));
    CHECK(is_plain(host));
  }

  // A tone can still be mixed in, and is finite
  host->controls[NEUME_PORT_MONITOR] = 1.0f;
  host_run(host, in, out, 4096);
  host_run(host, in, out, 4096);
  uint32_t wild = 0;
  for (uint32_t i = 0; i < 4096U; ++i) {
    wild += !isfinite(out[i]) || fabsf(out[i]) > 1.0f;
  }
  CHECK_MSG(!wild, "%u", wild);
  CHECK(host_events_sound(host, true));

  // And the voice is found again after it
  host->controls[NEUME_PORT_MONITOR] = 0.0f;
  const uint32_t before              = host->n_events;
  host_phrase(in, n, rate);
  for (uint32_t pass = 0; pass < 3U; ++pass) {
    host_run_random(host, in, out, n, 512, &seed);
  }
  CHECK(host->n_events > before);
  CHECK(host_events_sound(host, true));

  host_free(host);
  free(in);
  free(out);
}

/** Controls out of range, and not numbers, change nothing but the sound. */
static void test_hostile_controls(void)
{
  static const float values[] = {
    NAN, INFINITY, -INFINITY, 1e30f, -1e30f, 0.5f
  };
  const double   rate = 16000.0;
  const uint32_t n    = 512;
  float* const   in   = host_sung(64U * n, rate);
  float* const   out  = host_samples(n);
  Host* const    host = host_started(rate, HOST_ALL);
  uint64_t       seed = 3;

  for (uint32_t i = 0; i < 640U; ++i) {
    for (uint32_t p = NEUME_PORT_ENABLED; p < NEUME_N_PORTS; ++p) {
      host->controls[p] = values[host_random(&seed) % 6U];
    }
    host_run(host, in + (size_t)(i % 64U) * n, out, n);
    CHECK(in_range(host));
    for (uint32_t k = 0; k < n; ++k) {
      if (!isfinite(out[k]) || fabsf(out[k]) > 1.0f) {
        CHECK_MSG(false, "out is %g", (double)out[k]);
        break;
      }
    }
  }
  CHECK(host_events_sound(host, true));

  host_free(host);
  free(in);
  free(out);
}

/** No features, nothing connected but audio: as lv2apply does it, and worse. */
static void test_bare(void)
{
  const double   rate = 44100.0;
  const uint32_t n    = 44100;
  float* const   in   = host_sung(n, rate);
  float* const   out  = host_samples(n);
  float          lone = 0.0f;
  float          loud = -120.0f;
  Host* const    host = host_new(rate, 0);

  host_set_capacity(host, NEUME_PORT_MIDI_OUT, HOST_CAPACITY_NONE);
  host_set_capacity(host, NEUME_PORT_NOTIFY, HOST_CAPACITY_NONE);
  lilv_instance_connect_port(host->instance, NEUME_PORT_CONTROL, &lone);
  host_activate(host);
  for (uint32_t i = 0; i < n; ++i) {
    host_run(host, in + i, out + i, 1);
    loud = fmaxf(loud, host->controls[NEUME_PORT_LEVEL]);
  }
  CHECK(host_same_bits(in, out, n * sizeof(float)));
  CHECK(loud > -40.0f);

  for (uint32_t p = NEUME_PORT_NOTE; p < NEUME_N_PORTS; ++p) {
    lilv_instance_connect_port(host->instance, p, NULL);
  }
  lilv_instance_connect_port(host->instance, NEUME_PORT_CONTROL, NULL);
  host_run(host, in, out, n);
  CHECK(host_same_bits(in, out, n * sizeof(float)));
  host_run(host, in, NULL, n);
  host_run(host, NULL, out, n);
  host_run(host, NULL, NULL, 0);

  host_free(host);
  free(in);
  free(out);
}

/** Atom buffers too small for one event lose none that matters. */
static void test_capacities(void)
{
  static const uint32_t capacities[] = { 0,  4,  8,  12, 15, 16, 17, 24,  39,
                                         40, 41, 63, 64, 65, 88, 96, 8447 };
  const double          rate         = 16000.0;
  const uint32_t        n            = 48000;
  float* const          in           = host_sung(n, rate);

  Host* const roomy = host_started(rate, HOST_ALL);
  uint64_t    seed  = 21;
  host_run_random(roomy, in, NULL, n, 2048, &seed);

  for (uint32_t i = 0; i < sizeof(capacities) / sizeof(*capacities); ++i) {
    const uint32_t capacity = capacities[i];
    Host* const    host     = host_started(rate, HOST_ALL);
    seed                    = 21;
    host_set_capacity(host, NEUME_PORT_MIDI_OUT, capacity);
    host_set_capacity(host, NEUME_PORT_NOTIFY, capacity);
    host_patch_get(host);
    host_run_random(host, in, NULL, n, 2048, &seed);
    CHECK(host_events_sound(host, true));
    if (capacity < 40U) {
      CHECK_MSG(!host->n_events, "%u", capacity);
      CHECK(!host->n_told);
    } else {
      // One event fits each block, so all come, if late
      CHECK_MSG(host->n_events + 2U >= roomy->n_events, "%u", host->n_events);
    }

    // With room at last, what should sound sounds, and ends
    host_set_capacity(host, NEUME_PORT_MIDI_OUT, HOST_CAPACITY);
    host_set_capacity(host, NEUME_PORT_NOTIFY, HOST_CAPACITY);
    host_run(host, in, NULL, 16);
    CHECK(host->n_told == 1U);
    host->controls[NEUME_PORT_ENABLED] = 0.0f;
    host_run(host, in, NULL, 16);
    CHECK(host_events_sound(host, false));
    host_free(host);
  }

  host_free(roomy);
  free(in);
}

/** A capacity that changes at random never breaks the order of events. */
static void test_changing_capacity(void)
{
  const double   rate = 8000.0;
  const uint32_t n    = 80000;
  float* const   in   = host_sung(n, rate);
  Host* const    host = host_started(rate, HOST_ALL);
  uint64_t       seed = 77;

  host->controls[NEUME_PORT_THRESHOLD] = 0.0f;
  host->controls[NEUME_PORT_MIN_NOTE]  = 0.0f;
  for (uint32_t i = 0; i < n;) {
    const uint32_t size = 1U + host_random(&seed) % 4000U;
    const uint32_t step = size < n - i ? size : n - i;
    host_set_capacity(host, NEUME_PORT_MIDI_OUT, host_random(&seed) % 90U);
    host_run(host, in + i, NULL, step);
    i += step;
  }
  CHECK(host->n_events > 4U);
  CHECK(host_events_sound(host, true));

  host_free(host);
  free(in);
}

/** A bypassed plugin passes audio, ends its note, and starts clean again. */
static void test_bypass(void)
{
  const double   rate  = 48000.0;
  const uint32_t n     = 96000;
  float* const   in    = host_sung(n, rate);
  float* const   out   = host_samples(n);
  Host* const    host  = host_started(rate, HOST_ALL);
  Host* const    clean = host_started(rate, HOST_ALL);

  host_run(host, in, out, 16000);
  CHECK(host->n_events && !host_events_sound(host, false));
  CHECK(host->controls[NEUME_PORT_NOTE] > 0.0f);

  host->controls[NEUME_PORT_ENABLED] = 0.0f;
  host_run(host, in + 16000, out, 64);
  CHECK(host_events_sound(host, false));
  CHECK(host->events[host->n_events - 1U].position == 16000U);
  CHECK(host->controls[NEUME_PORT_NOTE] == 0.0f);
  CHECK(host->controls[NEUME_PORT_MIDI_NOTE] == 0.0f);
  CHECK(host->controls[NEUME_PORT_CONFIDENCE] == 0.0f);
  CHECK(host->controls[NEUME_PORT_LEVEL] == -120.0f);
  const uint32_t before = host->n_events;
  host_run(host, in, out, n);
  CHECK(host->n_events == before);
  CHECK(host_same_bits(in, out, n * sizeof(float)));

  const uint64_t again               = host->position;
  host->controls[NEUME_PORT_ENABLED] = 1.0f;
  host_run(host, in, out, n);
  host_run(clean, in, out, n);
  CHECK(host->n_events == before + clean->n_events);
  for (uint32_t i = 0; i < clean->n_events; ++i) {
    CHECK(host->events[before + i].position ==
          clean->events[i].position + again);
  }

  host_free(host);
  host_free(clean);
  free(in);
  free(out);
}

/** The tone follows the note, and the mix ramps without a click. */
static void test_monitor(void)
{
  const double   rate = 48000.0;
  const uint32_t n    = 18000; // While the first note sounds
  float* const   in   = host_sung(n, rate);
  float* const   out  = host_samples(n);
  Host* const    host = host_started(rate, HOST_ALL);

  // Tone only: silent until the first note, and not after
  host->controls[NEUME_PORT_MONITOR] = 1.0f;
  host_run(host, in, out, n);
  CHECK(host->n_events > 0);
  const uint64_t on   = host->n_events ? host->events[0].position : 0;
  double         loud = 0.0;
  float          jump = 0.0f;
  for (uint32_t i = 0; i < n; ++i) {
    if (i < on) {
      CHECK(out[i] == 0.0f);
    } else {
      loud += (double)(out[i] * out[i]);
      jump = fmaxf(jump, fabsf(out[i] - out[i - 1U]));
    }
  }
  CHECK_MSG(loud > 0.1, "%g", loud);
  CHECK_MSG(jump < 0.1f, "%g", (double)jump);

  // Back to the input: within 5 ms, and then bit for bit
  CHECK(host->controls[NEUME_PORT_NOTE] > 0.0f);
  host->controls[NEUME_PORT_MONITOR] = 0.0f;
  host_run(host, in, out, n);
  CHECK(!host_same_bits(in, out, 100U * sizeof(float)));
  CHECK(host_same_bits(in + 256, out + 256, (n - 256U) * sizeof(float)));

  host_free(host);
  free(in);
  free(out);
}

/** What ends a note that is being sung: panic, which bypass does not hush, and
    the transport's stop. */
static void test_stops(void)
{
  const double   rate = 48000.0;
  const uint32_t n    = 16000;
  float* const   in   = host_sung(n, rate);
  for (unsigned way = 0; way < 4U; ++way) {
    const bool  panic = way == 0 || way == 3U;
    Host* const host  = host_started(rate, HOST_ALL);
    host_transport(host, 1.0f);
    host_run(host, in, NULL, n);
    CHECK(host->n_events == 1U);

    if (panic) {
      host->controls[NEUME_PORT_PANIC]   = 1.0f;
      host->controls[NEUME_PORT_ENABLED] = way ? 0.0f : 1.0f;
    } else if (way == 1U) {
      host_transport(host, 0.0f);
    } else {
      host->controls[NEUME_PORT_CHANNEL] = 3.0f;
    }
    host_run(host, in, NULL, 64);
    const uint32_t stopped = host->n_events;
    CHECK(host->events[1].bytes[0] == 0x80U);
    CHECK(host->events[1].position == n);
    CHECK(host_events_sound(host, false));
    CHECK((stopped > 2U) == panic); // It says more than that
    CHECK(host->controls[NEUME_PORT_MIDI_NOTE] == 0.0f);

    host_run(host, in, NULL, 64); // Once is enough
    CHECK(host->n_events == stopped);
    host_free(host);
  }
  free(in);
}

/** A note that began before the transport's stop, and is decided after it, is
    not played: where notes are held, it would sound on. */
static void test_late_stops(void)
{
  const uint32_t rate   = 16000;
  float* const   in     = host_sung(2U * rate, rate);
  float* const   nobody = host_samples(rate);
  for (unsigned way = 0; way < 4U; ++way) {
    Host* const host                     = host_started(rate, HOST_ALL);
    unsigned    ons                      = 0;
    host->controls[NEUME_PORT_NOTES]     = 2.0f;
    host->controls[NEUME_PORT_ALIGNED]   = way & 1U ? 1.0f : 0.0f;
    host->controls[NEUME_PORT_LOOKAHEAD] = way & 2U ? 375.0f : 0.0f;
    for (uint32_t n = rate / 4U; n < 2U * rate; n += rate / 9U) {
      host_transport(host, 1.0f);
      host_run(host, in, NULL, n);
      const uint32_t before = host->n_events;
      host_transport(host, 0.0f);
      host_run(host, nobody, NULL, rate);
      CHECK_MSG(host_events_sound(host, false), "way %u, %u", way, n);
      ons += before;
    }
    CHECK(ons > 20U);

    // Who sings on is heard
    host_run(host, in, NULL, 2U * rate);
    CHECK(!host_events_sound(host, false));
    host_free(host);
  }
  free(nobody);
  free(in);
}

/** A voice that sounds from the first sample on, whose onset is dated before
   it, has its note. */
static void test_begun_before(void)
{
  const double   rate = 16000.0;
  const uint32_t n    = 32000;
  float* const   in   = host_sung(n, rate);
  for (uint32_t cut = 1000; cut < 5000U; cut += 250U) {
    Host* const host = host_started(rate, HOST_ALL);
    host_run(host, in + cut, NULL, 7000U - cut);
    CHECK_MSG(host->n_events > 0, "%u", cut);
    host_free(host);
  }
  free(in);
}

/** Whenever the transport starts, what follows is heard as if it were all. */
static void test_start(void)
{
  const double   rate  = 48000.0;
  const uint32_t n     = 96000;
  float* const   in    = host_sung(n, rate);
  Host* const    fresh = host_started(rate, HOST_ALL);
  host_run(fresh, in, NULL, n);
  CHECK(fresh->n_events > 2U);

  uint64_t seed = 5;
  for (unsigned i = 0; i < 4U; ++i) {
    Host* const host = host_started(rate, HOST_ALL);
    host_transport(host, 0.0f);
    host_run(host, in, NULL, 10000U + host_random(&seed) % 10000U);
    const uint32_t before = host->n_events;
    const uint64_t start  = host->position;

    host_transport(host, 1.0f);
    host_run(host, in, NULL, n);
    // What sounded ends first
    const uint32_t first = before + before % 2U;
    CHECK(host->n_events == first + fresh->n_events);
    for (uint32_t k = 0; k < fresh->n_events && first + k < host->n_events;
         ++k) {
      const HostEvent* const a = &fresh->events[k];
      const HostEvent* const b = &host->events[first + k];
      CHECK(b->position - start == a->position);
      CHECK(!memcmp(a->bytes, b->bytes, 3));
    }
    CHECK(host_events_sound(host, true));
    host_free(host);
  }
  host_free(fresh);
  free(in);
}

/** Blocks of 0 and of more than the chain takes at once. */
static void test_odd_blocks(void)
{
  const double   rate  = 8000.0;
  const uint32_t n     = 160000;
  float* const   in    = host_sung(n, rate);
  float* const   out   = host_samples(n);
  Host* const    large = host_started(rate, HOST_ALL);
  Host* const    small = host_started(rate, HOST_ALL);

  host_set_capacity(large, NEUME_PORT_MIDI_OUT, 65536);
  host_run(large, in, out, n);
  CHECK(host_same_bits(in, out, n * sizeof(float)));
  for (uint32_t i = 0; i < n; i += 100U) {
    host_run(small, in + i, out + i, 0);
    host_run(small, in + i, out + i, 100);
  }
  CHECK(large->n_events > 20U);
  CHECK(host_events_equal(large, small));

  host_free(large);
  host_free(small);
  free(in);
  free(out);
}

int main(void)
{
  for (uint32_t i = 0; i < sizeof(all_rates) / sizeof(*all_rates); ++i) {
    test_blocks(all_rates[i], all_rates[i] > 50000.0 ? 1.5 : 4.0, i);
  }
  test_outputs();
  test_hostile_input(8000.0);
  test_hostile_input(48000.0);
  test_hostile_controls();
  test_bare();
  test_capacities();
  test_changing_capacity();
  test_bypass();
  test_monitor();
  test_odd_blocks();
  test_stops();
  test_late_stops();
  test_begun_before();
  test_start();
  return test_report();
}
