// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#include "attributes.h"
#include "kernels.h"
#include "kernels_simd.h"

#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>

#define VECTOR 8U ///< Floats in a register

_Static_assert(NEUME_PANEL == 2 * VECTOR, "a panel is two registers");
_Static_assert(2 * NEUME_BLOCK <= 12, "12 of 16 registers are sums");

/** `x` where it is positive, else `slope * x`, as odd * x + even * |x|. */
static inline __attribute__((always_inline)) __m256 activate(const __m256 x,
                                                             const __m256 odd,
                                                             const __m256 even)
{
  const __m256 size = _mm256_andnot_ps(_mm256_set1_ps(-0.0F), x);
  return _mm256_fmadd_ps(odd, x, _mm256_mul_ps(even, size));
}

/** A block of `rows` and `panels` known to the compiler. */
static inline __attribute__((always_inline)) void
shape(const uint32_t rows, const uint32_t panels, const NeumeBlock* const block)
{
  __m256 low[NEUME_BLOCK];
  __m256 high[NEUME_BLOCK];
  NEUME_UNROLL
  for (uint32_t p = 0; p < panels; ++p) {
    NEUME_UNROLL
    for (uint32_t i = 0; i < rows; ++i) {
      const float* const x =
        block->from + i * block->from_step + (size_t)p * NEUME_PANEL;
      low[p * rows + i]  = _mm256_load_ps(x);
      high[p * rows + i] = _mm256_load_ps(x + VECTOR);
    }
  }

  const size_t next = block->b_step;
  const float* b    = block->b;
  for (uint32_t t = 0; t < block->taps; ++t) {
    const float* x[NEUME_BLOCK];
    NEUME_UNROLL
    for (uint32_t i = 0; i < rows; ++i) {
      x[i] = block->a[t] + i * block->a_step;
    }
    for (uint32_t k = 0; k < block->depth; ++k, b += NEUME_PANEL) {
      NEUME_UNROLL
      for (uint32_t p = 0; p < panels; ++p) {
        const __m256 b0 = _mm256_load_ps(b + p * next);
        const __m256 b1 = _mm256_load_ps(b + p * next + VECTOR);
        NEUME_UNROLL
        for (uint32_t i = 0; i < rows; ++i) {
          const __m256 v     = _mm256_broadcast_ss(x[i] + k);
          low[p * rows + i]  = _mm256_fmadd_ps(v, b0, low[p * rows + i]);
          high[p * rows + i] = _mm256_fmadd_ps(v, b1, high[p * rows + i]);
        }
      }
    }
  }

  const __m256 odd  = _mm256_set1_ps(0.5F * (1.0F + block->slope));
  const __m256 even = _mm256_set1_ps(0.5F * (1.0F - block->slope));
  NEUME_UNROLL
  for (uint32_t p = 0; p < panels; ++p) {
    NEUME_UNROLL
    for (uint32_t i = 0; i < rows; ++i) {
      float* const y = block->to + i * block->to_step + (size_t)p * NEUME_PANEL;
      _mm256_storeu_ps(y, activate(low[p * rows + i], odd, even));
      _mm256_storeu_ps(y + VECTOR, activate(high[p * rows + i], odd, even));
    }
  }
}

#include "kernels_shapes.h"

const NeumeKernels neume_kernels_avx2 = { "avx2", block };
