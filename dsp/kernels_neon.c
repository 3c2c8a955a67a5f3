// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#include "attributes.h"
#include "kernels.h"
#include "kernels_simd.h"

#include <arm_neon.h>
#include <stddef.h>
#include <stdint.h>

#define VECTOR 4U                     ///< Floats in a register
#define WIDTH  (NEUME_PANEL / VECTOR) ///< Registers in a panel
#define ROWS   6U ///< Rows of a full block: 24 of 32 registers are sums

/** `rows` rows at once.  Few rows are summed in several `ways`, over k modulo
    `ways`, to hide the multiply-add's latency. */
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
  float32x4_t sum[ROWS][WIDTH];
  NEUME_UNROLL
  for (uint32_t i = 0; i < rows * ways; ++i) {
    NEUME_UNROLL
    for (uint32_t j = 0; j < WIDTH; ++j) {
      sum[i][j] = vdupq_n_f32(0.0F);
    }
  }
  for (uint32_t t = 0; t < taps; ++t) {
    const float* x = a[t] + offset;
    uint32_t     k = 0;
    for (; k + ways <= depth; k += ways) {
      NEUME_UNROLL
      for (uint32_t w = 0; w < ways; ++w) {
        float32x4_t v[WIDTH];
        NEUME_UNROLL
        for (uint32_t j = 0; j < WIDTH; ++j) {
          v[j] = vld1q_f32(b + j * VECTOR);
        }
        b += NEUME_PANEL;
        NEUME_UNROLL
        for (uint32_t i = 0; i < rows; ++i) {
          const float32x4_t u = vld1q_dup_f32(x + (size_t)i * lda + w);
          NEUME_UNROLL
          for (uint32_t j = 0; j < WIDTH; ++j) {
            sum[w * rows + i][j] = vfmaq_f32(sum[w * rows + i][j], u, v[j]);
          }
        }
      }
      x += ways;
    }
    for (; k < depth; ++k, ++x, b += NEUME_PANEL) {
      NEUME_UNROLL
      for (uint32_t i = 0; i < rows; ++i) {
        const float32x4_t u = vld1q_dup_f32(x + (size_t)i * lda);
        NEUME_UNROLL
        for (uint32_t j = 0; j < WIDTH; ++j) {
          sum[i][j] = vfmaq_f32(sum[i][j], u, vld1q_f32(b + j * VECTOR));
        }
      }
    }
  }
  NEUME_UNROLL
  for (uint32_t i = 0; i < rows; ++i) {
    NEUME_UNROLL
    for (uint32_t j = 0; j < WIDTH; ++j) {
      NEUME_UNROLL
      for (uint32_t w = 1; w < ways; ++w) {
        sum[i][j] = vaddq_f32(sum[i][j], sum[w * rows + i][j]);
      }
      float* const y = c + (size_t)i * NEUME_PANEL + (size_t)j * VECTOR;
      vst1q_f32(y, vaddq_f32(vld1q_f32(y), sum[i][j]));
    }
  }
}

#include "kernels_rows.h"

const NeumeKernels neume_kernels_neon = { "neon", gemm };
