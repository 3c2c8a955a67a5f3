// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#include "mapped.h"

#include <stdlib.h>

enum { LEAST_PAGE = 4096 }; ///< Bytes of the smallest page of any processor

void* neume_mapped_calloc(size_t n, size_t size)
{
  void* const memory = calloc(n, size);
  if (memory) {
    // Volatile, or else the compiler knows that they are zero already
    volatile char* const bytes = (volatile char*)memory;
    const size_t         end   = n * size;
    for (size_t i = 0; i < end; i += LEAST_PAGE) {
      bytes[i] = 0;
    }
    if (end > 0) {
      bytes[end - 1U] = 0;
    }
  }
  return memory;
}
