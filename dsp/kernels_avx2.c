// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#include "attributes.h"
#include "kernels.h"
#include "kernels_simd.h"

#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>

#define VECTOR   8U ///< Floats in a register
#define ROWS     6U ///< Rows of a full block: 12 of 16 registers are sums
#define SUMS_MAX 6U ///< Rows times ways of any block

_Static_assert(NEUME_PANEL == 2 * VECTOR, "a panel is two registers");

/** `rows` rows at once.

    A fused multiply-add takes 4 cycles and two start in each, so that 8 sums
    are needed to keep the processor busy: few rows are summed in several
    `ways`, over k modulo `ways`.
*/
static inline __attribute__((always_inline)) void block(
  const uint32_t            rows,
  const uint32_t            ways,
  const uint32_t            taps,
  const uint32_t            depth,
  const float* const* const a,
  const uint32_t            offset,
  const uint32_t            lda,
  const float*              b,
  float* const              c)
{
  __m256 low[SUMS_MAX];
  __m256 high[SUMS_MAX];
  NEUME_UNROLL
  for (uint32_t i = 0; i < rows * ways; ++i) {
    low[i]  = _mm256_setzero_ps();
    high[i] = _mm256_setzero_ps();
  }
  for (uint32_t t = 0; t < taps; ++t) {
    const float* x = a[t] + offset;
    uint32_t     k = 0;
    for (; k + ways <= depth; k += ways) {
      NEUME_UNROLL
      for (uint32_t w = 0; w < ways; ++w) {
        const __m256 b0 = _mm256_load_ps(b + (size_t)w * NEUME_PANEL);
        const __m256 b1 = _mm256_load_ps(b + (size_t)w * NEUME_PANEL + VECTOR);
        NEUME_UNROLL
        for (uint32_t i = 0; i < rows; ++i) {
          const __m256 v     = _mm256_broadcast_ss(x + (size_t)i * lda + w);
          low[w * rows + i]  = _mm256_fmadd_ps(v, b0, low[w * rows + i]);
          high[w * rows + i] = _mm256_fmadd_ps(v, b1, high[w * rows + i]);
        }
      }
      x += ways;
      b += (size_t)ways * NEUME_PANEL;
    }
    for (; k < depth; ++k) {
      const __m256 b0 = _mm256_load_ps(b);
      const __m256 b1 = _mm256_load_ps(b + VECTOR);
      NEUME_UNROLL
      for (uint32_t i = 0; i < rows; ++i) {
        const __m256 v = _mm256_broadcast_ss(x + (size_t)i * lda);
        low[i]         = _mm256_fmadd_ps(v, b0, low[i]);
        high[i]        = _mm256_fmadd_ps(v, b1, high[i]);
      }
      ++x;
      b += NEUME_PANEL;
    }
  }
  NEUME_UNROLL
  for (uint32_t i = 0; i < rows; ++i) {
    NEUME_UNROLL
    for (uint32_t w = 1; w < ways; ++w) {
      low[i]  = _mm256_add_ps(low[i], low[w * rows + i]);
      high[i] = _mm256_add_ps(high[i], high[w * rows + i]);
    }
    float* const y = c + (size_t)i * NEUME_PANEL;
    _mm256_store_ps(y, _mm256_add_ps(_mm256_load_ps(y), low[i]));
    _mm256_store_ps(y + VECTOR,
                    _mm256_add_ps(_mm256_load_ps(y + VECTOR), high[i]));
  }
}

#include "kernels_rows.h"

const NeumeKernels neume_kernels_avx2 = { "avx2", gemm };
