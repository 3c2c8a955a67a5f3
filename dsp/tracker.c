// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#include "tracker.h"

#include "constants.h"
#include "mapped.h"
#include "range.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The network's posteriors are averaged over time with exponential weights:
   back into the past, and forward as far as the lag allows.  (A product of
   probabilities, as in a hidden Markov model, punishes one confident error
   over many steps; the average forgets it.)  There are two averages.  The quick
   one says whether a voice sings at all, and what it starts with; the steady
   one whether a note that sounds has given way to another, which needs more
   care: a voice that is heard for the first time would else be late, and one
   that wavers would chatter.  Where an onset comes with it, a single sure step
   starts a note, or three surer ones make it another, if it shall be prompt:
   two things say so.

   The decision has hysteresis: a note starts at the threshold, ends where the
   voice is less likely than not, and gives way to another only where that one
   is over the threshold too, leads by a margin, and has stood still for a
   moment: what a glide passes through is no note.

   Where a network that tells onsets hears one and no other note has come of it
   within a moment, the note that sounds is struck again.  An onset counts once:
   it is spent with the note that it begins, and forgotten where none comes.

   When a note begins is known better than the moment of its decision tells:
   where an onset was heard lately that began no other note, it is dated there.

   Vibrato swings the pitch of a held note into its neighbours and back.  The
   tracker compares the pitch of the moment with a slow average, the centre.
   When it has crossed the centre twice at the pace of vibrato, a neighbour
   takes over only if the centre goes there.  What lies beyond the depth of the
   last swing is another note, whose own swing begins anew.
*/

enum { QUICK, STEADY, N_AVERAGES };

/** Weights fall by e in this time, without and with a lag: then the future adds
    what the past would have to. */
static const float average_seconds[2][N_AVERAGES] = { { 0.03f, 0.04f },
                                                      { 0.02f, 0.025f } };

static const float gate_slack = 3.0f;     ///< A note that sounds goes on so far
                                          ///< below the gate, dB
static const float end_voiced = 0.5f;     ///< A note ends when the voice's
                                          ///< posterior is lower
static const float  end_held      = 0.3f; ///< The same of a note held for long
static const double held_seconds  = 0.5;  ///< So long
static const float  change_margin = 0.35f; ///< Lead that ends another's note
static const double still_seconds = 0.04;  ///< So long the other stood still

// Onsets

static const float  once_sure = 0.6f; ///< Posterior that starts a note at once
static const float  change_sure  = 0.75f; ///< The same that makes it another
static const double change_still = 0.035; ///< Which has stood still for so long
static const float  once_onset   = 0.5f;  ///< With an onset of this probability
static const double once_seconds = 0.05;  ///< No longer ago
static const float  once_rise =
  4.0f; ///< Where the level rises by less, dB a step
static const float  onset_heard = 0.6f;  ///< Its probability from here on
static const float  onset_gone  = 0.25f; ///< Below, the next one may come
static const double onset_seconds =
  0.08;                                 ///< So long another note may come of it
static const double lost_seconds = 0.2; ///< Then it is forgotten
static const double own_seconds  = 0.05;   ///< So long after the beginning of a
                                           ///< note an onset is its own
static const float  again_sure    = 0.7f;  ///< Posterior of a note struck again
static const double again_seconds = 0.065; ///< So long its pitch stood still

#define BACK_MS 160U                      ///< So far back a note is dated
static const double ahead_seconds = 0.05; ///< So far ahead, with a lag
static const double rest_seconds =
  0.05; ///< A note ends so much before that shows
static const float onset_dates = 0.2f; ///< Probability of an onset that dates
enum { ONSET_WIDTH = 2 }; ///< Steps to either side that belong to one

// Vibrato

static const double centre_seconds = 0.2;  ///< The centre's average
static const double swing_shortest = 0.05; ///< Seconds between two crossings
static const double swing_longest  = 0.2;
static const float  swing_least    = 0.2f;  ///< Semitones from the centre
static const float  swing_margin   = 0.75f; ///< Farther out is another note
static const float  centre_leaves  = 0.6f;  ///< Semitones from the note

enum { NEIGHBOURS = 3 }; ///< Classes to either side that a swing may reach

static const NeumeTrackerParams defaults = { 0.5f, -90.0f, 2, 0, true };

/** What is kept of each of the last steps. */
typedef struct {
  float p[NEUME_CLASSES];                   ///< Posterior of the step
  float average[N_AVERAGES][NEUME_CLASSES]; ///< Over it and the past
  float level;                              ///< dBFS
  float edge;                               ///< The same, of its end
  float onset;                              ///< Probability of one
} Slot;

/** As many as the longest lag and a note's date before that need. */
#define N_SLOTS                                                                \
  (NEUME_LAG_MAX + 2U +                                                        \
   BACK_MS * NEUME_RATE * NEUME_INTERLEAVE_MAX / (NEUME_STEP * 1000U))

/** Where a held note's pitch swings. */
typedef struct {
  float    slow[NEUME_CLASSES]; ///< Slow average of the steady posterior
  float    centre;              ///< Mean class of `slow` near the note
  float    peaks[2];            ///< How far below and above it the pitch went
  float    depth;               ///< How far in the last half of a swing
  int      side;                ///< Of the centre, on which the pitch is
  uint32_t since;               ///< Steps since it crossed the centre
  uint32_t crossings;           ///< So many in a row at the pace of vibrato
} Swing;

struct NeumeTracker {
  NeumeTrackerParams params;           ///< In force, within their ranges
  double             step;             ///< Seconds
  float              fall[N_AVERAGES]; ///< Factors on the weight of a step ago
  float              slow_fall;        ///< The same of the centre's average
  Swing              swing;            ///< Of the sounding note
  uint32_t           newest;           ///< Slot of the last step
  uint32_t           filled;         ///< Steps since the reset, at most N_SLOTS
  uint32_t           note;           ///< Sounding class, 0 = none
  uint32_t           age;            ///< Steps since its onset
  uint32_t           now;            ///< Likeliest class but 0 of the last step
  uint32_t           still;          ///< Steps for which it has been that
  bool               spent;          ///< The last onset has begun a note
  uint32_t           waits;          ///< Steps since one that has not, 0 = none
  uint32_t           dated;          ///< Steps since the note's onset
  uint32_t           rest;           ///< Steps since the last note's end
  Slot               slots[N_SLOTS]; ///< Ring of the last steps
};

static void set_falls(NeumeTracker* t)
{
  const float* const seconds = average_seconds[t->params.lag ? 1 : 0];
  for (uint32_t a = 0; a < N_AVERAGES; ++a) {
    t->fall[a] = expf((float)-t->step / seconds[a]);
  }
}

NeumeTracker* neume_tracker_new(double step_seconds)
{
  NeumeTracker* const t =
    (NeumeTracker*)neume_mapped_calloc(1, sizeof(NeumeTracker));
  if (t) {
    t->params = defaults;
    t->step   = step_seconds;
    set_falls(t);
    t->slow_fall = (float)exp(-step_seconds / centre_seconds);
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
  tracker->now    = 0;
  tracker->still  = 0;
  tracker->spent  = false;
  tracker->waits  = 0;
  tracker->dated  = UINT32_MAX;
  tracker->rest   = UINT32_MAX;
}

void neume_tracker_set(NeumeTracker* tracker, const NeumeTrackerParams* params)
{
  NeumeTrackerParams* const p = &tracker->params;
  p->threshold =
    neume_within_or(params->threshold, 0.0f, 1.0f, defaults.threshold);
  p->gate = neume_within_or(params->gate, NEUME_GATE_OFF, 0.0f, defaults.gate);
  p->min_steps = params->min_steps;
  p->lag       = params->lag < NEUME_LAG_MAX ? params->lag : NEUME_LAG_MAX;
  p->prompt    = params->prompt;
  set_falls(tracker);
}

/** The level below which a step is silent, dBFS: lower where a note sounds, so
    that one which fades through the gate ends once. */
static float gate(const NeumeTracker* t)
{
  const float low = fmaxf(t->params.gate - gate_slack, NEUME_GATE_OFF);
  return t->note ? low : t->params.gate;
}

/** Posterior of a step: silent below the gate or where it is no number.
    `before` is the slot of the step before, NULL if there is none. */
static void set_posterior(const NeumeTracker*     t,
                          const NeumeObservation* o,
                          const Slot*             before,
                          Slot*                   slot)
{
  const bool open = o->level >= gate(t);
  for (uint32_t i = 0; i < NEUME_CLASSES; ++i) {
    const float p = open ? expf(fminf(o->log_p[i], 0.0f)) : (float)(i == 0);
    slot->p[i]    = p >= 0.0f ? p : 0.0f;
    for (uint32_t a = 0; a < N_AVERAGES; ++a) {
      const float past    = before ? before->average[a][i] : (float)(i == 0);
      slot->average[a][i] = slot->p[i] + t->fall[a] * (past - slot->p[i]);
    }
  }
  slot->level = o->level;
  slot->edge  = o->edge;
  slot->onset = o->onset;
}

/** The slot of the step `lag` back. */
static const Slot* slot_at(const NeumeTracker* t, uint32_t lag)
{
  return &t->slots[(t->newest + N_SLOTS - lag) % N_SLOTS];
}

/** One of the averages around the step that lies back by the lag. */
static void smooth(const NeumeTracker* t, uint32_t which, float* posterior)
{
  const float fall               = t->fall[which];
  float       sum[NEUME_CLASSES] = { 0.0f };
  float       weight             = 1.0f; // Of all, the past's being 1
  for (uint32_t i = 0; i < t->params.lag; ++i) {
    const float* const p = slot_at(t, i)->p;
    for (uint32_t c = 0; c < NEUME_CLASSES; ++c) {
      sum[c] = fall * (sum[c] + (1.0f - fall) * p[c]);
    }
    weight += (1.0f - fall) * powf(fall, (float)(i + 1U));
  }

  const float* const past = slot_at(t, t->params.lag)->average[which];
  for (uint32_t c = 0; c < NEUME_CLASSES; ++c) {
    posterior[c] = (past[c] + sum[c]) / weight;
  }
}

double neume_tracker_delay(const NeumeTracker* tracker)
{
  // Mean age under the weights of smooth(); most notes give way to others
  const double r    = (double)tracker->fall[STEADY];
  double       age  = r / (1.0 - r); // (1 - r) sum of i r^i
  double       mass = 1.0;
  for (uint32_t i = 1; i <= tracker->params.lag; ++i) {
    const double w = (1.0 - r) * pow(r, i);
    age -= w * i;
    mass += w;
  }
  // A change between two steps is seen with the second: half a step on average
  return tracker->step * (age / mass + 0.5);
}

uint8_t neume_tracker_velocity(float level)
{
  // 40 log10(velocity / 127) dB, as General MIDI recommends for volume
  const float v = 127.0f * powf(10.0f, (level + 10.0f) / 40.0f);
  return (uint8_t)fminf(fmaxf(v, 1.0f), 127.0f);
}

/** Mean class near `note` under `weights`; `note` if they are empty there. */
static float near(const float* weights, uint32_t note)
{
  const uint32_t low  = note > NEIGHBOURS ? note - NEIGHBOURS : 1U;
  float          sum  = 0.0f;
  float          mass = 1e-6f;
  for (uint32_t i = low; i < NEUME_CLASSES && i <= note + NEIGHBOURS; ++i) {
    sum += weights[i] * ((float)i - (float)note);
    mass += weights[i];
  }
  return (float)note + (sum / mass);
}

/** Follow the sounding note's pitch for a step, from its posterior and the
    steady one. */
static void follow(NeumeTracker* t, const float* now, const float* p)
{
  Swing* const s = &t->swing;
  for (uint32_t i = 0; i < NEUME_CLASSES; ++i) {
    s->slow[i] = p[i] + t->slow_fall * (s->slow[i] - p[i]);
  }
  s->centre = near(s->slow, t->note);

  // How deep it swings, a half that is over tells: this one may be a leap
  const float  out  = near(now, t->note) - s->centre;
  float* const peak = &s->peaks[out > 0.0f];
  *peak             = fmaxf(*peak, fabsf(out));

  const float away = near(p, t->note) - s->centre;
  const int   side = away > swing_least ? 1 : (away < -swing_least ? -1 : 0);
  s->since += s->since < UINT32_MAX;
  if (side && side != s->side) {
    const double seconds = s->since * t->step;
    const bool   paced = seconds >= swing_shortest && seconds <= swing_longest;
    s->crossings       = s->side && paced ? s->crossings + 1U : 0U;
    s->depth           = s->peaks[s->side > 0];
    s->peaks[s->side > 0] = 0.0f;
    s->side               = side;
    s->since              = 0;
  } else if (s->since * t->step > swing_longest) {
    s->crossings = 0;
    s->peaks[0]  = 0.0f;
    s->peaks[1]  = 0.0f;
  }
}

/** Take up a note from nothing known of its swing. */
static void hold_on(NeumeTracker* t, const float* p)
{
  memcpy(t->swing.slow, p, sizeof(t->swing.slow));
  t->swing.centre    = (float)t->note;
  t->swing.depth     = 0.0f;
  t->swing.peaks[0]  = 0.0f;
  t->swing.peaks[1]  = 0.0f;
  t->swing.side      = 0;
  t->swing.since     = 0;
  t->swing.crossings = 0;
}

/** The likeliest class but 0. */
static uint32_t likeliest(const float* p)
{
  uint32_t best = 1;
  for (uint32_t i = 2; i < NEUME_CLASSES; ++i) {
    best = p[i] > p[best] ? i : best;
  }
  return best;
}

/** Count how long the pitch stands still, from a step's posterior. */
static void stand(NeumeTracker* t, const float* p)
{
  const uint32_t now = likeliest(p);
  t->still           = now == t->now ? t->still + (t->still < UINT32_MAX) : 1U;
  t->now             = now;
}

/** Whether the pitch has stood still on `note` for longer than `seconds`. */
static bool stands_on(const NeumeTracker* t, uint32_t note, double seconds)
{
  return note == t->now && t->still * t->step > seconds;
}

/** Whether an onset was told with the decided step or just before. */
static bool has_onset(const NeumeTracker* t)
{
  const uint32_t steps = 1U + (uint32_t)(once_seconds / t->step);
  uint32_t       i     = t->params.lag;
  const uint32_t end   = i + steps < t->filled ? i + steps : t->filled;
  while (i < end && slot_at(t, i)->onset < once_onset) {
    ++i;
  }
  return i < end;
}

/** Whether an attack is over: its level will be the velocity. */
static bool has_risen(const NeumeTracker* t)
{
  const uint32_t lag = t->params.lag;
  return t->filled > lag + 1U &&
         slot_at(t, lag)->edge < slot_at(t, lag + 1U)->edge + once_rise;
}

/** The class that should sound where none does, from a step's posterior and the
    quick average. */
static uint32_t start(const NeumeTracker* t, const float* now, const float* p)
{
  const uint32_t first = likeliest(now);
  if (t->params.prompt && has_onset(t) && has_risen(t) &&
      now[first] >= fmaxf(once_sure, t->params.threshold)) {
    return first;
  }
  const uint32_t best = likeliest(p);
  return 1.0f - p[0] >= end_voiced && p[best] >= t->params.threshold ? best
                                                                     : 0U;
}

/** Whether the voice of the note that sounds has ended, from the same. */
static bool has_ended(const NeumeTracker* t, const float* p)
{
  const bool held = t->age * t->step > held_seconds;
  return 1.0f - p[0] < (held ? end_held : end_voiced);
}

/** Whether a class lies where the note that sounds swings, if it does. */
static bool swings_to(const NeumeTracker* t, uint32_t c)
{
  const Swing* const s = &t->swing;
  return s->crossings > 1 &&
         fabsf((float)c - s->centre) < s->depth + swing_margin;
}

/** Whether another `note` is sure at once, by its posterior `p` of a step and
    an onset that is not the sounding one's. */
static bool is_sure(const NeumeTracker* t, uint32_t note, float p)
{
  return t->params.prompt && p >= fmaxf(change_sure, t->params.threshold) &&
         t->age * t->step > own_seconds && stands_on(t, note, change_still) &&
         has_onset(t);
}

/** The class that should sound while the voice goes on, from a step's posterior
    and the steady one. */
static uint32_t go_on(const NeumeTracker* t, const float* now, const float* p)
{
  const uint32_t first = t->now;
  if (first != t->note && is_sure(t, first, now[first]) &&
      !swings_to(t, first)) {
    return first;
  }
  const uint32_t best = likeliest(p);
  if (swings_to(t, best)) {
    const bool left = fabsf(t->swing.centre - (float)t->note) > centre_leaves;
    return left ? (uint32_t)lroundf(t->swing.centre) : t->note;
  }
  const bool leads =
    p[best] >= t->params.threshold && p[best] > p[t->note] + change_margin;
  return leads && stands_on(t, best, still_seconds) ? best : t->note;
}

/** The class that should sound, given what does. */
static uint32_t choose(const NeumeTracker* t,
                       const Slot*         now,
                       const float*        quick,
                       const float*        steady)
{
  if (t->note && t->age < t->params.min_steps) {
    return t->note;
  }
  if (now->level < gate(t)) {
    return 0;
  }
  if (!t->note) {
    return start(t, now->p, quick);
  }
  return has_ended(t, quick) ? 0U : go_on(t, now->p, steady);
}

/** Whether an onset was heard of which no other note has come. */
static bool hear_onset(NeumeTracker* t, float onset)
{
  const bool heard = onset > onset_heard;
  const bool own   = t->note && t->age * t->step < own_seconds;
  t->spent         = t->spent ? onset >= onset_gone : heard && own;
  if (t->waits || (heard && !t->spent)) {
    ++t->waits;
  }
  if (t->waits * t->step > lost_seconds) {
    t->waits = 0;
  }
  return t->waits * t->step > onset_seconds;
}

/** Date the note that begins; see NeumeDecision's `since`. */
static float date(NeumeTracker* t)
{
  // Steps counted back from the newest; what began another note is past
  const uint32_t lag   = t->params.lag;
  const uint32_t ahead = (uint32_t)(ahead_seconds / t->step);
  const uint32_t first = lag > ahead ? lag - ahead : 0U;
  uint32_t       n     = lag + (uint32_t)(0.001 * BACK_MS / t->step) + 1U;
  n                    = n < t->filled ? n : t->filled;
  n                    = n < t->dated ? n : t->dated;
  if (!t->note && t->rest < n) { // Nothing began while another note sounded
    const uint32_t since = t->rest + (uint32_t)(rest_seconds / t->step) + lag;
    n                    = n < since ? n : since;
  }

  uint32_t peak  = n;
  float    onset = onset_dates;
  for (uint32_t i = first; i < n; ++i) {
    if (slot_at(t, i)->onset >= onset) {
      onset = slot_at(t, i)->onset;
      peak  = i;
    }
  }
  if (peak == n) {
    t->dated = lag;
    return NAN;
  }

  t->dated            = peak;
  const uint32_t from = peak > ONSET_WIDTH ? peak - ONSET_WIDTH : 0U;
  const uint32_t last = peak + ONSET_WIDTH < n ? peak + ONSET_WIDTH : n - 1U;
  float          sum  = 0.0f;
  float          mass = 0.0f;
  for (uint32_t i = from; i <= last; ++i) {
    sum += slot_at(t, i)->onset * ((float)i - (float)lag);
    mass += slot_at(t, i)->onset;
  }
  return (float)((double)(sum / mass) * t->step);
}

NeumeDecision neume_tracker_step(NeumeTracker*           tracker,
                                 const NeumeObservation* observation)
{
  NeumeTracker* const t      = tracker;
  const Slot* const   before = t->filled ? slot_at(t, 0) : NULL;

  t->newest = before ? (t->newest + 1U) % N_SLOTS : 0U;
  t->filled += t->filled < N_SLOTS;
  set_posterior(t, observation, before, &t->slots[t->newest]);

  NeumeDecision d = { 0, 1.0f, observation->level, 0, 0, 0, NAN };
  if (t->params.lag < t->filled) { // Else that step lies before the start
    const Slot* const slot = slot_at(t, t->params.lag);
    float             quick[NEUME_CLASSES];
    float             steady[NEUME_CLASSES];
    smooth(t, QUICK, quick);
    smooth(t, STEADY, steady);
    if (t->note) {
      follow(t, slot->p, steady);
    }
    stand(t, slot->p);
    const uint32_t note  = choose(t, slot, quick, steady);
    const bool     onset = hear_onset(t, slot->onset);
    const bool     again =
      onset && note && note == t->note && stands_on(t, note, again_seconds) &&
      steady[note] > again_sure && t->age >= t->params.min_steps;

    d.level = slot->level;
    if (note != t->note || again) {
      d.off              = t->note;
      d.on               = note;
      d.velocity         = note ? neume_tracker_velocity(slot->level) : 0;
      d.since            = note ? date(t) : NAN;
      const bool near_by = t->note && note &&
                           fabsf((float)note - (float)t->note) <= NEIGHBOURS &&
                           (t->swing.crossings < 2 || swings_to(t, note));
      t->rest  = note ? t->rest : 0U;
      t->note  = note;
      t->age   = 0;
      t->spent = note != 0;
      t->waits = 0;
      if (!near_by) { // Else it may still be the same note's swing
        hold_on(t, steady);
      }
    }
    // A new note is surer by the quick one, a held one by the steady one
    d.confidence = fmaxf(quick[note], steady[note]);
  }

  d.note = t->note;
  t->age += t->age < UINT32_MAX;
  t->dated += t->dated < UINT32_MAX;
  t->rest += t->rest < UINT32_MAX;
  return d;
}
