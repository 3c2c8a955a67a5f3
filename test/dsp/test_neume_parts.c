// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

/* A step of the chain is what its parts say when they are called one by one. */

#include "../test.h"

#include "attributes.h"
#include "chain.h"
#include "cnn.h"
#include "kernels.h"
#include "logmel.h"
#include "model_builder.h"
#include "neume.h"
#include "pitch.h"
#include "resampler.h"
#include "tracker.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* The linker sends the chain's frames through here. */

static uint32_t frames_made;

// NOLINTBEGIN(*-reserved-identifier,cert-dcl*): the linker's names
void __real_neume_logmel_frame(NeumeLogmel* logmel,
                               const float* samples,
                               float*       features) NEUME_REALTIME;
void __wrap_neume_logmel_frame(NeumeLogmel* logmel,
                               const float* samples,
                               float*       features) NEUME_REALTIME;

void __wrap_neume_logmel_frame(NeumeLogmel* logmel,
                               const float* samples,
                               float*       features) NEUME_REALTIME
{
  ++frames_made;
  __real_neume_logmel_frame(logmel, samples, features);
}

static NeumeObservation heard; // By the tracker, last

NeumeDecision __real_neume_tracker_step(NeumeTracker*           tracker,
                                        const NeumeObservation* observation)
  NEUME_REALTIME;
NeumeDecision __wrap_neume_tracker_step(NeumeTracker*           tracker,
                                        const NeumeObservation* observation)
  NEUME_REALTIME;

NeumeDecision __wrap_neume_tracker_step(NeumeTracker*           tracker,
                                        const NeumeObservation* observation)
  NEUME_REALTIME
{
  heard = *observation;
  return __real_neume_tracker_step(tracker, observation);
}
// NOLINTEND(*-reserved-identifier,cert-dcl*)

/** Frames come one by one, as far apart as steps or a column's frames are,
    whichever lie closer. */
static void test_frames(uint32_t interleave, uint32_t stack)
{
  const double      rate  = 16000.0;
  const uint32_t    n     = 16000;
  const uint32_t    most  = interleave > stack ? interleave : stack;
  const uint32_t    hop   = NEUME_STEP / most;
  float* const      audio = chain_audio(rate, n);
  NeumeModel* const model = chain_model(model_builder_stacked(5, 0, stack));
  Neume*            neume = NULL;
  uint32_t          total = 0;
  CHECK(neume_new(model, rate, interleave, 1, &neume) == NEUME_SUCCESS);
  for (uint32_t i = 0; i < n; ++i) {
    NeumeStep step;
    frames_made = 0;
    CHECK(neume_write(neume, audio + i, 1) == 1);
    neume_analyse(neume, &step);
    if (frames_made) {
      const double due = floor((hop * ++total - 1.0) * rate / NEUME_RATE);
      CHECK(frames_made == 1 && i == (uint32_t)due);
    }
  }
  CHECK_MSG(total == NEUME_RATE / hop,
            "P %u, stack %u: %u frames",
            interleave,
            stack,
            total);
  neume_free(neume);
  neume_model_free(model);
  free(audio);
}

#define SILENCE ((size_t)2 * NEUME_STEP) ///< A window and what a column spans

/** Audio at NEUME_RATE, with SILENCE before it; to be freed. */
static float* slow_audio(const float* audio, uint32_t n, double rate)
{
  NeumeResampler* resampler = NULL;
  const size_t    size      = SILENCE + (size_t)(n / rate * NEUME_RATE) + 2U;
  float* const    slow      = (float*)calloc(size, sizeof(float));
  size_t          made      = SILENCE;
  CHECK(neume_resampler_new(rate, &resampler) == NEUME_SUCCESS);
  for (uint32_t i = 0; i < n; ++i) {
    float sample = 0.0f;
    if (neume_resampler_push(resampler, audio + i, 1, &sample)) {
      CHECK(made < size);
      slow[made++] = sample;
    }
  }
  neume_resampler_free(resampler);
  return slow;
}

/** The parts of a chain, to be put together by definition. */
typedef struct {
  const NeumeFrontEnd* fe;     ///< The model's
  NeumeLogmel*         logmel; ///< Features and spectrum
  NeumeCnn*            cnn;    ///< Network
} Parts;

/** Level of the `n` samples before `end`, dBFS. */
static double level_before(const float* end, uint32_t n)
{
  double sum = 1e-12;
  for (uint32_t i = 1; i <= n; ++i) {
    sum += (double)*(end - i) * (double)*(end - i);
  }
  return 10.0 * log10(2.0 * sum / n);
}

/** The step whose newest frame ends before `end` heard its column. */
static void check_heard(const Parts* parts,
                        const Neume* neume,
                        const float* end)
{
  const uint32_t bands                  = parts->fe->bands;
  const uint32_t stack                  = parts->fe->stack;
  float          frame[NEUME_BANDS_MAX] = { 0.0f };
  float          column[NEUME_COLUMN_MAX];
  for (uint32_t j = stack; j-- > 0;) {
    const uint32_t ago = j * (NEUME_STEP / stack);
    neume_logmel_frame(parts->logmel, end - ago - parts->fe->window, frame);
    for (uint32_t b = 0; b < bands; ++b) {
      column[b * stack + j] = frame[b];
    }
  }
  CHECK(chain_same_floats(neume_features(neume), frame, bands));

  neume_cnn_begin(parts->cnn, column, 1);
  neume_cnn_advance(parts->cnn, UINT32_MAX);
  CHECK(chain_same_floats(neume_log_probabilities(neume),
                          neume_cnn_output(parts->cnn, 0),
                          NEUME_CLASSES));
  CHECK(neume_onset(neume) == neume_cnn_onset(parts->cnn, 0));
  CHECK(heard.log_p == neume_log_probabilities(neume));
  CHECK(heard.onset == neume_onset(neume));
}

/** The tracker hears the levels before `end`, that of an attack apart. */
static void check_levels(const float* end)
{
  const double level = level_before(end, NEUME_LEVEL_SAMPLES);
  const double edge  = level_before(end, NEUME_EDGE_SAMPLES);
  CHECK(fabs((double)heard.level - level) < 1e-3);
  CHECK(fabs((double)heard.edge - edge) < 1e-3);
}

/** What a step says besides is true of the frame of `window`. */
static void check_said(const Parts*     parts,
                       const NeumeStep* step,
                       const float*     window)
{
  const float* const end   = window + parts->fe->window;
  const double       level = level_before(end, NEUME_LEVEL_SAMPLES);
  CHECK(fabs((double)step->level - level) < 1e-3);

  if (step->midi) {
    float frame[NEUME_BANDS_MAX];
    neume_logmel_frame(parts->logmel, window, frame);
    const float* const power = neume_logmel_power(parts->logmel);
    CHECK(step->cents == neume_pitch_cents(power, parts->fe->fft, step->midi));
    CHECK(step->bend == neume_pitch_bend(power, parts->fe->fft, step->midi));
  }
}

/** The chain is a network that is given columns, and a tracker that waits for
    `lag` steps more than the network can. */
static void test_columns(uint32_t interleave, uint32_t stack, uint32_t lag)
{
  const double      rate  = 16000.0;
  const uint32_t    n     = 16000 * 3;
  const uint32_t    block = 100;
  const uint32_t    hop   = NEUME_STEP / interleave;
  float* const      audio = chain_audio(rate, n);
  float* const      slow  = slow_audio(audio, n, rate);
  NeumeModel* const model = chain_model(model_builder_onsets(5, 1, stack));
  Parts             parts = { &model->front_end, NULL, NULL };
  Neume*            neume = NULL;
  CHECK(neume_new(model, rate, interleave, 1, &neume) == NEUME_SUCCESS);
  CHECK(neume_logmel_new(parts.fe, &parts.logmel) == NEUME_SUCCESS);
  CHECK(neume_cnn_new(model, interleave, 1, neume_kernels_best(), &parts.cnn) ==
        NEUME_SUCCESS);

  // With no lag, the network looks ahead by less than it could
  const uint32_t    ahead  = lag ? model->right : 1U;
  const uint32_t    later  = ahead * interleave + lag;
  const float       wait   = 125.0f * (float)later / (float)interleave;
  const NeumeParams params = { wait, 0.0f, -90.0f, 0.0f, 440.0f, false };
  neume_set(neume, &params);
  neume_cnn_set_lookahead(parts.cnn, ahead);

  uint32_t steps  = 0;
  uint32_t voiced = 0;
  float    least  = 1.0f;
  float    most   = 0.0f;
  for (uint32_t done = 0; done < n; done += block) {
    NeumeStep step;
    neume_write(neume, audio + done, block);
    while (neume_analyse(neume, &step)) {
      const float* const end = slow + SILENCE + (size_t)++steps * hop;
      check_heard(&parts, neume, end);
      least = fminf(least, heard.onset);
      most  = fmaxf(most, heard.onset);
      if (steps > ahead * interleave) {
        check_levels(end - (size_t)ahead * NEUME_STEP);
      }
      if (steps > later) {
        check_said(&parts, &step, end - (size_t)later * hop - parts.fe->window);
        voiced += step.midi > 0;
      }
    }
  }
  CHECK_MSG(steps >= 3U * NEUME_RATE / hop - 1U, "%u steps", steps);
  CHECK_MSG(voiced > steps / 2U, "%u of %u steps", voiced, steps);
  CHECK(least > 0.0f && least < most && most < 1.0f);

  neume_cnn_free(parts.cnn);
  neume_logmel_free(parts.logmel);
  neume_free(neume);
  neume_model_free(model);
  free(slow);
  free(audio);
}

int main(void)
{
  for (uint32_t stack = 1; stack <= NEUME_STACK_MAX; stack *= 2U) {
    for (uint32_t p = 1; p <= NEUME_INTERLEAVE_MAX; p *= 2U) {
      test_columns(p, stack, 0);
      test_columns(p, stack, 3);
      test_frames(p, stack);
    }
  }
  return test_report();
}
