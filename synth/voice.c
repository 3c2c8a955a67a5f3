// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#include "singer.h"

#include "random.h"

#include <math.h>

/// Manners of singing
typedef enum {
  MANNER_AMATEUR, ///< Little training: scoops, drift, seldom vibrato
  MANNER_POP,     ///< Moderate everything
  MANNER_TRAINED, ///< Vibrato, singer's formant, steady
  MANNER_BREATHY, ///< Soft and airy
  MANNER_PRESSED, ///< Bright, hard onsets, some roughness
  N_MANNERS
} VoiceManner;

static double keep(double x, double low, double high)
{
  return fmin(high, fmax(low, x));
}

/** Positive value about `middle`, spread by a factor of `spread`. */
static double draw_about(Random* r, double middle, double spread)
{
  return middle * exp(0.6 * log(spread) * random_normal(r));
}

/** Vocal tract length that fits the pitch: who sings there. */
static double draw_tract(Random* r, double centre)
{
  // Men to about D4 and as falsetto above, women from F3, children from C4
  const double men        = 1.0 / (1.0 + exp((centre - 60.0) / 2.2));
  const double falsetto   = centre > 60.0 ? 0.12 : 0.0;
  const double women      = 1.0 / (1.0 + exp((57.0 - centre) / 1.8));
  const double children   = 0.35 / (1.0 + exp((66.0 - centre) / 2.0));
  const double weights[3] = { men + falsetto, women, children };
  switch (random_pick(r, weights, 3U)) {
    case 0:
      return keep(
        1.0 - (0.004 * (centre - 52.0)) + (0.05 * random_normal(r)), 0.9, 1.15);
    case 1:
      return keep(0.86 - (0.003 * (centre - 66.0)) + (0.035 * random_normal(r)),
                  0.76,
                  0.96);
    default:
      return keep(0.73 + (0.04 * random_normal(r)), 0.63, 0.82);
  }
}

/** Vibrato of a manner. */
static void draw_vibrato(Random* r, SynthVoice* v, VoiceManner manner)
{
  static const double share[N_MANNERS] = { 0.5, 0.85, 1.0, 0.6, 0.7 };
  static const double depth[N_MANNERS] = { 35.0, 60.0, 100.0, 40.0, 60.0 };
  v->vibrato_rate  = keep(5.6 + (0.6 * random_normal(r)), 4.0, 8.0);
  v->vibrato_depth = 0.0;
  if (random_chance(r, share[manner])) {
    v->vibrato_depth = keep(draw_about(r, depth[manner], 2.0), 4.0, 150.0);
  }
  // Half of them swing from the start: in a song at pace there is no other time
  v->vibrato_delay = random_chance(r, 0.5) ? random_uniform(r, 0.0, 0.08)
                                           : random_uniform(r, 0.08, 0.6);
}

SynthVoice synth_voice_random(uint64_t seed, double centre)
{
  static const double manners[N_MANNERS] = { 0.3, 0.3, 0.18, 0.12, 0.1 };

  Random            r      = random_stream(seed, 101U);
  const VoiceManner manner = (VoiceManner)random_pick(&r, manners, N_MANNERS);
  const bool        soft   = manner == MANNER_BREATHY;
  const bool        hard   = manner == MANNER_PRESSED;
  const bool        raw    = manner == MANNER_AMATEUR;
  const bool        fine   = manner == MANNER_TRAINED;

  SynthVoice v = { 0 };
  v.tract      = draw_tract(&r, isfinite(centre) ? centre : 60.0);

  // A long tract at a high pitch means falsetto
  const double reach    = centre - (63.0 + (85.0 * (1.0 - v.tract)));
  const bool   falsetto = reach > 2.0 && random_chance(&r, 0.8);

  v.tilt = -7.8 + (1.4 * random_normal(&r)) - (soft ? 2.5 : 0.0) +
           (hard ? 1.5 : 0.0) - (falsetto ? 2.5 : 0.0);
  v.tilt = keep(v.tilt, -18.0, -6.0);
  v.open = 0.56 + (0.06 * random_normal(&r)) + (soft ? 0.12 : 0.0) -
           (hard ? 0.1 : 0.0) + (falsetto ? 0.2 : 0.0) +
           (v.tract < 0.95 ? 0.05 : 0.0);
  v.open   = keep(v.open, 0.4, 0.95);
  v.breath = -36.0 + (4.0 * random_normal(&r)) + (soft ? 8.0 : 0.0) +
             (falsetto ? 4.0 : 0.0) - (fine ? 4.0 : 0.0);
  v.breath = keep(v.breath, -50.0, -10.0);
  v.tuning = keep((raw ? 16.0 : 10.0) * random_normal(&r), -50.0, 50.0);
  draw_vibrato(&r, &v, manner);

  v.drift      = keep(draw_about(&r, raw ? 20.0 : 13.0, 1.8), 3.0, 40.0);
  v.jitter     = keep(draw_about(&r, hard ? 10.0 : 5.0, 2.0), 1.0, 35.0);
  v.shimmer    = keep(draw_about(&r, hard ? 0.4 : 0.2, 2.0), 0.05, 1.5);
  v.scoop      = keep(draw_about(&r, raw ? 80.0 : 45.0, 2.2), 0.0, 300.0);
  v.scoop_time = random_uniform(&r, 0.04, 0.25);
  v.portamento = keep(draw_about(&r, 0.1, 1.8), 0.02, 0.3);
  v.attack     = keep(
    draw_about(&r, hard ? 0.015 : (soft ? 0.06 : 0.035), 1.9), 0.005, 0.15);
  v.release   = keep(draw_about(&r, 0.06, 1.9), 0.012, 0.25);
  v.overshoot = random_uniform(&r, 0.0, 0.15);
  v.fall      = random_chance(&r, 0.5) ? draw_about(&r, 60.0, 2.0) : 0.0;
  v.fall      = keep(v.fall, 0.0, 400.0);

  // Words, a syllable such as "la", or one vowel throughout
  const double   text[3] = { 0.8, 0.1, 0.1 };
  const uint32_t kind    = random_pick(&r, text, 3U);
  v.consonants =
    kind == 2U ? random_uniform(&r, 0.0, 0.15) : random_uniform(&r, 0.55, 1.0);
  v.vowels =
    kind == 0U ? random_uniform(&r, 0.6, 1.0) : random_uniform(&r, 0.0, 0.1);
  v.breaths = random_uniform(&r, 0.0, 1.0);
  v.ring  = fine ? random_uniform(&r, 0.3, 0.9) : random_uniform(&r, 0.0, 0.5);
  v.creak = random_chance(&r, 0.4) ? random_uniform(&r, 0.0, 0.5) : 0.0;
  v.rough =
    random_chance(&r, hard ? 0.4 : 0.05) ? random_uniform(&r, 0.02, 0.2) : 0.0;
  v.hum = random_chance(&r, 0.15) ? random_uniform(&r, 0.1, 1.0) : 0.0;
  v.dip = random_chance(&r, 0.7) ? draw_about(&r, 60.0, 2.0) : 0.0;
  v.dip = keep(v.dip, 0.0, 200.0);

  v.late_time = random_uniform(&r, 0.07, 0.24);
  return v;
}
