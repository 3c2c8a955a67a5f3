// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

// The streaming engine against PyTorch

#include "cnn.h"
#include "constants.h"
#include "kernels.h"
#include "logmel.h"
#include "model.h"
#include "naive_cnn.h"
#include "random_cnn.h"
#include "stream_cnn.h"
#include "vectors.h"

#include "../test.h"

#include <dirent.h>
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/** Put column `t` of `x`, [channel][band], in the engine's order. */
static const float* reordered(const NeumeModel* const model,
                              const float* const      x,
                              const uint32_t          t)
{
  static float   column[NEUME_COLUMN_MAX];
  const uint32_t bands = model->front_end.bands;
  const uint32_t stack = model->front_end.stack;
  for (uint32_t c = 0; c < stack; ++c) {
    for (uint32_t b = 0; b < bands; ++b) {
      column[b * stack + c] = x[((size_t)t * stack + c) * bands + b];
    }
  }
  return column;
}

/** A row of what PyTorch says, as stream_error() takes it, of the tensors
    WHAT.L and, if the model tells onsets, WHAT.onset.L. */
static void expected(const NeumeModel* const model,
                     const Vectors* const    vectors,
                     const char* const       what,
                     const uint32_t          lookahead,
                     const uint32_t          row,
                     double* const           to)
{
  char     name[48];
  uint32_t rows    = 0;
  uint32_t columns = 0;
  snprintf(name, sizeof(name), "%s.%u", what, lookahead);
  const float* const y = vectors_tensor(vectors, name, &rows, &columns);
  CHECK(y && columns == NEUME_CLASSES && row < rows);
  for (uint32_t k = 0; k < NEUME_CLASSES; ++k) {
    to[k] = y ? (double)y[(size_t)row * NEUME_CLASSES + k] : 0.0;
  }

  snprintf(name, sizeof(name), "%s.onset.%u", what, lookahead);
  const float* const onset = vectors_tensor(vectors, name, &rows, &columns);
  CHECK(!onset == !model->tells_onsets && (!onset || row < columns));
  to[NEUME_CLASSES] = onset ? (double)onset[row] : 0.0;
}

/** The engine, with `interleave` equal contexts, against one output tensor. */
static double check_output(const NeumeModel* const   model,
                           const Vectors* const      vectors,
                           const uint32_t            lookahead,
                           const uint32_t            interleave,
                           const NeumeKernels* const kernels)
{
  uint32_t           frames = 0;
  uint32_t           size   = 0;
  const float* const x      = vectors_tensor(vectors, "input", &frames, &size);
  if (!x) {
    return HUGE_VAL;
  }
  CHECK(size == stream_column(model));

  Random          random = { lookahead + 1 };
  double          worst  = 0.0;
  NeumeCnn* const cnn    = stream_new(model, interleave, 1, kernels);
  neume_cnn_set_lookahead(cnn, lookahead);
  for (uint32_t t = 0; t < frames; ++t) {
    for (uint32_t i = 0; i < interleave; ++i) {
      CHECK(stream_pass(cnn, &random, reordered(model, x, t)));
      if (t >= lookahead) {
        double row[NAIVE_OUTPUTS];
        expected(model, vectors, "output", lookahead, t - lookahead, row);
        worst = fmax(worst, stream_error(cnn, row));
      }
    }
  }

  double row[NAIVE_OUTPUTS];
  expected(model, vectors, "silence", lookahead, 0, row);
  neume_cnn_reset(cnn);
  if (lookahead == model->right) {
    worst = fmax(worst, stream_error(cnn, row));
  }
  const float zeros[NEUME_COLUMN_MAX] = { 0.0F };
  for (uint32_t t = 0; t < 3; ++t) {
    CHECK(stream_pass(cnn, &random, zeros));
    worst = fmax(worst, stream_error(cnn, row));
  }
  neume_cnn_free(cnn);
  return worst;
}

/** The network's input, several columns at once, is answered as one by one. */
static void check_batched(const NeumeModel* const model,
                          const Vectors* const    vectors)
{
  uint32_t           frames = 0;
  uint32_t           size   = 0;
  const float* const x      = vectors_tensor(vectors, "input", &frames, &size);
  float* const       columns =
    x ? malloc((size_t)frames * size * sizeof(float)) : NULL;
  CHECK(columns);
  for (uint32_t t = 0; columns && t < frames; ++t) {
    memcpy(
      columns + (size_t)t * size, reordered(model, x, t), size * sizeof(float));
  }
  for (uint32_t batch = 2; columns && batch <= NEUME_BATCH; batch += 5) {
    Random random = { batch };
    CHECK(!stream_batched(
      model, 4, batch, neume_kernels_best(), &random, columns, frames));
  }
  free(columns);
}

static void test_vectors(const char* const folder)
{
  static const char suffix[] = ".vectors.safetensors";
  unsigned          files    = 0;
  unsigned          telling  = 0;
  DIR* const        dir      = opendir(folder);
  CHECK_MSG(dir, "%s", folder);
  if (!dir) {
    return;
  }
  for (const struct dirent* entry = NULL; (entry = readdir(dir));) {
    const char* const end = strstr(entry->d_name, suffix);
    if (!end || strlen(end) + 1 != sizeof(suffix)) {
      continue;
    }
    char path[4096];
    char message[NEUME_MESSAGE_MAX] = "";
    snprintf(path,
             sizeof(path),
             "%s/%.*s.safetensors",
             folder,
             (int)(end - entry->d_name),
             entry->d_name);
    NeumeModel* model = NULL;
    CHECK_MSG(!neume_model_load(path, &model, message), "%s", message);
    if (!model) {
      continue;
    }
    snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
    Vectors* const vectors = vectors_load(path);

    double   worst   = 0.0;
    unsigned outputs = 0;
    telling += model->tells_onsets;
    for (uint32_t lookahead = 0; lookahead <= model->right; ++lookahead) {
      char     name[32];
      uint32_t rows    = 0;
      uint32_t columns = 0;
      snprintf(name, sizeof(name), "output.%u", lookahead);
      if (vectors_tensor(vectors, name, &rows, &columns)) {
        ++outputs;
        worst = fmax(
          worst,
          check_output(model, vectors, lookahead, 1, neume_kernels_best()));
        worst = fmax(
          worst, check_output(model, vectors, lookahead, 3, &neume_kernels_c));
      }
    }
    check_batched(model, vectors);
    CHECK_MSG(outputs > 0, "%s: no output", entry->d_name);
    CHECK_MSG(worst < TOLERANCE, "%s: off by %g", entry->d_name, worst);
    fprintf(stderr,
            "%s: %u look-aheads, worst %.2g\n",
            entry->d_name,
            outputs,
            worst);
    vectors_free(vectors);
    neume_model_free(model);
    ++files;
  }
  closedir(dir);
  CHECK_MSG(files >= 4, "%u files of vectors", files);
  CHECK_MSG(telling, "none of %u networks tells onsets", files);
}

int main(int argc, char** argv)
{
  CHECK_MSG(argc == 2, "usage: test_cnn_vectors FOLDER");
  if (argc == 2) {
    test_vectors(argv[1]);
  }
  return test_report();
}
