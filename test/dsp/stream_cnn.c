// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#include "stream_cnn.h"

#include "cnn.h"
#include "constants.h"
#include "kernels.h"
#include "model.h"
#include "random_cnn.h"
#include "status.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

NeumeCnn* stream_new(const NeumeModel* const   model,
                     const uint32_t            interleave,
                     const NeumeKernels* const kernels)
{
  NeumeCnn*         cnn    = NULL;
  const NeumeStatus status = neume_cnn_new(model, interleave, kernels, &cnn);
  if (status) {
    fprintf(stderr, "no engine: %s\n", neume_strerror(status));
    abort();
  }
  return cnn;
}

uint32_t stream_column(const NeumeModel* const model)
{
  return model->front_end.bands * model->front_end.stack;
}

bool stream_pass(NeumeCnn* const    cnn,
                 Random* const      random,
                 const float* const column)
{
  neume_cnn_begin(cnn, column);
  const uint32_t slices = neume_cnn_slices(cnn);
  bool           right  = slices > 0;
  for (uint32_t done = 0; done < slices;) {
    done += 1 + random_below(random, slices);
    done  = done < slices ? done : slices;
    right = neume_cnn_advance(cnn, done) == (done == slices) && right;
  }
  return right;
}

double stream_error(const NeumeCnn* const cnn, const double* const expected)
{
  double worst = 0.0;
  for (uint32_t i = 0; i < NEUME_CLASSES; ++i) {
    const double d = fabs((double)neume_cnn_output(cnn)[i] - expected[i]);
    if (!(d < HUGE_VAL)) {
      return HUGE_VAL;
    }
    worst = d > worst ? d : worst;
  }
  return worst;
}

bool stream_same(const float* const x, const float* const y)
{
  for (uint32_t i = 0; i < NEUME_CLASSES; ++i) {
    if (!(x[i] >= y[i] && x[i] <= y[i])) {
      return false;
    }
  }
  return true;
}
