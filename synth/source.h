// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#ifndef NEUME_SOURCE_H
#define NEUME_SOURCE_H

#include <stdint.h>

/** The glottal source: one period of flow derivative, band-limited.

    A period is a sum of harmonics whose complex amplitudes follow the
    causal-anticausal model of the glottal flow (Doval, d'Alessandro, Henrich
    2003): the open phase is a growing resonance that ends at the closure.
    Spectral tilt is left to a filter.  Tables hold each shape with few to
    many harmonics; reading mixes neighbours so that no harmonic ever passes
    half the rate, and none appears at once.
*/

enum {
  SOURCE_SHAPES = 4 ///< From a pressed to a falsetto voice
};

/** Periods of all shapes with all numbers of harmonics. */
typedef struct {
  float*    tables;   ///< [level][shape][length + 2], ends repeat the start
  uint32_t* counts;   ///< Number of harmonics of each level, ascending
  uint32_t  n_levels; ///< Number of levels
  uint32_t  length;   ///< Samples in a period, a power of two
  double    band;     ///< Highest frequency to produce, Hz
  double    rms[SOURCE_SHAPES]; ///< Level of the fullest table of each shape
} SourceTables;

/** What to read at one pitch and open quotient. */
typedef struct {
  const float* table[4];  ///< Two levels of two shapes
  float        weight[4]; ///< Their shares
  float        length;    ///< Samples in a period
} SourceMix;

/** Compute the tables for a sample rate; 0, or -1 without memory. */
int source_init(SourceTables* source, double rate);

/** Free the tables. */
void source_free(SourceTables* source);

/** Choose tables for fundamental `f0` (Hz) and open quotient `open`. */
SourceMix source_mix(const SourceTables* source, double f0, double open);

/** Level (RMS) of the source at open quotient `open`. */
double source_level(const SourceTables* source, double open);

/** The flow derivative at `phase` in [0, 1); the closure is at 0.65. */
static inline float source_read(const SourceMix* mix, float phase)
{
  const float    x    = phase * mix->length;
  const uint32_t i    = (uint32_t)x;
  const float    frac = x - (float)i;
  float          sum  = 0.0F;
  for (unsigned k = 0; k < 4U; ++k) {
    const float* const t = mix->table[k] + i;
    sum += mix->weight[k] * (t[0] + (frac * (t[1] - t[0])));
  }
  return sum;
}

#endif // NEUME_SOURCE_H
