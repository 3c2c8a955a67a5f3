// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#ifndef PLAIN_TONE_H
#define PLAIN_TONE_H

#include <math.h>
#include <stdint.h>

/** What a test generator plays. */
typedef enum {
  PLAIN_SINE,
  PLAIN_SAW,
  PLAIN_SQUARE,
  PLAIN_HOLLOW, ///< Each partial half of the one below
  PLAIN_WAVES
} PlainWave;

static inline double plain_partial(PlainWave wave, unsigned k)
{
  switch (wave) {
    case PLAIN_SINE:
      return k == 1U ? 1.0 : 0.0;
    case PLAIN_SAW:
      return 1.0 / k;
    case PLAIN_SQUARE:
      return k % 2U ? 1.0 / k : 0.0;
    default:
      return exp2(-(double)k);
  }
}

/** Write MIDI number `midi` to `out` from `onset` to `offset` (seconds at
   `rate` Hz): no partial above 8 kHz or a half of the rate, ramps of 5 ms. */
static inline void plain_tone(PlainWave wave,
                              double    midi,
                              double    onset,
                              double    offset,
                              double    rate,
                              float*    out)
{
  const double ramp    = 0.005;
  const double level   = 0.25;
  const double highest = fmin(8000.0, 0.5 * rate);
  const double turn    = 6.28318530717958648;
  const double hz      = 440.0 * exp2((midi - 69.0) / 12.0);
  for (uint32_t i = (uint32_t)ceil(onset * rate); i < offset * rate; ++i) {
    const double t     = (i / rate) - onset;
    const double fade  = fmin(1.0, fmin(t, offset - onset - t) / ramp);
    double       value = 0.0;
    for (unsigned k = 1; k * hz < highest; ++k) {
      value += plain_partial(wave, k) * sin(turn * k * hz * t);
    }
    out[i] = (float)(level * fade * value);
  }
}

#endif // PLAIN_TONE_H
