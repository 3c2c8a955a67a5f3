// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#include "pitch.h"

#include "constants.h"

#include <math.h>
#include <stdbool.h>

#define HIGHEST_HZ 1900.0F // Above, the resampler lets nothing through

// Candidates, in cents: a little more than a semitone, so that a voice at its
// edge is still a peak

enum { SPACING = 5, REACH = 70, CANDIDATES = 2 * REACH / SPACING + 1 };

// Of a bend: far beyond the note, in larger steps

enum {
  BEND_SPACING    = 20,
  BEND_REACH      = 200,
  BEND_CANDIDATES = 2 * BEND_REACH / BEND_SPACING + 1,
  MOST_CANDIDATES = CANDIDATES
};

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

/** A note's harmonics in a spectrum. */
typedef struct {
  const float* power;
  float        bin;  ///< Of the fundamental, at 0 cents
  uint32_t     last; ///< Harmonic that is looked at
} Harmonics;

/** Sum over the harmonics of a fundamental `cents` away. */
static float score_at(const Harmonics* h, float cents)
{
  const float f0    = h->bin * exp2f(cents / 1200.0F);
  float       score = 0.0F;
  for (uint32_t i = 1; i <= h->last; ++i) {
    score += compressed(h->power, f0 * (float)i) / (float)i;
  }
  return score;
}

/** The best of candidates from `low` on, SPACING apart; NAN where the spectrum
    says nothing. */
static float best_of(const Harmonics* h, float low, uint32_t n, float spacing)
{
  float    score[MOST_CANDIDATES];
  float    sum  = 0.0F;
  uint32_t best = 0;
  for (uint32_t c = 0; c < n; ++c) {
    score[c] = score_at(h, low + spacing * (float)c);
    sum += score[c];
    best = score[c] > score[best] ? c : best;
  }
  if (score[best] < SILENCE ||
      score[best] * (float)n < sum * (1.0F + CONTRAST)) {
    return NAN;
  }

  // The vertex of the parabola through the best and its neighbours
  float offset = 0.0F;
  if (best > 0 && best < n - 1U) {
    const float left  = score[best - 1U];
    const float right = score[best + 1U];
    const float bend  = left - 2.0F * score[best] + right;
    offset            = bend < 0.0F ? 0.5F * (left - right) / bend : 0.0F;
  }
  return low + spacing * ((float)best + offset);
}

/** The harmonics of MIDI number `midi`; false if it is no note of ours. */
static bool find_harmonics(Harmonics*   h,
                           const float* power,
                           uint32_t     fft,
                           uint32_t     midi,
                           float        reach)
{
  if (midi < NEUME_MIDI_MIN || midi > NEUME_MIDI_MAX) {
    return false;
  }
  const float hz = (float)NEUME_A4 * exp2f(((float)midi - 69.0F) / 12.0F);
  h->power       = power;
  h->bin         = hz * (float)fft / (float)NEUME_RATE;
  h->last        = (uint32_t)(HIGHEST_HZ / (hz * exp2f(reach / 1200.0F)));
  h->last        = h->last ? h->last : 1U;
  return true;
}

float neume_pitch_cents(const float* power, uint32_t fft, uint32_t midi)
{
  Harmonics h;
  if (!find_harmonics(&h, power, fft, midi, 0.0F)) {
    return 0.0F;
  }
  const float cents = best_of(&h, -REACH, CANDIDATES, SPACING);
  return isnan(cents) ? 0.0F : fminf(fmaxf(cents, -50.0F), 50.0F);
}

float neume_pitch_bend(const float* power, uint32_t fft, uint32_t midi)
{
  Harmonics h;
  if (!find_harmonics(&h, power, fft, midi, BEND_REACH)) {
    return 0.0F;
  }
  // Peaks of harmonics are wide enough for large steps first
  const float far  = best_of(&h, -BEND_REACH, BEND_CANDIDATES, BEND_SPACING);
  const float low  = far - 2.0F * SPACING;
  const float near = isnan(far) ? NAN : best_of(&h, low, 5, SPACING);
  const float most = BEND_REACH;
  return isnan(near) ? (isnan(far) ? 0.0F : far)
                     : fminf(fmaxf(near, -most), most);
}
