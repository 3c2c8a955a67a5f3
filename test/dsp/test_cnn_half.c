// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

// Weights in half precision: which are kept so, and that no answer changes

#include "cnn.h"
#include "cnn_weights.h"
#include "half.h"
#include "kernels.h"
#include "model.h"
#include "random_cnn.h"
#include "stream_cnn.h"

#include "../test.h"

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static void test_bits(void)
{
  uint16_t bits = 0;
  for (uint32_t i = 0; i < 0x10000U; ++i) {
    const float value = neume_half_value(i);
    if (isfinite(value)) {
      bits = 0;
      CHECK_MSG(neume_half_bits(value, &bits) && bits == i,
                "%04x is %g, back %04x",
                (unsigned)i,
                (double)value,
                (unsigned)bits);
      CHECK(!neume_half_bits(nextafterf(value, 1e9F), &bits));
      CHECK(!neume_half_bits(nextafterf(value, -1e9F), &bits));
    }
  }
  CHECK(neume_half_value(0x3C00U) >= 1.0F && neume_half_value(0x3C00U) <= 1.0F);
  CHECK(neume_half_bits(-65504.0F, &bits) && bits == 0xFBFFU);
  CHECK(!neume_half_bits(65536.0F, &bits) && !neume_half_bits(1e30F, &bits));
  CHECK(neume_half_bits(0x1p-24F, &bits) && bits == 1U);
  CHECK(!neume_half_bits(0x1p-25F, &bits));
  CHECK(isinf(neume_half_value(0x7C00U)) && neume_half_value(0xFC00U) < 0.0F);
  CHECK(isnan(neume_half_value(0x7C01U)));
}

/** Weights of a layer. */
static size_t count(const NeumeLayer* const layer)
{
  const size_t rows =
    layer->type == NEUME_LAYER_DENSE
      ? layer->in_rows
      : (size_t)layer->kernel_freq * (size_t)layer->kernel_time;
  return rows * layer->in_channels * layer->out_channels;
}

static bool is_weighted(const NeumeLayer* const layer)
{
  return layer->type == NEUME_LAYER_CONV || layer->type == NEUME_LAYER_DENSE;
}

/** Round all weights to half precision, but, once, the last one of a layer of
    one row if `but_one`: that layer's index, or n_layers. */
static uint32_t halve(NeumeModel* const model, const bool but_one)
{
  uint32_t other = model->n_layers;
  for (uint32_t l = 0; l < model->n_layers; ++l) {
    const NeumeLayer* const layer = &model->layers[l];
    float* const            x     = (float*)layer->weight;
    for (size_t i = 0; is_weighted(layer) && i < count(layer); ++i) {
      x[i] = rintf(x[i] * 256.0F) / 256.0F;
    }
    if (but_one && other == model->n_layers && is_weighted(layer) &&
        layer->out_rows == 1) {
      x[count(layer) - 1] = 0.3F;
      other               = l;
    }
  }
  return other;
}

/** Passes whose answers differ in any bit with and without halves. */
static unsigned differences(const NeumeModel* const   halves,
                            const NeumeModel* const   floats,
                            const uint32_t            batch,
                            const NeumeKernels* const kernels,
                            Random* const             random)
{
  NeumeCnn* const a    = stream_new(halves, 1, batch, kernels);
  NeumeCnn* const b    = stream_new(floats, 1, batch, kernels);
  const uint32_t  size = stream_column(halves);
  float* const    x    = calloc((size_t)batch * size, sizeof(float));
  unsigned        n    = 0;
  for (unsigned t = 0; t < 12; ++t) {
    for (uint32_t i = 0; i < batch * size; ++i) {
      x[i] = random_value(random) + 0.5F;
    }
    neume_cnn_begin(a, x, batch);
    neume_cnn_advance(a, UINT32_MAX);
    neume_cnn_begin(b, x, batch);
    neume_cnn_advance(b, UINT32_MAX);
    for (uint32_t i = 0; i < batch; ++i) {
      n += !stream_same(stream_answer(a, i), stream_answer(b, i));
    }
  }
  neume_cnn_free(a);
  neume_cnn_free(b);
  free(x);
  return n;
}

static void test_answers(void)
{
  Random   random = { 5 };
  unsigned kept   = 0;
  for (unsigned n = 0; n < 60; ++n) {
    NeumeModel* const model  = random_cnn_odd(&random);
    const uint32_t    other  = halve(model, n % 3 == 0);
    NeumeCnnWeights*  packed = NULL;
    if (neume_cnn_weights_new(model, &packed)) {
      abort();
    }
    for (uint32_t l = 0; l < model->n_layers; ++l) {
      const NeumeLayer* const layer = &model->layers[l];
      const bool              wanted =
        is_weighted(layer) && layer->out_rows == 1 && l != other;
      CHECK(!packed->half[l] == !wanted);
      CHECK((uintptr_t)packed->half[l] % 32 == 0 &&
            (uintptr_t)packed->weight[l] % 32 == 0 &&
            (uintptr_t)packed->bias[l] % 32 == 0);
      kept += wanted;
    }

    // A model that is packed as before there were halves
    NeumeModel      plain  = *model;
    NeumeCnnWeights floats = *packed;
    memset(floats.half, 0, sizeof(floats.half));
    model->packed = packed;
    plain.packed  = &floats;
    for (uint32_t i = 0; neume_kernels_get(i); ++i) {
      const NeumeKernels* const kernels = neume_kernels_get(i);
      CHECK_MSG(!differences(model, &plain, 1, kernels, &random) &&
                  !differences(model, &plain, 5, kernels, &random),
                "network %u, %s",
                n,
                kernels->name);
    }
    neume_cnn_weights_free(packed);
    random_cnn_free(model);
  }
  CHECK(kept > 60);
}

/** What ships is read in half precision where that counts. */
static void test_shipped(const char* const path)
{
  char             message[NEUME_MESSAGE_MAX];
  NeumeModel*      model  = NULL;
  NeumeCnnWeights* packed = NULL;
  if (neume_model_load(path, &model, message) ||
      neume_cnn_weights_new(model, &packed)) {
    abort();
  }
  for (uint32_t l = 0; l < model->n_layers; ++l) {
    const NeumeLayer* const layer = &model->layers[l];
    CHECK(!packed->half[l] == !(is_weighted(layer) && layer->out_rows == 1));
  }
  neume_cnn_weights_free(packed);
  neume_model_free(model);
}

int main(int argc, char** argv)
{
  test_bits();
  test_answers();
  for (int i = 1; i < argc; ++i) {
    test_shipped(argv[i]);
  }
  return test_report();
}
