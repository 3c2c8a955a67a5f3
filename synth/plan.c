// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#include "plan.h"

#include "phoneme.h"
#include "random.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double pi = 3.14159265358979323846;

/// Noise of this level or less is none, dB
static const double no_noise = -90.0;

/// What is known while notes are laid out
typedef struct {
  Plan*             plan;    ///< The tracks to fill
  Random            random;  ///< Draws
  const SynthVoice* voice;   ///< Manner
  const SynthNote*  notes;   ///< The score
  uint32_t          n_notes; ///< Its length
  double            seconds; ///< Length of the sound
  double            centre;  ///< Mean pitch of the notes, MIDI
  uint32_t          vowel;   ///< Vowel now sung
  bool              hum;     ///< The phrase is hummed
} Layout;

/** What one note has. */
typedef struct {
  const SynthNote* note;      ///< The note
  double           before;    ///< Silence before it, seconds; 0 if legato
  double           after;     ///< Silence after it, seconds; 0 if legato
  double           effort;    ///< Loudness and height, dB re the usual
  double           target[4]; ///< Its vowel's formants, Hz
} Syllable;

static double from_db(double db)
{
  return db <= no_noise ? 0.0 : pow(10.0, db / 20.0);
}

/** Set a track to `value` from `t0` to `t1` seconds. */
static void paint(Plan*     plan,
                  PlanTrack track,
                  double    t0,
                  double    t1,
                  double    value)
{
  const uint32_t last = plan_frame(plan, t1);
  for (uint32_t k = plan_frame(plan, t0); k < last; ++k) {
    plan->track[track][k] = (float)value;
  }
}

/** A burst or band of noise with soft edges of `edge` seconds. */
static void paint_noise(Plan*     plan,
                        PlanTrack track,
                        double    t0,
                        double    t1,
                        double    edge,
                        double    level)
{
  const uint32_t last = plan_frame(plan, t1);
  for (uint32_t k = plan_frame(plan, t0); k < last; ++k) {
    const double t = k / PLAN_RATE;
    const double e =
      plan_smooth((t - t0) / edge) * plan_smooth((t1 - t) / edge);
    plan->track[track][k] = fmaxf(plan->track[track][k], (float)(level * e));
  }
}

/** Smooth a track forward and backward: articulators move before and after. */
static void smooth(float* track, uint32_t n, double seconds)
{
  const float share = (float)(1.0 - exp(-1.0 / (seconds * PLAN_RATE)));
  for (uint32_t k = 1; k < n; ++k) {
    track[k] = track[k - 1U] + (share * (track[k] - track[k - 1U]));
  }
  for (uint32_t k = n - 1U; k-- > 0U;) {
    track[k] = track[k + 1U] + (share * (track[k] - track[k + 1U]));
    track[k] = fabsf(track[k]) < 1e-6F ? 0.0F : track[k];
  }
}

/** Formants of the vowel as this singer sings it at this pitch. */
static void aim(Layout* l, Syllable* s)
{
  const Vowel* const v = phoneme_vowel(l->vowel);
  for (unsigned i = 0; i < 4U; ++i) {
    const double vary = 1.0 + (0.03 * random_normal(&l->random));
    s->target[i]      = v->formant[i] * vary / l->voice->tract;
  }

  // High voices open the mouth so that F1 does not fall below the pitch
  const double f0 = 440.0 * exp2((s->note->midi - 69.0) / 12.0);
  s->target[0]    = fmax(s->target[0], 0.98 * f0);
  s->target[1]    = fmax(s->target[1], 1.25 * s->target[0]);

  // The singer's formant: F3 and F4 close up, as far as F2 lets them
  const double ring = 0.7 * l->voice->ring;
  const double room = 450.0 / l->voice->tract;
  s->target[2] += ring * ((2550.0 / l->voice->tract) - s->target[2]);
  s->target[3] += ring * ((2950.0 / l->voice->tract) - s->target[3]);
  s->target[2] = fmax(s->target[2], s->target[1] + room);
  s->target[3] = fmax(s->target[3], s->target[2] + room);
}

/** Draw the vowel of the next syllable. */
static void draw_vowel(Layout* l)
{
  double weights[N_VOWELS];
  for (uint32_t i = 0; i < N_VOWELS; ++i) {
    weights[i] = phoneme_vowel(i)->weight;
  }
  l->vowel = random_pick(&l->random, weights, N_VOWELS);
}

/** Draw a consonant, unvoiced ones only if there is room for them. */
static const Consonant* draw_consonant(Layout* l, bool room)
{
  double                 weights[32];
  uint32_t               n   = 0;
  const Consonant* const all = phoneme_consonants(&n);
  for (uint32_t i = 0; i < n; ++i) {
    weights[i] = room || !phoneme_is_unvoiced(&all[i]) ? all[i].weight : 0.0;
  }
  return &all[random_pick(&l->random, weights, n)];
}

/** Formants and band of a consonant from t0 to t1. */
static void paint_place(Layout* l, const Consonant* c, double t0, double t1)
{
  for (unsigned i = 0; i < 4U; ++i) {
    if (c->formant[i] > 0.0) {
      const PlanTrack track = (PlanTrack)(PLAN_F1 + i);
      paint(l->plan, track, t0, t1, c->formant[i] / l->voice->tract);
    }
  }
  if (c->noise > no_noise) {
    const double edge = 0.02;
    paint(l->plan,
          PLAN_FRICTION,
          t0 - edge,
          t1 + edge,
          c->friction * (0.5 + (0.5 / l->voice->tract)) *
            random_uniform(&l->random, 0.85, 1.15));
    paint(l->plan, PLAN_WIDTH, t0 - edge, t1 + edge, c->width);
  }
}

/** An unvoiced consonant that ends at `t1`, within `room` seconds. */
static void paint_unvoiced(Layout*          l,
                           const Consonant* c,
                           double           t1,
                           double           room,
                           double           gain)
{
  const double length =
    fmin(random_uniform(&l->random, c->shortest, c->longest), room);
  const double t0 = t1 - length;
  paint_place(l, c, t0, t1);
  if (c->manner == MANNER_FRICATIVE) {
    const double edge = 0.3 * length;
    paint_noise(
      l->plan, PLAN_NOISE, t0, t1 + 0.01, edge, gain * from_db(c->noise));
    paint_noise(
      l->plan, PLAN_AIR, t0, t1 + 0.01, edge, gain * from_db(c->breath));
    return;
  }

  // Closure, burst, then aspiration until the voice starts
  const double open  = t1 - (length * random_uniform(&l->random, 0.2, 0.55));
  const double burst = fmin(random_uniform(&l->random, 0.008, 0.02), t1 - open);
  paint_noise(l->plan,
              PLAN_NOISE,
              open,
              open + burst + 0.005,
              0.005,
              gain * from_db(c->noise));
  if (c->breath > -50.0) {
    paint_noise(l->plan,
                PLAN_AIR,
                open,
                t1 + 0.01,
                0.012,
                gain * from_db(c->breath + 8.0));
  } else {
    paint_noise(
      l->plan, PLAN_NOISE, open, t1 + 0.005, 0.015, gain * from_db(c->noise));
  }
}

/** A voiced consonant at the start of a note; levels go into PLAN_VOICE. */
static void paint_voiced(Layout*          l,
                         const Syllable*  s,
                         const Consonant* c,
                         double           gain)
{
  const double length = s->note->offset - s->note->onset;
  const double d =
    fmin(random_uniform(&l->random, c->shortest, c->longest), 0.4 * length);
  const double t0 = s->note->onset - (s->before > 0.0 ? 0.0 : 0.35 * d);
  const double t1 = t0 + d;
  paint_place(l, c, t0 - (s->before > 0.0 ? 0.03 : 0.0), t1);
  paint(l->plan, PLAN_VOICE, t0, t1, from_db(c->voice));
  if (c->nasal > 0.0) {
    paint(l->plan, PLAN_NASAL, t0 - 0.03, t1, c->nasal);
    paint(l->plan, PLAN_ZERO, t0 - 0.05, t1 + 0.05, c->zero / l->voice->tract);
  }
  if (c->manner == MANNER_VOICED_STOP) {
    // Through closed lips only the lowest harmonics sound
    paint(l->plan, PLAN_TILT, t0, t1, 35.0);
    paint_noise(
      l->plan, PLAN_NOISE, t1, t1 + 0.015, 0.005, gain * from_db(c->noise));
  } else {
    paint_noise(
      l->plan, PLAN_NOISE, t0, t1, 0.25 * d, gain * from_db(c->noise));
  }
}

/** Air at the end of a phrase: consonant, sigh or breath. */
static void paint_rest(Layout* l, const Syllable* s, double gain)
{
  const double end  = s->note->offset;
  double       free = s->after;
  if (free > 0.12 && !l->hum &&
      random_chance(&l->random, 0.25 * l->voice->consonants)) {
    const Consonant* c = draw_consonant(l, true);
    for (unsigned tries = 0; tries < 20U && !phoneme_is_unvoiced(c); ++tries) {
      c = draw_consonant(l, true);
    }
    if (phoneme_is_unvoiced(c)) {
      const double room = fmin(0.4 * free, 0.25);
      paint_unvoiced(l, c, end + room, room, gain);
      free -= room;
    }
  } else if (free > 0.2 && random_chance(&l->random, 0.4 * l->voice->breaths)) {
    const double length =
      fmin(random_uniform(&l->random, 0.05, 0.2), 0.5 * free);
    paint_noise(l->plan,
                PLAN_AIR,
                end - 0.04,
                end + length,
                0.04,
                gain * from_db(random_uniform(&l->random, -34.0, -22.0)));
  }

  const double next = end + s->after;
  if (free > 0.25 && random_chance(&l->random, l->voice->breaths)) {
    const double length =
      fmin(random_uniform(&l->random, 0.15, 0.6), 0.8 * free);
    const double stop = next - random_uniform(&l->random, 0.02, 0.08);
    paint_noise(l->plan,
                PLAN_AIR,
                fmax(stop - length, end),
                stop,
                0.25 * length,
                from_db(random_uniform(&l->random, -38.0, -18.0)));
  }
}

/** Level of the voice through note `s`, strictly inside it, into `env`. */
static void add_envelope(Layout* l, const Syllable* s, float* env)
{
  const SynthVoice* const v      = l->voice;
  const SynthNote* const  note   = s->note;
  const double            length = note->offset - note->onset;
  const double            attack =
    fmin(v->attack * random_uniform(&l->random, 0.4, 1.8), 0.4 * length);
  const double release =
    fmin(v->release * random_uniform(&l->random, 0.4, 1.8) *
           (s->after > 0.15 ? 1.5 : 1.0),
         0.4 * length);

  // Legato notes pass with a slight dip; long ones swell or fade
  const double dip   = random_uniform(&l->random, 0.0, 0.3);
  const double swell = 2.5 * random_normal(&l->random) * fmin(1.0, length);
  const double decay =
    1.5 * fabs(random_normal(&l->random)) * fmin(1.0, length);
  const uint32_t last = plan_frame(l->plan, note->offset);
  for (uint32_t k = plan_frame(l->plan, note->onset); k < last; ++k) {
    const double t = (k / PLAN_RATE) - note->onset;
    const double x = t / length;
    double e = from_db((swell * (sin(pi * x) - 0.6)) - (decay * x) + s->effort);
    e *= s->before > 0.0 ? plan_smooth(t / fmax(attack, 0.004))
                         : 1.0 - (dip * exp(-t / 0.03));
    e *= s->after > 0.0 ? plan_smooth((length - t) / fmax(release, 0.006))
                        : 1.0 - (dip * exp(-(length - t) / 0.03));
    env[k] = (float)e;
  }
}

/** Source quality of a note: tilt, open quotient, breath, creak. */
static void paint_source(Layout* l, const Syllable* s, bool soft)
{
  Plan* const             plan = l->plan;
  const SynthVoice* const v    = l->voice;
  const double            t0 = s->note->onset - (s->before > 0.0 ? 0.02 : 0.0);
  const double            t1 = s->note->offset + (s->after > 0.0 ? 0.02 : 0.0);
  const double            open  = v->open > 0.0 ? v->open : 0.6;
  const double            usual = 2.3 * fmax(0.0, -6.0 - v->tilt);
  paint(plan, PLAN_TILT, t0, t1, fmax(0.5, usual - (0.8 * s->effort)));
  paint(plan, PLAN_OPEN, t0, t1, open - (0.012 * s->effort));
  paint(plan, PLAN_BREATH, t0, t1, from_db(v->breath - (0.5 * s->effort)));
  paint(plan, PLAN_CREAK, t0, t1, v->rough);

  // Soft starts and ends: the glottis is not yet, or no longer, closed
  const double length = s->note->offset - s->note->onset;
  if (soft && s->before > 0.0) {
    const double d = fmin(0.08, 0.4 * length);
    paint(plan, PLAN_OPEN, t0, t0 + d, 0.92);
    paint(plan, PLAN_BREATH, t0, t0 + d, from_db(v->breath + 6.0));
    paint(plan, PLAN_TILT, t0, t0 + d, usual + 8.0);
  }
  if (s->after > 0.0 && random_chance(&l->random, 0.7)) {
    const double d = fmin(0.1, 0.4 * length);
    paint(plan, PLAN_OPEN, t1 - d, t1, 0.9);
    paint(plan, PLAN_TILT, t1 - d, t1, usual + 6.0);
  }
  if (s->note->midi < l->centre && length > 0.2) {
    const double d = fmin(random_uniform(&l->random, 0.04, 0.12), 0.3 * length);
    if (s->before > 0.0 && random_chance(&l->random, v->creak)) {
      paint(plan, PLAN_CREAK, t0, t0 + d, random_uniform(&l->random, 0.3, 0.9));
      paint(plan, PLAN_OPEN, t0, t0 + d, 0.42);
    }
    if (s->after > 0.0 && random_chance(&l->random, v->creak)) {
      paint(plan, PLAN_CREAK, t1 - d, t1, random_uniform(&l->random, 0.3, 0.9));
      paint(plan, PLAN_OPEN, t1 - d, t1, 0.42);
    }
  }
}

/** Let the end of a long vowel, until `t1`, lean towards another one. */
static void paint_diphthong(Layout* l, const Syllable* s, double t1)
{
  const uint32_t vowel  = l->vowel;
  const double   length = s->note->offset - s->note->onset;
  const double   share  = random_uniform(&l->random, 0.15, 0.45);
  const double   lean   = random_uniform(&l->random, 0.4, 1.0);
  Syllable       other  = *s;
  draw_vowel(l);
  aim(l, &other);
  for (unsigned f = 0; f < 4U; ++f) {
    paint(l->plan,
          (PlanTrack)(PLAN_F1 + f),
          s->note->offset - (share * length),
          t1,
          s->target[f] + (lean * (other.target[f] - s->target[f])));
  }
  l->vowel = vowel;
}

/** Lay out note `i`. */
static void lay_note(Layout* l, uint32_t i, float* env)
{
  const SynthNote* const note   = &l->notes[i];
  const bool             joined = plan_is_legato(l->notes, i);
  const bool   tied = i + 1U < l->n_notes && plan_is_legato(l->notes, i + 1U);
  const double previous = i ? l->notes[i - 1U].offset : 0.0;
  const double next = i + 1U < l->n_notes ? l->notes[i + 1U].onset : l->seconds;

  Syllable s = { note, 0.0, 0.0, 0.0, { 0.0 } };
  s.before   = joined ? 0.0 : fmax(1e-3, note->onset - previous);
  s.after    = tied ? 0.0 : fmax(1e-3, next - note->offset);
  s.effort   = note->loudness + (0.35 * (note->midi - l->centre));
  s.effort   = fmax(-15.0, fmin(15.0, s.effort));

  if (i == 0U || s.before > 0.3) {
    l->hum = random_chance(&l->random, l->voice->hum);
  }
  const bool again  = joined && note->midi == l->notes[i - 1U].midi;
  bool       spoken = random_chance(&l->random, l->voice->consonants);
  if (i == 0U ||
      ((spoken || !joined) && random_chance(&l->random, l->voice->vowels))) {
    draw_vowel(l);
  }
  aim(l, &s);

  // The tract is ready for a syllable half a gap before its voice
  const double t0 = joined ? note->onset : note->onset - (0.5 * s.before);
  const double t1 = tied ? note->offset : note->offset + (0.5 * s.after);
  for (unsigned f = 0; f < 4U; ++f) {
    paint(l->plan,
          (PlanTrack)(PLAN_F1 + f),
          i ? t0 : 0.0,
          i + 1U == l->n_notes ? l->seconds + 1.0 : t1,
          s.target[f]);
  }
  if (t1 - t0 > 0.3 && random_chance(&l->random, 0.2 * l->voice->vowels)) {
    paint_diphthong(l, &s, t1);
  }
  const double gain =
    from_db(0.4 * s.effort) * from_db(2.0 * random_normal(&l->random));
  paint(l->plan, PLAN_VOICE, t0, t1, 1.0);
  if (l->hum) {
    const Consonant* const m = phoneme_hum();
    paint_place(l, m, t0, t1);
    paint(l->plan, PLAN_NASAL, t0, t1, 1.0);
    paint(l->plan, PLAN_ZERO, t0, t1, m->zero / l->voice->tract);
    spoken = false;
  }
  paint_source(l, &s, random_chance(&l->random, 8.0 * l->voice->attack));
  if (spoken) {
    const bool             room = s.before > 0.04;
    const Consonant* const c    = draw_consonant(l, room);
    if (phoneme_is_unvoiced(c)) {
      paint_unvoiced(l, c, note->onset, 0.9 * s.before, gain);
    } else {
      paint_voiced(l, &s, c, gain);
    }
  } else if (again) {
    // The same note on the same vowel is heard by a dip
    const double d =
      fmin(random_uniform(&l->random, 0.03, 0.06), note->offset - note->onset);
    paint(l->plan,
          PLAN_VOICE,
          note->onset - (0.5 * d),
          note->onset + (0.5 * d),
          from_db(random_uniform(&l->random, -18.0, -8.0)));
  }
  paint_rest(l, &s, gain);
  add_envelope(l, &s, env);
}

/** Join the layers of a finished layout. */
static void finish(Layout* l, const float* env)
{
  Plan* const    plan = l->plan;
  const uint32_t n    = plan->n_frames;
  const double   pace = random_uniform(&l->random, 0.012, 0.022);
  for (unsigned f = 0; f < 4U; ++f) {
    smooth(plan->track[PLAN_F1 + f], n, pace);
  }
  smooth(plan->track[PLAN_VOICE], n, 0.004);
  smooth(plan->track[PLAN_OPEN], n, 0.02);
  smooth(plan->track[PLAN_TILT], n, 0.006);
  smooth(plan->track[PLAN_BREATH], n, 0.015);
  smooth(plan->track[PLAN_NASAL], n, 0.006);
  smooth(plan->track[PLAN_CREAK], n, 0.008);

  // The tract is never quite still
  for (unsigned f = 0; f < 4U; ++f) {
    float* const track = plan->track[PLAN_F1 + f];
    Wander       stray = { 0.1, 0.0, 0.0 };
    for (uint32_t k = 0; k < n; ++k) {
      track[k] *= (float)(1.0 + (0.02 * plan_wander(&stray, &l->random)));
    }
  }

  // Slow unevenness of breath pressure
  Wander uneven = { 0.15, 0.0, 0.0 };
  for (uint32_t k = 0; k < n; ++k) {
    const double db = 0.8 * plan_wander(&uneven, &l->random);
    plan->track[PLAN_VOICE][k] *= env[k] * (float)from_db(db);
    plan->track[PLAN_OPEN][k] =
      fminf(0.95F, fmaxf(0.4F, plan->track[PLAN_OPEN][k]));
  }
}

void plan_free(Plan* plan)
{
  free(plan->track[0]);
  memset(plan, 0, sizeof(*plan));
}

int plan_init(Plan*             plan,
              uint64_t          seed,
              const SynthVoice* voice,
              const SynthNote*  notes,
              uint32_t          n_notes,
              double            seconds)
{
  memset(plan, 0, sizeof(*plan));
  const uint32_t n      = (uint32_t)(seconds * PLAN_RATE) + 3U;
  float* const   memory = calloc((PLAN_TRACKS + 1U) * (size_t)n, sizeof(float));
  if (!memory) {
    return -1;
  }
  plan->n_frames = n;
  for (unsigned t = 0; t < PLAN_TRACKS; ++t) {
    plan->track[t] = memory + (t * (size_t)n);
  }
  float* const env = memory + (PLAN_TRACKS * (size_t)n);

  Layout l = {
    plan, random_stream(seed, 2U), voice, notes, n_notes, seconds, 60.0, 0,
    false
  };
  if (n_notes) {
    l.centre = 0.0;
  }
  for (uint32_t i = 0; i < n_notes; ++i) {
    l.centre += notes[i].midi / n_notes;
  }

  const double end = seconds + 1.0;
  paint(plan, PLAN_VOICE, 0.0, end, 1.0);
  paint(plan, PLAN_OPEN, 0.0, end, 0.6);
  paint(plan, PLAN_TILT, 0.0, end, 12.0);
  paint(plan, PLAN_ZERO, 0.0, end, 1000.0);
  paint(plan, PLAN_FRICTION, 0.0, end, 3000.0);
  paint(plan, PLAN_WIDTH, 0.0, end, 1000.0);
  for (unsigned f = 0; f < 4U; ++f) {
    const double neutral = ((2.0 * f) + 1.0) * 500.0 / voice->tract;
    paint(plan, (PlanTrack)(PLAN_F1 + f), 0.0, end, neutral);
  }
  for (uint32_t i = 0; i < n_notes; ++i) {
    lay_note(&l, i, env);
  }
  finish(&l, env);
  plan_pitch(plan, seed, voice, notes, n_notes);
  return 0;
}
