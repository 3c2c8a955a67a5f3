// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#ifndef NEUME_TONE_H
#define NEUME_TONE_H

#include "attributes.h"

#include <stdint.h>

/** The tone that lets a singer hear which note was found.

    A sine with two quiet overtones at the note's tempered pitch, bounded by
    0.25.  Gain and pitch change in ramps of 5 ms, and the phase runs on.  All
    functions are realtime-safe.
*/
typedef struct {
  double phase;  ///< Cycles, 0..1
  double step;   ///< Cycles per sample now
  double aim;    ///< Cycles per sample that the glide goes to
  double glide;  ///< Change of step per sample
  float  gain;   ///< Gain now
  float  target; ///< Gain that the ramp goes to
  float  ramp;   ///< Change of gain per sample
  double rate;   ///< Hz
  double a4;     ///< Hz of MIDI number 69
} NeumeTone;

/** Silence at `rate` Hz, in concert pitch. */
void neume_tone_init(NeumeTone* tone, double rate) NEUME_REALTIME;

/** MIDI number 69 is `a4` Hz from the next neume_tone_set() on. */
void neume_tone_tune(NeumeTone* tone, double a4) NEUME_REALTIME;

/** Follow MIDI number `midi` at `velocity` 1..127; `midi` 0 fades out. */
void neume_tone_set(NeumeTone* tone,
                    uint32_t   midi,
                    uint32_t   velocity) NEUME_REALTIME;

/** The next sample; exactly 0 once faded out. */
float neume_tone_next(NeumeTone* tone) NEUME_REALTIME;

#endif // NEUME_TONE_H
