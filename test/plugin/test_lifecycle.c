// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#include "host.h"

#include "test.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define RATE  16000.0
#define TOTAL 65536U

static float in[TOTAL];

/** No run() at all, or nothing else. */
static void test_short(void)
{
  Host* host = host_new(RATE, HOST_ALL);
  host_free(host);

  host = host_new(RATE, 0);
  host_activate(host);
  host_free(host);

  host = host_new(RATE, HOST_ALL);
  host_deactivate(host);
  host_deactivate(host);
  host_activate(host);
  host_activate(host);
  host_free(host);

  host = host_new(RATE, HOST_ALL);
  host_run(host, in, NULL, TOTAL);
  CHECK(host->n_events > 2U);
  host_free(host);
}

/** A note that sounds when the plugin is stopped ends when it runs again. */
static void test_pending_off(void)
{
  Host* const host = host_new(RATE, HOST_ALL);
  host_activate(host);
  for (uint32_t i = 0; i < 100U && host_events_sound(host, false); ++i) {
    host_run(host, in + (size_t)i * 256U, NULL, 256);
  }
  CHECK(!host_events_sound(host, false));

  const uint32_t before  = host->n_events;
  const uint64_t stopped = host->position;
  host_deactivate(host);
  host_activate(host);
  host_deactivate(host);
  host_activate(host);
  host_run(host, in, NULL, 0); // No time for an event
  CHECK(host->n_events == before);
  host_run(host, in, NULL, 1);
  CHECK(host->n_events == before + 1U);
  CHECK(host->events[before].position == stopped);
  CHECK(host_events_sound(host, false));
  host_free(host);
}

/** Activation starts from the beginning: the same events again. */
static void test_restart(void)
{
  Host* const host = host_new(RATE, HOST_ALL);
  Host* const once = host_new(RATE, HOST_ALL);
  uint64_t    seed = 4;
  host_activate(once);
  host_run(once, in, NULL, TOTAL);

  for (uint32_t i = 0; i < 4U; ++i) {
    host_activate(host);
    host_run_random(
      host, in, NULL, 1000U + host_random(&seed) % 30000U, 512, &seed);
    host_deactivate(host);
  }
  host_activate(host);
  host_run(host, in, NULL, 1); // Ends what sounded, and is not in the record
  host_deactivate(host);
  CHECK(host_events_sound(host, false));
  host->n_events = 0;
  host->position = 0;
  host_activate(host);
  host_run_random(host, in, NULL, TOTAL, 1024, &seed);
  CHECK(once->n_events > 4U);
  CHECK(host_events_equal(host, once));
  host_free(host);
  host_free(once);
}

/** Any order of calls that a host may come up with, in so many sessions. */
static void test_any_order(uint64_t sessions)
{
  Host* const any   = host_new(RATE, HOST_ALL);
  char* const where = host_bundle_path(any);
  char        model[4096];
  snprintf(model, sizeof(model), "%slive.safetensors", where);
  lilv_free(where);
  host_free(any);

  for (uint64_t seed = 1; seed <= sessions; ++seed) {
    uint64_t    state = seed;
    Host* const host  = host_new(RATE, seed % 2U ? HOST_ALL : HOST_MAP);
    for (uint32_t i = 0; i < 200U; ++i) {
      switch (host_random(&state) % 13U) {
        case 0:
          host_activate(host);
          break;
        case 1:
          host_deactivate(host);
          break;
        case 2:
          host->controls[NEUME_PORT_ENABLED] =
            (float)(host_random(&state) % 4U != 0);
          break;
        case 3:
          host->controls[NEUME_PORT_LOOKAHEAD] =
            (float)(host_random(&state) % 1250U);
          host->controls[NEUME_PORT_THRESHOLD] =
            0.01f * (float)(host_random(&state) % 60U);
          break;
        case 4:
          host->controls[NEUME_PORT_ALIGNED] =
            (float)(host_random(&state) % 2U);
          host->controls[NEUME_PORT_TRANSPOSE] =
            (float)(host_random(&state) % 73U) - 36.0f;
          host->controls[NEUME_PORT_SCALE] = (float)(host_random(&state) % 12U);
          host->controls[NEUME_PORT_HIGHEST] =
            (float)(60U + host_random(&state) % 23U);
          host->controls[NEUME_PORT_CHANNEL] =
            (float)(1U + host_random(&state) % 16U);
          break;
        case 5:
          host->controls[NEUME_PORT_BEND_RANGE] =
            (float)(host_random(&state) % 3U);
          host->controls[NEUME_PORT_PRESSURE] =
            (float)(host_random(&state) % 3U);
          host->controls[NEUME_PORT_NOTES] = (float)(host_random(&state) % 3U);
          host->controls[NEUME_PORT_PANIC] = (float)(host_random(&state) % 2U);
          break;
        case 6:
          host_set_capacity(host,
                            NEUME_PORT_MIDI_OUT,
                            host_random(&state) % 2U
                              ? HOST_CAPACITY
                              : 16U + 24U * (host_random(&state) % 4U));
          break;
        case 7:
          if (seed % 2U) {
            host_transport(host, (float)(host_random(&state) % 2U));
          }
          break;
        case 8: // Another model, or none that can be read
          if (seed % 2U && host_random(&state) % 4U == 0) {
            host_patch_set(host, host_random(&state) % 2U ? model : "/nowhere");
          }
          host_work(host);
          host_respond(host);
          break;
        case 9:
          host->controls[NEUME_PORT_LEARN] = (float)(host_random(&state) % 2U);
          if (seed % 2U && host_random(&state) % 4U == 0) {
            char path[4096];
            host_save(host, path);
            host_set_learned(host, 0, -(int)(host_random(&state) % 100U));
            host_restore(host, path, host->urid.atom_Path, true);
          }
          break;
        default:
          host_run(host,
                   in + host_random(&state) % (TOTAL / 2U),
                   NULL,
                   host_random(&state) % 4096U);
          break;
      }
    }
    host_set_capacity(host, NEUME_PORT_MIDI_OUT, HOST_CAPACITY);
    host_run(host, in, NULL, 1);
    CHECK(host_events_sound(host, true));

    host->controls[NEUME_PORT_ENABLED] = 0.0f;
    host_run(host, in, NULL, 1);
    CHECK(host_events_sound(host, false));
    host_free(host);
  }
}

/** test_lifecycle [SESSIONS]: more of them than the tests have time for. */
int main(int argc, char** argv)
{
  host_phrase(in, TOTAL, RATE);
  test_short();
  test_pending_off();
  test_restart();
  test_any_order(argc > 1 ? strtoull(argv[1], NULL, 10) : 30U);
  return test_report();
}
