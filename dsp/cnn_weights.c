// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#include "cnn_weights.h"

#include "kernels.h"
#include "model.h"
#include "status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define ALIGNMENT  64U           ///< Bytes, a cache line
#define FLOATS_MAX (1ULL << 26U) ///< Most floats, 256 MiB

/** A convolution; a dense layer is one as tall as its column. */
typedef struct {
  uint32_t panels;   ///< Panels of output channels
  uint32_t taps;     ///< Frames
  uint32_t rows;     ///< Rows
  uint32_t channels; ///< Input channels
} Kernel;

static bool kernel_of(const NeumeLayer* const layer, Kernel* const kernel)
{
  const bool dense = layer->type == NEUME_LAYER_DENSE;
  kernel->panels   = (layer->out_channels + NEUME_PANEL - 1U) / NEUME_PANEL;
  kernel->taps     = dense ? 1 : layer->kernel_time;
  kernel->rows     = dense ? layer->in_rows : layer->kernel_freq;
  kernel->channels = layer->in_channels;
  return dense || layer->type == NEUME_LAYER_CONV;
}

/** Floats of a packed kernel; more than FLOATS_MAX if there are too many. */
static uint64_t kernel_size(const Kernel* const kernel)
{
  uint64_t       size      = NEUME_PANEL;
  const uint32_t factors[] = {
    kernel->panels, kernel->taps, kernel->rows, kernel->channels
  };
  for (unsigned i = 0; i < sizeof(factors) / sizeof(*factors); ++i) {
    size *= factors[i];
    if (size > FLOATS_MAX) {
      return FLOATS_MAX + 1U;
    }
  }
  return size;
}

static void pack_weight(const NeumeLayer* const layer,
                        const Kernel* const     kernel,
                        float*                  to)
{
  const size_t per_out = (size_t)kernel->channels * kernel->rows * kernel->taps;
  for (uint32_t panel = 0; panel < kernel->panels; ++panel) {
    for (uint32_t t = 0; t < kernel->taps; ++t) {
      for (uint32_t row = 0; row < kernel->rows; ++row) {
        for (uint32_t c = 0; c < kernel->channels; ++c, to += NEUME_PANEL) {
          const size_t index =
            ((size_t)c * kernel->rows + row) * kernel->taps + t;
          for (uint32_t j = 0; j < NEUME_PANEL; ++j) {
            const uint32_t out = panel * NEUME_PANEL + j;
            to[j]              = out < layer->out_channels
                                   ? layer->weight[out * per_out + index]
                                   : 0.0F;
          }
        }
      }
    }
  }
}

NeumeStatus neume_cnn_weights_new(const NeumeModel* const model,
                                  NeumeCnnWeights** const weights)
{
  *weights      = NULL;
  uint64_t size = 0;
  for (uint32_t l = 0; l < model->n_layers; ++l) {
    Kernel kernel;
    if (kernel_of(&model->layers[l], &kernel)) {
      size += kernel_size(&kernel) + (uint64_t)kernel.panels * NEUME_PANEL;
    }
    if (size > FLOATS_MAX) {
      return NEUME_ERR_SIZE;
    }
  }

  NeumeCnnWeights* const made = calloc(1, sizeof(*made));
  float* const memory = aligned_alloc(ALIGNMENT, (size_t)size * sizeof(float));
  if (!made || !memory) {
    free(made);
    free(memory);
    return NEUME_ERR_MEMORY;
  }

  made->memory = memory;
  float* to    = memory;
  for (uint32_t l = 0; l < model->n_layers; ++l) {
    const NeumeLayer* const layer = &model->layers[l];
    Kernel                  kernel;
    if (kernel_of(layer, &kernel)) {
      made->weight[l] = to;
      pack_weight(layer, &kernel, to);
      to += kernel_size(&kernel);

      const size_t n = (size_t)kernel.panels * NEUME_PANEL;
      made->bias[l]  = to;
      memset(to, 0, n * sizeof(float));
      memcpy(to, layer->bias, layer->out_channels * sizeof(float));
      to += n;
    }
  }
  *weights = made;
  return NEUME_SUCCESS;
}

void neume_cnn_weights_free(NeumeCnnWeights* const weights)
{
  if (weights) {
    free(weights->memory);
    free(weights);
  }
}
