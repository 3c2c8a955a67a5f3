// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#ifndef NEUME_NAIVE_CNN_H
#define NEUME_NAIVE_CNN_H

#include "constants.h"
#include "model.h"

#include <stdint.h>

/** Log-probabilities of the classes, then the probability of an onset, 0 from a
    network that does not tell. */
#define NAIVE_OUTPUTS (NEUME_CLASSES + 1U)

/** The network as doc/weights-format.md defines it, over a whole window.

    `input` is [frames][bands][stack], oldest column first, each as
    neume_cnn_begin() takes it; silence stands before it, zeros after it at the
    input of every layer.  `output` is [frames][NAIVE_OUTPUTS].  In double
    precision, straight loops, and nothing shared with the streaming engine.  A
    failed allocation aborts.
*/
void naive_cnn(const NeumeModel* model,
               const float*      input,
               uint32_t          frames,
               double*           output);

#endif // NEUME_NAIVE_CNN_H
