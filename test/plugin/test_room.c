// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

// What learning a room and a singer does to what is sent

#include "host.h"
#include "singer.h"

#include "test.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define RATE   16000.0
#define SECOND 16000U
#define LENGTH (4U * SECOND) // Samples of each sound

static const float fixed_gate = -90.0f; ///< The port's default, dBFS

static float room[LENGTH];   ///< A singer next door, and noise
static float voice[LENGTH];  ///< Notes from A3 to E4, the first one loud
static float beyond[LENGTH]; ///< The same, and higher and lower ones between

static void sing(const int* midi, float gain, double first, float* out)
{
  const SynthVoice who = synth_voice_random(1, 62.0);
  SynthNote        notes[7];
  memset(notes, 0, sizeof(notes));
  for (uint32_t i = 0; i < 7U; ++i) {
    notes[i].onset    = 0.05 + 0.5 * i;
    notes[i].offset   = notes[i].onset + 0.4;
    notes[i].midi     = midi[i];
    notes[i].loudness = i ? 0.0 : first;
  }
  if (synth_sing(1, &who, notes, 7, RATE, out, NULL, LENGTH)) {
    abort();
  }
  for (uint32_t i = 0; i < LENGTH; ++i) {
    out[i] *= gain;
  }
}

static void make_sounds(void)
{
  static const int next_door[] = { 62, 64, 65, 67, 65, 64, 62 };
  static const int near_by[]   = { 60, 57, 62, 64, 60, 57, 64 };
  static const int far_off[]   = { 60, 69, 62, 64, 50, 57, 72 };
  uint64_t         seed        = 9;
  sing(next_door, 0.02f, 0.0, room);
  for (uint32_t i = 0; i < LENGTH; ++i) {
    const float random = (float)(host_random(&seed) % 2001U) / 1000.0f - 1.0f;
    room[i] += 0.002f * random;
  }
  sing(near_by, 0.3f, 9.0, voice);
  sing(far_off, 0.3f, 9.0, beyond);
}

/** What was sent while a sound was heard. */
typedef struct {
  unsigned n;        ///< Note-ons
  bool     has[128]; ///< Which
  unsigned velocity; ///< The largest within the range of `voice`
  unsigned pressure; ///< The largest
} Sent;

static Sent hear(Host* host, const float* sound)
{
  const uint32_t before = host->n_events;
  Sent           sent;
  memset(&sent, 0, sizeof(sent));
  for (uint32_t i = 0; i < LENGTH; i += 250U) {
    host_run(host, sound + i, NULL, 250);
  }
  for (uint32_t i = before; i < host->n_events; ++i) {
    const uint8_t* const bytes = host->events[i].bytes;
    if (bytes[0] == 0x90U) {
      ++sent.n;
      sent.has[bytes[1]] = true;
      if (bytes[1] >= 55 && bytes[1] <= 66) {
        sent.velocity = bytes[2] > sent.velocity ? bytes[2] : sent.velocity;
      }
    } else if (bytes[0] == 0xD0U) {
      sent.pressure = bytes[1] > sent.pressure ? bytes[1] : sent.pressure;
    }
  }
  CHECK(host_events_sound(host, true));
  return sent;
}

/** Move the control; no time passes. */
static void turn(Host* host, bool up)
{
  host->controls[NEUME_PORT_LEARN] = up ? 1.0f : 0.0f;
  host_run(host, room, NULL, 0);
}

static bool nothing_saved(Host* host)
{
  char path[4096];
  CHECK(!host_save(host, path));
  static const int nothing[HOST_LEARNED] = { -90, 45, 83, -11 };
  for (uint32_t i = 0; i < HOST_LEARNED; ++i) {
    if (host_learned(host, i, 0) != nothing[i]) {
      return false;
    }
  }
  return true;
}

static Host* started(void)
{
  Host* const host = host_new(RATE, HOST_ALL);
  host_activate(host);
  CHECK(host->controls[NEUME_PORT_GATE] == fixed_gate);
  host->controls[NEUME_PORT_PRESSURE] = 1.0f;
  return host;
}

static void learn(Host* host)
{
  turn(host, true);
  hear(host, room);
  hear(host, voice);
  turn(host, false);
}

/** What is learned is told: when it changes, and when it is asked for. */
static void test_told(void)
{
  static const int nothing[HOST_LEARNED] = { -90, 45, 83, -11 };
  char             path[4096];
  Host* const      host = started();
  CHECK(!host->n_told_learned); // It knows the defaults
  host_patch_get_of(host, 0);
  host_run(host, room, NULL, 1);
  CHECK(host->n_told_learned == HOST_LEARNED && host->n_told == 1U);
  CHECK(host_same_bits(host->told_learned, nothing, sizeof(nothing)));

  learn(host);
  host_set_capacity(host, NEUME_PORT_NOTIFY, 16U); // No room yet
  host_run(host, room, NULL, 1);
  CHECK(host->n_told_learned == HOST_LEARNED);
  host_set_capacity(host, NEUME_PORT_NOTIFY, HOST_CAPACITY);
  host_run(host, room, NULL, 1);
  host_run(host, room, NULL, 1);
  CHECK(host->n_told_learned == 2U * HOST_LEARNED);
  CHECK(!host_save(host, path));
  for (uint32_t i = 0; i < HOST_LEARNED; ++i) {
    CHECK(host->told_learned[i] == host_learned(host, i, 0));
  }

  host_patch_get_of(host, host->urid.neume_learned_highest);
  host_run(host, room, NULL, 1);
  CHECK(host->n_told_learned == 2U * HOST_LEARNED + 1U && host->n_told == 1U);
  host_patch_get_of(host, host->urid.patch_Get); // No property of ours
  host_patch_get(host);
  host_run(host, room, NULL, 1);
  CHECK(host->n_told_learned == 2U * HOST_LEARNED + 1U && host->n_told == 2U);
  host_free(host);
}

/** Loudest velocity of `beyond` with nothing learned. */
static unsigned open_velocity;

/** As learned from `room` and `voice`, by what the state says. */
static void check_numbers(Host* host)
{
  static const int numbers[] = { -43, 55, 66, -19 };
  CHECK(!nothing_saved(host));
  for (uint32_t i = 0; i < HOST_LEARNED; ++i) {
    const int number = host_learned(host, i, 0);
    const int slack  = i == 1U || i == 2U ? 0 : 1; // Where steps happen to be
    CHECK_MSG(abs(number - numbers[i]) <= slack, "%u: %d", i, number);
  }
}

/** The same, by what is sent. */
static void check_learned(Host* host)
{
  Sent s = hear(host, room);
  CHECK_MSG(s.n == 0, "%u", s.n);
  s = hear(host, beyond);
  CHECK(s.has[57] && s.has[60] && s.has[62] && s.has[64]);
  CHECK(!s.has[50] && !s.has[69] && !s.has[72]);
  CHECK_MSG(s.velocity > open_velocity + 15U && s.velocity < 125U,
            "%u, before: %u",
            s.velocity,
            open_velocity);
  CHECK_MSG(s.pressure > 115U && s.pressure < 127U, "%u", s.pressure);
}

/** As if nothing ever had been. */
static void check_open(Host* host)
{
  Sent s = hear(host, room);
  CHECK_MSG(s.n > 3U, "%u", s.n);
  s = hear(host, beyond);
  // Outside of what is learned below; one of them may be misheard
  CHECK(s.has[60] && s.has[50] + s.has[69] + s.has[72] > 1);
  CHECK_MSG(s.velocity > 1U && s.velocity < 80U, "%u", s.velocity);
  open_velocity = s.velocity;
  CHECK_MSG(s.pressure < 110U, "%u", s.pressure);
}

static void test_learn(void)
{
  Host* const host = started();
  check_open(host);
  CHECK(nothing_saved(host));
  turn(host, true);
  CHECK(hear(host, room).n > 3U); // As before, until it is over
  CHECK(hear(host, voice).n > 3U);
  CHECK(nothing_saved(host));
  CHECK(!host->n_state_changed);
  turn(host, false);
  check_learned(host);
  CHECK(host->n_state_changed == 1U);
  check_numbers(host);

  // A second instance is told, while it runs
  Host* const other = started();
  memcpy(other->learned, host->learned, sizeof(host->learned));
  hear(other, room);
  CHECK(!host_restore(other, NULL, 0, true));
  host_run(other, room, NULL, 1);
  check_learned(other);
  CHECK(!other->n_state_changed);

  // It outlives what the chain does not
  other->controls[NEUME_PORT_ENABLED] = 0.0f;
  host_run(other, room, NULL, 100);
  other->controls[NEUME_PORT_ENABLED] = 1.0f;
  host_deactivate(other);
  host_activate(other);
  check_numbers(other);

  // A preset that does not speak of it leaves it; an earlier session does not
  memset(other->learned, 0, sizeof(other->learned));
  CHECK(!host_restore(other, NULL, 0, true));
  check_learned(other);
  Host* const earlier = started();
  CHECK(nothing_saved(earlier));
  memcpy(other->learned, earlier->learned, sizeof(earlier->learned));
  host_free(earlier);
  CHECK(!host_restore(other, NULL, 0, true));
  check_open(other);
  host_free(other);

  // On and off
  turn(host, true);
  turn(host, false);
  check_open(host);
  CHECK(host->n_state_changed == 2U);
  CHECK(nothing_saved(host));
  host_free(host);
}

/** What is set by hand holds where it is stricter. */
static void test_ports(void)
{
  Host* const host = started();
  learn(host);
  host->controls[NEUME_PORT_GATE] = 0.0f;
  CHECK(!hear(host, beyond).n);
  host->controls[NEUME_PORT_GATE]   = -90.0f;
  host->controls[NEUME_PORT_LOWEST] = 61.0f;
  Sent s                            = hear(host, beyond);
  CHECK(!s.has[57] && !s.has[60] && s.has[62] && s.has[64] && !s.has[72]);

  // Nothing in common with what was learned
  host->controls[NEUME_PORT_LOWEST]  = 68.0f;
  host->controls[NEUME_PORT_HIGHEST] = 70.0f;
  s                                  = hear(host, beyond);
  CHECK(s.has[69] && !s.has[72] && !s.has[62]);
  host_free(host);
}

/** What interrupts a learning makes it start over, or ends it. */
static void test_interrupted(void)
{
  for (unsigned way = 0; way < 5U; ++way) {
    Host* const host = started();
    turn(host, true);
    hear(host, voice); // Taken for the room, if it were to count
    if (way == 0) {
      host->controls[NEUME_PORT_ENABLED] = 0.0f;
      host_run(host, voice, NULL, 100);
      host->controls[NEUME_PORT_ENABLED] = 1.0f;
    } else if (way == 1U) {
      host_deactivate(host);
      host_activate(host);
    } else if (way == 2U) { // The same model again
      CHECK(!host_restore(host, NULL, 0, true));
      turn(host, false);
      turn(host, true);
      host_work(host);
      host_respond(host);
    } else if (way == 3U) {
      turn(host, false);
      turn(host, true);
    } else {
      host->controls[NEUME_PORT_LEARN] = NAN;
      host_run(host, voice, NULL, 0);
      turn(host, true);
    }
    hear(host, room);
    hear(host, voice);
    turn(host, false);
    check_numbers(host);
    host_free(host);
  }

  // Bypassed from then on, there is nothing to learn
  Host* const host = started();
  turn(host, true);
  hear(host, room);
  host->controls[NEUME_PORT_ENABLED] = 0.0f;
  hear(host, room);
  turn(host, false);
  host->controls[NEUME_PORT_ENABLED] = 1.0f;
  CHECK(nothing_saved(host));
  host_free(host);
}

/** A transport that rolls off between the room and the song, or within it,
    takes nothing away. */
static void test_transport(void)
{
  for (unsigned way = 0; way < 2U; ++way) {
    Host* const host = started();
    turn(host, true);
    hear(host, room);
    if (way == 1U) {
      hear(host, voice);
    }
    host_transport(host, 1.0f);
    hear(host, way ? room : voice);
    turn(host, false);
    check_numbers(host);
    host_free(host);
  }
}

/** Look-ahead moves what decisions speak of, and not what is learned. */
static void test_lookahead(void)
{
  Host* const host                     = started();
  host->controls[NEUME_PORT_LOOKAHEAD] = 1000.0f;
  host_run(host, voice, NULL, 30400); // Decided while the control is up
  learn(host);
  check_numbers(host);
  host_free(host);
}

/** Whatever the blocks, the same is learned and sent. */
static void test_blocks(void)
{
  Host* const host = started();
  Host* const cut  = started();
  uint64_t    seed = 5;
  learn(host);
  hear(host, beyond);
  turn(cut, true);
  host_run_random(cut, room, NULL, LENGTH, 5000, &seed);
  host_run_random(cut, voice, NULL, LENGTH, 5000, &seed);
  turn(cut, false);
  host_run_random(cut, beyond, NULL, LENGTH, 5000, &seed);
  CHECK(host->n_events > 20U && host_events_equal(host, cut));
  CHECK(!nothing_saved(host) && !nothing_saved(cut));
  CHECK(!memcmp(host->learned, cut->learned, sizeof(host->learned)));
  host_free(host);
  host_free(cut);
}

int main(void)
{
  make_sounds();
  test_learn();
  test_told();
  test_ports();
  test_interrupted();
  test_transport();
  test_lookahead();
  test_blocks();
  return test_report();
}
