// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#include "plan.h"
#include "random.h"

#include <math.h>

static const double pi = 3.14159265358979323846;

/// What is known of the notes' pitch before the frames are drawn
typedef struct {
  Random*           random; ///< Draws
  const SynthVoice* voice;  ///< Manner
  const SynthNote*  notes;  ///< The score
  float*            cents;  ///< The track, MIDI cents until it is done
} Pitch;

/** True if so many cents up are a step that a voice may take late. */
static bool is_rise(double interval)
{
  return interval > 50.0 && interval <= 700.0;
}

/** Add `depth` cents at t0 that fade until t1, or the reverse if `rising`.

    One frame more on the side of the full depth covers a note's edge that
    lies between two frames.
*/
static void add_slope(const Plan* plan,
                      Pitch*      p,
                      double      t0,
                      double      t1,
                      double      depth,
                      bool        rising)
{
  const uint32_t first = plan_frame(plan, t0);
  const uint32_t last  = plan_frame(plan, t1);
  const uint32_t start = !rising && first ? first - 1U : first;
  const uint32_t end   = rising && last < plan->n_frames ? last + 1U : last;
  for (uint32_t k = start; k < end; ++k) {
    const double x = ((k / PLAN_RATE) - t0) / (t1 - t0);
    p->cents[k] += (float)(depth * plan_smooth(rising ? x : 1.0 - x));
  }
}

/** Perhaps let note `i`, `interval` cents from the note before (0: none near),
    arrive late; true if it does.

    Who is late begins near the pitch of the note before, if that is lower, or
    on some lower one, stays there for a moment and then slides up, before the
    half of the note is over.
*/
static bool add_late(const Plan* plan, Pitch* p, uint32_t i, double interval)
{
  const SynthVoice* const voice = p->voice;
  const double share = is_rise(interval) ? 1.0 : (interval != 0.0 ? 0.3 : 0.6);
  if (voice->late <= 0.0 || !random_chance(p->random, share * voice->late)) {
    return false;
  }

  const double onset  = p->notes[i].onset;
  const double length = p->notes[i].offset - onset;
  const double own    = random_uniform(p->random, 70.0, 300.0);
  const double part   = random_uniform(p->random, 0.6, 1.1);
  const double depth  = is_rise(interval) ? part * interval : own;
  const double half =
    fmin(random_uniform(p->random, 0.015, 0.06), 0.15 * length);
  const double until =
    fmin(voice->late_time * random_uniform(p->random, 0.5, 1.5),
         (0.45 * length) - half);

  const uint32_t start = plan_frame(plan, onset);
  const uint32_t end   = plan_frame(plan, onset + until + half);
  for (uint32_t k = start ? start - 1U : 0U; k < end; ++k) {
    const double x = ((k / PLAN_RATE) - onset - until + half) / (2.0 * half);
    p->cents[k] -= (float)(depth * plan_smooth(1.0 - x));
  }
  return true;
}

/** Glide `interval` cents to note `i`, perhaps past it and back. */
static void glide(const Plan* plan, Pitch* p, uint32_t i, double interval)
{
  const SynthNote* const from = &p->notes[i - 1U];
  const SynthNote* const to   = &p->notes[i];
  const double           shorter =
    fmin(from->offset - from->onset, to->offset - to->onset);
  const double drawn = p->voice->portamento *
                       random_uniform(p->random, 0.6, 1.6) *
                       (1.0 + (fabs(interval) / 2400.0));
  const double length = fmin(fmax(drawn, 0.01), 0.6 * shorter);
  const double middle =
    to->onset + (length * random_uniform(p->random, -0.1, 0.35));

  const double   t0    = middle - (0.5 * length);
  const double   t1    = middle + (0.5 * length);
  const uint32_t first = plan_frame(plan, t0);
  const uint32_t turn  = plan_frame(plan, to->onset);
  const uint32_t last  = plan_frame(plan, t1);
  for (uint32_t k = first; k < last; ++k) {
    const double s = plan_smooth(((k / PLAN_RATE) - t0) / (t1 - t0));
    p->cents[k] += (float)(interval * (k < turn ? s : s - 1.0));
  }

  const double bump = fmax(-60.0, fmin(60.0, interval * p->voice->overshoot)) *
                      random_uniform(p->random, 0.0, 1.5);
  const uint32_t end = plan_frame(plan, fmin(to->offset, t1 + 0.4));
  for (uint32_t k = last; k < end; ++k) {
    const double t = (k / PLAN_RATE) - t1;
    p->cents[k] += (float)(bump * exp(-t / 0.06) * sin(2.0 * pi * 4.0 * t));
  }
}

/** Add vibrato to note `i`; its phase runs through all notes. */
static void add_vibrato(const Plan* plan, Pitch* p, uint32_t i, double* phase)
{
  const SynthNote* const  note  = &p->notes[i];
  const SynthVoice* const voice = p->voice;
  const double            depth =
    voice->vibrato_depth * random_uniform(p->random, 0.5, 1.3);
  const double delay =
    voice->vibrato_delay * random_uniform(p->random, 0.6, 1.5);
  const double growth = random_uniform(p->random, 0.15, 0.4) *
                        (voice->vibrato_delay < 0.1 ? 0.5 : 1.0);
  const double rate =
    voice->vibrato_rate * (1.0 + (0.05 * random_normal(p->random)));
  double         stray = 0.0;
  const uint32_t first = plan_frame(plan, note->onset);
  const uint32_t last  = plan_frame(plan, note->offset);
  for (uint32_t k = first; k < last; ++k) {
    const double t = (k / PLAN_RATE) - note->onset;
    const double e = depth * plan_smooth((t - delay) / growth) *
                     plan_smooth((note->offset - note->onset - t) / 0.06);
    stray += (-0.02 * stray) + (0.01 * random_normal(p->random));
    *phase += rate * (1.0 + stray) / PLAN_RATE;
    p->cents[k] +=
      (float)(e * (sin(2.0 * pi * *phase) + (0.1 * sin(4.0 * pi * *phase))));
  }
}

/** Let the pitch dip at the consonant of note `i`, which narrows the mouth and
   so lowers the pressure that drives the voice. */
static void add_dip(const Plan* plan, Pitch* p, uint32_t i)
{
  const SynthVoice* const voice = p->voice;
  if (voice->dip <= 0.0 || !random_chance(p->random, voice->consonants)) {
    return;
  }
  const double depth = fmin(300.0, fabs(random_normal(p->random)) * voice->dip);
  const double width = random_uniform(p->random, 0.02, 0.05);
  const double at = p->notes[i].onset + random_uniform(p->random, -0.02, 0.03);
  const uint32_t last = plan_frame(plan, at + (3.0 * width));
  for (uint32_t k = plan_frame(plan, at - (3.0 * width)); k < last; ++k) {
    const double x = ((k / PLAN_RATE) - at) / width;
    p->cents[k] -= (float)(depth * exp(-x * x));
  }
}

/** What the singer does at the ends of note `i`, which may be `late`. */
static void add_ends(const Plan* plan,
                     Pitch*      p,
                     uint32_t    i,
                     uint32_t    n_notes,
                     bool        late)
{
  const SynthNote* const  note   = &p->notes[i];
  const SynthVoice* const voice  = p->voice;
  const double            length = note->offset - note->onset;
  const bool              legato = plan_is_legato(p->notes, i);
  const double            draw   = random_normal(p->random);
  const double            time   = fmin(
    voice->scoop_time * random_uniform(p->random, 0.5, 1.6), 0.45 * length);
  if (time > 0.0 && !legato && !late) {
    // Most start below; a few from above
    const double depth = draw > -1.3 ? -fabs(draw) : 0.4 * fabs(draw);
    add_slope(plan,
              p,
              note->onset,
              note->onset + time,
              fmax(-400.0, depth * voice->scoop),
              false);
  }

  const bool   last = i + 1U == n_notes || !plan_is_legato(p->notes, i + 1U);
  const double fall = fmin(random_uniform(p->random, 0.04, 0.15), 0.3 * length);
  const double gone = fmin(400.0, voice->fall * random_normal(p->random));
  if (last && gone > 0.0) {
    add_slope(plan, p, note->offset - fall, note->offset, -gone, true);
  }
}

/** How far a note is from concert pitch, cents.

    Notes miss their pitch by about as much as they drift, but not so far that
    they would be taken for another note.
*/
static double draw_offset(Random* random, const SynthVoice* voice)
{
  const double most = fmax(45.0, fabs(voice->tuning));
  const double off =
    voice->tuning + (0.9 * voice->drift * random_normal(random));
  return fmax(-most, fmin(most, off));
}

void plan_pitch(Plan*             plan,
                uint64_t          seed,
                const SynthVoice* voice,
                const SynthNote*  notes,
                uint32_t          n_notes)
{
  Random         random = random_stream(seed, 1U);
  float* const   cents  = plan->track[PLAN_PITCH];
  Pitch          p      = { &random, voice, notes, cents };
  const uint32_t n      = plan->n_frames;

  // Every frame belongs to a note: gaps go half to each side
  uint32_t k      = 0;
  double   before = 0.0;
  double   phase  = random_uniform(&random, 0.0, 1.0);
  for (uint32_t i = 0; i < n_notes; ++i) {
    const double end  = i + 1U == n_notes ? (n + 1.0) / PLAN_RATE
                        : plan_is_legato(notes, i + 1U)
                          ? notes[i + 1U].onset
                          : 0.5 * (notes[i].offset + notes[i + 1U].onset);
    const double off  = draw_offset(&random, voice);
    const double base = (100.0 * notes[i].midi) + off;
    for (const uint32_t last = plan_frame(plan, end); k < last; ++k) {
      cents[k] += (float)base;
    }
    const bool   near     = i && notes[i].onset - notes[i - 1U].offset < 0.12;
    const double interval = near ? base - before : 0.0;
    const bool   late     = add_late(plan, &p, i, interval);
    if (plan_is_legato(notes, i) && !(late && is_rise(interval))) {
      glide(plan, &p, i, base - before);
    }
    before = base;
    add_ends(plan, &p, i, n_notes, late);
    add_vibrato(plan, &p, i, &phase);
    add_dip(plan, &p, i);
  }
  for (; k < n; ++k) {
    cents[k] = n_notes ? cents[k - 1U] : 6900.0F;
  }

  // Drift over a second, unsteadiness at a few Hz, and a faster tremor
  Wander slow  = { 0.5, 0.0, 0.0 };
  Wander mid   = { 0.04, 0.0, 0.0 };
  Wander quick = { 0.012, 0.0, 0.0 };
  for (k = 0; k < n; ++k) {
    const double off = voice->drift * ((0.75 * plan_wander(&slow, &random)) +
                                       (0.6 * plan_wander(&mid, &random)) +
                                       (0.15 * plan_wander(&quick, &random)));
    const double c   = (double)cents[k] + off;
    const double oct = ((c - 6900.0) / 1200.0) + log2(440.0);
    cents[k]         = (float)fmin(log2(2000.0), fmax(log2(40.0), oct));
  }
}
