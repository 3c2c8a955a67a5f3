// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

/* What training borrows from the C code, as a plain ABI for Python's ctypes:
   the chain's own features and tracker, and the synthetic singer.  Statuses are
   returned as int, 0 for success.  Any thread; not realtime-safe (allocates).
 */

#include "constants.h"
#include "logmel.h"
#include "resampler.h"
#include "singer.h"
#include "status.h"
#include "tracker.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define NATIVE_API __attribute__((visibility("default")))

/** Sizes that the binding checks before it trusts its own structures. */
typedef struct {
  uint32_t front_end; ///< sizeof(NeumeFrontEnd)
  uint32_t note;      ///< sizeof(SynthNote)
  uint32_t melody;    ///< sizeof(SynthMelody)
  uint32_t tracker;   ///< sizeof(NeumeTrackerParams)
} NativeSizes;

NATIVE_API NativeSizes neume_native_sizes(void);
NATIVE_API const char* neume_native_strerror(int status);
NATIVE_API int neume_native_check(const NeumeFrontEnd* fe, const char** what);
NATIVE_API int neume_native_delay(double rate, double* seconds);
NATIVE_API int neume_native_resample(const float* audio,
                                     uint64_t     n_audio,
                                     double       rate,
                                     uint64_t     max,
                                     float*       out,
                                     uint64_t*    n_out);
NATIVE_API int neume_native_features(const float*         samples,
                                     uint64_t             n_samples,
                                     const NeumeFrontEnd* fe,
                                     uint32_t             step,
                                     float*               features);
NATIVE_API int neume_native_track(const float*              log_p,
                                  const float*              onset,
                                  const float*              level,
                                  uint32_t                  n_steps,
                                  double                    step_seconds,
                                  const NeumeTrackerParams* params,
                                  uint32_t*                 note,
                                  uint8_t*                  begins);
NATIVE_API uint32_t neume_native_melody_random(uint64_t           seed,
                                               const SynthMelody* melody,
                                               double             seconds,
                                               SynthNote*         notes,
                                               uint32_t           max);
NATIVE_API int      neume_native_sing(uint64_t         seed,
                                      double           centre,
                                      double           tuning,
                                      double           unsteady,
                                      double           words,
                                      double           vowels,
                                      double           late,
                                      const SynthNote* notes,
                                      uint32_t         n_notes,
                                      double           rate,
                                      float*           out,
                                      float*           f0,
                                      uint32_t         n);

NativeSizes neume_native_sizes(void)
{
  const NativeSizes sizes = { sizeof(NeumeFrontEnd),
                              sizeof(SynthNote),
                              sizeof(SynthMelody),
                              sizeof(NeumeTrackerParams) };
  return sizes;
}

const char* neume_native_strerror(const int status)
{
  return neume_strerror((NeumeStatus)status);
}

int neume_native_check(const NeumeFrontEnd* const fe, const char** const what)
{
  return (int)neume_front_end_check(fe, what);
}

/** Group delay of the resampler from `rate` Hz, in seconds. */
int neume_native_delay(const double rate, double* const seconds)
{
  NeumeResampler*   resampler = NULL;
  const NeumeStatus status    = neume_resampler_new(rate, &resampler);
  if (status == NEUME_SUCCESS) {
    *seconds = neume_resampler_delay(resampler);
    neume_resampler_free(resampler);
  }
  return (int)status;
}

/** `n_audio` samples at `rate` Hz to at most `max` samples at NEUME_RATE.

    What does not fit is dropped.  `*n_out` gets the number of samples made.
*/
int neume_native_resample(const float* const audio,
                          const uint64_t     n_audio,
                          const double       rate,
                          const uint64_t     max,
                          float* const       out,
                          uint64_t* const    n_out)
{
  NeumeResampler*   resampler = NULL;
  const NeumeStatus status    = neume_resampler_new(rate, &resampler);
  if (status != NEUME_SUCCESS) {
    return (int)status;
  }

  uint64_t made = 0;
  for (uint64_t done = 0; done < n_audio && made < max;) {
    const uint64_t left = n_audio - done;
    uint32_t       n    = neume_resampler_need(resampler);
    if (n > left) {
      n = (uint32_t)left;
    }
    if (neume_resampler_push(resampler, audio + done, n, out + made)) {
      ++made;
    }
    done += n;
  }

  neume_resampler_free(resampler);
  *n_out = made;
  return (int)NEUME_SUCCESS;
}

/** Log-mel frames of samples at NEUME_RATE, as the live chain takes them.

    Frame i is taken when (i + 1) * step samples were seen and holds the last
    `window` of them; zeros stand before the first sample.  `features` is
    [n_samples / step][bands], bands contiguous.
*/
int neume_native_features(const float* const         samples,
                          const uint64_t             n_samples,
                          const NeumeFrontEnd* const fe,
                          const uint32_t             step,
                          float* const               features)
{
  if (!step) {
    return (int)NEUME_ERR_RANGE;
  }

  NeumeLogmel*      logmel = NULL;
  const NeumeStatus status = neume_logmel_new(fe, &logmel);
  if (status != NEUME_SUCCESS) {
    return (int)status;
  }

  float* const padded = (float*)calloc(fe->window + n_samples, sizeof(float));
  if (!padded) {
    neume_logmel_free(logmel);
    return (int)NEUME_ERR_MEMORY;
  }
  memcpy(padded + fe->window, samples, n_samples * sizeof(float));

  const uint64_t n_frames = n_samples / step;
  for (uint64_t i = 0; i < n_frames; ++i) {
    neume_logmel_frame(
      logmel, padded + ((i + 1) * step), features + (i * fe->bands));
  }

  free(padded);
  neume_logmel_free(logmel);
  return (int)NEUME_SUCCESS;
}

/** What the tracker, as new, decides with each of `n_steps`.

    `log_p` is [n_steps][NEUME_CLASSES], `onset` and `level` are [n_steps], as
    NeumeObservation has them.  `note` [n_steps] gets the class in force and
    `begins` [n_steps] 1 where a note starts, else 0: entry i is decided with
    step i and speaks of the step `lag` before, less neume_tracker_delay().
*/
int neume_native_track(const float* const              log_p,
                       const float* const              onset,
                       const float* const              level,
                       const uint32_t                  n_steps,
                       const double                    step_seconds,
                       const NeumeTrackerParams* const params,
                       uint32_t* const                 note,
                       uint8_t* const                  begins)
{
  if (!(step_seconds > 0.0)) {
    return (int)NEUME_ERR_RANGE;
  }
  NeumeTracker* const tracker = neume_tracker_new(step_seconds);
  if (!tracker) {
    return (int)NEUME_ERR_MEMORY;
  }

  neume_tracker_set(tracker, params);
  for (uint32_t i = 0; i < n_steps; ++i) {
    const NeumeObservation o = {
      log_p + (size_t)i * NEUME_CLASSES, level[i], onset[i], level[i]
    };
    const NeumeDecision d = neume_tracker_step(tracker, &o);
    note[i]               = d.note;
    begins[i]             = d.on ? 1U : 0U;
  }
  neume_tracker_free(tracker);
  return (int)NEUME_SUCCESS;
}

uint32_t neume_native_melody_random(const uint64_t           seed,
                                    const SynthMelody* const melody,
                                    const double             seconds,
                                    SynthNote* const         notes,
                                    const uint32_t           max)
{
  return synth_melody_random(seed, melody, seconds, notes, max);
}

/** A voice drawn for melodies around `centre` sings `notes`, `tuning` cents off
    concert pitch; see synth_sing().  `unsteady` multiplies what bends, shakes
    and softens it: 1 is the voice as drawn, 0 a straight tone with a hard
    attack.  `words` multiplies its consonants, breaths and creaks: 0 sings on
    vowels alone; `vowels` how often those change: 0 keeps to a single one.
    `late` is the share of rising notes that arrive late. */
int neume_native_sing(const uint64_t         seed,
                      const double           centre,
                      const double           tuning,
                      const double           unsteady,
                      const double           words,
                      const double           vowels,
                      const double           late,
                      const SynthNote* const notes,
                      const uint32_t         n_notes,
                      const double           rate,
                      float* const           out,
                      float* const           f0,
                      const uint32_t         n)
{
  SynthVoice voice = synth_voice_random(seed, centre);
  voice.tuning     = tuning;
  voice.vibrato_depth *= unsteady;
  voice.drift *= unsteady;
  voice.jitter *= unsteady;
  voice.shimmer *= unsteady;
  voice.scoop *= unsteady;
  voice.fall *= unsteady;
  voice.dip *= unsteady;
  voice.overshoot *= unsteady;
  voice.rough *= unsteady;
  voice.attack *= unsteady;
  voice.consonants *= words;
  voice.breaths *= words;
  voice.creak *= words;
  voice.vowels *= vowels;
  voice.late = late;
  return synth_sing(seed, &voice, notes, n_notes, rate, out, f0, n);
}
