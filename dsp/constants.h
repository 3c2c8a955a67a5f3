// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#ifndef NEUME_CONSTANTS_H
#define NEUME_CONSTANTS_H

/** The numbers that the whole chain agrees on, each in this one place. */

#define NEUME_RATE    4096 ///< Analysis sample rate, Hz
#define NEUME_STEP    512  ///< Frame step of one context, samples (125 ms)
#define NEUME_CONTEXT 240  ///< Frames that one context holds (30 s)
#define NEUME_CLASSES 40   ///< Class 0 is non-voice, 1..39 are A2..B5

#define NEUME_MIDI_MIN 45 ///< MIDI number of class 1 (A2)
#define NEUME_MIDI_MAX 83 ///< MIDI number of class 39 (B5)

#define NEUME_RATE_MIN 8000.0   ///< Lowest host sample rate, Hz
#define NEUME_RATE_MAX 384000.0 ///< Highest host sample rate, Hz

#define NEUME_INTERLEAVE     8 ///< Default number of interleaved contexts, P
#define NEUME_INTERLEAVE_MAX 8 ///< Largest P

#define NEUME_BATCH     12 ///< Frames of a pass where nobody waits for it
#define NEUME_BATCH_MAX 48 ///< Most frames of a pass

#define NEUME_PASS_SECONDS                                                     \
  0.003 ///< A network pass ends this long after its frame
#define NEUME_LEVEL_SAMPLES    128  ///< Whose level a step tells (31 ms)
#define NEUME_EDGE_SAMPLES     64   ///< Whose level tells an attack (15.6 ms)
#define NEUME_LOOKAHEAD_MAX_MS 1250 ///< Longest look-ahead, ms
#define NEUME_MIN_NOTE_MAX_MS  500  ///< Longest of the shortest notes, ms

#define NEUME_A4     440.0  ///< Tuning that the network knows, Hz
#define NEUME_A4_MIN 415.0f ///< Lowest tuning, Hz
#define NEUME_A4_MAX 466.0f ///< Highest tuning, Hz

_Static_assert(NEUME_MIDI_MAX - NEUME_MIDI_MIN + 2 == NEUME_CLASSES,
               "classes are non-voice and every semitone");
_Static_assert(NEUME_STEP % NEUME_INTERLEAVE_MAX == 0,
               "interleaved steps are whole samples");

#endif // NEUME_CONSTANTS_H
