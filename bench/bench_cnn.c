// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

/* What a pass of the network costs.

     bench_cnn [WEIGHTS]...

   Without weights files it measures the reference network with random
   weights at full and half width, causal and symmetric.  Prints a Markdown
   table with a row for each network, look-ahead, kernel set and number of
   frames that a pass takes at once:

   - us: microseconds a frame, with NEUME_INTERLEAVE contexts, what is made
   early included;
   - answer: of those, from the frame to its answer;
   - cold: the same when other work used the caches since the last pass;
   - GMAC/s: multiply-adds per second that the columns of this pass need, and as
     a share of what a loop of nothing but AVX2 multiply-adds in registers does
     in the same run;
   - core: share of one core live, from `cold`;
   - slices between frame and answer, and the costliest in microseconds and as a
     multiple of the mean.

   Other processes disturb: all times are the least of many, which is fair
   since the work is always the same.
*/

#include "cnn.h"
#include "cnn_plan.h"
#include "constants.h"
#include "kernels.h"
#include "machine.h"
#include "model.h"
#include "random_cnn.h"
#include "status.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define INTERLEAVE NEUME_INTERLEAVE
#define PASSES     200U        ///< Passes whose least time counts
#define COLD       20U         ///< The same with cold caches
#define OTHER      (8U << 20U) ///< Bytes of other work, more than an L2 cache

/** Multiply-adds of a pass, without padding of channels. */
static double macs_at(const NeumeModel* const model, const uint32_t lookahead)
{
  static NeumePlan plan;
  if (neume_plan_init(&plan, model, NEUME_SLICES_MAX)) {
    abort();
  }
  double sum = 0.0;
  for (uint32_t l = 0; l < plan.n_layers; ++l) {
    const NeumeLayer* const     from    = &model->layers[l];
    const NeumePlanLayer* const layer   = &plan.layers[l];
    const uint32_t              columns = neume_plan_columns(layer, lookahead);
    for (uint32_t i = 0; !layer->size && i < columns; ++i) {
      const uint32_t back = neume_plan_back(layer, lookahead, i);
      sum += (double)neume_plan_taps(layer, back) * layer->depth *
             from->out_rows * from->out_channels;
    }
  }
  return sum;
}

/** Seconds of `n` new columns; `*answer` becomes those up to the answer, if
   that is less. */
static double pass(NeumeCnn* const    cnn,
                   const float* const columns,
                   const uint32_t     n,
                   double* const      answer)
{
  const double start = machine_now();
  neume_cnn_begin(cnn, columns, n);
  neume_cnn_advance(cnn, UINT32_MAX);
  *answer = fmin(*answer, machine_now() - start);
  neume_cnn_prepare(cnn, UINT32_MAX);
  return machine_now() - start;
}

/** Least seconds of each slice of a pass; returns how many there are. */
static uint32_t time_slices(NeumeCnn* const    cnn,
                            const float* const column,
                            double* const      best)
{
  const uint32_t slices = neume_cnn_slices(cnn); // As in the passes before
  for (uint32_t s = 0; s < slices; ++s) {
    best[s] = HUGE_VAL;
  }
  for (unsigned i = 0; i < PASSES; ++i) {
    neume_cnn_prepare(cnn, UINT32_MAX);
    neume_cnn_begin(cnn, column, 1);
    for (uint32_t s = 0; s < slices; ++s) {
      const double start = machine_now();
      neume_cnn_advance(cnn, s + 1);
      best[s] = fmin(best[s], machine_now() - start);
    }
  }
  return slices;
}

static void row(const char* const         name,
                const NeumeModel* const   model,
                const NeumeKernels* const kernels,
                const uint32_t            lookahead,
                const uint32_t            n)
{
  static char       other[OTHER];
  static float      columns[NEUME_BATCH * NEUME_COLUMN_MAX];
  const uint32_t    size   = model->front_end.bands * model->front_end.stack;
  Random            random = { 1 };
  NeumeCnn*         cnn    = NULL;
  const NeumeStatus status = neume_cnn_new(model, INTERLEAVE, n, kernels, &cnn);
  if (status) {
    fprintf(stderr, "%s: %s\n", name, neume_strerror(status));
    exit(1);
  }
  neume_cnn_set_lookahead(cnn, lookahead);

  double best   = HUGE_VAL;
  double cold   = HUGE_VAL;
  double answer = HUGE_VAL;
  for (unsigned i = 0; i < PASSES; ++i) {
    for (uint32_t k = 0; k < n * size; ++k) {
      columns[k] = random_value(&random) + 0.5F;
    }
    best = fmin(best, pass(cnn, columns, n, &answer) / n);
  }
  for (unsigned i = 0; i < COLD; ++i) {
    memset(other, (int)i, sizeof(other));
    cold = fmin(cold, pass(cnn, columns, n, &answer) / n);
  }

  const double macs     = macs_at(model, lookahead);
  const double per_pass = NEUME_STEP / (double)NEUME_RATE / INTERLEAVE;
  printf("| %s | %u | %s | %u | %.2f | %.1f | %.1f | %.1f | %.1f (%.0f%%) | "
         "%.2f%% | ",
         name,
         lookahead,
         kernels->name,
         n,
         macs * 1e-6,
         best * 1e6,
         answer / n * 1e6,
         cold * 1e6,
         macs / best * 1e-9,
         100.0 * macs / best / machine_peak(kernels),
         100.0 * cold / per_pass);
  if (n == 1) {
    double         slice[NEUME_SLICES_MAX];
    const uint32_t slices = time_slices(cnn, columns, slice);
    double         worst  = 0.0;
    double         sum    = 0.0;
    for (uint32_t s = 0; s < slices; ++s) {
      worst = fmax(worst, slice[s]);
      sum += slice[s];
    }
    printf("%u | %.1f (%.1fx) |\n", slices, worst * 1e6, worst * slices / sum);
  } else {
    printf("| |\n");
  }
  fflush(stdout);
  neume_cnn_free(cnn);
}

static void rows(const char* const name, const NeumeModel* const model)
{
  const uint32_t lookaheads[] = { 0, model->right / 4, model->right };
  for (unsigned i = 0; i < (model->right ? 3 : 1); ++i) {
    if (!i || lookaheads[i] != lookaheads[i - 1]) {
      row(name, model, neume_kernels_best(), lookaheads[i], 1);
      row(name, model, neume_kernels_best(), lookaheads[i], NEUME_BATCH);
    }
  }
  for (uint32_t i = 1; neume_kernels_get(i); ++i) {
    row(name, model, neume_kernels_get(i), model->right, 1);
    row(name, model, neume_kernels_get(i), model->right, NEUME_BATCH);
  }
}

int main(int argc, char** argv)
{
  printf("| network | look-ahead | kernels | at once | MMAC | us | "
         "answer | cold | GMAC/s | core | slices | worst slice |\n"
         "|---|--:|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n");
  for (int i = 1; i < argc; ++i) {
    char        message[NEUME_MESSAGE_MAX];
    NeumeModel* model = NULL;
    if (neume_model_load(argv[i], &model, message)) {
      fprintf(stderr, "%s\n", message);
      return 1;
    }
    rows(model->name, model);
    neume_model_free(model);
  }
  for (unsigned i = 0; argc == 1 && i < 4; ++i) {
    static const char* const names[] = { "reference, half, causal",
                                         "reference, half",
                                         "reference, causal",
                                         "reference" };
    const uint32_t           bands   = 84;
    const uint32_t           width   = i < 2 ? 50 : 100;
    Random                   random  = { 1 };
    NeumeModel* const        model =
      random_cnn_reference(&random, bands, width, i % 2 == 0);
    rows(names[i], model);
    random_cnn_free(model);
  }
  return 0;
}
