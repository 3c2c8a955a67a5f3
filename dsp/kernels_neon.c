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

_Static_assert(WIDTH* NEUME_BLOCK <= 24, "24 of 32 registers are sums");

/** A block of `rows` and `panels` known to the compiler. */
static inline __attribute__((always_inline)) void
shape(const uint32_t rows, const uint32_t panels, const NeumeBlock* const block)
{
  float32x4_t sum[NEUME_BLOCK][WIDTH];
  NEUME_UNROLL
  for (uint32_t n = 0; n < rows * panels; ++n) {
    const float* const x = block->from + n / panels * block->from_step +
                           (size_t)(n % panels) * NEUME_PANEL;
    NEUME_UNROLL
    for (uint32_t j = 0; j < WIDTH; ++j) {
      sum[n][j] = vld1q_f32(x + j * VECTOR);
    }
  }

  const float* b = block->b;
  for (uint32_t t = 0; t < block->taps; ++t) {
    const float* x[NEUME_BLOCK];
    NEUME_UNROLL
    for (uint32_t i = 0; i < rows; ++i) {
      x[i] = block->a[t] + i * block->a_step;
    }
    for (uint32_t k = 0; k < block->depth; ++k, b += NEUME_PANEL) {
      NEUME_UNROLL
      for (uint32_t n = 0; n < rows * panels; ++n) {
        const float* const v = b + n % panels * block->b_step;
        const float32x4_t  u = vld1q_dup_f32(x[n / panels] + k);
        NEUME_UNROLL
        for (uint32_t j = 0; j < WIDTH; ++j) {
          sum[n][j] = vfmaq_f32(sum[n][j], u, vld1q_f32(v + j * VECTOR));
        }
      }
    }
  }

  const float odd  = 0.5F * (1.0F + block->slope);
  const float even = 0.5F * (1.0F - block->slope);
  NEUME_UNROLL
  for (uint32_t n = 0; n < rows * panels; ++n) {
    float* const y = block->to + n / panels * block->to_step +
                     (size_t)(n % panels) * NEUME_PANEL;
    NEUME_UNROLL
    for (uint32_t j = 0; j < WIDTH; ++j) {
      const float32x4_t size = vmulq_n_f32(vabsq_f32(sum[n][j]), even);
      vst1q_f32(y + j * VECTOR, vfmaq_n_f32(size, sum[n][j], odd));
    }
  }
}

#include "kernels_shapes.h"

const NeumeKernels neume_kernels_neon = { "neon", block };
