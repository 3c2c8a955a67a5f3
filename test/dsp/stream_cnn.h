// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#ifndef NEUME_STREAM_CNN_H
#define NEUME_STREAM_CNN_H

#include "cnn.h"
#include "constants.h"
#include "kernels.h"
#include "model.h"
#include "random_cnn.h"

#include <stdbool.h>
#include <stdint.h>

/** What tests of the streaming engine share. */

#define TOLERANCE                                                              \
  1e-4 ///< Between engine and window, in log-probability and
       ///< in the probability of an onset

/** All that an engine says of a pass. */
typedef struct {
  float log_p[NEUME_CLASSES]; ///< Of the classes
  float onset;                ///< Probability
} StreamAnswer;

/** An engine; aborts if there is none. */
NeumeCnn* stream_new(const NeumeModel*   model,
                     uint32_t            interleave,
                     uint32_t            batch,
                     const NeumeKernels* kernels);

/** Floats in a column of features. */
uint32_t stream_column(const NeumeModel* model);

/** A whole pass, cut into random portions; false if the engine does not say
    that it is finished exactly when it is. */
bool stream_pass(NeumeCnn* cnn, Random* random, const float* column);

/** What the engine says now of frame `i` of its last pass. */
StreamAnswer stream_answer(const NeumeCnn* cnn, uint32_t i);

/** Largest difference from NAIVE_OUTPUTS that are expected, infinite if one is
    not a number. */
double stream_error(const NeumeCnn* cnn, const double* expected);

/** Whether answers are equal in every bit. */
bool stream_same(StreamAnswer x, StreamAnswer y);

/** Of `frames` columns `x`, those that an engine which takes up to `batch` at
    once answers in another way, in any bit, than one that takes them one by
    one.  The look-ahead changes between passes. */
unsigned stream_batched(const NeumeModel*   model,
                        uint32_t            interleave,
                        uint32_t            batch,
                        const NeumeKernels* kernels,
                        Random*             random,
                        const float*        x,
                        uint32_t            frames);

#endif // NEUME_STREAM_CNN_H
