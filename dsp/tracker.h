// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#ifndef NEUME_TRACKER_H
#define NEUME_TRACKER_H

#include "attributes.h"

#include <stdbool.h>
#include <stdint.h>

/** What a player sets. */
typedef struct {
  float    threshold; ///< Posterior that a note needs to start, 0..1
  float    gate;      ///< Level below which no note starts, dBFS
  uint32_t min_steps; ///< Shortest note, steps; a shorter one is held on
  uint32_t lag;       ///< Steps of future that a decision waits for
  bool prompt; ///< With an onset, one sure step starts a note, three change it
} NeumeTrackerParams;

/** The lowest gate, dBFS: below it is only digital silence, and no note goes on
    through that. */
#define NEUME_GATE_OFF (-119.0f)

#define NEUME_LAG_MAX 80 ///< Longest lag, steps (1.25 s at P = 8)

/** What the tracker hears of one step. */
typedef struct {
  const float* log_p; ///< Log-probabilities, NEUME_CLASSES
  float        level; ///< dBFS
  float        onset; ///< Probability that a note has just begun, 0..1; 0 where
                      ///< unknown
  float edge;         ///< Level of its last NEUME_EDGE_SAMPLES, dBFS
} NeumeObservation;

/** What it decides for the step that lies `lag` steps back. */
typedef struct {
  uint32_t note;       ///< Class in force, 0 = none
  float    confidence; ///< Posterior of that class, 0..1
  float    level;      ///< Level of that step, dBFS
  uint32_t off;        ///< Class whose note ends here, 0 = none
  uint32_t on;         ///< Class whose note starts here, 0 = none; an off of
                       ///< the note before comes in the same decision, and may
                       ///< be of the same class
  uint8_t velocity;    ///< 1..127 when `on`
  float   since;       ///< With `on`: seconds by which the middle of what told
                       ///< of its onset lies before that step, NaN if none was
} NeumeDecision;

typedef struct NeumeTracker NeumeTracker;

/** A new tracker for steps of `step_seconds`, or NULL without memory. */
NeumeTracker* neume_tracker_new(double step_seconds);

/** Free it; NULL is let be. */
void neume_tracker_free(NeumeTracker* tracker);

/** Forget everything; no note sounds.  Realtime-safe. */
void neume_tracker_reset(NeumeTracker* tracker) NEUME_REALTIME;

/** Values are clamped to their ranges, NaN to the default.  Realtime-safe. */
void neume_tracker_set(NeumeTracker*             tracker,
                       const NeumeTrackerParams* params) NEUME_REALTIME;

/** Mean delay of a change at the lag in force, seconds: the group delay of the
    smoothing, and the half step by which a change is seen late on average.

    A decision speaks of the step `lag` steps back, less this.  Realtime-safe.
*/
double neume_tracker_delay(const NeumeTracker* tracker) NEUME_REALTIME;

/** MIDI velocity of a level in dBFS, 1..127.  Realtime-safe. */
uint8_t neume_tracker_velocity(float level) NEUME_REALTIME;

/** One step.  Realtime-safe. */
NeumeDecision neume_tracker_step(NeumeTracker*           tracker,
                                 const NeumeObservation* observation)
  NEUME_REALTIME;

#endif // NEUME_TRACKER_H
