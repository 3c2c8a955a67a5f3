// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

// What the tracker makes of a pitch that moves: swings, leaps, glides, steps

#include "../test.h"

#include "constants.h"
#include "tracker.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>

static const double step_seconds = 0.03125;
static const double pi           = 3.14159265358979323846;

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

/** A voice that leaps out of its vibrato sings another note: at once if the
    leap is deeper than the swing, and nothing in between. */
static void test_leaps(void)
{
  for (unsigned leap = 1; leap < 8U; ++leap) {
    for (unsigned k = 0; k < 24U; ++k) { // Whenever in the swing it leaps
      const unsigned      pace  = k / 8U;
      const double        hertz = 5.0 + 0.5 * pace;
      const double        end   = 1.5 + (k % 8U) / (8.0 * hertz);
      NeumeTracker* const t     = neume_tracker_new(step_seconds / 2.0);
      double              late  = 0.0;
      unsigned            n     = 0;
      uint32_t            note  = 0;
      for (unsigned i = 0; i < 200; ++i) {
        const double seconds = i * step_seconds / 2.0;
        const double swing   = 0.5 * sin(2.0 * pi * hertz * seconds);
        if (sing(t, 20.0 + swing + (seconds < end ? 0.0 : leap), &note)) {
          late = seconds - end;
          ++n;
        }
      }
      CHECK_MSG(n == 2 && note == 20U + leap && late < (leap > 1 ? 0.1 : 0.25),
                "%u at %g Hz, %g s: %u notes, the last %u after %g s",
                leap,
                hertz,
                end,
                n,
                note,
                late);
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

/** What was made of four seconds of a voice. */
typedef struct {
  unsigned n;    ///< Notes
  uint32_t last; ///< Class of the last one
  double   at;   ///< Seconds at which it began
} Notes;

/** A voice at a pitch in classes that swings by `depth` for 1.5 s, and then
    moves by `leap` and swings by `deeper`. */
static Notes swing(double pitch,
                   double hertz,
                   double depth,
                   double leap,
                   double deeper)
{
  NeumeTracker* const t     = neume_tracker_new(step_seconds / 2.0);
  Notes               notes = { 0, 0, 0.0 };
  uint32_t            note  = 0;
  for (unsigned i = 0; i < 256; ++i) {
    const double seconds = i * step_seconds / 2.0;
    const bool   later   = seconds >= 1.5;
    const double turn    = sin(2.0 * pi * hertz * seconds);
    if (sing(t,
             pitch + (later ? leap : 0.0) + (later ? deeper : depth) * turn,
             &note)) {
      ++notes.n;
      notes.last = note;
      notes.at   = seconds;
    }
  }
  neume_tracker_free(t);
  return notes;
}

/** A vibrato may become twice as deep within a swing. */
static void test_deepens(void)
{
  for (unsigned sharp = 0; sharp < 2; ++sharp) {
    const double centre = 20.0 + (0.1 * sharp);
    const Notes  slow   = swing(centre, 3.0, 0.5, 0.0, 1.0);
    const Notes  fast   = swing(centre, 5.0, 0.5, 0.0, 1.0);
    CHECK_MSG(slow.n == 1 && fast.n == 1, "%u, %u", slow.n, fast.n);
  }
}

/** A voice that hardly swings is at the next semitone at once, sharp or not. */
static void test_hardly_swings(void)
{
  const Notes sharp = swing(20.15, 5.5, 0.15, 1.0, 0.15);
  CHECK(sharp.n == 2 && sharp.last == 21 && sharp.at < 1.6);
  const Notes flat = swing(19.85, 5.5, 0.15, -1.0, 0.15);
  CHECK(flat.n == 2 && flat.last == 19 && flat.at < 1.6);
}

/** A vibrato whose centre drifts is another note once it is clearly nearer. */
static void test_drifts(void)
{
  for (unsigned far = 0; far < 2; ++far) {
    NeumeTracker* const t    = neume_tracker_new(step_seconds / 2.0);
    uint32_t            note = 0;
    unsigned            n    = 0;
    for (unsigned i = 0; i < 256; ++i) {
      const double seconds = i * step_seconds / 2.0;
      const double gone    = fmin(fmax((seconds - 1.0) / 2.0, 0.0), 1.0);
      const double centre  = 20.1 + (gone * (far ? 0.6 : 0.45));
      n += sing(t, centre + (0.5 * sin(2.0 * pi * 5.5 * seconds)), &note);
    }
    CHECK_MSG(far ? note == 21 : n == 1, "%u notes, %u", n, note);
    neume_tracker_free(t);
  }
}

/** A trill slower than vibrato is notes, and none of them comes late. */
static void test_trill(void)
{
  NeumeTracker* const t    = neume_tracker_new(step_seconds / 2.0);
  uint32_t            note = 0;
  for (unsigned i = 0; i < 256; ++i) {
    const unsigned upper = i / 14U % 2U; // 0.22 s each
    sing(t, 20.0 + upper, &note);
    CHECK_MSG(i % 14U < 5U || note == 20U + upper, "step %u: %u", i, note);
  }
  neume_tracker_free(t);
}

/** With a lag, too, what a glide passes through is no note, at 40 ms a
    semitone. */
static void test_glide_ahead(void)
{
  for (uint32_t lag = 4; lag <= 24; lag += 4) {
    const NeumeTrackerParams p    = { 0.5f, -90.0f, 2, lag, false };
    NeumeTracker* const      t    = neume_tracker_new(step_seconds / 2.0);
    uint32_t                 note = 0;
    unsigned                 n    = 0;
    neume_tracker_set(t, &p);
    for (unsigned i = 0; i < 160; ++i) {
      const double gone = fmin(fmax((i - 60.0) / (7.0 * 2.56), 0.0), 1.0);
      n += sing(t, 20.0 + (7.0 * gone), &note);
    }
    CHECK_MSG(n == 2 && note == 27, "lag %u: %u notes, %u", lag, n, note);
    neume_tracker_free(t);
  }
}

int main(void)
{
  test_vibrato();
  test_leaps();
  test_glide();
  test_semitones();
  test_deepens();
  test_hardly_swings();
  test_drifts();
  test_trill();
  test_glide_ahead();
  return test_report();
}
