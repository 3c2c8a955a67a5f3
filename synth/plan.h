// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#ifndef NEUME_PLAN_H
#define NEUME_PLAN_H

#include "random.h"
#include "singer.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>

/** What every part of the voice does, 400 times a second.

    The plan depends on the seed, the voice and the notes, not on the sample
    rate; rendering interpolates it.
*/

/** The tracks of a plan. */
typedef enum {
  PLAN_PITCH,    ///< Fundamental, octaves above 1 Hz
  PLAN_VOICE,    ///< Strength of the glottal pulses, 0 = no voice
  PLAN_OPEN,     ///< Open quotient
  PLAN_TILT,     ///< Loss of the source at 3 kHz, dB
  PLAN_BREATH,   ///< Aspiration that the glottis modulates, linear
  PLAN_AIR,      ///< Steady aspiration, linear
  PLAN_CREAK,    ///< Unevenness of periods, 0..1
  PLAN_F1,       ///< First formant, Hz
  PLAN_F2,       ///< Second formant, Hz
  PLAN_F3,       ///< Third formant, Hz
  PLAN_F4,       ///< Fourth formant, Hz
  PLAN_NASAL,    ///< Opening of the nose
  PLAN_ZERO,     ///< Nasal zero, Hz
  PLAN_NOISE,    ///< Frication, linear re the voice's mean level
  PLAN_FRICTION, ///< Centre of the frication band, Hz
  PLAN_WIDTH,    ///< Its bandwidth, Hz
  PLAN_TRACKS    ///< Number of tracks
} PlanTrack;

/** Plan frames per second. */
#define PLAN_RATE 400.0

/** A plan. */
typedef struct {
  float*   track[PLAN_TRACKS]; ///< Each of n_frames values
  uint32_t n_frames;           ///< Frames; one more than the sound lasts
} Plan;

/// Gaps shorter than this are sung through, seconds
#define PLAN_LEGATO 0.005

/** Make the plan for `seconds` of singing; 0, or -1 without memory. */
int plan_init(Plan*             plan,
              uint64_t          seed,
              const SynthVoice* voice,
              const SynthNote*  notes,
              uint32_t          n_notes,
              double            seconds);

/** Free a plan. */
void plan_free(Plan* plan);

/** Fill PLAN_PITCH: what pitch.c does for plan_init(). */
void plan_pitch(Plan*             plan,
                uint64_t          seed,
                const SynthVoice* voice,
                const SynthNote*  notes,
                uint32_t          n_notes);

/** True if note `i` follows the one before without a gap. */
static inline bool plan_is_legato(const SynthNote* notes, uint32_t i)
{
  return i > 0U && notes[i].onset - notes[i - 1U].offset < PLAN_LEGATO;
}

/** First frame at or after `t` seconds, at most the last. */
static inline uint32_t plan_frame(const Plan* plan, double t)
{
  const double f    = t * PLAN_RATE;
  const double last = plan->n_frames;
  if (f <= 0.0) {
    return 0U;
  }
  const uint32_t whole = f >= last ? plan->n_frames : (uint32_t)f;
  return (double)whole < f && whole < plan->n_frames ? whole + 1U : whole;
}

/** Rise smoothly from 0 to 1 as x goes from 0 to 1. */
static inline double plan_smooth(double x)
{
  if (x <= 0.0) {
    return 0.0;
  }
  return x >= 1.0 ? 1.0 : x * x * (3.0 - (2.0 * x));
}

/// Noise through two equal low-passes: a smooth random walk that returns
typedef struct {
  double time;  ///< Time constant of each, seconds
  double inner; ///< Output of the first
  double outer; ///< Output of the second
} Wander;

/** The next value, of deviation 1. */
static inline double plan_wander(Wander* w, Random* random)
{
  // Two poles pass a quarter of the noise that one passes: power a / 4
  const double a = 1.0 - exp(-1.0 / (w->time * PLAN_RATE));
  w->inner += a * (random_normal(random) - w->inner);
  w->outer += a * (w->inner - w->outer);
  return w->outer * 2.0 / sqrt(a);
}

#endif // NEUME_PLAN_H
