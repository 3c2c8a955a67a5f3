// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#include "kernels.h"

#include "attributes.h"
#include "kernels_simd.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define VECTOR 4U                     ///< Floats in a vector
#define WIDTH  (NEUME_PANEL / VECTOR) ///< Vectors in a panel
#define ROWS   2U ///< Rows of a full block: 8 of 16 SSE registers are sums

/** Loops over plain floats would do, but GCC then vectorises the wrong one. */
typedef float Vector __attribute__((vector_size(VECTOR * sizeof(float))));

/** `rows` rows at once. */
static inline __attribute__((always_inline)) void block(
  const uint32_t            rows,
  const uint32_t            taps,
  const uint32_t            depth,
  const float* const* const a,
  const uint32_t            offset,
  const uint32_t            lda,
  const float*              b,
  float* const              c)
{
  Vector sum[ROWS][WIDTH] = { { { 0.0F } } };
  for (uint32_t t = 0; t < taps; ++t) {
    const float* x = a[t] + offset;
    for (uint32_t k = 0; k < depth; ++k, ++x, b += NEUME_PANEL) {
      Vector v[WIDTH];
      memcpy(v, b, sizeof(v));
      NEUME_UNROLL
      for (uint32_t i = 0; i < rows; ++i) {
        NEUME_UNROLL
        for (uint32_t j = 0; j < WIDTH; ++j) {
          sum[i][j] += x[(size_t)i * lda] * v[j];
        }
      }
    }
  }
  NEUME_UNROLL
  for (uint32_t i = 0; i < rows; ++i) {
    NEUME_UNROLL
    for (uint32_t j = 0; j < WIDTH; ++j) {
      float* const y = c + (size_t)i * NEUME_PANEL + (size_t)j * VECTOR;
      Vector       v;
      memcpy(&v, y, sizeof(v));
      v += sum[i][j];
      memcpy(y, &v, sizeof(v));
    }
  }
}

static void gemm(const uint32_t            rows,
                 const uint32_t            taps,
                 const uint32_t            depth,
                 const float* const* const a,
                 const uint32_t            lda,
                 const float* const        b,
                 float* const              c) NEUME_REALTIME
{
  uint32_t row = 0;
  for (; row + ROWS <= rows; row += ROWS) {
    block(
      ROWS, taps, depth, a, row * lda, lda, b, c + (size_t)row * NEUME_PANEL);
  }
  if (row < rows) {
    block(1, taps, depth, a, row * lda, lda, b, c + (size_t)row * NEUME_PANEL);
  }
}

const NeumeKernels neume_kernels_c = { "c", gemm };

const NeumeKernels* neume_kernels_best(void)
{
#if defined(__x86_64__)
  // Both also ask whether the operating system saves the wide registers
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
    return &neume_kernels_avx2;
  }
#elif defined(__aarch64__)
  return &neume_kernels_neon;
#endif
  return &neume_kernels_c;
}

const NeumeKernels* neume_kernels_find(const char* const name)
{
  const NeumeKernels* const best = neume_kernels_best();
  if (!strcmp(name, best->name)) {
    return best;
  }
  return strcmp(name, neume_kernels_c.name) ? NULL : &neume_kernels_c;
}
