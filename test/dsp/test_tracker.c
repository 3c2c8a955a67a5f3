// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#include "../test.h"

#include "constants.h"
#include "tracker.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

static const double step_seconds = 0.03125;

static uint32_t random_next(uint32_t* state)
{
  *state = *state * 1664525U + 1013904223U;
  return *state >> 8U;
}

static float random_unit(uint32_t* state)
{
  return (float)random_next(state) / 16777216.0f;
}

/** Log-probabilities that give `note` probability `p`, the rest evenly. */
static void sure(float* log_p, uint32_t note, float p)
{
  for (uint32_t i = 0; i < NEUME_CLASSES; ++i) {
    log_p[i] = logf((1.0f - p) / (NEUME_CLASSES - 1));
  }
  log_p[note] = logf(p);
}

/** Feed `count` steps of `note`; returns the number of events. */
static unsigned feed(NeumeTracker* t,
                     uint32_t      note,
                     float         p,
                     float         level,
                     unsigned      count,
                     uint32_t*     last)
{
  unsigned events = 0;
  float    log_p[NEUME_CLASSES];
  sure(log_p, note, p);
  for (unsigned i = 0; i < count; ++i) {
    const NeumeObservation o = { log_p, level, 0.0f, level };
    const NeumeDecision    d = neume_tracker_step(t, &o);
    events += (d.on ? 1U : 0U) + (d.off ? 1U : 0U);
    *last = d.note;
  }
  return events;
}

static void test_phrase(void)
{
  NeumeTracker* const t    = neume_tracker_new(step_seconds);
  uint32_t            note = 99;

  CHECK(feed(t, 0, 0.9f, -80.0f, 20, &note) == 0 && note == 0);
  CHECK(feed(t, 16, 0.9f, -20.0f, 20, &note) == 1 && note == 16);
  CHECK(feed(t, 18, 0.9f, -20.0f, 20, &note) == 2 && note == 18);
  CHECK(feed(t, 0, 0.9f, -20.0f, 20, &note) == 1 && note == 0);

  // A new tracker after a reset behaves as at first
  feed(t, 5, 0.9f, -20.0f, 20, &note);
  neume_tracker_reset(t);
  CHECK(feed(t, 0, 0.9f, -20.0f, 20, &note) == 0 && note == 0);
  neume_tracker_free(t);
}

static void test_flicker(void)
{
  // One doubtful step inside a held note changes nothing
  NeumeTracker* const t    = neume_tracker_new(step_seconds);
  uint32_t            note = 0;
  unsigned            n    = feed(t, 20, 0.8f, -20.0f, 20, &note);
  for (unsigned i = 0; i < 30; ++i) {
    n += feed(t, i % 2 ? 21 : 19, 0.5f, -20.0f, 1, &note);
    n += feed(t, 20, 0.8f, -20.0f, 4, &note);
  }
  CHECK_MSG(n == 1, "%u events", n);
  CHECK(note == 20);
  neume_tracker_free(t);
}

/** One step of a voice at `pitch`, in classes: near ones share the posterior.
    Returns whether a note starts. */
static bool sing(NeumeTracker* t, double pitch, uint32_t* note)
{
  float  log_p[NEUME_CLASSES];
  double sum = 0.0;
  for (uint32_t i = 1; i < NEUME_CLASSES; ++i) {
    sum += exp(-4.0 * (i - pitch) * (i - pitch));
  }
  log_p[0] = logf(0.02f);
  for (uint32_t i = 1; i < NEUME_CLASSES; ++i) {
    const double p = exp(-4.0 * (i - pitch) * (i - pitch)) / sum;
    log_p[i]       = (float)log(0.98 * p + 1e-9);
  }
  const NeumeObservation o = { log_p, -20.0f, 0.0f, -20.0f };
  const NeumeDecision    d = neume_tracker_step(t, &o);
  *note                    = d.note;
  return d.on != 0;
}

static void test_vibrato(void)
{
  // A held note that swings by up to 150 cents at 4 to 8 Hz soon stays itself.
  // A Hann window of 512 samples at 4096 Hz, by its spectrum, sees less of it.
  static const double pi = 3.14159265358979323846;
  for (unsigned pace = 0; pace < 8U; ++pace) {
    const double hertz = 4.1 + 0.5 * pace;
    const double turns = hertz * 0.125;
    const double seen  = sin(pi * turns) / (pi * turns) / (1.0 - turns * turns);
    for (unsigned width = 1; width < 6U; ++width) {
      const double        depth = 0.3 * width;
      NeumeTracker* const t     = neume_tracker_new(step_seconds);
      unsigned            early = 0;
      unsigned            late  = 0;
      uint32_t            note  = 0;
      uint32_t            wrong = 0;
      for (unsigned i = 0; i < 128; ++i) {
        const double seconds = i * step_seconds;
        const double grown   = fmin(seconds / 0.4, 1.0);
        const double swing =
          depth * seen * grown * sin(2.0 * pi * hertz * seconds);
        const bool on = sing(t, 20.1 + swing, &note);
        early += on && seconds < 1.0;
        late += on && seconds >= 1.0;
        wrong += seconds >= 1.0 && note != 20;
      }
      CHECK_MSG(early <= 5 && late == 0 && wrong == 0,
                "%.1f Hz, %.1f semitones: %u notes, then %u; %u steps wrong",
                hertz,
                depth,
                early,
                late,
                wrong);
      neume_tracker_free(t);
    }
  }
}

static void test_glide(void)
{
  // From held note to held note, 5 to 14 semitones apart, at up to 31 ms a
  // semitone
  for (unsigned way = 5; way < 15U; ++way) {
    for (unsigned steps = 5; steps <= 2U * way; ++steps) {
      NeumeTracker* const t    = neume_tracker_new(step_seconds / 2.0);
      uint32_t            note = 0;
      unsigned            n    = 0;
      for (unsigned i = 0; i < 120; ++i) {
        const double gone = fmin(fmax((i - 60.0) / steps, 0.0), 1.0);
        n += sing(t, 10.0 + (way * gone), &note);
      }
      CHECK_MSG(n == 2 && note == 10U + way, "%u in %u: %u", way, steps, n);
      neume_tracker_free(t);
    }
  }
}

static void test_semitones(void)
{
  // Steps of a semitone are notes, and so is each of a slow trill's
  NeumeTracker* const t    = neume_tracker_new(step_seconds);
  uint32_t            note = 0;
  unsigned            n    = 0;
  for (unsigned i = 0; i < 12 * 8; ++i) {
    const unsigned number = i / 8;
    const double   pitch  = number < 8 ? 10.0 + number : 16.0 + number % 2;
    n += sing(t, pitch, &note);
    CHECK(i % 8 < 5 || note == (uint32_t)pitch);
  }
  CHECK_MSG(n == 12, "%u notes", n);
  neume_tracker_free(t);
}

/** A held note, and onsets heard in it: each lasts four steps from one of `at`
   on. Returns the notes that begin, the first included; `*struck` is the step
   of the last of them. */
static unsigned hold(const unsigned* at,
                     unsigned        n,
                     bool            moves,
                     unsigned*       struck)
{
  NeumeTracker* const t     = neume_tracker_new(0.015625);
  unsigned            begun = 0;
  for (unsigned i = 0; i < 200; ++i) {
    float log_p[NEUME_CLASSES];
    float onset = 0.05f;
    for (unsigned k = 0; k < n; ++k) {
      onset = i >= at[k] && i < at[k] + 4U ? 0.8f : onset;
    }
    sure(log_p, moves && n && i >= at[0] + 1U ? 22 : 20, 0.9f);
    const NeumeObservation o = { log_p, -20.0f, onset, -20.0f };
    const NeumeDecision    d = neume_tracker_step(t, &o);
    CHECK(!d.on || d.off || !begun);
    if (d.on) {
      ++begun;
      *struck = i;
    }
  }
  neume_tracker_free(t);
  return begun;
}

static void test_onsets(void)
{
  static const unsigned once[]  = { 100 };
  static const unsigned twice[] = { 100, 120 };
  static const unsigned close[] = { 100, 105 };

  unsigned       at    = 0;
  const unsigned still = hold(once, 0, false, &at);
  CHECK_MSG(still == 1 && at < 10, "%u notes, the last at %u", still, at);

  // An onset in a held note strikes it again, within a tenth of a second
  const unsigned again = hold(once, 1, false, &at);
  CHECK_MSG(again == 2 && at > 100 && at <= 106, "%u, at %u", again, at);
  const unsigned both = hold(twice, 2, false, &at);
  CHECK_MSG(both == 3 && at > 120 && at <= 126, "%u, at %u", both, at);

  // That of another note begins it and nothing else
  const unsigned other = hold(once, 1, true, &at);
  CHECK_MSG(other == 2 && at > 100 && at <= 106, "%u, at %u", other, at);

  // One that does not fade between is one
  const unsigned one = hold(close, 2, false, &at);
  CHECK_MSG(one == 2, "%u", one);
}

/** A note from step 40 on, of which an onset is told around step `peak`, and
    another one from step 55 on; their `since`, in steps before the decision
    without the constant part, and when they were decided. */
static void date(uint32_t lag,
                 unsigned peak,
                 bool     both,
                 double   since[2],
                 unsigned at[2])
{
  static const float       shape[5] = { 0.1f, 0.5f, 0.9f, 0.5f, 0.1f };
  const NeumeTrackerParams params   = { 0.5f, -90.0f, 2, lag, false };
  const double             step     = 0.015625;
  NeumeTracker* const      t        = neume_tracker_new(step);
  unsigned                 n        = 0;
  neume_tracker_set(t, &params);
  for (unsigned i = 0; i < 70 + lag; ++i) {
    float onset = 0.02f;
    for (unsigned k = 0; k < 5; ++k) {
      onset = i + 2U == peak + k ? shape[k] : onset;
      onset = both && i == 55U + k ? shape[k] * 1.1f : onset; // The surer one
    }
    float log_p[NEUME_CLASSES];
    sure(log_p, i < 40 ? 0 : i < 55 ? 20 : 25, 0.9f);
    const NeumeObservation o = { log_p, -20.0f, onset, -20.0f };
    const NeumeDecision    d = neume_tracker_step(t, &o);
    CHECK(d.on || isnan(d.since));
    if (d.on && n < 2) {
      since[n] = (double)d.since / step;
      at[n++]  = i - lag;
    }
  }
  CHECK_MSG(n == 2, "%u notes", n);
  neume_tracker_free(t);
}

static void test_dates(void)
{
  double   since[2] = { 0.0 };
  unsigned at[2]    = { 0 };
  for (uint32_t lag = 0; lag <= NEUME_LAG_MAX; lag += 8) {
    // Of each note by its own onset, whose middle is told as precisely
    date(lag, 39, true, since, at);
    CHECK_MSG(fabs(since[0] - (at[0] - 39.0)) < 0.2, "%g", since[0]);
    CHECK_MSG(fabs(since[1] - (at[1] - 57.0)) < 0.2, "%g", since[1]);

    // An onset dates one note, and none that begins much later
    date(lag, 39, false, since, at);
    CHECK(fabs(since[0] - (at[0] - 39.0)) < 0.2 && isnan(since[1]));
    date(lag, 20, false, since, at);
    CHECK(isnan(since[0]) && isnan(since[1]));
  }
}

/** What sounded like an onset in a note that has ended begins no other. */
static void test_dates_after_a_rest(void)
{
  NeumeTracker* const t     = neume_tracker_new(0.015625);
  unsigned            begun = 0;
  for (unsigned i = 0; i < 100; ++i) {
    float log_p[NEUME_CLASSES];
    sure(log_p, i < 20 || (i >= 50 && i < 55) ? 0 : 20, 0.95f);
    const float            onset = i == 20 || i == 46 ? 0.55f : 0.02f;
    const NeumeObservation o     = { log_p, -20.0f, onset, -20.0f };
    const NeumeDecision    d     = neume_tracker_step(t, &o);
    if (d.on) {
      CHECK_MSG(
        isnan(d.since) == (begun > 0), "note %u: %g", begun, (double)d.since);
      ++begun;
    }
  }
  CHECK_MSG(begun == 2, "%u notes", begun);
  neume_tracker_free(t);
}

/** Steps of a note of posterior `p` up to the one that starts it, where an
    onset of probability `onset` was told `early` steps before the note and the
    level rises by `rise` dB a step. */
static unsigned start(bool     prompt,
                      float    threshold,
                      float    p,
                      float    onset,
                      unsigned early,
                      float    rise)
{
  const NeumeTrackerParams params = { threshold, -90.0f, 4, 0, prompt };
  NeumeTracker* const      t      = neume_tracker_new(0.015625);
  neume_tracker_set(t, &params);
  unsigned steps = 0;
  for (unsigned i = 0; i < 40U + early && !steps; ++i) {
    float log_p[NEUME_CLASSES];
    sure(log_p, i < 20U + early ? 0 : 20, p);
    const float            told = i == 20 ? onset : 0.02f;
    const NeumeObservation o = { log_p, -20.0f, told, (float)i * rise - 90.0f };
    const NeumeDecision    d = neume_tracker_step(t, &o);
    steps                    = d.on ? i - (19U + early) : 0;
  }
  neume_tracker_free(t);
  return steps;
}

/** One sure step with an onset, or several without. */
static void test_prompt(void)
{
  CHECK(start(true, 0.5f, 0.8f, 0.7f, 0, 0.0f) == 1);
  CHECK(start(true, 0.5f, 0.8f, 0.7f, 3, 0.0f) == 1);
  const unsigned slow = start(false, 0.5f, 0.8f, 0.7f, 0, 0.0f);
  CHECK_MSG(slow > 1, "%u", slow);
  CHECK(start(true, 0.5f, 0.8f, 0.3f, 0, 0.0f) == slow); // No onset
  CHECK(start(true, 0.5f, 0.8f, 0.7f, 6, 0.0f) == slow); // Long ago
  CHECK(start(true, 0.5f, 0.58f, 0.7f, 0, 0.0f) > slow); // Not sure
  CHECK(start(true, 0.5f, 0.8f, 0.7f, 0, 2.0f) == 1);
  CHECK(start(true, 0.5f, 0.8f, 0.7f, 0, 6.0f) == slow); // Still rises
  CHECK(start(true, 0.7f, 0.8f, 0.7f, 0, 0.0f) == 1);
  CHECK(start(true, 0.85f, 0.8f, 0.7f, 0, 0.0f) ==
        0); // Never, by the threshold
}

static void test_lost_onset(void)
{
  // An onset whose pitch stands still soon strikes the note, one that is older
  // does not: the voice wavers for so many steps, and holds from there on
  static const unsigned wavers[] = { 2, 6, 20, 60 };
  for (unsigned k = 0; k < 4; ++k) {
    NeumeTracker* const t     = neume_tracker_new(0.015625);
    unsigned            begun = 0;
    for (unsigned i = 0; i < 200; ++i) {
      const bool  waver = i >= 100 && i < 100 + wavers[k];
      const float onset = i >= 100 && i < 104 ? 0.8f : 0.05f;
      float       log_p[NEUME_CLASSES];
      sure(log_p, waver && i % 2 ? 21 : 20, 0.9f);
      const NeumeObservation o = { log_p, -20.0f, onset, -20.0f };
      begun += neume_tracker_step(t, &o).on != 0;
    }
    CHECK_MSG(begun == (k < 2 ? 2U : 1U), "%u steps: %u", wavers[k], begun);
    neume_tracker_free(t);
  }
}

static void test_waver(void)
{
  // A held note that is heard as its neighbour for 60 ms now and then is one
  NeumeTracker* const t     = neume_tracker_new(0.015625);
  unsigned            begun = 0;
  for (unsigned i = 0; i < 400; ++i) {
    const bool away = i >= 40 && i % 20 < 4;
    float      log_p[NEUME_CLASSES];
    sure(log_p, away ? 21 : 20, away ? 0.7f : 0.9f);
    log_p[20]                = logf(away ? 0.2f : 0.9f);
    const NeumeObservation o = { log_p, -20.0f, 0.05f, -20.0f };
    begun += neume_tracker_step(t, &o).on != 0;
  }
  CHECK_MSG(begun == 1, "%u", begun);
  neume_tracker_free(t);
}

static void test_threshold(void)
{
  // A note split between two semitones starts only at a low threshold
  for (unsigned strict = 0; strict < 2; ++strict) {
    NeumeTracker* const      t = neume_tracker_new(step_seconds);
    const NeumeTrackerParams p = { strict ? 0.9f : 0.3f, -70.0f, 0, 0, true };
    uint32_t                 note = 0;
    float                    log_p[NEUME_CLASSES];
    neume_tracker_set(t, &p);
    sure(log_p, 10, 0.48f);
    log_p[11] = logf(0.47f);
    for (unsigned i = 0; i < 40; ++i) {
      const NeumeObservation o = { log_p, -20.0f, 0.0f, -20.0f };
      note                     = neume_tracker_step(t, &o).note;
    }
    CHECK_MSG((note == 0) == (strict == 1), "note %u", note);
    neume_tracker_free(t);
  }
}

static void test_gate(void)
{
  NeumeTracker* const      t    = neume_tracker_new(step_seconds);
  const NeumeTrackerParams p    = { 0.4f, -40.0f, 0, 0, true };
  uint32_t                 note = 0;
  neume_tracker_set(t, &p);
  CHECK(feed(t, 10, 0.95f, -41.0f, 50, &note) == 0 && note == 0);
  CHECK(feed(t, 10, 0.95f, -39.0f, 50, &note) == 1 && note == 10);
  CHECK(feed(t, 10, 0.95f, -41.0f, 1, &note) == 1 && note == 0);
  neume_tracker_free(t);
}

static void test_lag(void)
{
  // With a lag, a decision speaks of the past and knows what came after: a
  // short burst that filtering takes for a note is smoothed away
  for (uint32_t lag = 0; lag <= NEUME_LAG_MAX; lag += 8) {
    NeumeTracker* const      t     = neume_tracker_new(step_seconds);
    const NeumeTrackerParams p     = { 0.4f, -70.0f, 0, lag, true };
    int                      onset = -1;
    neume_tracker_set(t, &p);
    for (int i = 0; i < 200; ++i) {
      float log_p[NEUME_CLASSES];
      sure(log_p, i >= 50 ? 30 : 0, 0.95f);
      const NeumeObservation o = { log_p, -20.0f, 0.0f, -20.0f };
      if (neume_tracker_step(t, &o).on == 30 && onset < 0) {
        onset = i - (int)lag;
      }
    }
    CHECK_MSG(onset >= 50 - 1 && onset <= 50 + (lag ? 1 : 5),
              "lag %u: onset %d",
              lag,
              onset);
    neume_tracker_free(t);
  }
}

/** Notes that are short, but told apart without a lag, are so with one. */
static void test_short_notes(void)
{
  for (uint32_t lag = 0; lag <= NEUME_LAG_MAX; lag += 8) {
    NeumeTracker* const      t    = neume_tracker_new(step_seconds / 2.0);
    const NeumeTrackerParams p    = { 0.5f, -70.0f, 0, lag, false };
    uint32_t                 last = 0;
    unsigned                 n    = 0;
    neume_tracker_set(t, &p);
    for (uint32_t i = 0; i < 20U; ++i) { // 78 ms each
      n += feed(t, i % 2U ? 20 : 24, 0.9f, -20.0f, 5, &last);
    }
    n += feed(t, 0, 0.9f, -20.0f, 100, &last);
    CHECK_MSG(n == 40U && !last, "lag %u: %u", lag, n);
    neume_tracker_free(t);
  }
}

static void test_velocity(void)
{
  uint8_t before = 0;
  for (int db = -70; db <= 0; db += 10) {
    const float         level = (float)db;
    NeumeTracker* const t     = neume_tracker_new(step_seconds);
    float               log_p[NEUME_CLASSES];
    sure(log_p, 10, 0.95f);
    for (unsigned i = 0; i < 20; ++i) {
      const NeumeObservation o = { log_p, level, 0.0f, level };
      const NeumeDecision    d = neume_tracker_step(t, &o);
      if (d.on) {
        CHECK_MSG(d.velocity >= before && d.velocity >= 1 && d.velocity <= 127,
                  "velocity %u at %g dB",
                  d.velocity,
                  (double)level);
        before = d.velocity;
      }
    }
    neume_tracker_free(t);
  }
  CHECK(before == 127);
}

/** Whatever the posteriors, notes are well formed. */
static void test_random(void)
{
  uint32_t seed = 7;
  for (unsigned trial = 0; trial < 400; ++trial) {
    NeumeTracker* const t = neume_tracker_new(step_seconds / (1 + trial % 4));
    NeumeTrackerParams  p = { random_unit(&seed),
                              -60.0f,
                              random_next(&seed) % 16,
                              trial % 81,
                              trial % 2 == 0 };
    uint32_t            sounding = 0;
    unsigned            age      = 0;
    unsigned            hold     = 0;
    float               log_p[NEUME_CLASSES];
    neume_tracker_set(t, &p);

    for (unsigned i = 0; i < 500; ++i) {
      if (hold-- == 0) {
        hold = random_next(&seed) % 12;
        for (uint32_t c = 0; c < NEUME_CLASSES; ++c) {
          log_p[c] = logf(1e-6f + powf(random_unit(&seed), 12.0f));
        }
        if (random_next(&seed) % 16 == 0) {
          log_p[random_next(&seed) % NEUME_CLASSES] = NAN;
        }
      }
      const float            level = -80.0f * random_unit(&seed);
      const NeumeObservation o     = { log_p,
                                       level,
                                   trial % 3 ? random_unit(&seed) : NAN,
                                   trial % 5 ? level : NAN };
      const NeumeDecision    d     = neume_tracker_step(t, &o);

      CHECK(d.off == 0 || d.off == sounding);
      if (d.off) {
        CHECK_MSG(age >= p.min_steps, "%u of %u steps", age, p.min_steps);
        sounding = 0;
      }
      if (d.on) {
        CHECK(sounding == 0);
        CHECK(d.velocity >= 1 && d.velocity <= 127);
        sounding = d.on;
        age      = 0;
      }
      ++age;
      CHECK(d.note == sounding && d.note < NEUME_CLASSES);
      CHECK(d.confidence >= 0.0f && d.confidence <= 1.0001f);
    }
    neume_tracker_free(t);
  }
}

static void test_bad_parameters(void)
{
  NeumeTracker* const      t    = neume_tracker_new(step_seconds);
  const NeumeTrackerParams p    = { NAN, NAN, 0, 1000000, true };
  uint32_t                 note = 0;
  neume_tracker_set(t, &p);
  CHECK(feed(t, 10, 0.95f, -20.0f, 500, &note) == 1 && note == 10);
  neume_tracker_free(t);
}

int main(void)
{
  test_phrase();
  test_flicker();
  test_vibrato();
  test_glide();
  test_semitones();
  test_onsets();
  test_dates();
  test_dates_after_a_rest();
  test_prompt();
  test_lost_onset();
  test_waver();
  test_threshold();
  test_gate();
  test_lag();
  test_short_notes();
  test_velocity();
  test_random();
  test_bad_parameters();
  return test_report();
}
