// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#ifndef NEUME_TONE_H
#define NEUME_TONE_H

#include "attributes.h"

#include <stdint.h>

/** The tone that lets a singer hear which note was found.

    A sine with two quiet overtones at the note's tempered pitch, with ramps of
    5 ms, bounded by 0.25.  All functions are realtime-safe.
*/
typedef struct {
  double phase;  ///< Cycles, 0..1
  double step;   ///< Cycles per sample
  float  gain;   ///< Gain now
  float  target; ///< Gain that the ramp goes to
  float  ramp;   ///< Change of gain per sample
  double rate;   ///< Hz
} NeumeTone;

void neume_tone_init(NeumeTone* tone, double rate) NEUME_REALTIME;

/** Follow MIDI number `midi` at `velocity` 1..127; `midi` 0 fades out. */
void neume_tone_set(NeumeTone* tone,
                    uint32_t   midi,
                    uint32_t   velocity) NEUME_REALTIME;

/** The next sample. */
float neume_tone_next(NeumeTone* tone) NEUME_REALTIME;

#endif // NEUME_TONE_H
