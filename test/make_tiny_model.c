// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#include "model_builder.h"

#include <stdio.h>

/** make-tiny-model OUT: a small weights file with random weights. */
int main(int argc, char** argv)
{
  if (argc != 2) {
    fprintf(stderr, "Usage: %s OUT.safetensors\n", argv[0]);
    return 2;
  }

  if (!model_builder_write(model_builder_small(1, 0), argv[1])) {
    perror(argv[1]);
    return 1;
  }
  return 0;
}
