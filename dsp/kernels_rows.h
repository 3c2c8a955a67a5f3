// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#ifndef NEUME_KERNELS_ROWS_H
#define NEUME_KERNELS_ROWS_H

#include "kernels.h"

#include <stddef.h>
#include <stdint.h>

/** The product over any number of rows.

    To be included once, behind a block() of 1 to ROWS = 6 rows: that differs
    from processor to processor, while the split into such blocks does not.
*/
static void gemm(const uint32_t            rows,
                 const uint32_t            taps,
                 const uint32_t            depth,
                 const float* const* const a,
                 const uint32_t            lda,
                 const float* const        b,
                 float* const              c) NEUME_REALTIME
{
  const uint32_t blocks = neume_row_blocks(rows, ROWS);
  for (uint32_t i = 0, row = 0; i < blocks; ++i) {
    const uint32_t end    = neume_row_split(rows, blocks, i + 1);
    const uint32_t offset = row * lda;
    float* const   y      = c + (size_t)row * NEUME_PANEL;
    switch (end - row) {
      case 1:
        block(1, 4, taps, depth, a, offset, lda, b, y);
        break;
      case 2:
        block(2, 2, taps, depth, a, offset, lda, b, y);
        break;
      case 3:
        block(3, 2, taps, depth, a, offset, lda, b, y);
        break;
      case 4:
        block(4, 1, taps, depth, a, offset, lda, b, y);
        break;
      case 5:
        block(5, 1, taps, depth, a, offset, lda, b, y);
        break;
      default:
        block(6, 1, taps, depth, a, offset, lda, b, y);
        break;
    }
    row = end;
  }
}

#endif // NEUME_KERNELS_ROWS_H
