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
                     const uint32_t            batch,
                     const NeumeKernels* const kernels)
{
  NeumeCnn*         cnn = NULL;
  const NeumeStatus status =
    neume_cnn_new(model, interleave, batch, kernels, &cnn);
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
  // All, something or nothing of it early
  const uint32_t early = random_below(random, 4) * neume_cnn_early_slices(cnn);
  for (uint32_t done = 0; early / 2 > done;) {
    done += 1 + random_below(random, early);
    neume_cnn_prepare(cnn, done);
  }
  neume_cnn_begin(cnn, column, 1);
  const uint32_t slices = neume_cnn_slices(cnn);
  bool           right  = slices > 0;
  for (uint32_t done = 0; done < slices;) {
    done += 1 + random_below(random, slices);
    done  = done < slices ? done : slices;
    right = neume_cnn_advance(cnn, done) == (done == slices) && right;
  }
  return right;
}

StreamAnswer stream_answer(const NeumeCnn* const cnn, const uint32_t i)
{
  StreamAnswer answer = { { 0.0F }, neume_cnn_onset(cnn, i) };
  memcpy(answer.log_p, neume_cnn_output(cnn, i), sizeof(answer.log_p));
  return answer;
}

double stream_error(const NeumeCnn* const cnn, const double* const expected)
{
  const StreamAnswer answer = stream_answer(cnn, 0);
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

unsigned stream_batched(const NeumeModel* const   model,
                        const uint32_t            interleave,
                        const uint32_t            batch,
                        const NeumeKernels* const kernels,
                        Random* const             random,
                        const float* const        x,
                        const uint32_t            frames)
{
  const size_t    size  = stream_column(model);
  NeumeCnn* const one   = stream_new(model, interleave, 1, kernels);
  NeumeCnn* const many  = stream_new(model, interleave, batch, kernels);
  unsigned        wrong = 0;
  for (uint32_t t = 0, n = 0; t < frames; t += n) {
    const uint32_t most      = batch < frames - t ? batch : frames - t;
    const uint32_t lookahead = random_below(random, model->right + 1);
    n = random_below(random, 2) ? most : 1 + random_below(random, most);
    neume_cnn_set_lookahead(one, lookahead);
    neume_cnn_set_lookahead(many, lookahead);
    neume_cnn_begin(many, x + t * size, n);
    neume_cnn_advance(many, UINT32_MAX);
    for (uint32_t i = 0; i < n; ++i) {
      stream_pass(one, random, x + (t + i) * size);
      wrong += !stream_same(stream_answer(one, 0), stream_answer(many, i));
    }
  }
  neume_cnn_free(one);
  neume_cnn_free(many);
  return wrong;
}
