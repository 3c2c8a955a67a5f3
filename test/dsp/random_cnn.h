// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#ifndef NEUME_RANDOM_CNN_H
#define NEUME_RANDOM_CNN_H

#include "model.h"

#include <stdbool.h>
#include <stdint.h>

/** Networks with random weights, made in memory for tests and measurements.

    Everything follows from the seed.  A failed allocation aborts.
*/
typedef struct {
  uint32_t state; ///< Of the random numbers
} Random;

/** 0..n - 1. */
uint32_t random_below(Random* random, uint32_t n);

/** -1..1. */
float random_value(Random* random);

/** A model without layers, whose columns are `stack` frames of `bands` bands.
 */
NeumeModel* random_cnn_new(uint32_t bands, uint32_t stack);

/** Free `model` with its weights. */
void random_cnn_free(NeumeModel* model);

/** Append a layer and give it weights.

    Read are the type, activation, slope, out_channels, kernel, dilation, pads,
    `right` and size; the rest follows from these and from the layer before.
    One more output than classes, in the last layer, tells onsets.
*/
void random_cnn_add(NeumeModel* model, Random* random, NeumeLayer layer);

/** Shorthands for random_cnn_add(). */
void random_cnn_dense(NeumeModel*     model,
                      Random*         random,
                      uint32_t        out,
                      NeumeActivation activation);
void random_cnn_pool(NeumeModel* model, NeumeLayerType type, uint32_t size);

/** An odd one of up to 6 layers and a dense one, within the context, over
    columns of 1, 2, 4 or 8 frames; half of them tell onsets. */
NeumeModel* random_cnn_odd(Random* random);

/** The reference network (Korzeniowski and Widmer 2016) over `bands` bands,
    with 32/64/128 maps times `width` percent, causal or with as much future as
    past. */
NeumeModel* random_cnn_reference(Random*  random,
                                 uint32_t bands,
                                 uint32_t width,
                                 bool     causal);

#endif // NEUME_RANDOM_CNN_H
