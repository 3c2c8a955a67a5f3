// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#ifndef NEUME_SCALE_H
#define NEUME_SCALE_H

#include "attributes.h"

#include <stdint.h>

/** Notes of an octave that may sound. */
typedef enum {
  NEUME_SCALE_CHROMATIC,
  NEUME_SCALE_MAJOR,
  NEUME_SCALE_MINOR,
  NEUME_SCALE_HARMONIC_MINOR,
  NEUME_SCALE_DORIAN,
  NEUME_SCALE_PHRYGIAN,
  NEUME_SCALE_LYDIAN,
  NEUME_SCALE_MIXOLYDIAN,
  NEUME_SCALE_LOCRIAN,
  NEUME_SCALE_MAJOR_PENTATONIC,
  NEUME_SCALE_MINOR_PENTATONIC,
  NEUME_SCALE_BLUES,
  NEUME_N_SCALES
} NeumeScale;

/** The note of the scale on `key` (0 = C .. 11 = B) that is nearest to MIDI
   number `midi` and `cents`; it lies at most two semitones from `midi`.
   Realtime-safe.
*/
uint32_t neume_scale_nearest(NeumeScale scale,
                             uint32_t   key,
                             uint32_t   midi,
                             float      cents) NEUME_REALTIME;

#endif // NEUME_SCALE_H
