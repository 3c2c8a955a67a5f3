// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#include "pitch.h"

#include "constants.h"

#include <math.h>

#define HIGHEST_HZ 1900.0F // Above, the resampler lets nothing through

// Candidates, in cents: a little more than a semitone, so that a voice at its
// edge is still a peak

enum { SPACING = 5, REACH = 70, CANDIDATES = 2 * REACH / SPACING + 1 };

#define SILENCE  1e-6F // Scores below are nothing: -120 dBFS per harmonic
#define CONTRAST 1e-3F // Best over mean score, less 1, that means something

/** Magnitude at bin `x`, compressed: its square root, by a cubic through four
    bins.

    The square root keeps one strong harmonic from deciding alone, and makes a
    window's main lobe smooth enough for a cubic.
*/
static float compressed(const float* power, float x)
{
  const uint32_t i = (uint32_t)x;
  const float    f = x - (float)i;

  float y[4];
  for (uint32_t k = 0; k < 4; ++k) {
    y[k] = sqrtf(sqrtf(power[i + k - 1U]));
  }

  const float a = f + 1.0F;
  const float b = f - 1.0F;
  const float c = f - 2.0F;
  return (y[3] * a * f * b - y[0] * f * b * c) / 6.0F +
         (y[1] * a * b * c - y[2] * a * f * c) / 2.0F;
}

float neume_pitch_cents(const float* power, uint32_t fft, uint32_t midi)
{
  if (midi < NEUME_MIDI_MIN || midi > NEUME_MIDI_MAX) {
    return 0.0F;
  }

  const float    hz   = 440.0F * exp2f(((float)midi - 69.0F) / 12.0F);
  const float    bin  = hz * (float)fft / (float)NEUME_RATE;
  const uint32_t last = (uint32_t)(HIGHEST_HZ / hz);
  const float    step = exp2f(SPACING / 1200.0F);

  float    score[CANDIDATES];
  float    sum  = 0.0F;
  float    f0   = bin * exp2f(-REACH / 1200.0F);
  uint32_t best = 0;
  for (uint32_t c = 0; c < CANDIDATES; ++c) {
    score[c] = 0.0F;
    for (uint32_t h = 1; h <= last; ++h) {
      score[c] += compressed(power, f0 * (float)h) / (float)h;
    }
    sum += score[c];
    best = score[c] > score[best] ? c : best;
    f0 *= step;
  }

  if (score[best] < SILENCE ||
      score[best] * CANDIDATES < sum * (1.0F + CONTRAST)) {
    return 0.0F;
  }

  // The vertex of the parabola through the best and its neighbours
  float offset = 0.0F;
  if (best > 0 && best < CANDIDATES - 1) {
    const float left  = score[best - 1];
    const float right = score[best + 1];
    const float bend  = left - 2.0F * score[best] + right;
    offset            = bend < 0.0F ? 0.5F * (left - right) / bend : 0.0F;
  }

  const float cents = (float)SPACING * ((float)best + offset) - REACH;
  return fminf(fmaxf(cents, -50.0F), 50.0F);
}
