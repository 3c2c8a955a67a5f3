// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#ifndef NEUME_TRACT_H
#define NEUME_TRACT_H

#include <stdint.h>

/** The vocal tract: formants in cascade, a nasal pole and zero, frication.

    Formants are second-order digital resonators with unit gain at 0 Hz
    (Klatt 1980); as many as the tract has below half the rate, so that their
    images stand for those above, or below 11 kHz, where two zeros give the
    lift of those left out.  Frication noise goes round them, through a
    band-pass of its own.
*/

enum {
  TRACT_MOVING   = 4, ///< Formants that articulation moves
  TRACT_FORMANTS = 14 ///< Most formants there are
};

/** A resonance (or its inverse): y = a x + b y1 + c y2. */
typedef struct {
  double a;  ///< Gain
  double b;  ///< Feedback of one sample ago
  double c;  ///< Feedback of two samples ago
  double z1; ///< State of one sample ago
  double z2; ///< State of two samples ago
  double db; ///< Change of b per sample
  double dc; ///< Change of c per sample
} Resonance;

/** A vocal tract with its states. */
typedef struct {
  Resonance formants[TRACT_FORMANTS]; ///< The cascade, lowest first
  Resonance nasal_pole;               ///< Resonance of the nose
  Resonance nasal_zero;               ///< Its side branch
  Resonance friction;                 ///< Band-pass of the constriction
  double    low1;                     ///< First low-pass of the source's tilt
  double    low2;                     ///< Second low-pass of the tilt
  double    low_share;                ///< Coefficient of both
  double    low_step;                 ///< Its change per sample
  double    in;                       ///< Last input of the first lift
  double    high;                     ///< Last output of the first lift
  double    lift;       ///< Zero of the two that stand for formants left out
  double    rate;       ///< Sample rate, Hz
  uint32_t  n_formants; ///< How many there are
  uint32_t  n_moving;   ///< How many of them move
} Tract;

/** Where the articulators stand. */
typedef struct {
  double formant[TRACT_MOVING]; ///< Frequencies, Hz
  double damping;               ///< Bandwidth factor, 1 = modal voice
  double nasal;                 ///< Opening of the nose, 0..1
  double zero;                  ///< Nasal zero when open, Hz
  double friction;              ///< Centre of the frication band, Hz
  double friction_width;        ///< Its bandwidth, Hz
  double tilt;                  ///< Attenuation of the source at 3 kHz, dB
} TractShape;

/** Set up for a length factor `scale` (1 = male), at rest. */
void tract_init(Tract* tract, double rate, double scale);

/** Move the articulators there over the next `samples`, 0 for at once.

    Call every few milliseconds, when the last movement has ended.
*/
void tract_set(Tract* tract, const TractShape* shape, uint32_t samples);

/** Stop what still rings when it has become inaudible. */
void tract_settle(Tract* tract);

/** Filter one sample of a resonance. */
static inline double resonate(Resonance* r, double x)
{
  const double y = (r->a * x) + (r->b * r->z1) + (r->c * r->z2);
  r->z2          = r->z1;
  r->z1          = y;
  return y;
}

/** Move a resonance on by a sample; its gain at 0 Hz stays one. */
static inline void move_resonance(Resonance* r)
{
  r->b += r->db;
  r->c += r->dc;
  r->a = 1.0 - r->b - r->c;
}

/** Soften voice with the tilt, add noise, and pass both through the tract. */
static inline double tract_run(Tract* t, double voice, double noise)
{
  t->low_share += t->low_step;
  t->low1 += t->low_share * (voice - t->low1);
  t->low2 += t->low_share * (t->low1 - t->low2);

  const double in   = t->low2 + noise;
  const double high = (in - (t->lift * t->in)) / (1.0 - t->lift);
  const double x    = (high - (t->lift * t->high)) / (1.0 - t->lift);
  t->in             = in;
  t->high           = high;

  // The inverse of a resonance keeps inputs as its states.  It follows the
  // fixed pole, so that its own movement meets no high frequencies
  const double     nose = resonate(&t->nasal_pole, x);
  Resonance* const z    = &t->nasal_zero;
  move_resonance(z);
  double y = (nose - (z->b * z->z1) - (z->c * z->z2)) / z->a;
  z->z2    = z->z1;
  z->z1    = nose;
  for (uint32_t i = 0; i < t->n_moving; ++i) {
    move_resonance(&t->formants[i]);
    y = resonate(&t->formants[i], y);
  }
  for (uint32_t i = t->n_moving; i < t->n_formants; ++i) {
    y = resonate(&t->formants[i], y);
  }
  return y;
}

/** Frication: unit white noise in, unit level out over the whole band. */
static inline double tract_friction(Tract* t, double noise)
{
  Resonance* const r = &t->friction;
  const double     y = (r->a * noise) + (r->b * r->z1) + (r->c * r->z2);
  const double     d = y - r->z2;
  r->z2              = r->z1;
  r->z1              = y;
  return d;
}

#endif // NEUME_TRACT_H
