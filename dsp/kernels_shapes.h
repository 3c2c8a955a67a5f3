// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#ifndef NEUME_KERNELS_SHAPES_H
#define NEUME_KERNELS_SHAPES_H

#include "kernels.h"
#include "kernels_simd.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** The loops of a set, from what differs from processor to processor.

    To be included once, after

      Vector            a register
      VECTOR            how many floats it holds
      load(x)           VECTOR floats from `x`
      widen(x)          VECTOR floats from as many halves at `x`
      splat(x)          VECTOR times the float at `x`
      add(sum, a, b)    sum + a * b, rounded once
      activate(x, odd, even)   odd * x + even * |x|, the product with `even`
                        rounded, the rest once
      store(y, x)       VECTOR floats to `y`
*/

#define WIDTH (NEUME_PANEL / VECTOR) ///< Registers in a panel

/** A block of `rows` and `panels` known to the compiler, since sums stay in
    registers only where it knows how many there are, with weights from `b_half`
    if `half`. */
static inline __attribute__((always_inline)) void shape(
  const uint32_t          rows,
  const uint32_t          panels,
  const bool              half,
  const NeumeBlock* const block)
{
  Vector sum[NEUME_BLOCK][WIDTH];
  NEUME_UNROLL
  for (uint32_t p = 0; p < panels; ++p) {
    NEUME_UNROLL
    for (uint32_t i = 0; i < rows; ++i) {
      const float* const x =
        block->from + i * block->from_step + (size_t)p * NEUME_PANEL;
      NEUME_UNROLL
      for (uint32_t j = 0; j < WIDTH; ++j) {
        sum[p * rows + i][j] = load(x + (size_t)j * VECTOR);
      }
    }
  }

  size_t b = 0;
  for (uint32_t t = 0; t < block->taps; ++t) {
    const float* x[NEUME_BLOCK];
    NEUME_UNROLL
    for (uint32_t i = 0; i < rows; ++i) {
      x[i] = block->a[t] + i * block->a_step;
    }
    for (uint32_t k = 0; k < block->depth; ++k, b += NEUME_PANEL) {
      NEUME_UNROLL
      for (uint32_t p = 0; p < panels; ++p) {
        Vector v[WIDTH];
        NEUME_UNROLL
        for (uint32_t j = 0; j < WIDTH; ++j) {
          const size_t at = b + p * block->b_step + (size_t)j * VECTOR;
          v[j] = half ? widen(block->b_half + at) : load(block->b + at);
        }
        NEUME_UNROLL
        for (uint32_t i = 0; i < rows; ++i) {
          const Vector u = splat(x[i] + k);
          NEUME_UNROLL
          for (uint32_t j = 0; j < WIDTH; ++j) {
            sum[p * rows + i][j] = add(sum[p * rows + i][j], u, v[j]);
          }
        }
      }
    }
  }

  // The sum where it is positive, else `slope` times it
  const float odd  = 0.5F * (1.0F + block->slope);
  const float even = 0.5F * (1.0F - block->slope);
  NEUME_UNROLL
  for (uint32_t p = 0; p < panels; ++p) {
    NEUME_UNROLL
    for (uint32_t i = 0; i < rows; ++i) {
      float* const y = block->to + i * block->to_step + (size_t)p * NEUME_PANEL;
      NEUME_UNROLL
      for (uint32_t j = 0; j < WIDTH; ++j) {
        store(y + (size_t)j * VECTOR,
              activate(sum[p * rows + i][j], splat(&odd), splat(&even)));
      }
    }
  }
}

/** A single row uses each weight once, so that reading them takes the time. */
static inline __attribute__((always_inline)) void single(
  const uint32_t          panels,
  const NeumeBlock* const block)
{
  if (block->b_half) {
    shape(1, panels, true, block);
  } else {
    shape(1, panels, false, block);
  }
}

/** A block of any shape. */
static void block(const NeumeBlock* const block) NEUME_REALTIME
{
#define SHAPE(rows, panels)                                                    \
  case (rows)*16U + (panels):                                                  \
    shape(rows, panels, false, block);                                         \
    break;
#define SINGLE(panels)                                                         \
  case 16U + (panels):                                                         \
    single(panels, block);                                                     \
    break;

  switch (block->rows * 16U + block->panels) {
    SINGLE(1)
    SINGLE(2)
    SINGLE(3)
    SINGLE(4)
    SINGLE(5)
    SINGLE(6)
    SHAPE(2, 1)
    SHAPE(2, 2)
    SHAPE(2, 3)
    SHAPE(3, 1)
    SHAPE(3, 2)
    SHAPE(4, 1)
    SHAPE(5, 1)
    SHAPE(6, 1)
    default:
      break;
  }
#undef SINGLE
#undef SHAPE
}

_Static_assert(NEUME_BLOCK == 6U, "these are all shapes");

#endif // NEUME_KERNELS_SHAPES_H
