// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#include "vectors.h"

#include <jansson.h>

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct Vectors {
  char*   bytes;  ///< The file
  size_t  offset; ///< Where tensors begin
  json_t* header; ///< What it holds
};

static void require(const int condition, const char* const path)
{
  if (!condition) {
    fprintf(stderr, "%s: not a file of test vectors\n", path);
    abort();
  }
}

Vectors* vectors_load(const char* const path)
{
  Vectors* const vectors = calloc(1, sizeof(*vectors));
  FILE* const    file    = fopen(path, "rb");
  require(vectors && file, path);
  fseek(file, 0, SEEK_END);
  const long size = ftell(file);
  rewind(file);
  require(size > 8, path);
  vectors->bytes = malloc((size_t)size);
  require(vectors->bytes &&
            fread(vectors->bytes, 1, (size_t)size, file) == (size_t)size,
          path);
  fclose(file);

  uint64_t length = 0;
  memcpy(&length, vectors->bytes, sizeof(length));
  require(length <= (size_t)size - 8, path);
  vectors->offset = 8 + (size_t)length;
  vectors->header = json_loadb(vectors->bytes + 8, (size_t)length, 0, NULL);
  require(json_is_object(vectors->header), path);
  return vectors;
}

void vectors_free(Vectors* const vectors)
{
  json_decref(vectors->header);
  free(vectors->bytes);
  free(vectors);
}

const float* vectors_tensor(const Vectors* const vectors,
                            const char* const    name,
                            uint32_t* const      rows,
                            uint32_t* const      columns)
{
  const json_t* const entry = json_object_get(vectors->header, name);
  if (!entry) {
    return NULL;
  }
  const json_t* const shape  = json_object_get(entry, "shape");
  const json_t* const ends   = json_object_get(entry, "data_offsets");
  const size_t        n      = json_array_size(shape);
  const json_int_t    offset = json_integer_value(json_array_get(ends, 0));
  *rows = n == 2 ? (uint32_t)json_integer_value(json_array_get(shape, 0)) : 1;
  *columns = (uint32_t)json_integer_value(json_array_get(shape, n - 1));
  return (const float*)(const void*)(vectors->bytes + vectors->offset + offset);
}
