// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#ifndef NEUME_ANSWER_H
#define NEUME_ANSWER_H

#include "attributes.h"
#include "constants.h"

#include <stdbool.h>

/** What a network says of a frame. */
typedef struct {
  float log_p[NEUME_CLASSES]; ///< Log-probabilities
  float onset;                ///< Probability that a note has just begun, 0..1;
                              ///< 0 where the network does not tell
} NeumeAnswer;

/** Read the last column of a network: logarithm of the softmax of the classes
    and, if it tells `onsets`, the logistic function of the value after them.

    `x` holds NEUME_CLASSES floats, or one more.  Realtime-safe.
*/
void neume_answer(const float* x,
                  bool         onsets,
                  NeumeAnswer* answer) NEUME_REALTIME;

#endif // NEUME_ANSWER_H
