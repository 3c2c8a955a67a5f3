// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#include "learn.h"

#include "range.h"

#include <math.h>
#include <string.h>

static const double room_seconds = 2.0; ///< How long the room is listened to

/* A click of the mouse or a chair sounds in as many steps as the level counts,
   a sixtieth of the room's: the loudest tenth does not count.  The margin is
   for what the noise of a room exceeds that by in the minutes to come. */
static const float room_share  = 0.9f;
static const int   room_margin = 6; ///< dB

/* Who sings instead of being still learns a gate that any voice still gets
   over. */
static const int gate_most = -30; ///< dBFS

static const double note_least   = 0.1; ///< Seconds; shorter ones are slips
static const int    range_margin = 2;   ///< Semitones beyond what was sung

enum { NOTES_LEAST = 3, LEVEL_LEAST = -120 };

_Static_assert(ATOMIC_INT_LOCK_FREE == 2, "run() takes no lock");
_Static_assert(NEUME_LEARNED_LEVEL_MAX - NEUME_LEARNED_LEVEL <= INT8_MAX &&
                 NEUME_LEARNED_LEVEL_MIN - NEUME_LEARNED_LEVEL >= INT8_MIN &&
                 NEUME_LEARNED_GATE_MAX - NEUME_LEARNED_GATE_MIN < 0x80,
               "each fits a byte");

/** In the word, where no gate reaches: learning is under way. */
static const unsigned under_way = 0x80U;

/** How each differs from nothing learned, a byte for each. */
static unsigned pack(const NeumeLearned* l)
{
  const unsigned gate    = (unsigned)(l->gate - NEUME_LEARNED_GATE_MIN);
  const unsigned lowest  = (unsigned)(l->lowest - NEUME_MIDI_MIN);
  const unsigned highest = (unsigned)(NEUME_MIDI_MAX - l->highest);
  const unsigned level   = (uint8_t)(l->level - NEUME_LEARNED_LEVEL);
  return gate | lowest << 8U | highest << 16U | level << 24U;
}

static NeumeLearned unpack(unsigned word)
{
  const int          level = (int)(word >> 24U);
  const NeumeLearned l     = {
        NEUME_LEARNED_GATE_MIN + (int)(word & 0x7FU),
        NEUME_MIDI_MIN + (int)(word >> 8U & 0xFFU),
        NEUME_MIDI_MAX - (int)(word >> 16U & 0xFFU),
        NEUME_LEARNED_LEVEL + (level > INT8_MAX ? level - 256 : level),
  };
  return l;
}

NeumeLearned neume_learn_get(const NeumeLearn* learn)
{
  return unpack(atomic_load_explicit(&learn->learned, memory_order_relaxed));
}

static bool within(int value, int low, int high)
{
  return value >= low && value <= high;
}

NeumeLearned neume_learned_nothing(void)
{
  return unpack(0U);
}

bool neume_learn_put(NeumeLearn* learn, const NeumeLearned* learned)
{
  if (!within(learned->gate, NEUME_LEARNED_GATE_MIN, NEUME_LEARNED_GATE_MAX) ||
      !within(
        learned->level, NEUME_LEARNED_LEVEL_MIN, NEUME_LEARNED_LEVEL_MAX) ||
      !within(learned->lowest, NEUME_MIDI_MIN, learned->highest) ||
      learned->highest > NEUME_MIDI_MAX) {
    return false;
  }
  atomic_store_explicit(&learn->learned, pack(learned), memory_order_relaxed);
  return true;
}

void neume_learn_init(NeumeLearn* learn, double rate)
{
  memset(learn, 0, sizeof(*learn));
  atomic_init(&learn->learned, 0U);
  learn->rate = rate;
}

/** Nothing heard yet of what begins at input sample `start`. */
static void begin(NeumeLearn* learn, int64_t start)
{
  learn->start = start;
  learn->time  = start;
  memset(learn->room, 0, sizeof(learn->room));
  learn->n_room   = 0;
  learn->listened = false;
  learn->gate     = NEUME_LEARNED_GATE_MIN;
  learn->note     = 0;
  learn->n_notes  = 0;
  learn->lowest   = NEUME_MIDI_MAX;
  learn->highest  = NEUME_MIDI_MIN;
  learn->level    = LEVEL_LEAST;
}

/** The gate for the room that was heard. */
static int room_gate(const NeumeLearn* learn)
{
  const float counted = room_share * (float)learn->n_room;
  uint32_t    under   = 0;
  int         level   = LEVEL_LEAST;
  for (uint32_t i = 0; i < NEUME_LEARN_LEVELS && (float)under < counted; ++i) {
    under += learn->room[i];
    ++level; // The upper end of what `room[i]` counts
  }
  return neume_int_within(
    level + room_margin, NEUME_LEARNED_GATE_MIN, gate_most);
}

/** The note being sung is over at input sample `time`. */
static void end_note(NeumeLearn* learn, int64_t time)
{
  const double seconds = (double)(time - learn->since) / learn->rate;
  if (learn->note && seconds >= note_least) {
    const uint32_t midi = learn->note;
    ++learn->n_notes;
    learn->lowest  = midi < learn->lowest ? midi : learn->lowest;
    learn->highest = midi > learn->highest ? midi : learn->highest;
    learn->level   = fmaxf(learn->level, learn->note_level);
  }
  learn->note = 0;
}

/** What was heard, as far as it is enough to go by. */
static NeumeLearned conclude(NeumeLearn* learn)
{
  NeumeLearned l = neume_learned_nothing();
  end_note(learn, learn->time);
  l.gate = learn->gate;
  if (learn->n_notes >= NOTES_LEAST) {
    l.lowest = neume_int_within(
      (int)learn->lowest - range_margin, NEUME_MIDI_MIN, NEUME_MIDI_MAX);
    l.highest = neume_int_within(
      (int)learn->highest + range_margin, NEUME_MIDI_MIN, NEUME_MIDI_MAX);
    l.level = neume_int_within((int)lroundf(learn->level),
                               NEUME_LEARNED_LEVEL_MIN,
                               NEUME_LEARNED_LEVEL_MAX);
  }
  return l;
}

bool neume_learn_set(NeumeLearn* learn, bool up, uint64_t now)
{
  if (up == learn->up) {
    return false;
  }
  learn->up = up;
  if (up) {
    begin(learn, (int64_t)now);
    const unsigned before = atomic_exchange_explicit(
      &learn->learned, under_way, memory_order_relaxed);
    return (before & ~under_way) != 0U;
  }

  // Unless something was put in the meantime: then that holds
  const NeumeLearned learned  = conclude(learn);
  const unsigned     word     = pack(&learned);
  unsigned           expected = under_way;
  return atomic_compare_exchange_strong_explicit(&learn->learned,
                                                 &expected,
                                                 word,
                                                 memory_order_relaxed,
                                                 memory_order_relaxed) &&
         word;
}

void neume_learn_restart(NeumeLearn* learn)
{
  begin(learn, 0);
}

void neume_learn_rewind(NeumeLearn* learn)
{
  if (learn->listened) {
    end_note(learn, learn->time);
    learn->start = 0;
    learn->time  = 0;
  } else {
    begin(learn, 0);
  }
}

void neume_learn_hear(NeumeLearn* learn, const NeumeStep* step, int64_t time)
{
  if (!learn->up || time < learn->start) {
    return;
  }
  learn->time = time;

  if (!learn->listened) {
    if ((double)(time - learn->start) < room_seconds * learn->rate) {
      const float level = fminf(fmaxf(step->level, LEVEL_LEAST), 0.0f);
      ++learn->room[(uint32_t)(level - LEVEL_LEAST)];
      ++learn->n_room;
      return;
    }
    learn->gate     = room_gate(learn);
    learn->listened = true;
  }

  // What the room makes the network hear is no note
  const uint32_t sung = step->level >= (float)learn->gate ? step->midi : 0U;
  if (sung != learn->note) {
    end_note(learn, time);
    learn->note       = sung;
    learn->since      = time;
    learn->note_level = LEVEL_LEAST;
  }
  if (sung) {
    learn->note_level = fmaxf(learn->note_level, step->level);
  }
}
