// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#include "learn.h"
#include "tracker.h"

#include "test.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#define RATE 16000
#define STEP 500 // Samples: 31.25 ms
#define ROOM 64U // Steps of two seconds

static const NeumeLearned nothing = { -90, 45, 83, -11 };

/** Something that learns, and the time of its next step. */
typedef struct {
  NeumeLearn learn;
  int64_t    time;
} Ear;

static Ear start(void)
{
  Ear ear;
  memset(&ear, 0, sizeof(ear));
  neume_learn_init(&ear.learn, RATE);
  ear.time = 17;
  return ear;
}

static bool turn(Ear* ear, bool up)
{
  return neume_learn_set(&ear->learn, up, (uint64_t)ear->time);
}

/** `n` steps in which MIDI number `midi` is sung, at `level`. */
static void hear(Ear* ear, uint32_t n, uint32_t midi, float level)
{
  NeumeStep step;
  memset(&step, 0, sizeof(step));
  step.midi  = midi;
  step.level = level;
  for (uint32_t i = 0; i < n; ++i) {
    neume_learn_hear(&ear->learn, &step, ear->time);
    ear->time += STEP;
  }
}

/** Notes of `n` steps each, with rests between. */
static void sing(Ear* ear, uint32_t n, float level, const uint32_t* midi)
{
  for (; *midi; ++midi) {
    hear(ear, n, *midi, level);
    hear(ear, 2, 0, -80.0f);
  }
}

static const uint32_t tune[] = { 60, 55, 64, 0 };

static bool is(const Ear* ear, int gate, int lowest, int highest, int level)
{
  const NeumeLearned l   = neume_learn_get(&ear->learn);
  const bool         yes = l.gate == gate && l.lowest == lowest &&
                   l.highest == highest && l.level == level;
  if (!yes) {
    fprintf(stderr, "%d %d %d %d\n", l.gate, l.lowest, l.highest, l.level);
  }
  return yes;
}

static bool is_nothing(const Ear* ear)
{
  return is(ear, nothing.gate, nothing.lowest, nothing.highest, nothing.level);
}

/** A room, a few notes; in force with the falling edge. */
static void test_all(void)
{
  Ear ear = start();
  CHECK(is_nothing(&ear));
  CHECK(!turn(&ear, false));
  sing(&ear, 10, -20.0f, tune); // Not while it is off
  CHECK(!turn(&ear, true));     // There was nothing to forget
  hear(&ear, ROOM, 0, -55.5f);
  sing(&ear, 4, -26.0f, tune);
  sing(&ear, 10, -30.0f, tune);
  CHECK(is_nothing(&ear));
  CHECK(turn(&ear, false));
  CHECK(is(&ear, -55 + 6, 53, 66, -26));
  CHECK(!turn(&ear, false));
  sing(&ear, 10, -3.0f, tune); // Nor any more
  CHECK(is(&ear, -55 + 6, 53, 66, -26));
}

/** The rising edge forgets; one second of room is none. */
static void test_forget(void)
{
  Ear ear = start();
  turn(&ear, true);
  hear(&ear, ROOM, 0, -60.0f);
  sing(&ear, 10, -20.0f, tune);
  CHECK(turn(&ear, false));
  CHECK(is(&ear, -53, 53, 66, -20));
  CHECK(turn(&ear, true));
  CHECK(is_nothing(&ear));
  hear(&ear, ROOM, 62, -20.0f); // The two seconds are not quite over
  CHECK(!turn(&ear, false));
  CHECK(is_nothing(&ear));

  // And nothing is left of it the next time
  turn(&ear, true);
  hear(&ear, ROOM + 1U, 0, -60.0f);
  turn(&ear, false);
  CHECK(is(&ear, -59 + 6, 45, 83, -11));
  turn(&ear, true);
  turn(&ear, false);
  CHECK(is_nothing(&ear));
}

/** The gate for a room of `n` steps at `loud`, the rest at `quiet`. */
static int gate_of(float quiet, uint32_t n, float loud)
{
  Ear ear = start();
  turn(&ear, true);
  hear(&ear, 20, 0, quiet);
  hear(&ear, n, 0, loud);
  hear(&ear, ROOM - 20U - n, 0, quiet);
  hear(&ear, 1, 0, -100.0f);
  turn(&ear, false);
  return neume_learn_get(&ear.learn).gate;
}

static void test_room(void)
{
  CHECK(gate_of(-62.5f, 0, 0.0f) == -56);
  CHECK(gate_of(-62.5f, 6, -5.0f) == -56);  // A click
  CHECK(gate_of(-62.5f, 7, -50.5f) == -44); // No click any more
  CHECK(gate_of(-120.0f, 0, 0.0f) == -90);  // No room at all
  CHECK(gate_of(-94.5f, 0, 0.0f) == -88);
  CHECK(gate_of(-20.0f, 0, 0.0f) == -30); // A voice would get over it
  CHECK(gate_of(20.0f, 0, 0.0f) == -30);
  CHECK(gate_of(NAN, 0, 0.0f) == -90);

  // Levels that differ: nine tenths lie under what the margin is added to
  Ear ear = start();
  turn(&ear, true);
  for (uint32_t i = 0; i < ROOM; ++i) {
    hear(&ear, 1, 0, -80.0f + 0.25f * (float)i);
  }
  hear(&ear, 1, 0, -100.0f);
  turn(&ear, false);
  CHECK(is(&ear, -65 + 6, 45, 83, -11));
}

/** Too few notes, too short ones, and such as the room makes. */
static void test_voice(void)
{
  static const uint32_t two[]  = { 60, 55, 0 };
  static const uint32_t low[]  = { 45, 46, 48, 0 };
  static const uint32_t high[] = { 83, 82, 70, 0 };
  Ear                   ear    = start();
  turn(&ear, true);
  hear(&ear, ROOM, 0, -60.5f);
  sing(&ear, 10, -20.0f, two);
  sing(&ear, 3, -10.0f, low);   // 94 ms
  sing(&ear, 10, -54.5f, high); // Under the gate
  turn(&ear, false);
  CHECK(is(&ear, -54, 45, 83, -11));

  // The margin ends where the notes do
  turn(&ear, true);
  hear(&ear, ROOM, 0, -60.5f);
  sing(&ear, 10, -20.0f, low);
  sing(&ear, 10, -40.0f, high);
  turn(&ear, false);
  CHECK(is(&ear, -54, 45, 83, -20));

  // Without a rest between, the last one still sung; louder than full scale
  turn(&ear, true);
  hear(&ear, ROOM, 62, -60.5f);
  hear(&ear, 5, 62, -20.0f);
  hear(&ear, 2, 74, -1.0f); // An octave's slip
  hear(&ear, 5, 64, -20.0f);
  hear(&ear, 5, 65, 30.0f);
  turn(&ear, false);
  CHECK(is(&ear, -54, 60, 67, 20));

  // The loudest that it gets, wherever in the note
  turn(&ear, true);
  hear(&ear, ROOM, 0, -60.5f);
  sing(&ear, 10, -20.0f, low);
  hear(&ear, 1, 60, -30.0f);
  hear(&ear, 8, 60, -10.0f);
  hear(&ear, 1, 60, -30.0f);
  turn(&ear, false);
  CHECK(is(&ear, -54, 45, 62, -10));

  // One that begins in the room is what remains of it
  turn(&ear, true);
  hear(&ear, ROOM + 4U, 62, -50.5f);
  hear(&ear, 10, 62, -20.0f);
  hear(&ear, 10, 60, -20.0f);
  turn(&ear, false);
  CHECK(is(&ear, -44, 45, 83, -11));
}

/** Other audio: listening starts over, if the control is up. */
static void test_restart(void)
{
  Ear ear = start();
  neume_learn_restart(&ear.learn);
  CHECK(is_nothing(&ear));
  turn(&ear, true);
  hear(&ear, ROOM, 0, -40.5f);
  sing(&ear, 10, -10.0f, tune);
  neume_learn_restart(&ear.learn);
  ear.time =
    (int64_t)-30 * STEP; // Steps that speak of before the start do not count
  hear(&ear, 30, 60, -10.0f);
  hear(&ear, ROOM, 0, -70.5f);
  sing(&ear, 10, -20.0f, tune);
  turn(&ear, false);
  CHECK(is(&ear, -64, 53, 66, -20));

  turn(&ear, true);
  hear(&ear, ROOM + 9U, 0, -40.5f);
  neume_learn_restart(&ear.learn);
  turn(&ear, false);
  CHECK(is_nothing(&ear));

  // What is learned outlives it
  turn(&ear, true);
  hear(&ear, ROOM + 1U, 0, -70.5f);
  turn(&ear, false);
  neume_learn_restart(&ear.learn);
  CHECK(is(&ear, -64, 45, 83, -11));
}

/** The transport starts: what was heard holds, but for half a room. */
static void test_rewind(void)
{
  Ear ear = start();
  turn(&ear, true);
  hear(&ear, ROOM + 1U, 0, -70.5f);
  sing(&ear, 10, -10.0f, tune);
  hear(&ear, 10, 50, -30.0f); // Ended by it
  neume_learn_rewind(&ear.learn);
  ear.time = (int64_t)-30 * STEP;
  hear(&ear, 30, 80, 0.0f); // Before the start
  sing(&ear, 10, -20.0f, tune);
  turn(&ear, false);
  CHECK(is(&ear, -64, 48, 66, -10));

  turn(&ear, true);
  hear(&ear, ROOM - 1U, 0, -40.5f);
  neume_learn_rewind(&ear.learn);
  ear.time = 0;
  hear(&ear, ROOM + 1U, 0, -70.5f);
  turn(&ear, false);
  CHECK(is(&ear, -64, 45, 83, -11));
}

/** From elsewhere: all of it or nothing. */
static void test_put(void)
{
  static const struct {
    NeumeLearned learned;
    bool         good;
  } cases[] = {
    { { -90, 45, 83, -11 }, true },
    { { 0, 83, 83, 20 }, true },
    { { -55, 45, 45, -90 }, true },
    { { -55, 60, 72, -12 }, true },
    { { -91, 45, 83, -11 }, false },
    { { 1, 45, 83, -11 }, false },
    { { -50, 44, 83, -11 }, false },
    { { -50, 45, 84, -11 }, false },
    { { -50, 61, 60, -11 }, false },
    { { -50, 45, 83, 21 }, false },
    { { -50, 45, 83, -91 }, false },
    { { INT32_MIN, 45, 83, -11 }, false },
    { { -50, INT32_MIN, 83, -11 }, false },
    { { -50, 45, INT32_MAX, -11 }, false },
    { { -50, 45, 83, INT32_MAX }, false },
  };
  for (unsigned i = 0; i < sizeof(cases) / sizeof(*cases); ++i) {
    const NeumeLearned* const l   = &cases[i].learned;
    Ear                       ear = start();
    const NeumeLearned        one = { -33, 50, 70, -20 };
    CHECK(neume_learn_put(&ear.learn, &one));
    CHECK_MSG(neume_learn_put(&ear.learn, l) == cases[i].good, "%u", i);
    CHECK(cases[i].good ? is(&ear, l->gate, l->lowest, l->highest, l->level)
                        : is(&ear, -33, 50, 70, -20));
    CHECK(turn(&ear, true) == (i != 0)); // Whatever it was, it is forgotten
    CHECK(is_nothing(&ear));
  }

  // Put while learning: that holds, and what is heard does not
  const NeumeLearned put[] = { { -33, 50, 70, -20 }, nothing };
  for (unsigned i = 0; i < 2U; ++i) {
    Ear ear = start();
    turn(&ear, true);
    hear(&ear, ROOM, 0, -60.0f);
    CHECK(neume_learn_put(&ear.learn, &put[i]));
    sing(&ear, 10, -20.0f, tune);
    CHECK(!turn(&ear, false));
    CHECK(is(&ear, put[i].gate, put[i].lowest, put[i].highest, put[i].level));
    turn(&ear, true);
    hear(&ear, ROOM + 1U, 0, -60.5f);
    CHECK(turn(&ear, false));
    CHECK(is(&ear, -54, 45, 83, -11));
  }
}

int main(void)
{
  CHECK(neume_tracker_velocity((float)NEUME_LEARNED_LEVEL) == 119U);
  test_all();
  test_forget();
  test_room();
  test_voice();
  test_restart();
  test_rewind();
  test_put();
  return test_report();
}
