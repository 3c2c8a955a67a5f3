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
#include <string.h>

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

StreamAnswer stream_answer(const NeumeCnn* const cnn)
{
  StreamAnswer answer = { { 0.0F }, neume_cnn_onset(cnn) };
  memcpy(answer.log_p, neume_cnn_output(cnn), sizeof(answer.log_p));
  return answer;
}

double stream_error(const NeumeCnn* const cnn, const double* const expected)
{
  const StreamAnswer answer = stream_answer(cnn);
  double worst = fabs((double)answer.onset - expected[NEUME_CLASSES]);
  for (uint32_t i = 0; i < NEUME_CLASSES; ++i) {
    const double d = fabs((double)answer.log_p[i] - expected[i]);
    if (!(d < HUGE_VAL)) {
      return HUGE_VAL;
    }
    worst = d > worst ? d : worst;
  }
  return worst < HUGE_VAL ? worst : HUGE_VAL;
}

bool stream_same(const StreamAnswer x, const StreamAnswer y)
{
  for (uint32_t i = 0; i < NEUME_CLASSES; ++i) {
    if (!(x.log_p[i] >= y.log_p[i] && x.log_p[i] <= y.log_p[i])) {
      return false;
    }
  }
  return x.onset >= y.onset && x.onset <= y.onset;
}
