// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#ifndef NEUME_KERNELS_SHAPES_H
#define NEUME_KERNELS_SHAPES_H

#include "kernels.h"

#include <stdint.h>

/** A block of any shape.

    To be included once, behind a shape() that differs from processor to
    processor: sums stay in registers only where the compiler knows how many
    there are.
*/
static void block(const NeumeBlock* const block) NEUME_REALTIME
{
#define SHAPE(rows, panels)                                                    \
  case (rows)*16U + (panels):                                                  \
    shape(rows, panels, block);                                                \
    break;

  switch (block->rows * 16U + block->panels) {
    SHAPE(1, 1)
    SHAPE(1, 2)
    SHAPE(1, 3)
    SHAPE(1, 4)
    SHAPE(1, 5)
    SHAPE(1, 6)
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
#undef SHAPE
}

_Static_assert(NEUME_BLOCK == 6U, "these are all shapes");

#endif // NEUME_KERNELS_SHAPES_H
