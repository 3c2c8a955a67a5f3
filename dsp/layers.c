// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#include "layers.h"

#include "constants.h"
#include "json_read.h"
#include "logmel.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define ACTIVATION_MAX 1e30 ///< Far below FLT_MAX, far above any use
#define WHERE_BYTES    80

/** A name for each value of an enumeration. */
typedef struct {
  const char* name;  ///< In the file
  int         value; ///< In a NeumeLayer
} Word;

static const Word types[] = {
  { "conv", NEUME_LAYER_CONV },
  { "max_pool", NEUME_LAYER_MAX_POOL },
  { "avg_pool", NEUME_LAYER_AVG_POOL },
  { "dense", NEUME_LAYER_DENSE },
  { NULL, 0 },
};

static const Word activations[] = {
  { "linear", NEUME_LINEAR },
  { "relu", NEUME_RELU },
  { "leaky_relu", NEUME_LEAKY_RELU },
  { NULL, 0 },
};

static const char* const conv_keys[] = { "type",   "name",     "out_channels",
                                         "kernel", "dilation", "left",
                                         "right",  "pad",      "activation",
                                         "slope",  NULL };

static const char* const pool_keys[] = { "type", "size", NULL };

static const char* const dense_keys[] = { "type",       "name",  "out",
                                          "activation", "slope", NULL };

static bool read_word(const json_t* object,
                      const char*   where,
                      const char*   key,
                      const Word*   words,
                      int*          value,
                      NeumeFault*   fault)
{
  const char* text = NULL;
  if (!neume_json_string(object, where, key, 32, &text, fault)) {
    return false;
  }

  for (; words->name; ++words) {
    if (!strcmp(text, words->name)) {
      *value = words->value;
      return true;
    }
  }
  return neume_fault(
    fault, NEUME_ERR_FORMAT, "%s.%s: unknown value '%s'", where, key, text);
}

static bool read_name(const json_t*   object,
                      const char*     where,
                      NeumeLayerName* names,
                      uint32_t        index,
                      NeumeFault*     fault)
{
  const char* name = NULL;
  if (!neume_json_string(
        object, where, "name", NEUME_LAYER_NAME_BYTES, &name, fault)) {
    return false;
  }

  for (uint32_t i = 0; i < index; ++i) {
    if (names[i] && !strcmp(names[i], name)) {
      return neume_fault(fault,
                         NEUME_ERR_FORMAT,
                         "%s.name: '%s' is the name of layers[%" PRIu32 "] too",
                         where,
                         name,
                         i);
    }
  }
  names[index] = name;
  return true;
}

static bool read_activation(const json_t* object,
                            const char*   where,
                            NeumeLayer*   layer,
                            NeumeFault*   fault)
{
  int activation = 0;
  if (!read_word(
        object, where, "activation", activations, &activation, fault) ||
      !neume_json_float(object, where, "slope", &layer->slope, fault)) {
    return false;
  }

  layer->activation = (NeumeActivation)activation;
  const float most  = layer->activation == NEUME_LEAKY_RELU ? 1.0f : 0.0f;
  if (layer->slope < 0.0f || layer->slope > most) {
    return neume_fault(fault,
                       NEUME_ERR_RANGE,
                       "%s.slope: is %g, must be 0%s",
                       where,
                       (double)layer->slope,
                       most > 0.0f ? " to 1" : " for this activation");
  }
  return true;
}

static bool read_conv(json_t*     object,
                      const char* where,
                      NeumeLayer* layer,
                      NeumeFault* fault)
{
  const uint32_t most      = NEUME_CONTEXT;
  uint32_t       kernel[2] = { 0, 0 };
  uint32_t       pad[2]    = { 0, 0 };
  if (!neume_json_keys(object, where, conv_keys, fault) ||
      !neume_json_u32(object,
                      where,
                      "out_channels",
                      1,
                      NEUME_CHANNELS_MAX,
                      &layer->out_channels,
                      fault) ||
      !neume_json_pair(
        object, where, "kernel", 1, NEUME_BANDS_MAX, kernel, fault) ||
      !neume_json_u32(
        object, where, "dilation", 1, most, &layer->dilation, fault) ||
      !neume_json_u32(object, where, "left", 0, most, &layer->left, fault) ||
      !neume_json_u32(object, where, "right", 0, most, &layer->right, fault) ||
      !neume_json_pair(object, where, "pad", 0, NEUME_BANDS_MAX, pad, fault) ||
      !read_activation(object, where, layer, fault)) {
    return false;
  }

  layer->kernel_freq = kernel[0];
  layer->kernel_time = kernel[1];
  layer->pad_low     = pad[0];
  layer->pad_high    = pad[1];

  const uint32_t span = (layer->kernel_time - 1U) * layer->dilation;
  if (layer->left + layer->right != span) {
    return neume_fault(fault,
                       NEUME_ERR_RANGE,
                       "%s: left + right is %" PRIu32
                       ", the kernel spans %" PRIu32 " frames more than one",
                       where,
                       layer->left + layer->right,
                       span);
  }
  if (layer->left % layer->dilation) {
    return neume_fault(fault,
                       NEUME_ERR_RANGE,
                       "%s.left: is %" PRIu32
                       ", must be a multiple of the dilation",
                       where,
                       layer->left);
  }
  if (layer->pad_low >= layer->kernel_freq ||
      layer->pad_high >= layer->kernel_freq) {
    return neume_fault(fault,
                       NEUME_ERR_RANGE,
                       "%s.pad: must be less than the kernel's %" PRIu32
                       " rows",
                       where,
                       layer->kernel_freq);
  }

  const uint32_t rows = layer->in_rows + layer->pad_low + layer->pad_high;
  if (rows < layer->kernel_freq) {
    return neume_fault(fault,
                       NEUME_ERR_RANGE,
                       "%s.kernel: has %" PRIu32 " rows, the padded input only "
                       "%" PRIu32,
                       where,
                       layer->kernel_freq,
                       rows);
  }
  layer->out_rows = rows - layer->kernel_freq + 1U;
  return true;
}

static bool read_pool(json_t*     object,
                      const char* where,
                      NeumeLayer* layer,
                      NeumeFault* fault)
{
  if (!neume_json_keys(object, where, pool_keys, fault) ||
      !neume_json_u32(
        object, where, "size", 1, layer->in_rows, &layer->size, fault)) {
    return false;
  }

  layer->out_rows     = layer->in_rows / layer->size;
  layer->out_channels = layer->in_channels;
  return true;
}

static bool read_dense(json_t*     object,
                       const char* where,
                       NeumeLayer* layer,
                       NeumeFault* fault)
{
  layer->out_rows = 1;
  return neume_json_keys(object, where, dense_keys, fault) &&
         neume_json_u32(object,
                        where,
                        "out",
                        1,
                        NEUME_CHANNELS_MAX,
                        &layer->out_channels,
                        fault) &&
         read_activation(object, where, layer, fault);
}

/** Read one layer; in_rows and in_channels are set. */
static bool read_layer(json_t*         object,
                       uint32_t        index,
                       NeumeLayer*     layer,
                       NeumeLayerName* names,
                       NeumeFault*     fault)
{
  char where[WHERE_BYTES];
  (void)snprintf(where, sizeof(where), "layers[%" PRIu32 "]", index);
  if (!json_is_object(object)) {
    return neume_fault(
      fault, NEUME_ERR_FORMAT, "%s: must be a JSON object", where);
  }

  int type = 0;
  if (!read_word(object, where, "type", types, &type, fault)) {
    return false;
  }

  layer->type = (NeumeLayerType)type;
  if (layer->type == NEUME_LAYER_MAX_POOL ||
      layer->type == NEUME_LAYER_AVG_POOL) {
    return read_pool(object, where, layer, fault);
  }

  if (!read_name(object, where, names, index, fault)) {
    return false;
  }

  (void)snprintf(
    where, sizeof(where), "layers[%" PRIu32 "] '%s'", index, names[index]);
  return layer->type == NEUME_LAYER_CONV
           ? read_conv(object, where, layer, fault)
           : read_dense(object, where, layer, fault);
}

uint64_t neume_layer_depth(const NeumeLayer* layer)
{
  return layer->type == NEUME_LAYER_CONV
           ? (uint64_t)layer->in_channels * layer->kernel_freq *
               layer->kernel_time
         : layer->type == NEUME_LAYER_DENSE
           ? (uint64_t)layer->in_channels * layer->in_rows
           : 0U;
}

/** Add a layer's cost to the model's, and see that it stays in bounds.

    With at most NEUME_LAYERS_MAX layers, each adding fewer than
    NEUME_BANDS_MAX rows, no product here comes near 64 bits.
*/
static bool check_cost(NeumeModel*       model,
                       const NeumeLayer* layer,
                       uint32_t          index,
                       uint64_t*         state,
                       NeumeFault*       fault)
{
  model->left += layer->left;
  model->right += layer->right;
  if (1U + model->left + model->right > NEUME_CONTEXT) {
    return neume_fault(fault,
                       NEUME_ERR_RANGE,
                       "layers[%" PRIu32 "]: receptive field reaches %" PRIu32
                       " frames, must be at most %d",
                       index,
                       1U + model->left + model->right,
                       NEUME_CONTEXT);
  }

  model->macs +=
    neume_layer_depth(layer) * layer->out_rows * layer->out_channels;
  if (model->macs > NEUME_MACS_MAX) {
    return neume_fault(fault,
                       NEUME_ERR_RANGE,
                       "layers[%" PRIu32 "]: a column costs %" PRIu64
                       " multiply-adds, must be at most %llu",
                       index,
                       model->macs,
                       NEUME_MACS_MAX);
  }

  *state += (uint64_t)layer->out_rows * layer->out_channels * NEUME_CONTEXT *
            sizeof(float);
  if (*state > NEUME_STATE_BYTES_MAX) {
    return neume_fault(fault,
                       NEUME_ERR_RANGE,
                       "layers[%" PRIu32 "]: %d columns take %" PRIu64
                       " bytes, must be at most %llu",
                       index,
                       NEUME_CONTEXT,
                       *state,
                       NEUME_STATE_BYTES_MAX);
  }
  return true;
}

bool neume_layers_read(const json_t*   json,
                       NeumeModel*     model,
                       NeumeLayerName* names,
                       NeumeFault*     fault)
{
  const size_t n = json_array_size(json);
  if (!json_is_array(json) || !n || n > NEUME_LAYERS_MAX) {
    return neume_fault(fault,
                       NEUME_ERR_FORMAT,
                       "layers: must be a JSON array of 1 to %d layers",
                       NEUME_LAYERS_MAX);
  }

  uint32_t rows     = model->front_end.bands;
  uint32_t channels = model->front_end.stack;
  uint64_t state    = (uint64_t)rows * channels * NEUME_CONTEXT * sizeof(float);
  for (uint32_t i = 0; i < n; ++i) {
    NeumeLayer* const layer = &model->layers[i];
    layer->in_rows          = rows;
    layer->in_channels      = channels;
    names[i]                = NULL;
    if (!read_layer(json_array_get(json, i), i, layer, names, fault) ||
        !check_cost(model, layer, i, &state, fault)) {
      return false;
    }
    rows     = layer->out_rows;
    channels = layer->out_channels;
  }
  model->n_layers = (uint32_t)n;

  const NeumeLayer* const last = &model->layers[n - 1U];
  if (last->type != NEUME_LAYER_DENSE || last->activation != NEUME_LINEAR ||
      last->out_channels < NEUME_CLASSES ||
      last->out_channels > NEUME_CLASSES + 1U) {
    return neume_fault(fault,
                       NEUME_ERR_RANGE,
                       "layers[%zu]: the last layer must be dense, linear, "
                       "with %d or %d outputs",
                       n - 1U,
                       NEUME_CLASSES,
                       NEUME_CLASSES + 1);
  }
  model->tells_onsets = last->out_channels > NEUME_CLASSES;
  return true;
}

/** Largest magnitude that a layer makes of inputs within `peak`. */
static double output_peak(const NeumeLayer* layer, double peak)
{
  const uint64_t depth = neume_layer_depth(layer);
  double         most  = 0.0;
  for (uint32_t o = 0; o < layer->out_channels; ++o) {
    const float* const weight = layer->weight + o * depth;
    double             sum    = 0.0;
    for (uint64_t i = 0; i < depth; ++i) {
      sum += (double)fabsf(weight[i]);
    }
    most = fmax(most, sum * peak + (double)fabsf(layer->bias[o]));
  }
  return most;
}

bool neume_layers_bounded(const NeumeModel*     model,
                          const NeumeLayerName* names,
                          double                peak,
                          NeumeFault*           fault)
{
  for (uint32_t i = 0; i < model->n_layers; ++i) {
    const NeumeLayer* const layer = &model->layers[i];
    if (names[i]) { // Pooling raises no peak
      peak = output_peak(layer, peak);
    }
    if (!(peak <= ACTIVATION_MAX)) {
      return neume_fault(fault,
                         NEUME_ERR_RANGE,
                         "layers[%" PRIu32 "] '%s': its output could reach %g, "
                         "must stay below %g",
                         i,
                         names[i] ? names[i] : "",
                         peak,
                         ACTIVATION_MAX);
    }
  }
  return true;
}
