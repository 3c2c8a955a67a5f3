// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#include "kernels.h"

#include "attributes.h"
#include "kernels_simd.h"

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

#define VECTOR 4U                     ///< Floats in a vector
#define WIDTH  (NEUME_PANEL / VECTOR) ///< Vectors in a panel
#define ROWS   2U ///< Rows at once: 8 of 16 SSE registers are sums

/** Loops over plain floats would do, but GCC then vectorises the wrong one. */
typedef float Vector __attribute__((vector_size(VECTOR * sizeof(float))));

/** `rows` rows of a panel at once, from row `first` on. */
static inline __attribute__((always_inline)) void some_rows(
  const NeumeBlock* const block,
  const uint32_t          panel,
  const uint32_t          first,
  const uint32_t          rows)
{
  const size_t skip = (size_t)panel * NEUME_PANEL;
  const size_t step = block->a_step;
  const float* b    = block->b + panel * block->b_step;
  Vector       sum[ROWS][WIDTH];
  NEUME_UNROLL
  for (uint32_t i = 0; i < rows; ++i) {
    const float* const x = block->from + (first + i) * block->from_step + skip;
    NEUME_UNROLL
    for (uint32_t j = 0; j < WIDTH; ++j) {
      memcpy(&sum[i][j], x + (size_t)j * VECTOR, sizeof(Vector));
    }
  }
  for (uint32_t t = 0; t < block->taps; ++t) {
    const float* x = block->a[t] + first * step;
    for (uint32_t k = 0; k < block->depth; ++k, ++x, b += NEUME_PANEL) {
      Vector v[WIDTH];
      memcpy(v, b, sizeof(v));
      NEUME_UNROLL
      for (uint32_t i = 0; i < rows; ++i) {
        NEUME_UNROLL
        for (uint32_t j = 0; j < WIDTH; ++j) {
          sum[i][j] += x[i * step] * v[j];
        }
      }
    }
  }
  const float odd  = 0.5F * (1.0F + block->slope);
  const float even = 0.5F * (1.0F - block->slope);
  NEUME_UNROLL
  for (uint32_t i = 0; i < rows; ++i) {
    float* const y = block->to + (first + i) * block->to_step + skip;
    NEUME_UNROLL
    for (uint32_t j = 0; j < WIDTH; ++j) {
      const Vector v = sum[i][j];
      for (uint32_t c = 0; c < VECTOR; ++c) {
        y[j * VECTOR + c] = odd * v[c] + even * fabsf(v[c]);
      }
    }
  }
}

static void block(const NeumeBlock* const block) NEUME_REALTIME
{
  for (uint32_t panel = 0; panel < block->panels; ++panel) {
    uint32_t row = 0;
    for (; row + ROWS <= block->rows; row += ROWS) {
      some_rows(block, panel, row, ROWS);
    }
    if (row < block->rows) {
      some_rows(block, panel, row, 1);
    }
  }
}

const NeumeKernels neume_kernels_c = { "c", block };

#if defined(__x86_64__)

/** Whether the processor widens halves.  (Not every compiler that may build
    this knows that word for __builtin_cpu_supports().) */
static bool has_f16c(void)
{
  unsigned a = 0;
  unsigned b = 0;
  unsigned c = 0;
  unsigned d = 0;
  return __get_cpuid(1, &a, &b, &c, &d) && (c & bit_F16C);
}

#endif

const NeumeKernels* neume_kernels_get(uint32_t i)
{
  const NeumeKernels* sets[3];
  uint32_t            n = 0;
#if defined(__x86_64__)
  // These also ask whether the operating system saves the wide registers
  if (__builtin_cpu_supports("avx512f")) {
    sets[n++] = &neume_kernels_avx512;
  }
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
      has_f16c()) {
    sets[n++] = &neume_kernels_avx2;
  }
#elif defined(__aarch64__)
  sets[n++] = &neume_kernels_neon;
#endif
  sets[n++] = &neume_kernels_c;
  return i < n ? sets[i] : NULL;
}

const NeumeKernels* neume_kernels_best(void)
{
  return neume_kernels_get(0);
}

const NeumeKernels* neume_kernels_find(const char* const name)
{
  uint32_t            i   = 0;
  const NeumeKernels* set = neume_kernels_get(i);
  while (set && strcmp(name, set->name) != 0) {
    set = neume_kernels_get(++i);
  }
  return set;
}
