// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

// What onsets do: strike notes again, date them and start them at once

#include "../test.h"

#include "constants.h"
#include "posteriors.h"
#include "tracker.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>

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

/** Steps of a note of posterior `p` up to the one that makes it the sounding
   one, `before` steps after another had begun, where an onset of probability
   `onset` was told with its first. */
static unsigned change(bool     prompt,
                       float    threshold,
                       float    p,
                       float    onset,
                       unsigned before)
{
  const NeumeTrackerParams params = { threshold, -90.0f, 2, 0, prompt };
  NeumeTracker* const      t      = neume_tracker_new(0.015625);
  neume_tracker_set(t, &params);
  unsigned began = 0;
  unsigned steps = 0;
  for (unsigned i = 0; i < 100U && !steps; ++i) {
    float          log_p[NEUME_CLASSES];
    const unsigned at = began + before;
    sure(log_p, began && i >= at ? 24 : 20, began && i >= at ? p : 0.9f);
    const float            told = began && i == at ? onset : 0.02f;
    const NeumeObservation o    = { log_p, -20.0f, told, -20.0f };
    const NeumeDecision    d    = neume_tracker_step(t, &o);
    if (d.on == 24U) {
      steps = i + 1U - at;
    } else if (d.on) {
      began = i;
    }
  }
  neume_tracker_free(t);
  return steps;
}

/** Another note by three steps that are surer yet. */
static void test_prompt_change(void)
{
  CHECK(change(true, 0.5f, 0.85f, 0.7f, 30) == 3);
  const unsigned slow = change(false, 0.5f, 0.85f, 0.7f, 30);
  CHECK_MSG(slow > 3, "%u", slow);
  CHECK(change(true, 0.5f, 0.85f, 0.45f, 30) == slow); // No onset
  CHECK(change(true, 0.5f, 0.73f, 0.7f, 30) >= slow);  // Not sure
  CHECK(change(true, 0.84f, 0.85f, 0.7f, 30) == 3);
  CHECK(change(true, 0.86f, 0.85f, 0.7f, 30) == 0); // Never, by the threshold
  CHECK(change(true, 0.5f, 0.85f, 0.7f, 4) == 3);
  // What is heard in the first 50 ms of a note is its own onset
  CHECK(change(true, 0.84f, 0.85f, 0.7f, 2) == 3);
  CHECK(change(true, 0.84f, 0.85f, 0.7f, 1) == 4);
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

/** Steps after its beginning at which a held note is struck again; 0 = never.
    Its posterior is `p`, and one onset is told `late` steps after it began.
 */
static unsigned strike(float p, float onset_p, unsigned late)
{
  NeumeTracker* const t      = neume_tracker_new(0.015625);
  unsigned            begun  = 0;
  unsigned            struck = 0;
  for (unsigned i = 0; i < 200 && !struck; ++i) {
    float log_p[NEUME_CLASSES];
    sure(log_p, 20, p);
    const float            onset = begun && i == begun + late ? onset_p : 0.05f;
    const NeumeObservation o     = { log_p, -20.0f, onset, -20.0f };
    const NeumeDecision    d     = neume_tracker_step(t, &o);
    struck                       = begun && d.on ? i - begun : 0U;
    begun                        = d.on ? i : begun;
  }
  neume_tracker_free(t);
  return struck;
}

/** A note's own onset may be told 50 ms after it began; what comes later
    strikes it again, if the note is one that the network is sure of. */
static void test_own_onset(void)
{
  CHECK(strike(0.9f, 0.8f, 1) == 0);
  CHECK(strike(0.9f, 0.8f, 3) == 0);
  CHECK(strike(0.9f, 0.8f, 5) > 5 && strike(0.9f, 0.8f, 5) < 12);
  CHECK(strike(0.75f, 0.8f, 20) > 20 && strike(0.75f, 0.8f, 20) < 27);
  CHECK(strike(0.65f, 0.8f, 20) == 0);
  CHECK(strike(0.9f, 0.65f, 20) > 20 && strike(0.9f, 0.55f, 20) == 0);
}

/** Begin a note, with a lag, of which an onset of probability `onset_p` is told
    in step `told`; returns the step with which it was decided, and its `since`
   in steps. */
static unsigned begin(unsigned told, float onset_p, double* since)
{
  const NeumeTrackerParams params = { 0.5f, -90.0f, 2, 16, false };
  NeumeTracker* const      t      = neume_tracker_new(0.015625);
  unsigned                 at     = 0;
  neume_tracker_set(t, &params);
  for (unsigned i = 0; i < 80 && !at; ++i) {
    float log_p[NEUME_CLASSES];
    sure(log_p, i < 40 ? 0 : 20, 0.9f);
    const float            onset = i == told ? onset_p : 0.0f;
    const NeumeObservation o     = { log_p, -20.0f, onset, -20.0f };
    const NeumeDecision    d     = neume_tracker_step(t, &o);
    at                           = d.on ? i - params.lag : 0;
    *since                       = (double)d.since / 0.015625;
  }
  neume_tracker_free(t);
  return at;
}

/** With a lag, a note's onset may be told up to 50 ms after its decision. */
static void test_dates_ahead(void)
{
  double         since = 0.0;
  const unsigned at    = begin(0, 0.8f, &since);
  CHECK(at > 0 && isnan(since));
  for (unsigned after = 0; after < 7; ++after) {
    CHECK(begin(at + after, 0.8f, &since) == at);
    CHECK_MSG(after <= 3 ? fabs(since + after) < 0.01 : isnan(since),
              "%u steps after: %g",
              after,
              since);
  }
}

/** An onset that hardly was heard dates no note. */
static void test_dates_by_likely_ones(void)
{
  double         since = 0.0;
  const unsigned at    = begin(0, 0.8f, &since);
  CHECK(begin(at - 2U, 0.25f, &since) == at && fabs(since - 2.0) < 0.01);
  CHECK(begin(at - 2U, 0.15f, &since) == at && isnan(since));
}

/** Two onsets are two where the first has faded, to a quarter, before the
    second. */
static void test_faded_onset(void)
{
  for (unsigned faded = 0; faded < 2; ++faded) {
    NeumeTracker* const t     = neume_tracker_new(0.015625);
    unsigned            begun = 0;
    for (unsigned i = 0; i < 200; ++i) {
      const float rest  = i > 100 ? (faded ? 0.2f : 0.3f) : 0.05f;
      const float onset = i == 100 || i == 130 ? 0.8f : rest;
      float       log_p[NEUME_CLASSES];
      sure(log_p, 20, 0.9f);
      const NeumeObservation o = { log_p, -20.0f, onset, -20.0f };
      begun += neume_tracker_step(t, &o).on != 0;
    }
    CHECK_MSG(begun == 2U + faded, "%u", begun);
    neume_tracker_free(t);
  }
}

/** Another note may come of an onset within 80 ms: the one that sounds is not
    struck before. */
static void test_slow_onset(void)
{
  NeumeTracker* const t     = neume_tracker_new(0.015625);
  unsigned            begun = 0;
  for (unsigned i = 0; i < 200; ++i) {
    const float onset = i == 100 ? 0.8f : 0.05f;
    float       log_p[NEUME_CLASSES];
    sure(log_p, i < 104 ? 20 : 22, 0.9f);
    const NeumeObservation o = { log_p, -20.0f, onset, -20.0f };
    begun += neume_tracker_step(t, &o).on != 0;
  }
  CHECK_MSG(begun == 2, "%u", begun);
  neume_tracker_free(t);
}

/** A note whose pitch strays with its onset is struck when it has stood still
    for 65 ms. */
static void test_straying_onset(void)
{
  NeumeTracker* const t      = neume_tracker_new(0.015625);
  unsigned            begun  = 0;
  unsigned            struck = 0;
  for (unsigned i = 0; i < 200; ++i) {
    const float onset = i == 100 ? 0.8f : 0.05f;
    float       log_p[NEUME_CLASSES];
    sure(log_p, i == 104 || i == 105 ? 21 : 20, 0.9f);
    const NeumeObservation o = { log_p, -20.0f, onset, -20.0f };
    if (neume_tracker_step(t, &o).on) {
      struck = i;
      ++begun;
    }
  }
  CHECK_MSG(begun == 2 && struck == 110, "%u notes, %u", begun, struck);
  neume_tracker_free(t);
}

/** A note after the shortest of rests is dated by its onset, though the rest
    shows later than it. */
static void test_dates_after_a_short_rest(void)
{
  for (unsigned early = 0; early < 2; ++early) {
    NeumeTracker* const t     = neume_tracker_new(0.015625);
    unsigned            begun = 0;
    for (unsigned i = 0; i < 80; ++i) {
      const float onset = i == (early ? 49U : 51U) ? 0.55f : 0.02f;
      float       log_p[NEUME_CLASSES];
      sure(log_p, i < 20 || i == 50 || i == 51 ? 0 : 20, 0.95f);
      const NeumeObservation o = { log_p, -20.0f, onset, -20.0f };
      const NeumeDecision    d = neume_tracker_step(t, &o);
      if (d.on && begun++) {
        const double since = (i - (early ? 49.0 : 51.0)) * 0.015625;
        CHECK_MSG(fabs((double)d.since - since) < 0.02,
                  "%g, not %g",
                  (double)d.since,
                  since);
      }
    }
    CHECK_MSG(begun == 2, "%u notes", begun);
    neume_tracker_free(t);
  }
}

int main(void)
{
  test_onsets();
  test_dates();
  test_dates_after_a_rest();
  test_prompt();
  test_prompt_change();
  test_lost_onset();
  test_own_onset();
  test_dates_ahead();
  test_dates_by_likely_ones();
  test_faded_onset();
  test_slow_onset();
  test_straying_onset();
  test_dates_after_a_short_rest();
  return test_report();
}
