// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

/* One stage of the chain and nothing else, for a tool that counts its
   instructions (instructions.sh).

     bench_stages WEIGHTS STAGE COUNT

   STAGE is `resampler` or `chain`, and COUNT input samples at 48 kHz,
   `features` or `network`, and COUNT frames, or `reset`, and COUNT resets of
   the chain.  What comes before the stage does not depend on COUNT, so that two
   runs differ by the stage alone.  Prints the name of the kernels.
*/

#include "cnn.h"
#include "constants.h"
#include "kernels.h"
#include "logmel.h"
#include "model_store.h"
#include "neume.h"
#include "resampler.h"
#include "singer.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RATE   48000U
#define LENGTH RATE ///< Samples of the song, which is sung over and over
#define BLOCK  64U  ///< Samples of a block of the chain
#define FRAMES 16U  ///< Frames that differ

_Static_assert(LENGTH % BLOCK == 0, "the song is whole blocks");

static float          song[LENGTH];          ///< At RATE
static float          slow[2U * NEUME_RATE]; ///< At NEUME_RATE, twice over
static volatile float sink; ///< Keeps the work from being left out

static bool is_good(NeumeStatus status)
{
  if (status) {
    fprintf(stderr, "bench_stages: %s\n", neume_strerror(status));
  }
  return !status;
}

static bool sing(void)
{
  const SynthVoice voice   = synth_voice_random(3, 61.0);
  const SynthNote  notes[] = { { 0.05, 0.45, 60.0, 0.0 },
                               { 0.45, 0.90, 64.0, 0.0 } };
  return !synth_sing(3, &voice, notes, 2, RATE, song, NULL, LENGTH);
}

/** Resample `count` samples; what comes out goes to `slow` as far as it fits.
 */
static bool resample(uint32_t count)
{
  NeumeResampler* resampler = NULL;
  if (!is_good(neume_resampler_new(RATE, &resampler))) {
    return false;
  }
  uint32_t n_out = 0;
  for (uint32_t done = 0; done < count;) {
    const uint32_t at   = done % LENGTH;
    const uint32_t need = neume_resampler_need(resampler);
    const uint32_t left = LENGTH - at;
    const uint32_t n    = need < left ? need : left;
    float          out  = 0.0f;
    if (neume_resampler_push(resampler, song + at, n, &out)) {
      slow[n_out] = out;
      n_out       = (n_out + 1U) % NEUME_RATE;
    }
    done += n;
  }
  neume_resampler_free(resampler);
  return true;
}

/** Frame `i` of the song. */
static void frame(NeumeLogmel* logmel, uint32_t i, float* features)
{
  const uint32_t step = NEUME_RATE / FRAMES;
  neume_logmel_frame(logmel, slow + (size_t)(i % FRAMES) * step, features);
}

static bool run_features(const NeumeModel* model, uint32_t count)
{
  static float features[NEUME_BANDS_MAX];
  NeumeLogmel* logmel = NULL;
  if (!is_good(neume_logmel_new(&model->front_end, &logmel))) {
    return false;
  }
  for (uint32_t i = 0; i < count; ++i) {
    frame(logmel, i, features);
    sink = features[0];
  }
  neume_logmel_free(logmel);
  return true;
}

/** Fill columns that end with the frames of the song. */
static void stack_frames(NeumeLogmel*         logmel,
                         const NeumeFrontEnd* fe,
                         float (*columns)[NEUME_COLUMN_MAX])
{
  static float features[NEUME_BANDS_MAX];
  for (uint32_t i = 0; i < FRAMES; ++i) {
    frame(logmel, i, features);
    for (uint32_t j = 0; j < fe->stack; ++j) {
      for (uint32_t b = 0; b < fe->bands; ++b) {
        columns[(i + j) % FRAMES][b * fe->stack + j] = features[b];
      }
    }
  }
}

static bool run_network(const NeumeModel* model, uint32_t count)
{
  static float columns[FRAMES][NEUME_COLUMN_MAX];
  NeumeLogmel* logmel = NULL;
  NeumeCnn*    cnn    = NULL;
  const bool   good   = is_good(neume_logmel_new(&model->front_end, &logmel)) &&
                    is_good(neume_cnn_new(
                      model, NEUME_INTERLEAVE, 1, neume_kernels_best(), &cnn));
  if (good) {
    stack_frames(logmel, &model->front_end, columns);
  }
  for (uint32_t i = 0; good && i < count; ++i) {
    neume_cnn_begin(cnn, columns[i % FRAMES], 1);
    neume_cnn_advance(cnn, UINT32_MAX);
    neume_cnn_prepare(cnn, UINT32_MAX);
    sink = neume_cnn_output(cnn, 0)[0];
  }
  neume_cnn_free(cnn);
  neume_logmel_free(logmel);
  return good;
}

static bool run_chain(const NeumeModel* model, uint32_t count)
{
  Neume* neume = NULL;
  if (!is_good(neume_new(model, RATE, NEUME_INTERLEAVE, 1, &neume))) {
    return false;
  }
  for (uint32_t done = 0; done < count; done += BLOCK) {
    NeumeStep step;
    neume_write(neume, song + done % LENGTH, BLOCK);
    while (neume_analyse(neume, &step)) {
      sink = step.confidence;
    }
  }
  neume_free(neume);
  return true;
}

static bool run_resets(const NeumeModel* model, uint32_t count)
{
  Neume* neume = NULL;
  if (!is_good(neume_new(model, RATE, NEUME_INTERLEAVE, 1, &neume))) {
    return false;
  }
  for (uint32_t i = 0; i < count; ++i) {
    neume_reset(neume);
    sink = neume_log_probabilities(neume)[0];
  }
  neume_free(neume);
  return true;
}

int main(int argc, char** argv)
{
  const unsigned long asked = argc == 4 ? strtoul(argv[3], NULL, 10) : 0;
  if (!asked || asked > 1U << 30U) {
    fprintf(stderr, "Usage: %s WEIGHTS STAGE COUNT\n", argv[0]);
    return 2;
  }

  char              message[NEUME_MESSAGE_MAX] = "";
  const NeumeModel* model                      = NULL;
  if (neume_model_acquire(argv[1], &model, message)) {
    fprintf(stderr, "%s: %s\n", argv[1], message);
    return 1;
  }

  const uint32_t    count = (uint32_t)asked;
  const char* const stage = argv[2];
  bool              good  = sing() && resample(LENGTH);
  memcpy(slow + NEUME_RATE, slow, NEUME_RATE * sizeof(float));
  if (!strcmp(stage, "resampler")) {
    good = good && resample(count);
  } else if (!strcmp(stage, "features")) {
    good = good && run_features(model, count);
  } else if (!strcmp(stage, "network")) {
    good = good && run_network(model, count);
  } else if (!strcmp(stage, "chain")) {
    good = good && run_chain(model, count);
  } else if (!strcmp(stage, "reset")) {
    good = good && run_resets(model, count);
  } else {
    fprintf(stderr, "%s: no such stage\n", stage);
    good = false;
  }
  neume_model_release(model);
  puts(neume_kernels_best()->name);
  return good ? 0 : 1;
}
