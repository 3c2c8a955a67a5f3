// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#include "random_cnn.h"

#include "constants.h"
#include "model.h"

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

uint32_t random_below(Random* const random, const uint32_t n)
{
  random->state = random->state * 1664525U + 1013904223U;
  return (uint32_t)(((uint64_t)random->state * n) >> 32U);
}

float random_value(Random* const random)
{
  return (float)random_below(random, 20001) / 10000.0F - 1.0F;
}

NeumeModel* random_cnn_new(const uint32_t bands, const uint32_t stack)
{
  NeumeModel* const model = calloc(1, sizeof(*model));
  if (!model) {
    abort();
  }
  model->front_end.bands = bands;
  model->front_end.stack = stack;
  return model;
}

void random_cnn_free(NeumeModel* const model)
{
  for (uint32_t l = 0; l < model->n_layers; ++l) {
    free((void*)model->layers[l].weight);
    free((void*)model->layers[l].bias);
  }
  free(model);
}

static float* values(Random* const random, const size_t n, const float scale)
{
  float* const x = malloc(n * sizeof(float));
  if (!x) {
    abort();
  }
  for (size_t i = 0; i < n; ++i) {
    x[i] = scale * random_value(random);
  }
  return x;
}

void random_cnn_add(NeumeModel* const model,
                    Random* const     random,
                    NeumeLayer        layer)
{
  const NeumeLayer* const before =
    model->n_layers ? &model->layers[model->n_layers - 1] : NULL;
  layer.in_rows     = before ? before->out_rows : model->front_end.bands;
  layer.in_channels = before ? before->out_channels : model->front_end.stack;

  uint64_t fan_in = 0;
  switch (layer.type) {
    case NEUME_LAYER_CONV:
      layer.left = (layer.kernel_time - 1) * layer.dilation - layer.right;
      layer.out_rows =
        layer.in_rows + layer.pad_low + layer.pad_high - layer.kernel_freq + 1;
      fan_in =
        (uint64_t)layer.in_channels * layer.kernel_freq * layer.kernel_time;
      break;
    case NEUME_LAYER_DENSE:
      layer.out_rows = 1;
      fan_in         = (uint64_t)layer.in_channels * layer.in_rows;
      break;
    case NEUME_LAYER_MAX_POOL:
    case NEUME_LAYER_AVG_POOL:
      layer.out_rows     = layer.in_rows / layer.size;
      layer.out_channels = layer.in_channels;
      break;
  }
  if (fan_in) {
    // Keeps sums at about the size of the inputs
    const float scale = 2.0F / sqrtf((float)fan_in);
    layer.weight = values(random, layer.out_channels * (size_t)fan_in, scale);
    layer.bias   = values(random, layer.out_channels, 0.5F);
  }
  model->macs += fan_in * layer.out_channels * layer.out_rows;
  model->left += layer.left;
  model->right += layer.right;
  model->layers[model->n_layers++] = layer;
  model->tells_onsets = layer.out_channels == NEUME_CLASSES + 1; // As the last
}

void random_cnn_dense(NeumeModel* const     model,
                      Random* const         random,
                      const uint32_t        out,
                      const NeumeActivation activation)
{
  NeumeLayer layer   = { 0 };
  layer.type         = NEUME_LAYER_DENSE;
  layer.activation   = activation;
  layer.slope        = activation == NEUME_LEAKY_RELU ? 0.1F : 0.0F;
  layer.out_channels = out;
  random_cnn_add(model, random, layer);
}

void random_cnn_pool(NeumeModel* const    model,
                     const NeumeLayerType type,
                     const uint32_t       size)
{
  NeumeLayer layer = { 0 };
  layer.type       = type;
  layer.size       = size;
  random_cnn_add(model, NULL, layer);
}

NeumeModel* random_cnn_odd(Random* const random)
{
  const uint32_t    bands  = 1 + random_below(random, 40);
  const uint32_t    stack  = 1U << random_below(random, 4);
  NeumeModel* const model  = random_cnn_new(bands, stack);
  const uint32_t    layers = random_below(random, 7);
  for (uint32_t l = 0; l < layers; ++l) {
    const uint32_t  rows       = l ? model->layers[l - 1].out_rows : bands;
    const uint32_t  span       = NEUME_CONTEXT - 1 - model->left - model->right;
    const uint32_t  type       = random_below(random, 8);
    NeumeLayer      layer      = { 0 };
    NeumeActivation activation = (NeumeActivation)random_below(random, 3);
    if (type == 0) {
      random_cnn_dense(model, random, 1 + random_below(random, 40), activation);
    } else if (type <= 2) {
      const uint32_t size = 1 + random_below(random, rows < 3 ? rows : 3);
      random_cnn_pool(
        model, type == 1 ? NEUME_LAYER_MAX_POOL : NEUME_LAYER_AVG_POOL, size);
    } else {
      layer.type         = NEUME_LAYER_CONV;
      layer.activation   = activation;
      layer.slope        = activation == NEUME_LEAKY_RELU ? 0.3F : 0.0F;
      layer.out_channels = 1 + random_below(random, 40);
      layer.pad_low      = random_below(random, 4);
      layer.pad_high     = random_below(random, 4);
      layer.kernel_freq =
        1 + random_below(random,
                         rows + layer.pad_low + layer.pad_high < 6
                           ? rows + layer.pad_low + layer.pad_high
                           : 6);
      layer.kernel_time = 1 + random_below(random, 5);
      layer.dilation =
        1 + random_below(random, random_below(random, 4) ? 3 : 30);
      if ((layer.kernel_time - 1) * layer.dilation > span) {
        layer.kernel_time = 1;
      }
      layer.right = random_below(random, layer.kernel_time) * layer.dilation;
      random_cnn_add(model, random, layer);
    }
  }
  const uint32_t outputs = NEUME_CLASSES + random_below(random, 2);
  random_cnn_dense(model, random, outputs, NEUME_LINEAR);
  return model;
}

NeumeModel* random_cnn_reference(Random* const  random,
                                 const uint32_t bands,
                                 const uint32_t width,
                                 const bool     causal)
{
  NeumeModel* const model = random_cnn_new(bands, 1);
  NeumeLayer        conv  = { 0 };
  conv.type               = NEUME_LAYER_CONV;
  conv.activation         = NEUME_LEAKY_RELU;
  conv.slope              = 0.01F;
  conv.kernel_freq        = 3;
  conv.kernel_time        = 3;
  conv.dilation           = 1;
  conv.pad_low            = 1;
  conv.pad_high           = 1;
  conv.right              = causal ? 0 : 1;
  conv.out_channels       = 32 * width / 100;
  for (unsigned i = 0; i < 4; ++i) {
    random_cnn_add(model, random, conv);
  }
  random_cnn_pool(model, NEUME_LAYER_MAX_POOL, 2);
  conv.out_channels = 64 * width / 100;
  for (unsigned i = 0; i < 2; ++i) {
    random_cnn_add(model, random, conv);
  }
  random_cnn_pool(model, NEUME_LAYER_MAX_POOL, 2);

  conv.activation   = NEUME_RELU;
  conv.slope        = 0.0F;
  conv.out_channels = 128 * width / 100;
  conv.kernel_freq  = 12;
  conv.kernel_time  = 9;
  conv.pad_low      = 0;
  conv.pad_high     = 0;
  conv.right        = causal ? 0 : 4;
  random_cnn_add(model, random, conv);

  conv.activation   = NEUME_LINEAR;
  conv.out_channels = NEUME_CLASSES;
  conv.kernel_freq  = 1;
  conv.kernel_time  = 1;
  conv.right        = 0;
  random_cnn_add(model, random, conv);
  random_cnn_pool(model, NEUME_LAYER_AVG_POOL, 2);
  random_cnn_dense(model, random, NEUME_CLASSES, NEUME_LINEAR);
  return model;
}
