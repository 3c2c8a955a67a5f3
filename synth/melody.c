// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#include "singer.h"

#include "random.h"

#include <math.h>

enum {
  N_SCALES   = 7,    ///< Scales
  N_LENGTHS  = 9,    ///< Note lengths
  N_STYLES   = 4,    ///< Styles of rhythm
  MIN_LENGTH = 80,   ///< Shortest note, milliseconds
  MAX_LENGTH = 12000 ///< Longest, of which a breath is enough
};

/// Semitones above the tonic, one bit each
static const uint16_t scales[N_SCALES] = {
  0xAB5, // major
  0x5AD, // natural minor
  0x9AD, // harmonic minor
  0x6AD, // Dorian
  0x6B5, // Mixolydian
  0x295, // major pentatonic
  0x4A9  // minor pentatonic
};

static const double scale_weights[N_SCALES] = { 4, 3, 0.7, 1, 1, 1.2, 1.2 };

/// Note lengths in beats
static const double lengths[N_LENGTHS] = { 0.25, 1.0 / 3.0, 0.5, 0.75, 1.0,
                                           1.5,  2.0,       3.0, 4.0 };

/// How common each length is: slow, usual, fast, runs
static const double length_weights[N_STYLES][N_LENGTHS] = {
  { 0, 0, 1, 0.3, 4, 2, 4, 1.5, 1.2 },
  { 0.5, 0.2, 5, 0.8, 4, 1.2, 1.5, 0.4, 0.4 },
  { 3, 0.4, 6, 0.8, 2, 0.4, 0.6, 0.1, 0.1 },
  { 8, 2, 4, 0.3, 1, 0.3, 0.5, 0.2, 0.1 }
};

static const double style_weights[N_STYLES] = { 1.0, 1.5, 1.0, 0.35 };

/// The melody while it is drawn
typedef struct {
  Random   random; ///< Draws
  int      low;    ///< Lowest note
  int      high;   ///< Highest note
  uint16_t scale;  ///< Bits of the scale
  int      tonic;  ///< Pitch class of its tonic
  uint32_t style;  ///< Row of length_weights
  int      pitch;  ///< The last note
  int      step;   ///< The last interval
  double   pull;   ///< Where the phrase lies, MIDI
  double   chroma; ///< Share of notes outside the scale
  double   steady; ///< Share of notes as long as the one before
  double   beats;  ///< Length of the last note, beats
  double   beat;   ///< Length of a beat, seconds
} Melody;

static bool in_scale(const Melody* m, int pitch)
{
  return (m->scale >> (unsigned)((pitch - m->tonic + 144) % 12)) & 1U;
}

/** Nearest note of the scale within the range. */
static int snap(const Melody* m, int pitch)
{
  for (int d = 0; d < 12; ++d) {
    if (pitch + d <= m->high && pitch + d >= m->low && in_scale(m, pitch + d)) {
      return pitch + d;
    }
    if (pitch - d >= m->low && pitch - d <= m->high && in_scale(m, pitch - d)) {
      return pitch - d;
    }
  }
  return pitch < m->low ? m->low : (pitch > m->high ? m->high : pitch);
}

/** The next pitch: mostly steps, leaps that turn back, seldom an octave. */
static int draw_pitch(Melody* m)
{
  enum { SPAN = 13 };
  static const double size[SPAN] = { 2.2, 3.0, 4.2, 2.2, 1.6,  1.3, 0.15,
                                     0.8, 0.3, 0.3, 0.1, 0.05, 0.45 };

  double weights[(2 * SPAN) - 1];
  for (int i = 0; i < (2 * SPAN) - 1; ++i) {
    const int step  = i - (SPAN - 1);
    const int pitch = m->pitch + step;
    double    w     = size[step < 0 ? -step : step];
    if (pitch < m->low || pitch > m->high) {
      w = 0.0;
    } else if (!in_scale(m, pitch)) {
      w *= m->chroma;
    }
    // After a leap the line turns back; otherwise it tends to go on
    if (step * m->step < 0) {
      w *= m->step > 4 || m->step < -4 ? 2.5 : 0.7;
    }
    w *= exp(-fabs(pitch - m->pull) / 6.0);
    weights[i] = w + 1e-9 * (pitch >= m->low && pitch <= m->high);
  }
  const int step =
    (int)random_pick(&m->random, weights, (2 * SPAN) - 1) - (SPAN - 1);
  m->step = step;
  return m->pitch + step;
}

/** The next length in beats. */
static double draw_beats(Melody* m, bool last)
{
  if (last) {
    // Phrases tend to end on a long note
    static const double ends[4] = { 1.0, 2.0, 3.0, 4.0 };
    return ends[random_below(&m->random, 4U)];
  }
  if (!random_chance(&m->random, m->steady)) {
    double weights[N_LENGTHS];
    for (unsigned i = 0; i < N_LENGTHS; ++i) {
      // Faster than about seven notes a second is an ornament
      weights[i] = length_weights[m->style][i];
      weights[i] *= lengths[i] * m->beat < 0.14 ? 0.2 : 1.0;
    }
    m->beats = lengths[random_pick(&m->random, weights, N_LENGTHS)];
  }
  return m->beats;
}

/** Begin a phrase somewhere in the range. */
static void start_phrase(Melody* m)
{
  const double width = m->high - m->low;
  m->pull = m->low + (width * random_uniform(&m->random, -0.05, 1.05));
  if (random_chance(&m->random, 0.6)) {
    // Most phrases start near where the one before ended
    m->pull = (0.5 * m->pull) + (0.5 * m->pitch);
  }
  m->pitch = snap(m, (int)lround(m->pull + (2.0 * random_normal(&m->random))));
  m->step  = 0;
}

uint32_t synth_melody_random(uint64_t           seed,
                             const SynthMelody* melody,
                             double             seconds,
                             SynthNote*         notes,
                             uint32_t           max)
{
  if (!melody || !notes || melody->low > melody->high || melody->low < 30 ||
      melody->high > 96 || !(melody->tempo >= 20.0 && melody->tempo <= 400.0) ||
      !(melody->rests >= 0.0 && melody->rests <= 0.95) ||
      !(melody->legato >= 0.0 && melody->legato <= 1.0) ||
      !(seconds > 0.0 && seconds <= 1e6)) {
    return 0;
  }

  Melody m = { 0 };
  m.random = random_stream(seed, 201U);
  m.low    = melody->low;
  m.high   = melody->high;
  m.beats  = 1.0;

  Random* const r = &m.random;
  m.scale         = scales[random_pick(r, scale_weights, N_SCALES)];
  m.tonic         = (int)random_below(r, 12U);
  m.style         = random_pick(r, style_weights, N_STYLES);
  m.beat          = 60.0 / melody->tempo;
  m.chroma        = random_chance(r, 0.3) ? 0.15 : 0.015;
  m.steady        = random_uniform(r, 0.2, 0.7);
  m.pitch =
    snap(&m,
         melody->low +
           (int)random_below(r, (uint32_t)(melody->high - melody->low) + 1U));

  const double human = random_uniform(r, 0.0, 0.03);
  double       t = random_uniform(r, 0.0, 1.0) * fmin(1.0, 3.0 * melody->rests);
  double       still = t;
  uint32_t     n     = 0;
  while (n < max && t + 0.08 < seconds) {
    const uint32_t count = 3U + random_below(r, 12U);
    const double   loud  = 3.0 * random_normal(r);
    const double   arc   = random_uniform(r, 0.0, 4.0);
    start_phrase(&m);
    for (uint32_t i = 0; i < count && n < max && t + 0.08 < seconds; ++i) {
      const bool   end   = i + 1U == count;
      const double beats = draw_beats(&m, end);
      double       span  = (beats * m.beat) +
                    (human * fmin(beats * m.beat, 0.5) * random_normal(r));
      span = fmin(MAX_LENGTH / 1000.0, fmax(MIN_LENGTH / 1000.0, span));

      if (i) {
        m.pitch = draw_pitch(&m);
      }

      // A gap is taken from the note's own time
      double gap = 0.0;
      if (!end && !random_chance(r, melody->legato)) {
        gap = fmin(random_uniform(r, 0.02, 0.2), 0.45 * span);
        gap = random_chance(r, 0.15) ? 0.5 * span : gap;
        gap = fmin(gap, span - (MIN_LENGTH / 1000.0));
        gap = gap < 0.015 ? 0.0 : gap;
      }
      const double x    = (i + 0.5) / count;
      notes[n].onset    = t;
      notes[n].offset   = fmin(t + span - gap, seconds);
      notes[n].midi     = m.pitch;
      notes[n].loudness = fmax(
        -12.0,
        fmin(12.0,
             loud + (arc * sin(3.14159265 * x)) + (1.5 * random_normal(r))));
      ++n;
      t += span;
      still += gap;
    }

    // Rest for as long as the share of silence asks for
    const double owed = ((melody->rests * t) - still) / (1.0 - melody->rests);
    if (melody->rests > 0.0) {
      const double rest =
        fmin(8.0, fmax(0.15, owed * random_uniform(r, 0.6, 1.5)));
      t += rest;
      still += rest;
    }
  }
  return n;
}
