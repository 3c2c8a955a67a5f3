// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

// The streaming engine against a naive full window and against itself

#include "cnn.h"
#include "constants.h"
#include "kernels.h"
#include "model.h"
#include "naive_cnn.h"
#include "random_cnn.h"
#include "stream_cnn.h"

#include "../test.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static float* frames_new(Random* const  random,
                         const uint32_t frames,
                         const uint32_t size)
{
  float* const x = calloc((size_t)frames * size, sizeof(float));
  if (!x) {
    abort();
  }
  for (uint32_t t = 0; t < frames; ++t) {
    const bool silent = !random_below(random, 8);
    for (uint32_t i = 0; i < size; ++i) {
      x[(size_t)t * size + i] = silent ? 0.0F : random_value(random) + 0.5F;
    }
  }
  return x;
}

/** How far the engine's output after frame `t` is from that of the window of
    `window` frames of the same context that ends there. */
static double error_after(const NeumeModel* const model,
                          const float* const      x,
                          const uint32_t          interleave,
                          const uint32_t          t,
                          const uint32_t          window,
                          const NeumeCnn* const   cnn)
{
  const uint32_t size = stream_column(model);
  float* const   in   = calloc((size_t)window * size, sizeof(float));
  double* const  out  = calloc((size_t)window * NAIVE_OUTPUTS, sizeof(double));
  if (!in || !out) {
    abort();
  }
  for (uint32_t i = 0; i < window; ++i) {
    const uint32_t ago = (window - 1 - i) * interleave;
    if (ago <= t) {
      memcpy(in + (size_t)i * size,
             x + (size_t)(t - ago) * size,
             size * sizeof(float));
    }
  }
  naive_cnn(model, in, window, out);
  const uint32_t at    = window - 1 - neume_cnn_lookahead(cnn);
  const double   worst = stream_error(cnn, out + (size_t)at * NAIVE_OUTPUTS);
  free(in);
  free(out);
  return worst;
}

static void test_odd_networks(void)
{
  static const uint32_t interleaves[] = { 1, 2, 3, 4, 8 };
  Random                random        = { 7 };
  double                worst         = 0.0;
  unsigned              with_right    = 0;
  unsigned              stacked       = 0;
  unsigned              telling       = 0;
  for (unsigned n = 0; n < 80;) {
    NeumeModel* const model  = random_cnn_odd(&random);
    const uint32_t    least  = 1 + model->left + model->right;
    const uint32_t    size   = stream_column(model);
    const uint32_t    p      = interleaves[random_below(&random, 5)];
    const uint32_t    frames = p * (least < 30 ? 2 * least + 3 : least / 2 + 3);
    if (model->macs * least > 8000000) {
      random_cnn_free(model);
      continue; // Not odd but large: too slow for the naive network
    }

    const NeumeKernels* const kernels =
      n % 2 ? &neume_kernels_c : neume_kernels_best();
    NeumeCnn* const cnn = stream_new(model, p, 1, kernels);
    float* const    x   = frames_new(&random, frames, size);
    uint32_t        set = 0;
    for (uint32_t t = 0; t < frames; ++t) {
      if (!random_below(&random, 4)) {
        set = random_below(&random, model->right + 2);
        neume_cnn_set_lookahead(cnn, set);
        set = set < model->right ? set : model->right;
      }
      CHECK(neume_cnn_lookahead(cnn) == set);
      CHECK(stream_pass(cnn, &random, x + (size_t)t * size));
      if (t == 0 || t + 1 == frames || !random_below(&random, frames / 6 + 1)) {
        const uint32_t extra = random_below(&random, 5);
        const uint32_t window =
          least + extra < NEUME_CONTEXT ? least + extra : NEUME_CONTEXT;
        const double error = error_after(model, x, p, t, window, cnn);
        CHECK_MSG(error < TOLERANCE,
                  "network %u (%u layers, left %u, right %u) P %u frame %u "
                  "look-ahead %u kernels %s: off by %g",
                  n,
                  model->n_layers,
                  model->left,
                  model->right,
                  p,
                  t,
                  set,
                  kernels->name,
                  error);
        worst = fmax(worst, error);
      }
    }
    with_right += model->right > 0;
    stacked += model->front_end.stack > 1;
    telling += model->tells_onsets;
    neume_cnn_free(cnn);
    free(x);
    random_cnn_free(model);
    ++n;
  }
  CHECK(with_right > 20 && stacked > 20);
  CHECK(telling > 20 && telling < 60);
  fprintf(stderr, "odd networks: worst %.2g\n", worst);
}

/** All look-aheads of one network, one after the other in one stream. */
static void test_every_lookahead(void)
{
  Random            random = { 3 };
  NeumeModel* const model  = random_cnn_new(12, 2);
  NeumeLayer        conv   = { 0 };
  conv.type                = NEUME_LAYER_CONV;
  conv.activation          = NEUME_LEAKY_RELU;
  conv.slope               = 0.2F;
  conv.kernel_freq         = 3;
  conv.pad_low             = 1;
  conv.pad_high            = 1;
  conv.out_channels        = 5;
  for (uint32_t i = 0; i < 4; ++i) {
    conv.kernel_time = 2 + i;
    conv.dilation    = i % 2 + 1;
    conv.right       = (1 + i / 2) * conv.dilation;
    random_cnn_add(model, &random, conv);
    if (i == 1) {
      random_cnn_pool(model, NEUME_LAYER_MAX_POOL, 2);
    }
  }
  random_cnn_dense(model, &random, 9, NEUME_RELU);
  random_cnn_dense(model, &random, NEUME_CLASSES, NEUME_LINEAR);

  const uint32_t  p      = 2;
  const uint32_t  frames = 120;
  const uint32_t  size   = stream_column(model);
  float* const    x      = frames_new(&random, frames, size);
  NeumeCnn* const cnn    = stream_new(model, p, 1, neume_kernels_best());
  for (uint32_t t = 0; t < frames; ++t) {
    const uint32_t lookahead = t % 24 % (model->right + 1);
    neume_cnn_set_lookahead(cnn, lookahead);
    CHECK(stream_pass(cnn, &random, x + (size_t)t * size));
    const double error = error_after(model, x, p, t, 30, cnn);
    CHECK_MSG(error < TOLERANCE,
              "frame %u look-ahead %u: off by %g",
              t,
              lookahead,
              error);
  }
  neume_cnn_free(cnn);
  free(x);
  random_cnn_free(model);
}

/** P contexts in one engine are P engines. */
static void test_contexts(void)
{
  Random random = { 11 };
  for (uint32_t p = 1; p <= NEUME_INTERLEAVE_MAX; ++p) {
    NeumeModel* const         model   = random_cnn_odd(&random);
    const uint32_t            size    = stream_column(model);
    const NeumeKernels* const kernels = neume_kernels_best();
    const uint32_t            frames  = 25 * p;
    float* const              x       = frames_new(&random, frames, size);
    NeumeCnn* const           whole   = stream_new(model, p, 1, kernels);
    NeumeCnn*                 parts[NEUME_INTERLEAVE_MAX] = { NULL };
    for (uint32_t i = 0; i < p; ++i) {
      parts[i] = stream_new(model, 1, 1, kernels);
    }
    unsigned differences = 0;
    for (uint32_t t = 0; t < frames; ++t) {
      const uint32_t  lookahead = t / 20 % (model->right + 1);
      NeumeCnn* const part      = parts[t % p];
      neume_cnn_set_lookahead(whole, lookahead);
      neume_cnn_set_lookahead(part, lookahead);
      CHECK(stream_pass(whole, &random, x + (size_t)t * size));
      CHECK(stream_pass(part, &random, x + (size_t)t * size));
      differences +=
        !stream_same(stream_answer(whole, 0), stream_answer(part, 0));
    }
    CHECK_MSG(!differences, "P %u: %u frames differ", p, differences);
    neume_cnn_free(whole);
    for (uint32_t i = 0; i < p; ++i) {
      neume_cnn_free(parts[i]);
    }
    free(x);
    random_cnn_free(model);
  }
}

/** What several frames at once are answered, they are one by one. */
static void test_batches(void)
{
  Random   random     = { 21 };
  unsigned with_right = 0;
  for (unsigned n = 0; n < 60; ++n) {
    NeumeModel* const model  = random_cnn_odd(&random);
    const uint32_t    p      = 1 + random_below(&random, 8);
    const uint32_t    batch  = 2 + random_below(&random, 15);
    const uint32_t    frames = 60;
    float* const      x = frames_new(&random, frames, stream_column(model));
    const NeumeKernels* const kernels =
      n % 4 ? neume_kernels_best() : &neume_kernels_c;
    const unsigned wrong =
      stream_batched(model, p, batch, kernels, &random, x, frames);
    CHECK_MSG(!wrong,
              "network %u, P %u, batch %u: %u frames differ",
              n,
              p,
              batch,
              wrong);
    with_right += model->right > 0;
    free(x);
    random_cnn_free(model);
  }
  CHECK(with_right > 20);
}

/** Of `frames` columns `x`, those that an engine which takes up to `batch` at
    once answers in another way, in any bit, than a `fresh` one. */
static unsigned apart(NeumeCnn* const    used,
                      NeumeCnn* const    fresh,
                      const uint32_t     batch,
                      Random* const      random,
                      const float* const x,
                      const uint32_t     frames,
                      const uint32_t     size)
{
  unsigned differences = 0;
  for (uint32_t t = 0, n = 0; t < frames; t += n) {
    n = 1 + random_below(random, batch);
    n = n < frames - t ? n : frames - t;
    neume_cnn_begin(used, x + (size_t)t * size, n);
    CHECK(neume_cnn_advance(used, UINT32_MAX));
    for (uint32_t i = 0; i < n; ++i) {
      CHECK(stream_pass(fresh, random, x + (size_t)(t + i) * size));
      differences +=
        !stream_same(stream_answer(used, i), stream_answer(fresh, 0));
    }
  }
  return differences;
}

/** After a reset, wherever a pass is and however soon the next one comes, an
    engine is as good as new. */
static void test_reset(void)
{
  Random random = { 5 };
  for (unsigned n = 0; n < 40; ++n) {
    NeumeModel* const   model = random_cnn_odd(&random);
    const uint32_t      size  = stream_column(model);
    const uint32_t      looks = model->right + 1;
    const uint32_t      p     = 1 + random_below(&random, NEUME_INTERLEAVE_MAX);
    const uint32_t      batch = n % 2 ? 1 : 1 + random_below(&random, 5);
    const uint32_t      most  = 20 * p;
    const NeumeKernels* best  = neume_kernels_best();
    float* const        x     = frames_new(&random, most + batch, size);
    NeumeCnn* const     used  = stream_new(model, p, batch, best);
    for (unsigned round = 0; round < 8; ++round) {
      NeumeCnn* const fresh  = stream_new(model, p, 1, best);
      const uint32_t  look   = random_below(&random, looks);
      const uint32_t  frames = random_below(&random, round % 2 ? most : 4);
      neume_cnn_set_lookahead(fresh, look);
      neume_cnn_set_lookahead(used, look);
      CHECK(stream_same(stream_answer(used, 0), stream_answer(fresh, 0)));
      const unsigned wrong =
        apart(used, fresh, batch, &random, x, frames, size);
      CHECK_MSG(!wrong,
                "network %u, P %u, batch %u, round %u: %u of %u frames differ",
                n,
                p,
                batch,
                round,
                wrong,
                frames);

      neume_cnn_set_lookahead(used, random_below(&random, looks));
      neume_cnn_begin(used,
                      x + (size_t)random_below(&random, most) * size,
                      1 + random_below(&random, batch));
      neume_cnn_advance(used,
                        random_below(&random, neume_cnn_slices(used) + 1));
      neume_cnn_set_lookahead(used, random_below(&random, looks));
      neume_cnn_reset(used);
      neume_cnn_free(fresh);
    }
    neume_cnn_free(used);
    free(x);
    random_cnn_free(model);
  }
}

/* A kernel set that counts multiply-adds. */

static uint64_t counted;

static void count_block(const NeumeBlock* const block)
{
  counted += (uint64_t)block->rows * block->panels * block->taps *
             block->depth * NEUME_PANEL;
  neume_kernels_c.block(block);
}

static const NeumeKernels counting = { "counting", count_block };

/** Finish a pass, or what can be made before one, slice by slice: they are
    alike.  `*sum` becomes the multiply-adds of all. */
static void check_portions(NeumeCnn* const cnn,
                           const bool      pass,
                           uint64_t* const sum)
{
  const uint32_t slices =
    pass ? neume_cnn_slices(cnn) : neume_cnn_early_slices(cnn);
  uint64_t most = 0;
  CHECK_MSG(slices >= 32 && slices <= 256, "%u slices", slices);
  *sum = 0;
  for (uint32_t i = 1; i <= slices; ++i) {
    counted = 0;
    if (pass) {
      CHECK(neume_cnn_advance(cnn, i) == (i == slices));
    } else {
      neume_cnn_prepare(cnn, i);
    }
    *sum += counted;
    most = counted > most ? counted : most;
  }
  CHECK_MSG(most * slices < 3 * *sum,
            "a slice has %llu of %llu multiply-adds",
            (unsigned long long)most,
            (unsigned long long)*sum);
  counted = 0;
  neume_cnn_prepare(cnn, pass ? 0 : slices);
  CHECK(counted == 0);
}

/** Without provisional columns a pass costs one column, some of it early. */
static void test_cost(void)
{
  for (unsigned causal = 0; causal < 2; ++causal) {
    Random            random = { 1 };
    NeumeModel* const model  = random_cnn_reference(&random, 60, 50, causal);
    NeumeCnn* const   cnn    = stream_new(model, 4, 1, &counting);
    const float       zeros[NEUME_BANDS_MAX] = { 0.0F };
    neume_cnn_set_lookahead(cnn, model->right);
    neume_cnn_begin(cnn, zeros, 1);
    uint64_t sum = 0;

    // The 40 outputs of convolution 8 and of the last layer make 48
    const NeumeLayer* const conv8  = &model->layers[model->n_layers - 3];
    const NeumeLayer* const dense  = &model->layers[model->n_layers - 1];
    const uint32_t          padded = 48 - NEUME_CLASSES;
    const uint64_t          all =
      model->macs + (uint64_t)padded * (conv8->in_channels * conv8->out_rows +
                                        dense->in_channels * dense->in_rows);
    CHECK(neume_cnn_slices(cnn) >= 64);
    check_portions(cnn, true, &sum);
    CHECK_MSG(sum == all,
              "%llu multiply-adds, not %llu",
              (unsigned long long)sum,
              (unsigned long long)all);

    // Early, what the frames before have part in: the rest is not done twice
    uint64_t early = 0;
    check_portions(cnn, false, &early);
    neume_cnn_begin(cnn, zeros, 1);
    check_portions(cnn, true, &sum);
    CHECK(early > all / 3 && early + sum == all);

    // What needs no provisional columns is not more expensive than this; what
    // does is
    if (!causal) {
      neume_cnn_set_lookahead(cnn, 0);
      neume_cnn_begin(cnn, zeros, 1);
      counted = 0;
      neume_cnn_advance(cnn, neume_cnn_slices(cnn));
      CHECK(counted > all);
    }
    neume_cnn_free(cnn);
    random_cnn_free(model);
  }
}

/** The output is the last finished pass's until the next is finished; frames
    that come too early finish it. */
static void test_passes(void)
{
  Random            random = { 9 };
  NeumeModel* const model  = random_cnn_reference(&random, 52, 20, false);
  random_cnn_dense(model, &random, NEUME_CLASSES + 1, NEUME_LINEAR);
  const uint32_t  size = stream_column(model);
  float* const    x    = frames_new(&random, 6, size);
  NeumeCnn* const a    = stream_new(model, 1, 1, neume_kernels_best());
  NeumeCnn* const b    = stream_new(model, 1, 1, neume_kernels_best());
  CHECK(neume_cnn_advance(a, 1));
  for (uint32_t t = 0; t < 6; ++t) {
    const StreamAnswer before = stream_answer(a, 0);
    neume_cnn_begin(a, x + (size_t)t * size, 1);
    for (uint32_t i = 0; i < neume_cnn_slices(a); ++i) {
      CHECK(!neume_cnn_advance(a, i));
      CHECK(stream_same(before, stream_answer(a, 0)));
    }
    CHECK(neume_cnn_advance(a, UINT32_MAX));
    CHECK(!stream_same(before, stream_answer(a, 0)));
    CHECK(fabsf(before.onset - neume_cnn_onset(a, 0)) > 0.0F);

    // A look-ahead that is set during a pass is for the next
    neume_cnn_begin(b, x + (size_t)t * size, 1);
    neume_cnn_advance(b, neume_cnn_slices(b) / 3);
    neume_cnn_set_lookahead(a, (t + 1) % 4);
    neume_cnn_set_lookahead(b, (t + 1) % 4);
  }
  CHECK(neume_cnn_advance(b, UINT32_MAX));
  CHECK(stream_same(stream_answer(a, 0), stream_answer(b, 0)));
  neume_cnn_free(a);
  neume_cnn_free(b);
  free(x);
  random_cnn_free(model);
}

/** Onsets of a network of biases alone, whose answer to silence they are. */
static void test_onsets(void)
{
  static const float logits[] = { 0.0F,   -3.0F,  5.0F,  -89.0F,
                                  200.0F, -1e30F, 1e30F, -FLT_MAX };
  for (unsigned i = 0; i < sizeof(logits) / sizeof(*logits); ++i) {
    Random            random = { 4 };
    NeumeModel* const model  = random_cnn_new(3, 1);
    NeumeModel* const plain  = random_cnn_new(3, 1);
    random_cnn_dense(model, &random, NEUME_CLASSES + 1, NEUME_LINEAR);
    random.state = 4;
    random_cnn_dense(plain, &random, NEUME_CLASSES, NEUME_LINEAR);
    float* const bias   = (float*)model->layers[0].bias;
    bias[NEUME_CLASSES] = logits[i];
    memcpy(bias, plain->layers[0].bias, NEUME_CLASSES * sizeof(float));

    NeumeCnn* const    cnn    = stream_new(model, 1, 1, neume_kernels_best());
    NeumeCnn* const    other  = stream_new(plain, 1, 1, neume_kernels_best());
    const StreamAnswer answer = stream_answer(cnn, 0);
    const double       wanted = 1.0 / (1.0 + exp(-(double)logits[i]));
    CHECK_MSG(fabs((double)answer.onset - wanted) < 1e-6,
              "logit %g: %g, not %g",
              (double)logits[i],
              (double)answer.onset,
              wanted);

    // Neither does the onset weigh among the classes, nor is it made up
    StreamAnswer classes = answer;
    classes.onset        = 0.0F;
    CHECK(stream_same(classes, stream_answer(other, 0)));

    const float loud[3] = { 1.0F, 2.0F, 3.0F };
    CHECK(stream_pass(cnn, &random, loud));
    CHECK(stream_pass(other, &random, loud));
    classes       = stream_answer(cnn, 0);
    classes.onset = 0.0F;
    CHECK(stream_same(classes, stream_answer(other, 0)));
    neume_cnn_reset(cnn);
    CHECK(stream_same(answer, stream_answer(cnn, 0)));
    neume_cnn_free(cnn);
    neume_cnn_free(other);
    random_cnn_free(model);
    random_cnn_free(plain);
  }
}

int main(void)
{
  test_onsets();
  test_cost();
  test_passes();
  test_reset();
  test_contexts();
  test_batches();
  test_every_lookahead();
  test_odd_networks();
  return test_report();
}
