// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#include "model_builder.h"

#include "constants.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

/** Write one small valid file; consumes `builder`. */
static void write_seed(const char* dir, const char* name, ModelBuilder* builder)
{
  char path[4096];
  (void)snprintf(path, sizeof(path), "%s/%s.safetensors", dir, name);
  if (!model_builder_write(builder, path)) {
    perror(path);
    exit(1);
  }
}

/** A network that has all layers, activations and fields, small enough for the
    fuzzer to be quick. */
static ModelBuilder* everything(void)
{
  const NeumeLayer c1 = { .type         = NEUME_LAYER_CONV,
                          .activation   = NEUME_LEAKY_RELU,
                          .slope        = 0.125f,
                          .out_channels = 2,
                          .kernel_freq  = 3,
                          .kernel_time  = 3,
                          .dilation     = 4,
                          .pad_low      = 2,
                          .pad_high     = 1,
                          .left         = 4,
                          .right        = 4 };
  const NeumeLayer c2 = { .type         = NEUME_LAYER_CONV,
                          .activation   = NEUME_RELU,
                          .out_channels = 3,
                          .kernel_freq  = 1,
                          .kernel_time  = 2,
                          .dilation     = 100,
                          .right        = 100 };
  const NeumeLayer p1 = { .type = NEUME_LAYER_MAX_POOL, .size = 2 };
  const NeumeLayer p2 = { .type = NEUME_LAYER_AVG_POOL, .size = 4 };
  const NeumeLayer d1 = { .type         = NEUME_LAYER_DENSE,
                          .activation   = NEUME_LEAKY_RELU,
                          .slope        = 1.0f,
                          .out_channels = 3 };
  const NeumeLayer d2 = { .type         = NEUME_LAYER_DENSE,
                          .out_channels = NEUME_CLASSES };
  NeumeFrontEnd    fe = model_front_end_small();
  fe.bands            = 8;

  ModelBuilder* const b = model_builder_new(1, &fe);
  model_builder_add(b, "c1", &c1);
  model_builder_add(b, NULL, &p1);
  model_builder_add(b, "c2", &c2);
  model_builder_add(b, NULL, &p2);
  model_builder_add(b, "d1", &d1);
  model_builder_add(b, "d2", &d2);
  return b;
}

/** The least: one dense layer. */
static ModelBuilder* least(void)
{
  const NeumeLayer d  = { .type         = NEUME_LAYER_DENSE,
                          .out_channels = NEUME_CLASSES };
  NeumeFrontEnd    fe = model_front_end_small();
  fe.bands            = 8;

  ModelBuilder* const b = model_builder_new(2, &fe);
  model_builder_set(b, "doubt", NULL);
  model_builder_add(b, "d", &d);
  return b;
}

/** make-model-seeds DIR: the fuzzer's first inputs. */
int main(int argc, char** argv)
{
  if (argc != 2) {
    fprintf(stderr, "Usage: %s DIR\n", argv[0]);
    return 2;
  }
  if (mkdir(argv[1], 0777) && errno != EEXIST) {
    perror(argv[1]);
    return 1;
  }

  write_seed(argv[1], "least", least());
  write_seed(argv[1], "everything", everything());
  write_seed(argv[1], "small", model_builder_small(1, 1));
  write_seed(argv[1], "stacked", model_builder_stacked(1, 1, 4));
  write_seed(argv[1], "onsets", model_builder_onsets(1, 1, 2));
  return 0;
}
