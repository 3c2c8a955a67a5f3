// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#ifndef NEUME_LEARN_H
#define NEUME_LEARN_H

#include "attributes.h"
#include "constants.h"
#include "neume.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define NEUME_LEARNED_GATE_MIN  (-90) ///< Lowest gate, dBFS
#define NEUME_LEARNED_GATE_MAX  0     ///< Highest gate, dBFS
#define NEUME_LEARNED_LEVEL_MIN (-90) ///< Softest singer, dBFS
#define NEUME_LEARNED_LEVEL_MAX 20    ///< Loudest singer, dBFS

/** Level whose velocity is 120 where no singer was learned, dBFS. */
#define NEUME_LEARNED_LEVEL (-11)

/** What was learned of a room and of who sings in it.

    Where nothing was, `gate` is NEUME_LEARNED_GATE_MIN, the range that of all
    notes, and `level` NEUME_LEARNED_LEVEL: values that change nothing.
*/
typedef struct {
  int gate;    ///< Level that the room stays under, dBFS
  int lowest;  ///< MIDI number, NEUME_MIDI_MIN and up
  int highest; ///< MIDI number, up to NEUME_MIDI_MAX
  int level;   ///< Of the loudest moment sung, dBFS
} NeumeLearned;

/** Nothing learned.  Any thread. */
NeumeLearned neume_learned_nothing(void) NEUME_REALTIME;

#define NEUME_LEARN_LEVELS 121U ///< Whole dB from -120 to 0

/** Learns the room, and then who sings, from the decisions of the chain.

    While the control is up, the first two seconds of audio are the room, and
    what follows is the voice; when it goes down, what was heard takes effect.
    The rising edge forgets what was learned before, so that an on and off
    without two seconds between them does nothing else.

    All functions are realtime-safe.  What is learned is one word, which any
    thread may get and put; the rest belongs to the audio thread.
*/
typedef struct {
  atomic_uint learned; ///< A NeumeLearned, packed; any thread
  double      rate;    ///< Hz
  bool        up;      ///< The control, as last set
  int64_t     start;   ///< Input sample with which the room begins
  int64_t     time;    ///< Input sample last heard of

  uint32_t room[NEUME_LEARN_LEVELS]; ///< Steps of the room at each level
  uint32_t n_room;                   ///< Steps of the room
  bool     listened;                 ///< The room is over, and so loud:
  int      gate;                     ///< What it stays under, dBFS

  uint32_t note;       ///< MIDI number being sung, 0 = none
  int64_t  since;      ///< Input sample of its onset
  float    note_level; ///< Its loudest step, dBFS
  uint32_t n_notes;    ///< Sung so far, long enough to count
  uint32_t lowest;     ///< MIDI number of the lowest
  uint32_t highest;    ///< MIDI number of the highest
  float    level;      ///< Of the loudest, dBFS
} NeumeLearn;

/** Nothing learned yet, for audio at `rate` Hz. */
void neume_learn_init(NeumeLearn* learn, double rate) NEUME_REALTIME;

/** Set the control at input sample `now`; true if what is learned changed. */
bool neume_learn_set(NeumeLearn* learn, bool up, uint64_t now) NEUME_REALTIME;

/** The audio is at input sample 0 again, and may be other audio: what was
    heard since the control went up is dropped, and listening starts over. */
void neume_learn_restart(NeumeLearn* learn) NEUME_REALTIME;

/** The same singer in the same room is at input sample 0 again: the transport
    started between the room and the song, say.  A room that was heard to its
    end holds, and so do the notes sung; one that was not is heard anew. */
void neume_learn_rewind(NeumeLearn* learn) NEUME_REALTIME;

/** Hear a decision that speaks of input sample `time`, negative before the
    start. */
void neume_learn_hear(NeumeLearn*      learn,
                      const NeumeStep* step,
                      int64_t          time) NEUME_REALTIME;

/** What is learned.  Any thread. */
NeumeLearned neume_learn_get(const NeumeLearn* learn) NEUME_REALTIME;

/** Take what was learned elsewhere; false, with nothing changed, if a value is
    out of its range.  It calls off a learning that is under way.  Any thread.
 */
bool neume_learn_put(NeumeLearn*         learn,
                     const NeumeLearned* learned) NEUME_REALTIME;

#endif // NEUME_LEARN_H
