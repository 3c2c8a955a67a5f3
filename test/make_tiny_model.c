// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#include "model_builder.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

/** make-tiny-model OUT: a small weights file with random weights. */
int main(int argc, char** argv)
{
  if (argc != 2) {
    fprintf(stderr, "Usage: %s OUT.safetensors\n", argv[0]);
    return 2;
  }

  size_t         n_bytes = 0;
  uint8_t* const bytes =
    model_builder_bytes(model_builder_small(1, 0), &n_bytes);
  FILE* const out  = fopen(argv[1], "wb");
  bool        good = out && fwrite(bytes, 1, n_bytes, out) == n_bytes;
  if (out && fclose(out)) {
    good = false;
  }
  if (!good) {
    perror(argv[1]);
  }
  free(bytes);
  return good ? 0 : 1;
}
