// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#include "tract.h"

#include <math.h>
#include <string.h>

static const double pi = 3.14159265358979323846;

/// Formants above this are left out, Hz: a longer cascade has gains between
/// its stages that turn every movement into a click
static const double highest = 11000.0;

/// Resonance of the nose at rest, Hz and its bandwidth
static const double nose       = 270.0;
static const double nose_width = 100.0;

/** Set a resonance to `f` Hz and bandwidth `width` Hz. */
static void set_resonance(Resonance* r, double rate, double f, double width)
{
  // Past the top the resonance only widens, so that it fades as it leaves
  const double top = 0.46 * rate;
  if (f > top) {
    width += f - top;
    f = top;
  }
  const double radius = exp(-pi * width / rate);
  r->c                = -radius * radius;
  r->b                = 2.0 * radius * cos(2.0 * pi * f / rate);
  r->a                = 1.0 - r->b - r->c;
}

/** The pole p that two filters (1 - p) / (1 - p z^-1) share to lose `loss` dB
    at 3 kHz, or of two zeros that gain it.

    With q the power that each passes there, (1 - p)^2 = q |1 - p e^-jw|^2.
*/
static double find_slope(double rate, double loss)
{
  const double q = pow(10.0, -fmax(loss, 0.01) / 20.0);
  const double m = 1.0 - (q * cos(2.0 * pi * 3000.0 / rate));
  return (m - sqrt((m * m) - ((1.0 - q) * (1.0 - q)))) / (1.0 - q);
}

void tract_init(Tract* tract, double rate, double scale)
{
  memset(tract, 0, sizeof(*tract));
  tract->rate = rate;

  // A uniform tube closed at the glottis: 500, 1500, 2500... Hz for a man
  const double limit = fmin(0.5 * rate, highest);
  for (uint32_t i = 0; i < TRACT_FORMANTS; ++i) {
    const double f = ((2.0 * i) + 1.0) * 500.0 / scale;
    if (f > limit && i >= 3U) {
      break;
    }
    set_resonance(&tract->formants[i], rate, f, 60.0 + (0.05 * f));
    ++tract->n_formants;
  }
  tract->n_moving =
    tract->n_formants < TRACT_MOVING ? tract->n_formants : TRACT_MOVING;
  set_resonance(&tract->nasal_pole, rate, nose, nose_width);
  set_resonance(&tract->nasal_zero, rate, nose, nose_width);
  set_resonance(&tract->friction, rate, 3000.0, 1000.0);
  tract->low_share = 1.0;

  // A formant at F raises what lies well below it, at f, by (f / F)^2 nepers.
  // Summed over the formants left out and less what the images give
  if (limit == highest) {
    const double spacing = 1000.0 / scale;
    const double n       = tract->n_formants;
    const double missing =
      (1.0 / (spacing * spacing * n)) - (2.4 * n / (rate * rate));
    tract->lift = find_slope(rate, 8.686 * missing * 9e6);
  }
}

/** Let a resonance move to that frequency and width over `samples`. */
static void aim_resonance(Resonance* r,
                          double     rate,
                          double     f,
                          double     width,
                          uint32_t   samples)
{
  Resonance goal = *r;
  set_resonance(&goal, rate, f, width);
  if (samples) {
    r->db = (goal.b - r->b) / samples;
    r->dc = (goal.c - r->c) / samples;
  } else {
    *r    = goal;
    r->db = 0.0;
    r->dc = 0.0;
  }
}

void tract_set(Tract* tract, const TractShape* shape, uint32_t samples)
{
  const double rate = tract->rate;
  for (uint32_t i = 0; i < tract->n_moving; ++i) {
    // Bandwidths by frequency, between those of Fujimura & Lindqvist
    // (1971) and of Klatt (1980)
    const double f     = shape->formant[i];
    const double width = 40.0 + (0.02 * f) + (1.4e-5 * f * f) +
                         (f < 400.0 ? 0.1 * (400.0 - f) : 0.0);
    const double damp =
      i ? 1.0 + (0.5 * (shape->damping - 1.0)) : shape->damping;
    aim_resonance(&tract->formants[i], rate, f, width * damp, samples);
  }

  const double zero = nose + (shape->nasal * (shape->zero - nose));
  aim_resonance(
    &tract->nasal_zero, rate, zero, nose_width * (1.0 + shape->nasal), samples);

  // Band-pass whose output has unit level for unit white noise
  Resonance* const r     = &tract->friction;
  const double     width = fmin(shape->friction_width, 0.3 * rate);
  const double     f     = shape->friction;
  set_resonance(r, rate, f, width);
  r->a = 0.5 * (1.0 + r->c) * sqrt(rate / (pi * width));
  if (f > 0.46 * rate) {
    // Only the skirt of a band beyond the rate is heard
    r->a *= pow(0.46 * rate / f, 3.0);
  }

  const double share = 1.0 - find_slope(rate, shape->tilt);
  tract->low_step    = samples ? (share - tract->low_share) / samples : 0.0;
  tract->low_share   = samples ? tract->low_share : share;
}

/** Clear the states of a resonance that has died away. */
static void settle(Resonance* r)
{
  if (fabs(r->z1) + fabs(r->z2) < 1e-12) {
    r->z1 = 0.0;
    r->z2 = 0.0;
  }
}

void tract_settle(Tract* tract)
{
  for (uint32_t i = 0; i < tract->n_formants; ++i) {
    settle(&tract->formants[i]);
  }
  settle(&tract->nasal_pole);
  settle(&tract->nasal_zero);
  settle(&tract->friction);
  if (fabs(tract->low1) + fabs(tract->low2) < 1e-12) {
    tract->low1 = 0.0;
    tract->low2 = 0.0;
  }
}
