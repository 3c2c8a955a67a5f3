// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#ifndef NEUME_TEST_POSTERIORS_H
#define NEUME_TEST_POSTERIORS_H

#include "constants.h"

#include <math.h>
#include <stdint.h>

/** What a network might say, for tests of the tracker. */

/** Log-probabilities that give `note` probability `p`, the rest evenly. */
static inline void sure(float* log_p, uint32_t note, float p)
{
  for (uint32_t i = 0; i < NEUME_CLASSES; ++i) {
    log_p[i] = logf((1.0f - p) / (NEUME_CLASSES - 1));
  }
  log_p[note] = logf(p);
}

#endif // NEUME_TEST_POSTERIORS_H
