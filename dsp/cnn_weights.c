// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#include "cnn_weights.h"

#include "half.h"
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

/** Whether a pass of one frame uses each weight of `layer` once. */
static bool is_single(const NeumeLayer* const layer)
{
  return layer->out_rows == 1;
}

/** Floats that `n` halves take, in whole cache lines. */
static uint64_t halves_size(const uint64_t n)
{
  const uint64_t line = ALIGNMENT / sizeof(uint16_t);
  return (n + line - 1U) / line * (ALIGNMENT / sizeof(float));
}

/** `n` numbers in half precision; false if one is no such number. */
static bool pack_halves(const float* from, const size_t n, uint16_t* const to)
{
  size_t i = 0;
  while (i < n && neume_half_bits(from[i], &to[i])) {
    ++i;
  }
  return i == n;
}

NeumeStatus neume_cnn_weights_new(const NeumeModel* const model,
                                  NeumeCnnWeights** const weights)
{
  *weights      = NULL;
  uint64_t size = 0;
  for (uint32_t l = 0; l < model->n_layers; ++l) {
    Kernel kernel;
    if (kernel_of(&model->layers[l], &kernel)) {
      const uint64_t n = kernel_size(&kernel);
      size += n + (uint64_t)kernel.panels * NEUME_PANEL +
              (is_single(&model->layers[l]) ? halves_size(n) : 0U);
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
      const size_t count = kernel_size(&kernel);
      to += count;
      if (is_single(layer)) {
        uint16_t* const halves = (uint16_t*)(void*)to;
        if (pack_halves(made->weight[l], count, halves)) {
          made->half[l] = halves;
        }
        to += halves_size(count);
      }

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
