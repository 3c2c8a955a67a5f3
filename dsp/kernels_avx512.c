// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#include "attributes.h"
#include "kernels.h"
#include "kernels_simd.h"

#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>

_Static_assert(NEUME_PANEL == 16, "a panel is one register");

/** A block of `rows` and `panels` known to the compiler. */
static inline __attribute__((always_inline)) void
shape(const uint32_t rows, const uint32_t panels, const NeumeBlock* const block)
{
  __m512 sum[NEUME_BLOCK];
  NEUME_UNROLL
  for (uint32_t p = 0; p < panels; ++p) {
    NEUME_UNROLL
    for (uint32_t i = 0; i < rows; ++i) {
      sum[p * rows + i] = _mm512_loadu_ps(block->from + i * block->from_step +
                                          (size_t)p * NEUME_PANEL);
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
        const __m512 v = _mm512_loadu_ps(b + p * next);
        NEUME_UNROLL
        for (uint32_t i = 0; i < rows; ++i) {
          sum[p * rows + i] =
            _mm512_fmadd_ps(_mm512_set1_ps(x[i][k]), v, sum[p * rows + i]);
        }
      }
    }
  }

  // The sum where it is positive, else `slope` times it
  const __m512 odd  = _mm512_set1_ps(0.5F * (1.0F + block->slope));
  const __m512 even = _mm512_set1_ps(0.5F * (1.0F - block->slope));
  NEUME_UNROLL
  for (uint32_t p = 0; p < panels; ++p) {
    NEUME_UNROLL
    for (uint32_t i = 0; i < rows; ++i) {
      float* const y = block->to + i * block->to_step + (size_t)p * NEUME_PANEL;
      const __m512 v = sum[p * rows + i];
      const __m512 size = _mm512_mul_ps(even, _mm512_abs_ps(v));
      _mm512_storeu_ps(y, _mm512_fmadd_ps(odd, v, size));
    }
  }
}

#include "kernels_shapes.h"

const NeumeKernels neume_kernels_avx512 = { "avx512", block };
