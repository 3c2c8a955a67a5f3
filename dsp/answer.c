// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#include "answer.h"

#include <math.h>
#include <stdint.h>

void neume_answer(const float* x, bool onsets, NeumeAnswer* answer)
{
  float max = x[0];
  for (uint32_t i = 1; i < NEUME_CLASSES; ++i) {
    max = x[i] > max ? x[i] : max;
  }
  float sum = 0.0f;
  for (uint32_t i = 0; i < NEUME_CLASSES; ++i) {
    sum += expf(x[i] - max);
  }
  const float norm = max + logf(sum);
  for (uint32_t i = 0; i < NEUME_CLASSES; ++i) {
    answer->log_p[i] = x[i] - norm;
  }
  // expf() may be infinite
  answer->onset = onsets ? 1.0f / (1.0f + expf(-x[NEUME_CLASSES])) : 0.0f;
}
