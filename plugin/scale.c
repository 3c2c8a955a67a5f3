// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#include "scale.h"

#include <stdbool.h>

/** Semitones above the key's note, one character each: x sounds. */
static const char* const scales[NEUME_N_SCALES] = {
  "xxxxxxxxxxxx", // Chromatic
  "x.x.xx.x.x.x", // Major
  "x.xx.x.xx.x.", // Minor
  "x.xx.x.xx..x", // Harmonic minor
  "x.xx.x.x.xx.", // Dorian
  "xx.x.x.xx.x.", // Phrygian
  "x.x.x.xx.x.x", // Lydian
  "x.x.xx.x.xx.", // Mixolydian
  "xx.x.xx.x.x.", // Locrian
  "x.x.x..x.x..", // Major pentatonic
  "x..x.x.x..x.", // Minor pentatonic
  "x..x.xxx..x.", // Blues
};

uint32_t neume_scale_nearest(NeumeScale scale,
                             uint32_t   key,
                             uint32_t   midi,
                             float      cents)
{
  const char* const steps = scales[scale];
  for (uint32_t away = 0; away < 3U; ++away) {
    for (uint32_t turn = 0; turn < 2U; ++turn) {
      // Where both neighbours belong to the scale, the voice leans to one
      const bool     up   = (cents >= 0.0f) == (turn == 0);
      const uint32_t note = up ? midi + away : midi - away;
      if (steps[(note + 12U - key) % 12U] == 'x') {
        return note;
      }
    }
  }
  return midi;
}
