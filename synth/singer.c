// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#include "singer.h"

#include "plan.h"
#include "random.h"
#include "source.h"
#include "tract.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/// Mean level while singing: -20 dBFS
static const double mean_level = 0.1;

/// The voice while it is rendered
typedef struct {
  const SynthVoice* voice;   ///< Manner
  Plan              plan;    ///< What to do when
  SourceTables      source;  ///< Glottal periods
  Tract             tract;   ///< Vocal tract
  Random            noise;   ///< Aspiration and frication
  Random            periods; ///< Jitter and shimmer
  double            phase;   ///< Of the period, 0..1
  double            skew;    ///< Factor of this period's frequency
  double            level;   ///< Factor of the source's level, slewed
  double            aim;     ///< Level of this period
  bool              odd;     ///< Every other period
  bool              running; ///< The tract was in use a frame ago
} Singer;

static bool is_within(double x, double low, double high)
{
  return x >= low && x <= high; // False for a NaN too
}

/** True if a voice can be sung. */
static bool is_voice(const SynthVoice* v)
{
  return is_within(v->tract, 0.5, 1.5) && is_within(v->tilt, -30.0, 0.0) &&
         is_within(v->breath, -200.0, 20.0) &&
         is_within(v->tuning, -200.0, 200.0) &&
         is_within(v->vibrato_rate, 0.0, 15.0) &&
         is_within(v->vibrato_depth, 0.0, 300.0) &&
         is_within(v->vibrato_delay, 0.0, 100.0) &&
         is_within(v->drift, 0.0, 100.0) && is_within(v->jitter, 0.0, 100.0) &&
         is_within(v->scoop, -1200.0, 1200.0) &&
         is_within(v->scoop_time, 0.0, 10.0) &&
         is_within(v->portamento, 0.0, 10.0) &&
         is_within(v->attack, 0.0, 10.0) && is_within(v->release, 0.0, 10.0) &&
         is_within(v->consonants, 0.0, 1.0) &&
         is_within(v->breaths, 0.0, 1.0) && is_within(v->open, 0.0, 1.0) &&
         is_within(v->shimmer, 0.0, 6.0) && is_within(v->ring, 0.0, 1.0) &&
         is_within(v->creak, 0.0, 1.0) && is_within(v->rough, 0.0, 1.0) &&
         is_within(v->hum, 0.0, 1.0) && is_within(v->vowels, 0.0, 1.0) &&
         is_within(v->overshoot, 0.0, 0.5) && is_within(v->fall, 0.0, 1200.0) &&
         is_within(v->dip, 0.0, 1200.0) && is_within(v->late, 0.0, 1.0) &&
         is_within(v->late_time, 0.0, 10.0);
}

/** True if notes are in order and singable. */
static bool are_notes(const SynthNote* notes, uint32_t n)
{
  double end = 0.0;
  for (uint32_t i = 0; i < n; ++i) {
    const SynthNote* const note = &notes[i];
    if (!is_within(note->onset, end - 1e-9, 1e6) ||
        !is_within(note->offset, note->onset + 1e-3, 1e6) ||
        !is_within(note->midi, 30.0, 96.0) ||
        !is_within(note->loudness, -40.0, 40.0)) {
      return false;
    }
    end = note->offset;
  }
  return true;
}

/** Start a new glottal period with its jitter, shimmer and creak. */
static void start_period(Singer* s, double creak)
{
  const double jitter = s->voice->jitter + (120.0 * creak * creak);
  const double cents  = jitter * random_normal(&s->periods);
  const double db =
    (s->voice->shimmer + (3.0 * creak)) * random_normal(&s->periods);
  s->odd  = !s->odd;
  s->skew = exp2(fmax(-300.0, fmin(300.0, cents)) / 1200.0);
  s->aim  = pow(10.0, db / 20.0) * (s->odd ? 1.0 - (0.85 * creak) : 1.0);
}

/** Articulators towards plan frame `k` in `samples`. */
static void set_tract(Singer* s, uint32_t k, uint32_t samples)
{
  float* const* const t     = s->plan.track;
  const double        open  = (double)t[PLAN_OPEN][k];
  const TractShape    shape = { { (double)t[PLAN_F1][k],
                                  (double)t[PLAN_F2][k],
                                  (double)t[PLAN_F3][k],
                                  (double)t[PLAN_F4][k] },
                                0.8 + (1.2 * fmax(0.0, open - 0.5)) +
                                  (0.8 * (double)t[PLAN_NASAL][k]),
                                (double)t[PLAN_NASAL][k],
                                (double)t[PLAN_ZERO][k],
                                (double)t[PLAN_FRICTION][k],
                                (double)t[PLAN_WIDTH][k],
                                (double)t[PLAN_TILT][k] };
  tract_set(&s->tract, &shape, samples);
}

/** True if the voice or any air sounds between frames `k` and k + 1. */
static bool is_sounding(const Singer* s, uint32_t k)
{
  float* const* const t = s->plan.track;
  return t[PLAN_VOICE][k] > 0.0F || t[PLAN_VOICE][k + 1U] > 0.0F ||
         t[PLAN_AIR][k] > 0.0F || t[PLAN_AIR][k + 1U] > 0.0F ||
         t[PLAN_NOISE][k] > 0.0F || t[PLAN_NOISE][k + 1U] > 0.0F ||
         s->tract.formants[0].z1 != 0.0 || s->tract.friction.z1 != 0.0;
}

/** Render samples first..last, which lie between plan frames `k` and k + 1. */
static void render(Singer*      s,
                   uint32_t     k,
                   double       rate,
                   uint32_t     first,
                   uint32_t     last,
                   float*       voice,
                   float*       noise,
                   const float* f0)
{
  float* const* const t     = s->plan.track;
  const double        pitch = exp2((double)t[PLAN_PITCH][k]);
  const double        open  = (double)t[PLAN_OPEN][k];
  const SourceMix     mix =
    source_mix(&s->source, pitch * (1.0 + (2e-3 * s->voice->jitter)), open);

  if (!s->running) {
    set_tract(s, k, 0U);
    s->running = true;
  }
  set_tract(s, k + 1U, last - first);
  tract_settle(&s->tract);

  // Noise has its density per Hz, whatever the rate
  const float  density = (float)(sqrt(3.0) * sqrt(rate / 8192.0));
  const double floor   = source_level(&s->source, open);
  const float  breath  = (float)(floor * (double)t[PLAN_BREATH][k]) * density;
  const float  air0    = t[PLAN_AIR][k] * (float)floor * density;
  const float  air1    = t[PLAN_AIR][k + 1U] * (float)floor * density;
  const float  fric0   = t[PLAN_NOISE][k] * 1.7320508F;
  const float  fric1   = t[PLAN_NOISE][k + 1U] * 1.7320508F;
  const float  amp0    = t[PLAN_VOICE][k];
  const float  amp1    = t[PLAN_VOICE][k + 1U];
  const double slew    = fmin(1.0, 12.0 * pitch / rate);
  const float  step    = (float)(PLAN_RATE / rate);
  const float  start   = (float)((first / rate * PLAN_RATE) - (double)k);
  for (uint32_t i = first; i < last; ++i) {
    const float x     = start + (step * (float)(i - first));
    float       pulse = 0.0F;
    float       hiss  = (air0 + (x * (air1 - air0))) * random_noise(&s->noise);
    if (f0[i] > 0.0F) {
      s->phase += (double)f0[i] * s->skew / rate;
      if (s->phase >= 1.0) {
        s->phase -= 1.0;
        start_period(s, (double)t[PLAN_CREAK][k]);
      }
      s->level += slew * (s->aim - s->level);
      const float amp   = (amp0 + (x * (amp1 - amp0))) * (float)s->level;
      const float phase = (float)s->phase;
      pulse             = amp * source_read(&mix, phase);

      // Air flows while the glottis is open, mostly before it closes
      const float flow =
        phase < 0.7F ? 0.3F + (2.0F * phase * (0.9F - phase)) : 0.25F;
      hiss += breath * amp * flow * 2.0F * random_noise(&s->noise);
    }
    voice[i]         = (float)tract_run(&s->tract, (double)pulse, (double)hiss);
    const float fric = fric0 + (x * (fric1 - fric0));
    noise[i]         = (float)tract_friction(&s->tract,
                                     (double)(fric * random_noise(&s->noise)));
  }
}

/** Fundamental of every sample, 0 outside notes, from the plan. */
static void trace(const Plan*      plan,
                  const SynthNote* notes,
                  uint32_t         n_notes,
                  double           rate,
                  float*           f0,
                  uint32_t         n)
{
  memset(f0, 0, n * sizeof(float));
  for (uint32_t i = 0; i < n_notes; ++i) {
    const bool   tied = i + 1U < n_notes && plan_is_legato(notes, i + 1U);
    const double end  = tied ? notes[i + 1U].onset : notes[i].offset;
    const double a    = fmin(ceil(notes[i].onset * rate), (double)n);
    const double b    = fmin(ceil(end * rate), (double)n);
    uint32_t     last = UINT32_MAX;
    double       from = 0.0;
    double       to   = 0.0;
    for (uint32_t j = (uint32_t)a; j < (uint32_t)b; ++j) {
      const double   x = j / rate * PLAN_RATE;
      const uint32_t k = (uint32_t)x;
      if (k != last) {
        from = exp2((double)plan->track[PLAN_PITCH][k]);
        to   = exp2((double)plan->track[PLAN_PITCH][k + 1U]);
        last = k;
      }
      f0[j] = (float)(from + ((to - from) * (x - (double)k)));
    }
  }
}

/** Samples of note `i` within the sound: from *a up to *b. */
static void find_span(const SynthNote* note,
                      double           rate,
                      uint32_t         n,
                      uint32_t*        a,
                      uint32_t*        b)
{
  *a = (uint32_t)fmin(ceil(note->onset * rate), (double)n);
  *b = (uint32_t)fmin(ceil(note->offset * rate), (double)n);
}

/** Mean power of voice[a..b). */
static double mean_power(const float* voice, uint32_t a, uint32_t b)
{
  double power = 1e-12;
  for (uint32_t j = a; j < b; ++j) {
    power += (double)voice[j] * (double)voice[j] / (b - a);
  }
  return power;
}

/** Bring notes nearer to their loudness than vowels and pitch leave them. */
static void level_notes(const SynthNote* notes,
                        uint32_t         n_notes,
                        double           rate,
                        float*           voice,
                        uint32_t         n)
{
  // Singers even out most of what their formants do to the level
  static const double evened = 0.75;

  uint32_t a     = 0;
  uint32_t b     = 0;
  double   total = 0.0;
  double   time  = 0.0;
  for (uint32_t i = 0; i < n_notes; ++i) {
    find_span(&notes[i], rate, n, &a, &b);
    if (a < b) {
      const double db = 10.0 * log10(mean_power(voice, a, b));
      total += (b - a) * (db - notes[i].loudness);
      time += b - a;
    }
  }
  const double mean = total / fmax(1.0, time);

  // The gain moves to a note's own from just before its onset
  const uint32_t lead  = (uint32_t)(0.01 * rate);
  const float    share = (float)(1.0 - exp(-1.0 / (0.01 * rate)));
  float          gain  = 0.0F;
  uint32_t       j     = 0;
  for (uint32_t i = 0; i < n_notes; ++i) {
    find_span(&notes[i], rate, n, &a, &b);
    if (a >= b) {
      break;
    }
    const double db   = 10.0 * log10(mean_power(voice, a, b));
    const double miss = (mean + notes[i].loudness) - db;
    const float  aim =
      (float)pow(10.0, fmax(-15.0, fmin(15.0, evened * miss)) / 20.0);
    uint32_t next = n;
    if (i + 1U < n_notes) {
      find_span(&notes[i + 1U], rate, n, &next, &b);
      next = next > lead ? next - lead : 0U;
    }
    gain = i ? gain : aim;
    for (; j < next; ++j) {
      gain += share * (aim - gain);
      voice[j] *= gain;
    }
  }
}

/** Add the consonants' noise and set the mean level; keep below full scale. */
static void mix(const float* f0, float* out, const float* noise, uint32_t n)
{
  double   power = 0.0;
  uint32_t count = 0;
  for (uint32_t i = 0; i < n; ++i) {
    if (f0[i] > 0.0F) {
      power += (double)out[i] * (double)out[i];
      ++count;
    }
  }
  const double rms  = sqrt(power / fmax(1.0, (double)count));
  const float  gain = rms > 0.0 ? (float)(mean_level / rms) : 1.0F;
  float        peak = 0.0F;
  for (uint32_t i = 0; i < n; ++i) {
    out[i] = (gain * out[i]) + ((float)mean_level * noise[i]);
    peak   = fmaxf(peak, fabsf(out[i]));
  }
  if (peak > 0.98F) {
    for (uint32_t i = 0; i < n; ++i) {
      out[i] *= 0.98F / peak;
    }
  }
}

/** Sing with everything allocated. */
static void sing(Singer*          s,
                 const SynthNote* notes,
                 uint32_t         n_notes,
                 double           rate,
                 float*           out,
                 float*           noise,
                 float*           f0,
                 uint32_t         n)
{
  trace(&s->plan, notes, n_notes, rate, f0, n);
  memset(out, 0, n * sizeof(float));
  for (uint32_t k = 0; k + 1U < s->plan.n_frames; ++k) {
    const double   first = ceil(k * rate / PLAN_RATE);
    const double   last  = ceil((k + 1.0) * rate / PLAN_RATE);
    const uint32_t a     = (uint32_t)fmin(first, (double)n);
    const uint32_t b     = (uint32_t)fmin(last, (double)n);
    if (a < b && is_sounding(s, k)) {
      render(s, k, rate, a, b, out, noise, f0);
    } else {
      s->running = false;
    }
  }
  level_notes(notes, n_notes, rate, out, n);
  mix(f0, out, noise, n);
}

int synth_sing(uint64_t          seed,
               const SynthVoice* voice,
               const SynthNote*  notes,
               uint32_t          n_notes,
               double            rate,
               float*            out,
               float*            f0,
               uint32_t          n)
{
  if (!voice || (!notes && n_notes) || !out || !is_within(rate, 8e3, 48e3) ||
      !is_voice(voice) || !are_notes(notes, n_notes)) {
    return -1;
  }

  Singer s;
  memset(&s, 0, sizeof(s));
  s.voice   = voice;
  s.noise   = random_stream(seed, 3U);
  s.periods = random_stream(seed, 4U);
  s.skew    = 1.0;
  s.aim     = 1.0;
  tract_init(&s.tract, rate, voice->tract);

  float* const noise  = calloc((size_t)n + 1U, sizeof(float));
  float* const own_f0 = f0 ? NULL : calloc((size_t)n + 1U, sizeof(float));
  int          st     = -1;
  if (noise && (f0 || own_f0) && !source_init(&s.source, rate) &&
      !plan_init(&s.plan, seed, voice, notes, n_notes, n / rate)) {
    sing(&s, notes, n_notes, rate, out, noise, f0 ? f0 : own_f0, n);
    st = 0;
  }
  plan_free(&s.plan);
  source_free(&s.source);
  free(own_f0);
  free(noise);
  return st;
}
