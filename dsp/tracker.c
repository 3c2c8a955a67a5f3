// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#include "tracker.h"

#include "constants.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A hidden Markov model over the classes, filtered forward and, where a lag is
   allowed, smoothed backward over it (Rabiner 1989, equations 19, 25 and 27,
   with scaling).  A state stays with a probability that follows from its mean
   duration; what leaves goes to silence or evenly to all notes.  The network's
   posterior is the evidence, tempered because windows of successive steps
   overlap and say nearly the same.  On top of it, a decision with hysteresis.
*/

static const float note_seconds     = 0.35f; ///< Mean duration of a note
static const float rest_seconds     = 0.50f; ///< Mean duration of a rest
static const float evidence_seconds = 0.07f; ///< One independent observation
static const float note_to_rest = 0.45f; ///< Share of notes that a rest ends
static const float keep_margin  = 0.15f; ///< Advantage of the sounding note
static const float end_below    = 0.40f; ///< A note ends when the voice's
                                         ///< posterior is lower

static const NeumeTrackerParams defaults = { 0.4f, -70.0f, 2, 0 };

/** What is kept of each step within the longest lag. */
typedef struct {
  float evidence[NEUME_CLASSES]; ///< Tempered likelihood, largest is 1
  float forward[NEUME_CLASSES];  ///< Filtered posterior
  float level;                   ///< dBFS
} Slot;

#define N_SLOTS (NEUME_LAG_MAX + 1U)

struct NeumeTracker {
  NeumeTrackerParams params;         ///< In force, within their ranges
  float              temper;         ///< Exponent on the posteriors
  float              stay_note;      ///< Probability that a note goes on
  float              stay_rest;      ///< Probability that a rest goes on
  uint32_t           newest;         ///< Slot of the last step
  uint32_t           filled;         ///< Steps since the reset, at most N_SLOTS
  uint32_t           note;           ///< Sounding class, 0 = none
  uint32_t           age;            ///< Steps since its onset
  Slot               slots[N_SLOTS]; ///< Ring of the last steps
};

NeumeTracker* neume_tracker_new(double step_seconds)
{
  NeumeTracker* const t = (NeumeTracker*)calloc(1, sizeof(NeumeTracker));
  if (t) {
    const float step = (float)step_seconds;
    t->params        = defaults;
    t->temper        = fminf(1.0f, step / evidence_seconds);
    t->stay_note     = expf(-step / note_seconds);
    t->stay_rest     = expf(-step / rest_seconds);
    neume_tracker_reset(t);
  }
  return t;
}

void neume_tracker_free(NeumeTracker* tracker)
{
  free(tracker);
}

void neume_tracker_reset(NeumeTracker* tracker)
{
  tracker->newest = 0;
  tracker->filled = 0;
  tracker->note   = 0;
  tracker->age    = 0;
}

static float clamp(float value, float low, float high, float fallback)
{
  return isnan(value) ? fallback : fminf(fmaxf(value, low), high);
}

void neume_tracker_set(NeumeTracker* tracker, const NeumeTrackerParams* params)
{
  NeumeTrackerParams* const p = &tracker->params;
  p->threshold = clamp(params->threshold, 0.0f, 1.0f, defaults.threshold);
  p->gate      = clamp(params->gate, -120.0f, 0.0f, defaults.gate);
  p->min_steps = params->min_steps;
  p->lag       = params->lag < NEUME_LAG_MAX ? params->lag : NEUME_LAG_MAX;
}

static void normalise(float* p)
{
  float sum = 0.0f;
  for (uint32_t i = 0; i < NEUME_CLASSES; ++i) {
    sum += p[i];
  }
  const float factor = sum > 0.0f ? 1.0f / sum : 0.0f;
  for (uint32_t i = 0; i < NEUME_CLASSES; ++i) {
    p[i] *= factor;
  }
}

/** Evidence of one step: silent below the gate, or where it is not a number. */
static void set_evidence(const NeumeTracker*     tracker,
                         const NeumeObservation* o,
                         Slot*                   slot)
{
  const bool open = o->level >= tracker->params.gate;
  float      best = -INFINITY;

  for (uint32_t i = 0; i < NEUME_CLASSES; ++i) {
    best = fmaxf(best, o->log_p[i]);
  }

  for (uint32_t i = 0; i < NEUME_CLASSES; ++i) {
    const float p     = expf(tracker->temper * (o->log_p[i] - best));
    slot->evidence[i] = (open && p >= 1e-12f) ? p : 1e-12f;
  }
  if (!open) {
    slot->evidence[0] = 1.0f;
  }
  slot->level = o->level;
}

/** One step of the forward pass, from the posterior `before` to the slot's. */
static void forward(const NeumeTracker* t, const float* before, Slot* slot)
{
  const float n_notes   = (float)(NEUME_CLASSES - 1);
  const float from_rest = (1.0f - t->stay_rest) * before[0];
  float       from_note = 0.0f;
  for (uint32_t i = 1; i < NEUME_CLASSES; ++i) {
    from_note += before[i];
  }
  from_note *= 1.0f - t->stay_note;

  const float to_note =
    (from_rest + (1.0f - note_to_rest) * from_note) / n_notes;
  slot->forward[0] =
    slot->evidence[0] * (t->stay_rest * before[0] + note_to_rest * from_note);
  for (uint32_t i = 1; i < NEUME_CLASSES; ++i) {
    slot->forward[i] = slot->evidence[i] * (t->stay_note * before[i] + to_note);
  }
  normalise(slot->forward);
}

/** One step of the backward pass, `beta` in place. */
static void backward(const NeumeTracker* t, const Slot* next, float* beta)
{
  const float n_notes = (float)(NEUME_CLASSES - 1);
  float       notes   = 0.0f;
  for (uint32_t i = 0; i < NEUME_CLASSES; ++i) {
    beta[i] *= next->evidence[i];
    notes += i ? beta[i] : 0.0f;
  }
  notes /= n_notes;

  const float rest = beta[0];
  const float leave_note =
    (1.0f - t->stay_note) *
    (note_to_rest * rest + (1.0f - note_to_rest) * notes);
  beta[0] = t->stay_rest * rest + (1.0f - t->stay_rest) * notes;
  for (uint32_t i = 1; i < NEUME_CLASSES; ++i) {
    beta[i] = t->stay_note * beta[i] + leave_note;
  }
  normalise(beta);
}

/** Posterior of the step `lag` back, given all up to the newest. */
static const Slot* smooth(const NeumeTracker* t, uint32_t lag, float* posterior)
{
  float beta[NEUME_CLASSES];
  for (uint32_t i = 0; i < NEUME_CLASSES; ++i) {
    beta[i] = 1.0f;
  }

  uint32_t s = t->newest;
  for (uint32_t i = 0; i < lag; ++i) {
    backward(t, &t->slots[s], beta);
    s = s ? s - 1U : N_SLOTS - 1U;
  }

  for (uint32_t i = 0; i < NEUME_CLASSES; ++i) {
    posterior[i] = t->slots[s].forward[i] * beta[i];
  }
  normalise(posterior);
  return &t->slots[s];
}

/** MIDI velocity of a level: 40 log10(velocity / 127) dB, as General MIDI
    recommends for volume, relative to -10 dBFS. */
static uint8_t velocity(float level)
{
  const float v = 127.0f * powf(10.0f, (level + 10.0f) / 40.0f);
  return (uint8_t)fminf(fmaxf(v, 1.0f), 127.0f);
}

/** The class that should sound, given what does. */
static uint32_t choose(const NeumeTracker* t, const float* p, float level)
{
  if (t->note && t->age < t->params.min_steps) {
    return t->note;
  }
  if (level < t->params.gate) {
    return 0;
  }

  uint32_t best = 1;
  for (uint32_t i = 2; i < NEUME_CLASSES; ++i) {
    best = p[i] > p[best] ? i : best;
  }

  const float voiced = 1.0f - p[0];
  if (t->note) {
    if (voiced < end_below) {
      return 0;
    }
    return (p[best] > p[t->note] + keep_margin &&
            p[best] >= t->params.threshold)
             ? best
             : t->note;
  }
  return (voiced > end_below && p[best] >= t->params.threshold) ? best : 0;
}

NeumeDecision neume_tracker_step(NeumeTracker*           tracker,
                                 const NeumeObservation* observation)
{
  NeumeTracker* const t                   = tracker;
  const bool          first               = !t->filled;
  float               rest[NEUME_CLASSES] = { 1.0f };
  const float* const  before = first ? rest : t->slots[t->newest].forward;

  t->newest = first ? 0U : (t->newest + 1U) % N_SLOTS;
  t->filled += t->filled < N_SLOTS;
  set_evidence(t, observation, &t->slots[t->newest]);
  forward(t, before, &t->slots[t->newest]);

  NeumeDecision d = { 0, 1.0f, observation->level, 0, 0, 0 };
  if (t->params.lag < t->filled) { // Else that step lies before the start
    float             posterior[NEUME_CLASSES];
    const Slot* const slot = smooth(t, t->params.lag, posterior);
    const uint32_t    note = choose(t, posterior, slot->level);

    d.level = slot->level;
    if (note != t->note) {
      d.off      = t->note;
      d.on       = note;
      d.velocity = note ? velocity(slot->level) : 0;
      t->note    = note;
      t->age     = 0;
    }
    d.confidence = posterior[note];
  }

  d.note = t->note;
  t->age += t->age < UINT32_MAX;
  return d;
}
