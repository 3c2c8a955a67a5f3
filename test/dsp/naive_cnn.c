// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#include "naive_cnn.h"

#include "constants.h"
#include "model.h"

#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

/** [frames][channels][rows] */
typedef struct {
  uint32_t frames;
  uint32_t channels;
  uint32_t rows;
  double*  x;
} Map;

static Map map_new(const uint32_t frames,
                   const uint32_t channels,
                   const uint32_t rows)
{
  Map map = { frames, channels, rows, NULL };
  map.x   = calloc((size_t)frames * channels * rows, sizeof(double));
  if (!map.x) {
    abort();
  }
  return map;
}

/** A value; what lies outside of the map in frequency or after it is 0. */
static double at(const Map* const map,
                 const uint32_t   frame,
                 const uint32_t   channel,
                 const int64_t    row)
{
  if (frame >= map->frames || row < 0 || row >= map->rows) {
    return 0.0;
  }
  return map
    ->x[((size_t)frame * map->channels + channel) * map->rows + (size_t)row];
}

static double activate(const NeumeLayer* const layer, const double x)
{
  switch (layer->activation) {
    case NEUME_LINEAR:
      return x;
    case NEUME_RELU:
      return x > 0.0 ? x : 0.0;
    case NEUME_LEAKY_RELU:
      return x > 0.0 ? x : (double)layer->slope * x;
  }
  abort();
}

static double convolve(const NeumeLayer* const layer,
                       const Map* const        in,
                       const uint32_t          frame,
                       const uint32_t          out,
                       const uint32_t          row)
{
  double       sum = (double)layer->bias[out];
  const float* w   = layer->weight + (size_t)out * layer->in_channels *
                                     layer->kernel_freq * layer->kernel_time;
  for (uint32_t c = 0; c < layer->in_channels; ++c) {
    for (uint32_t f = 0; f < layer->kernel_freq; ++f) {
      for (uint32_t t = 0; t < layer->kernel_time; ++t, ++w) {
        // Frame 0 of the output reads frames from 0 on: `left` are used up
        sum += (double)*w * at(in,
                               frame + t * layer->dilation,
                               c,
                               (int64_t)row + f - layer->pad_low);
      }
    }
  }
  return activate(layer, sum);
}

static double dense(const NeumeLayer* const layer,
                    const Map* const        in,
                    const uint32_t          frame,
                    const uint32_t          out)
{
  double       sum = (double)layer->bias[out];
  const float* w =
    layer->weight + (size_t)out * layer->in_channels * layer->in_rows;
  for (uint32_t c = 0; c < layer->in_channels; ++c) {
    for (uint32_t r = 0; r < layer->in_rows; ++r, ++w) {
      sum += (double)*w * at(in, frame, c, r);
    }
  }
  return activate(layer, sum);
}

static double pool(const NeumeLayer* const layer,
                   const Map* const        in,
                   const uint32_t          frame,
                   const uint32_t          channel,
                   const uint32_t          row)
{
  double max = -HUGE_VAL;
  double sum = 0.0;
  for (uint32_t i = 0; i < layer->size; ++i) {
    const double x = at(in, frame, channel, (int64_t)row * layer->size + i);
    max            = x > max ? x : max;
    sum += x;
  }
  return layer->type == NEUME_LAYER_MAX_POOL ? max : sum / layer->size;
}

static double value(const NeumeLayer* const layer,
                    const Map* const        in,
                    const uint32_t          frame,
                    const uint32_t          channel,
                    const uint32_t          row)
{
  switch (layer->type) {
    case NEUME_LAYER_CONV:
      return convolve(layer, in, frame, channel, row);
    case NEUME_LAYER_DENSE:
      return dense(layer, in, frame, channel);
    case NEUME_LAYER_MAX_POOL:
    case NEUME_LAYER_AVG_POOL:
      return pool(layer, in, frame, channel, row);
  }
  abort();
}

void naive_cnn(const NeumeModel* const model,
               const float* const      input,
               const uint32_t          frames,
               double* const           output)
{
  const uint32_t bands = model->front_end.bands;
  const uint32_t stack = model->front_end.stack;
  Map            in    = map_new(model->left + frames, stack, bands);
  double*        x     = in.x + (size_t)model->left * stack * bands;
  for (uint32_t t = 0; t < frames; ++t) {
    for (uint32_t c = 0; c < stack; ++c) {
      for (uint32_t r = 0; r < bands; ++r, ++x) {
        *x = (double)input[((size_t)t * bands + r) * stack + c];
      }
    }
  }

  for (uint32_t l = 0; l < model->n_layers; ++l) {
    const NeumeLayer* const layer = &model->layers[l];
    const Map               out =
      map_new(in.frames - layer->left, layer->out_channels, layer->out_rows);
    double* y = out.x;
    for (uint32_t t = 0; t < out.frames; ++t) {
      for (uint32_t c = 0; c < out.channels; ++c) {
        for (uint32_t r = 0; r < out.rows; ++r, ++y) {
          *y = value(layer, &in, t, c, r);
        }
      }
    }
    free(in.x);
    in = out;
  }

  for (uint32_t t = 0; t < frames; ++t) {
    double sum = 0.0;
    for (uint32_t i = 0; i < NEUME_CLASSES; ++i) {
      sum += exp(at(&in, t, i, 0));
    }
    double* const y = output + (size_t)t * NAIVE_OUTPUTS;
    for (uint32_t i = 0; i < NEUME_CLASSES; ++i) {
      y[i] = at(&in, t, i, 0) - log(sum);
    }
    y[NEUME_CLASSES] = in.channels > NEUME_CLASSES
                         ? 1.0 / (1.0 + exp(-at(&in, t, NEUME_CLASSES, 0)))
                         : 0.0;
  }
  free(in.x);
}
