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

/** A note that sounds when the plugin is stopped ends when it runs again, and
    what coloured it is taken back, however often it was stopped meanwhile. */
static void test_pending_off(float bend_range, float pressure)
{
  Host* const host                      = host_new(RATE, HOST_ALL);
  host->controls[NEUME_PORT_BEND_RANGE] = bend_range;
  host->controls[NEUME_PORT_PRESSURE]   = pressure;
  host_activate(host);
  for (uint32_t i = 0; i < 100U && host_events_sound(host, false); ++i) {
    host_run(host, in + (size_t)i * 256U, NULL, 256);
  }
  CHECK(!host_events_sound(host, false));

  if (bend_range > 0.0f || pressure > 0.0f) {
    CHECK(!host_events_rest(host));
  }

  const uint32_t before  = host->n_events;
  const uint64_t stopped = host->position;
  host_deactivate(host);
  host_activate(host);
  host_deactivate(host);
  host_activate(host);
  host_run(host, in, NULL, 0); // No time for an event
  CHECK(host->n_events == before);
  host_run(host, in, NULL, 1);
  CHECK(host->n_events ==
        before + 1U + (bend_range > 0.0f) + (pressure > 0.0f));
  CHECK(host->events[before].position == stopped);
  CHECK(host_events_rest(host));
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

/** A host that does anything in any order. */
typedef struct {
  Host*    host;  ///< What is tested
  bool     all;   ///< It has every feature, else URIDs alone
  uint64_t state; ///< Of its random numbers
  uint32_t at;    ///< Sample of the phrase that is sung next
} Session;

static char models[2][4096]; ///< The bundled ones, `live` and `accurate`

/** 0..n - 1 */
static uint32_t draw(Session* s, uint32_t n)
{
  return host_random(&s->state) % n;
}

/** The same, as often low as high. */
static uint32_t draw_low(Session* s, uint32_t n)
{
  const uint32_t x = draw(s, n);
  return x >> draw(s, 12);
}

static void set_control(Session* s, NeumePortIndex port, float value)
{
  s->host->controls[port] = value;
}

/** A block, mostly of what follows in the phrase. */
static void sing_block(Session* s)
{
  static float   out[4096];
  const uint32_t n = draw(s, 2) ? draw(s, 4096) : draw_low(s, 4096);
  if (s->at + n > TOTAL || !draw(s, 8)) {
    s->at = draw(s, TOTAL / 2U);
  }
  host_run(s->host, in + s->at, draw(s, 2) ? out : NULL, n);
  s->at += n;
}

/** Ask for a model, or for none that can be read; the worker gets on. */
static void swap_models(Session* s)
{
  if (s->all && !draw(s, 4)) {
    const uint32_t which = draw(s, 4);
    host_patch_set(s->host, which > 1U ? "/nowhere" : models[which]);
  }
  host_work(s->host);
  host_respond(s->host);
}

/** Save and restore, with another gate than was learned. */
static void pass_state(Session* s)
{
  char path[4096];
  host_save(s->host, path);
  host_set_learned(s->host, 0, -(int)draw(s, 100));
  host_restore(s->host, path, s->host->urid.atom_Path, true);
}

/** One thing that a host may do. */
static void act(Session* s)
{
  switch (draw(s, 13)) {
    case 0:
      host_activate(s->host);
      break;
    case 1:
      host_deactivate(s->host);
      break;
    case 2:
      set_control(s, NEUME_PORT_ENABLED, (float)(draw(s, 4) != 0));
      break;
    case 3:
      set_control(s, NEUME_PORT_LOOKAHEAD, (float)draw_low(s, 1251));
      set_control(s, NEUME_PORT_THRESHOLD, 0.01f * (float)draw(s, 60));
      set_control(s, NEUME_PORT_FOLLOW, (float)draw(s, 2));
      break;
    case 4:
      set_control(s, NEUME_PORT_ALIGNED, (float)draw(s, 2));
      set_control(s, NEUME_PORT_TRANSPOSE, (float)draw(s, 73) - 36.0f);
      set_control(s, NEUME_PORT_SCALE, (float)draw(s, 12));
      set_control(s, NEUME_PORT_HIGHEST, (float)(60U + draw(s, 23)));
      set_control(s, NEUME_PORT_CHANNEL, (float)(1U + draw(s, 16)));
      break;
    case 5:
      set_control(s, NEUME_PORT_BEND_RANGE, (float)draw(s, 3));
      set_control(s, NEUME_PORT_PRESSURE, (float)draw(s, 3));
      set_control(s, NEUME_PORT_NOTES, (float)draw(s, 3));
      set_control(s, NEUME_PORT_PANIC, (float)draw(s, 2));
      set_control(s, NEUME_PORT_MONITOR, (float)draw(s, 2));
      break;
    case 6:
      host_set_capacity(s->host,
                        NEUME_PORT_MIDI_OUT,
                        draw(s, 2) ? HOST_CAPACITY : 16U + 24U * draw(s, 4));
      break;
    case 7:
      if (s->all) {
        host_transport(s->host, (float)draw(s, 2));
      }
      break;
    case 8:
      swap_models(s);
      break;
    case 9:
      set_control(s, NEUME_PORT_LEARN, (float)draw(s, 2));
      if (s->all && !draw(s, 4)) {
        pass_state(s);
      }
      break;
    default:
      sing_block(s);
      break;
  }
}

/** A session: an instance from its making to its end, to which 200 things
    happen.  On the mean 46 are blocks, 3.5 s of singing in all, as often short
    as long; 92 are moves of controls or of the room for MIDI; 31 activate or
    deactivate.  Every other session has a host with all features: there, 15 are
    starts and stops of the transport, a state is restored 4 times, and 4 times
    another model is asked for, which can be read every other time.

    Five notes start.  They would be fewer if look-ahead were mostly long: a
    restart, of which there are many, forgets what is not decided yet. */
static void run_session(uint64_t seed)
{
  Session session = { NULL, seed % 2U, seed, 0 };
  session.host    = host_new(RATE, session.all ? HOST_ALL : HOST_MAP);
  for (uint32_t i = 0; i < 200U; ++i) {
    act(&session);
  }

  Host* const host = session.host;
  host_set_capacity(host, NEUME_PORT_MIDI_OUT, HOST_CAPACITY);
  host_run(host, in, NULL, 1);
  CHECK_MSG(host_events_sound(host, true), "in session %u", (unsigned)seed);

  host->controls[NEUME_PORT_ENABLED] = 0.0f;
  host_run(host, in, NULL, 1);
  CHECK_MSG(host_events_sound(host, false), "in session %u", (unsigned)seed);
  CHECK_MSG(host_events_rest(host), "in session %u", (unsigned)seed);
  host_free(host);
}

/** Sessions `first`, which is a seed, and so many after it. */
static void test_any_order(uint64_t sessions, uint64_t first)
{
  Host* const any   = host_new(RATE, HOST_ALL);
  char* const where = host_bundle_path(any);
  snprintf(models[0], sizeof(models[0]), "%slive.safetensors", where);
  snprintf(models[1], sizeof(models[1]), "%saccurate.safetensors", where);
  lilv_free(where);
  host_free(any);

  for (uint64_t i = 0; i < sessions; ++i) {
    run_session(first + i);
    if (i % 100U == 99U) { // So that who waits sees how far it is
      printf("%u sessions\n", (unsigned)(i + 1U));
      fflush(stdout);
    }
  }
}

/** test_lifecycle [SESSIONS [FIRST]]: more of them than the tests have time
    for, also in several processes that begin with different ones.

    Most of the time goes into the network, also with sanitizers, which slow it
    down less if they need not go on after an error:

      CC=clang meson setup build-sessions -Dtests=true -Dwerror=false \
        -Doptimization=3 -Db_sanitize=address,undefined -Db_lundef=false \
        -Dc_args=-fno-sanitize-recover=all
      meson compile -C build-sessions
      LV2_PATH=$PWD/build-sessions/plugin:/usr/lib/lv2 \
        build-sessions/test/plugin/test_lifecycle 10000
*/
int main(int argc, char** argv)
{
  host_phrase(in, TOTAL, RATE);
  test_short();
  test_pending_off(0.0f, 0.0f);
  test_pending_off(2.0f, 0.0f);
  test_pending_off(0.0f, 1.0f);
  test_pending_off(2.0f, 2.0f);
  test_restart();
  test_any_order(argc > 1 ? strtoull(argv[1], NULL, 10) : 50U,
                 argc > 2 ? strtoull(argv[2], NULL, 10) : 1U);
  return test_report();
}
