// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#ifndef NEUME_NEUME_H
#define NEUME_NEUME_H

#include "attributes.h"
#include "constants.h"
#include "model.h"
#include "status.h"

#include <stdbool.h>
#include <stdint.h>

/** The whole chain: audio in, one decision every step out.

      ring -> resampler -> log-mel -> network -> tracker

    Audio is written with neume_write() and analysed with neume_analyse(),
    from one thread or from two.  What is decided, and at which input sample,
    depends on the audio alone, not on how it was cut into writes.
*/
typedef struct Neume Neume;

/** What a player sets; see neume_defaults(). */
typedef struct {
  float lookahead_ms; ///< 0..NEUME_LOOKAHEAD_MAX_MS
  float threshold;    ///< Posterior needed to start a note, 0..1
  float gate_db;      ///< Level below which no note starts, dBFS, -90 (off)..0;
                      ///< one that sounds ends 3 dB lower
  float min_note_ms;  ///< Shortest note, 0..NEUME_MIN_NOTE_MAX_MS
  float a4_hz;        ///< What A4 is tuned to, 415..466
  bool  follow;       ///< Take the singer's own offset off as well
} NeumeParams;

/** What was decided in one step.

    A note-off (`off`) precedes a note-on (`on`) of the same step.
*/
typedef struct {
  uint64_t position;   ///< Input sample with which it was decided, from 0
  uint32_t note;       ///< Class in force, 0..39
  uint32_t midi;       ///< MIDI number in force, 0 = none
  float    cents;      ///< Deviation of the voice from `midi`, -50..50, as it
                       ///< is tuned
  float    bend;       ///< The same, of a voice that strays, -200..200
  float    confidence; ///< Posterior of `note`, 0..1
  float    level;      ///< dBFS, -120 and up
  uint32_t off;        ///< MIDI number whose note ends here, 0 = none
  uint32_t on;         ///< MIDI number whose note starts here, 0 = none
  uint32_t velocity;   ///< 1..127 with `on`
  double   onset;      ///< With `on`: input sample, counted from 0 and perhaps
                       ///< before it, at which that note was heard to begin
} NeumeStep;

/** Defaults of every parameter: the live voice.  Realtime-safe. */
NeumeParams neume_defaults(void) NEUME_REALTIME;

/** Make a chain for audio at `rate` Hz.

    `model` must outlive it.  `interleave` is P: 1, 2, 4 or 8.  `batch`, 1 to
    NEUME_BATCH_MAX, is how many frames the network waits for to take them at
    once.  Live, that is 1.  More is cheaper, and what is decided does not
    depend on it: steps only come late, as many at a time, up to neume_flush().
    Fails with NEUME_ERR_RATE, NEUME_ERR_RANGE, NEUME_ERR_SIZE, NEUME_ERR_MEMORY
    or NEUME_ERR_INTERNAL and then sets `*neume` to NULL.  Not realtime-safe;
   any thread.
*/
NeumeStatus neume_new(const NeumeModel* model,
                      double            rate,
                      uint32_t          interleave,
                      uint32_t          batch,
                      Neume**           neume);

/** Free `neume`, which may be NULL.  Not realtime-safe. */
void neume_free(Neume* neume);

/** As new, at input sample 0, parameters kept; no note sounds any more and no
    off is reported.  Realtime-safe; neither side may be using `neume`. */
void neume_reset(Neume* neume) NEUME_REALTIME;

/** Set the parameters, clamped to their ranges (NaN: the default).

    They hold from the next step.  A change of look-ahead moves the time that
    decisions speak of.  With a batch, flush and take all steps first.
    Realtime-safe, analysis thread only.
*/
void neume_set(Neume* neume, const NeumeParams* params) NEUME_REALTIME;

/** Hand over audio: as many of `n` samples as fit; returns how many.

    After an analysis that returned false, at least NEUME_WRITE_MAX fit.
    Non-finite samples count as 0 and others are clamped to +-8.
    Realtime-safe, writing thread only.
*/
uint32_t neume_write(Neume* neume, const float* in, uint32_t n) NEUME_REALTIME;

#define NEUME_WRITE_MAX 8192

/** Analyse what was written, up to and with the next decision.

    Returns true and fills `*step`, or false when all audio was used up.  Unless
    there is a batch, the network's work for a step is spread evenly over the
    NEUME_PASS_SECONDS of audio after its frame, and what of it needs only
    frames before that one, over the time until it comes.  Each frame of
    features is made when its last sample comes.  Realtime-safe, analysis
    thread only.
*/
bool neume_analyse(Neume* neume, NeumeStep* step) NEUME_REALTIME;

/** Wait for no more frames: neume_analyse() then gives every step that is due
    with the audio so far.

    Takes a whole pass of the network.  Realtime-safe, analysis thread only.
*/
void neume_flush(Neume* neume) NEUME_REALTIME;

/** Delay of a decision at the parameters in force, in input samples.

    A step speaks of the input at `position - delay`, on average; of a note that
    begins, its `onset` tells better.  It does not move with the singer's offset
    (neume_offset()), which changes the true delay by less than 3%.
    Realtime-safe, analysis thread only.
*/
double neume_delay(const Neume* neume) NEUME_REALTIME;

/** How far the singer is held to be off the tuning, in cents: 0 unless
    followed.  Realtime-safe, analysis thread only. */
float neume_offset(const Neume* neume) NEUME_REALTIME;

/** Features of the newest frame behind the last step (bands floats), for
    display.

    Realtime-safe, analysis thread only.
*/
const float* neume_features(const Neume* neume) NEUME_REALTIME;

/** Log-probabilities behind the last step, NEUME_CLASSES.

    Realtime-safe, analysis thread only.
*/
const float* neume_log_probabilities(const Neume* neume) NEUME_REALTIME;

/** Probability behind the last step that a note has just begun, 0..1; 0 if the
    model does not tell.

    Realtime-safe, analysis thread only.
*/
float neume_onset(const Neume* neume) NEUME_REALTIME;

#endif // NEUME_NEUME_H
