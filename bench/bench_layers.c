// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

/* Where the time of a pass goes, and what could be reached.

     bench_layers WEIGHTS...

   Prints a Markdown table with a row for each layer with weights, one frame
   at a time as live and NEUME_BATCH frames at once as the command; a pooling
   layer counts with the layer before it.  Only final columns are computed.

   - us: microseconds a frame;
   - of peak: multiply-adds per second as a share of what a loop of nothing but
     AVX2 multiply-adds in registers does;
   - GB/s: weights read per second, one frame at a time, where each is used for
     one row only.  What a loop that only loads reaches, from as many bytes as
     all such weights have, is told below the table.

   Other processes disturb: all times are the least of many.
*/

#include "cnn.h"
#include "cnn_weights.h"
#include "constants.h"
#include "kernels.h"
#include "machine.h"
#include "model.h"
#include "random_cnn.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define PASSES 400U ///< Passes whose least times count

/* A kernel set that notes when each layer begins: its weights tell it. */

static const NeumeModel*   watched;                      // By watch()
static const NeumeKernels* used;                         // By watch()
static double              begins[NEUME_LAYERS_MAX + 1]; // Of layers, seconds
static uint32_t            layer_now;                    // In `watched`

static bool has_weights(const NeumeModel* const model, const uint32_t l)
{
  return model->packed->weight[l] != NULL;
}

static void watch(const NeumeBlock* const block)
{
  uint32_t l = layer_now;
  for (uint32_t i = l + 1; i < watched->n_layers; ++i) {
    if (has_weights(watched, i) && block->b >= watched->packed->weight[i]) {
      l = i;
    }
  }
  if (l != layer_now) {
    begins[l] = machine_now();
    layer_now = l;
  }
  used->block(block);
}

/** Least seconds a frame of each layer in passes of `n` frames; the last one
    beyond the layers is for a whole pass. */
static void measure(NeumeModel* const model,
                    const uint32_t    n,
                    double* const     seconds)
{
  const NeumeKernels watching = { "watching", watch };
  const uint32_t     size     = model->front_end.bands * model->front_end.stack;
  float* const       columns  = malloc((size_t)n * size * sizeof(float));
  Random             random   = { 1 };
  NeumeCnn*          cnn      = NULL;
  if (!columns || neume_cnn_new(model, NEUME_INTERLEAVE, n, &watching, &cnn)) {
    abort();
  }
  neume_cnn_set_lookahead(cnn, model->right);
  for (uint32_t i = 0; i < n * size; ++i) {
    columns[i] = random_value(&random) + 0.5F;
  }
  for (uint32_t l = 0; l <= model->n_layers; ++l) {
    seconds[l] = HUGE_VAL;
  }
  for (unsigned i = 0; i < PASSES; ++i) {
    layer_now          = 0;
    const double start = machine_now();
    begins[0]          = start;
    neume_cnn_begin(cnn, columns, n);
    neume_cnn_advance(cnn, UINT32_MAX);
    double end = machine_now();
    seconds[model->n_layers] =
      fmin(seconds[model->n_layers], (end - start) / n);
    for (uint32_t l = model->n_layers; l-- > 0;) {
      if (has_weights(model, l)) {
        seconds[l] = fmin(seconds[l], (end - begins[l]) / n);
        end        = begins[l];
      }
    }
  }
  neume_cnn_free(cnn);
  free(columns);
}

static void row(const char* const name,
                const double      macs,
                const double      bytes,
                const double      one,
                const double      many,
                const bool        single,
                const double      peak)
{
  printf("| %s | %.3f | %.0f | %.1f | %.0f%% | ",
         name,
         macs * 1e-6,
         bytes / 1024.0,
         one * 1e6,
         100.0 * macs / one / peak);
  if (single) {
    printf("%.0f", bytes / one * 1e-9);
  }
  printf(" | %.1f | %.0f%% |\n", many * 1e6, 100.0 * macs / many / peak);
}

static void table(NeumeModel* const model)
{
  double       one[NEUME_LAYERS_MAX + 1];
  double       many[NEUME_LAYERS_MAX + 1];
  double       macs    = 0.0;
  double       weights = 0.0;
  double       bytes   = 0.0; // Of weights that are used for one row
  double       seconds = 0.0; // That their layers take
  const double peak    = machine_peak(neume_kernels_best());
  measure(model, 1, one);
  measure(model, NEUME_BATCH, many);
  printf("%s, %s kernels; %.1f G multiply-adds per second at most:\n\n"
         "| layer | MMAC | KiB | one frame, us | of peak | GB/s | "
         "one of %d, us | of peak |\n"
         "|---|--:|--:|--:|--:|--:|--:|--:|\n",
         model->name,
         neume_kernels_best()->name,
         peak * 1e-9,
         NEUME_BATCH);
  for (uint32_t l = 0; l < model->n_layers; ++l) {
    const NeumeLayer* const layer = &model->layers[l];
    if (!has_weights(model, l)) {
      continue;
    }
    const bool   dense = layer->type == NEUME_LAYER_DENSE;
    const double size =
      (double)layer->in_channels * layer->out_channels *
      (dense ? layer->in_rows : layer->kernel_time * layer->kernel_freq);
    const bool   single = layer->out_rows == 1;
    const double read =
      size *
      (double)(model->packed->half[l] ? sizeof(uint16_t) : sizeof(float));
    char name[64];
    snprintf(name,
             sizeof(name),
             "%u x %u, %u to %u channels, %u rows",
             dense ? layer->in_rows : layer->kernel_freq,
             dense ? 1 : layer->kernel_time,
             layer->in_channels,
             layer->out_channels,
             layer->out_rows);
    row(name, size * layer->out_rows, read, one[l], many[l], single, peak);
    macs += size * layer->out_rows;
    weights += read;
    bytes += single ? read : 0.0;
    seconds += single ? one[l] : 0.0;
  }
  row("all",
      macs,
      weights,
      one[model->n_layers],
      many[model->n_layers],
      false,
      peak);
  printf(
    "\nOne frame at a time, weights that are used for one row are read at "
    "%.0f GB/s; only loading\nas many bytes, %.2f MB, goes at %.0f GB/s.\n\n",
    bytes / seconds * 1e-9,
    bytes * 1e-6,
    machine_read_rate((size_t)bytes) * 1e-9);
}

int main(int argc, char** argv)
{
  for (int i = 1; i < argc; ++i) {
    char             message[NEUME_MESSAGE_MAX];
    NeumeModel*      model  = NULL;
    NeumeCnnWeights* packed = NULL;
    if (neume_model_load(argv[i], &model, message)) {
      fprintf(stderr, "%s\n", message);
      return 1;
    }
    if (neume_cnn_weights_new(model, &packed)) {
      abort();
    }
    model->packed = packed;
    watched       = model;
    used          = neume_kernels_best();
    table(model);
    model->packed = NULL;
    neume_cnn_weights_free(packed);
    neume_model_free(model);
  }
  return 0;
}
