// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#ifndef NEUME_STREAM_CNN_H
#define NEUME_STREAM_CNN_H

#include "cnn.h"
#include "kernels.h"
#include "model.h"
#include "random_cnn.h"

#include <stdbool.h>
#include <stdint.h>

/** What tests of the streaming engine share. */

#define TOLERANCE 1e-4 ///< Between engine and window, in log-probability

/** An engine; aborts if there is none. */
NeumeCnn* stream_new(const NeumeModel*   model,
                     uint32_t            interleave,
                     const NeumeKernels* kernels);

/** Floats in a column of features. */
uint32_t stream_column(const NeumeModel* model);

/** A whole pass, cut into random portions; false if the engine does not say
    that it is finished exactly when it is. */
bool stream_pass(NeumeCnn* cnn, Random* random, const float* column);

/** Largest difference of log-probabilities, infinite if one is not a number. */
double stream_error(const NeumeCnn* cnn, const double* expected);

/** Whether outputs are equal in every bit. */
bool stream_same(const float* x, const float* y);

#endif // NEUME_STREAM_CNN_H
