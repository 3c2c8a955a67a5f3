// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#include "../test.h"

#include "constants.h"
#include "posteriors.h"
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

/** Step both trackers `n` times, with notes and onsets by chance; whether they
    decide the same. */
static bool decide_the_same(NeumeTracker* x,
                            NeumeTracker* y,
                            unsigned      n,
                            uint32_t*     seed)
{
  bool     same = true;
  uint32_t note = 0;
  float    p    = 0.9f;
  for (unsigned i = 0; i < n; ++i) {
    if (random_next(seed) % 8U == 0) {
      note = random_next(seed) % 4U ? 18U + random_next(seed) % 4U : 0U;
      p    = 0.5f + 0.45f * random_unit(seed);
    }
    float log_p[NEUME_CLASSES];
    sure(log_p, note, p);
    const float level = -20.0f - 10.0f * random_unit(seed);
    const float onset = random_next(seed) % 8U ? 0.05f : random_unit(seed);
    const NeumeObservation o = { log_p, level, onset, level };
    const NeumeDecision    a = neume_tracker_step(x, &o);
    const NeumeDecision    b = neume_tracker_step(y, &o);
    same = same && a.note == b.note && a.confidence == b.confidence &&
           a.level == b.level && a.off == b.off && a.on == b.on &&
           a.velocity == b.velocity &&
           (a.since == b.since || (isnan(a.since) && isnan(b.since)));
  }
  return same;
}

/** A tracker that is reset, whatever it was at, is as good as new. */
static void test_reset(void)
{
  uint32_t            seed = 5;
  NeumeTracker* const used = neume_tracker_new(0.015625);
  for (unsigned trial = 0; trial < 300; ++trial) {
    NeumeTracker* const      fresh = neume_tracker_new(0.015625);
    const uint32_t           lag   = trial % 3U ? 0U : trial % 17U;
    const NeumeTrackerParams p     = { 0.5f, -90.0f, trial % 5U, lag, !lag };
    neume_tracker_set(used, &p);
    neume_tracker_set(fresh, &p);
    CHECK_MSG(decide_the_same(used, fresh, 60, &seed), "trial %u", trial);
    decide_the_same(used, fresh, random_next(&seed) % 40U, &seed);
    neume_tracker_reset(used);
    neume_tracker_free(fresh);
  }
  neume_tracker_free(used);
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

  // What fades through it, and wavers, ends once
  CHECK(feed(t, 10, 0.95f, -42.5f, 50, &note) == 0 && note == 10);
  CHECK(feed(t, 10, 0.95f, -43.5f, 1, &note) == 1 && note == 0);
  CHECK(feed(t, 10, 0.95f, -41.0f, 50, &note) == 0 && note == 0);

  // No gate is so low that a note goes on through digital silence
  const NeumeTrackerParams off = { 0.4f, NEUME_GATE_OFF, 0, 0, true };
  neume_tracker_set(t, &off);
  CHECK(feed(t, 10, 0.95f, -118.0f, 50, &note) == 1 && note == 10);
  CHECK(feed(t, 10, 0.95f, -120.0f, 1, &note) == 1 && note == 0);
  neume_tracker_free(t);
}

/** Whether a note ends within 0.3 s when the voice's posterior falls to
    `voiced` after it was held for so many steps. */
static bool ends(unsigned held, float voiced)
{
  NeumeTracker* const t    = neume_tracker_new(0.015625);
  uint32_t            note = 0;
  CHECK(feed(t, 20, 0.97f, -20.0f, held, &note) == 1 && note == 20);
  feed(t, 0, 1.0f - voiced, -20.0f, 20, &note);
  neume_tracker_free(t);
  return note == 0;
}

/** A note ends when no voice is likelier than one; one that was held for half
    a second takes more. */
static void test_ends(void)
{
  CHECK(!ends(20, 0.55f) && ends(20, 0.45f));
  CHECK(ends(26, 0.35f) && !ends(40, 0.35f));
  CHECK(ends(40, 0.25f));
}

/** A voice starts a note only where it is likelier than none. */
static void test_voiced(void)
{
  const NeumeTrackerParams p = { 0.3f, -90.0f, 0, 0, true };
  for (unsigned likely = 0; likely < 2; ++likely) {
    NeumeTracker* const t = neume_tracker_new(0.015625);
    float               log_p[NEUME_CLASSES];
    uint32_t            note = 0;
    neume_tracker_set(t, &p);
    sure(log_p, 0, likely ? 0.45f : 0.55f);
    log_p[20] = logf(likely ? 0.54f : 0.44f);
    for (unsigned i = 0; i < 40; ++i) {
      const NeumeObservation o = { log_p, -20.0f, 0.0f, -20.0f };
      note                     = neume_tracker_step(t, &o).note;
    }
    CHECK_MSG(note == (likely ? 20U : 0U), "note %u", note);
    neume_tracker_free(t);
  }
}

/** What is shown of a note's posterior: a new one is as sure as the threshold
    asks, and one doubtful step costs a held one little. */
static void test_confidence(void)
{
  NeumeTracker* const t          = neume_tracker_new(0.015625);
  float               confidence = 0.0f;
  for (unsigned i = 0; i < 100; ++i) {
    float log_p[NEUME_CLASSES];
    sure(log_p, i < 20 || i >= 80 ? 0 : 20, i == 60 ? 0.1f : 0.9f);
    const NeumeObservation o = { log_p, -20.0f, 0.0f, -20.0f };
    const NeumeDecision    d = neume_tracker_step(t, &o);
    CHECK(!d.on || d.confidence >= 0.5f);
    CHECK(i != 60 || (d.confidence > 0.6f && d.confidence < 0.7f));
    confidence = d.confidence;
    CHECK((i != 19 && i != 59) || fabsf(confidence - 0.9f) < 0.01f);
  }
  CHECK(fabsf(confidence - 0.9f) < 0.01f); // Of silence
  neume_tracker_free(t);
}

/** With a lag, what is shown is a mean of past and future. */
static void test_confidence_with_lag(void)
{
  for (uint32_t lag = 2; lag <= NEUME_LAG_MAX; lag *= 2U) {
    const NeumeTrackerParams p = { 0.5f, -90.0f, 0, lag, false };
    NeumeTracker* const      t = neume_tracker_new(0.015625);
    neume_tracker_set(t, &p);
    for (unsigned i = 0; i < 60U + lag; ++i) {
      float log_p[NEUME_CLASSES];
      sure(log_p, 20, i < 40 ? 0.8f : 0.6f);
      const NeumeObservation o     = { log_p, -20.0f, 0.0f, -20.0f };
      const float            shown = neume_tracker_step(t, &o).confidence;
      CHECK(i != 30U + lag || fabsf(shown - 0.8f) < 0.01f);
      CHECK_MSG(i != 39U + lag || (shown > 0.7f && shown < 0.76f),
                "lag %u: %g before the change",
                lag,
                (double)shown);
      CHECK_MSG(i != 40U + lag || (shown > 0.63f && shown < 0.7f),
                "lag %u: %g after it",
                lag,
                (double)shown);
      CHECK(i != 59U + lag || fabsf(shown - 0.6f) < 0.01f);
    }
    neume_tracker_free(t);
  }
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
  test_reset();
  test_flicker();
  test_waver();
  test_threshold();
  test_gate();
  test_ends();
  test_voiced();
  test_confidence();
  test_confidence_with_lag();
  test_lag();
  test_short_notes();
  test_velocity();
  test_random();
  test_bad_parameters();
  return test_report();
}
