// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#ifndef NEUME_KERNELS_H
#define NEUME_KERNELS_H

#include "attributes.h"

#include <stdint.h>

/** Output channels come in panels of this many, the last padded with zeros. */
#define NEUME_PANEL 16

/** One set of inner loops for one kind of processor. */
typedef struct {
  const char* name; ///< "c", "avx2", "neon"

  /** c[i][j] += sum over t, k of
      a[t][i * lda + k] * b[(t * depth + k) * NEUME_PANEL + j].

      A convolution: `a` holds `taps` columns, each seen as `rows` rows of
      `depth` values, `lda` floats apart.  Rows may overlap (lda < depth): the
      `kernel_freq * in_channels` values under a kernel are contiguous in a
      column.  `b` is one packed panel, [taps][depth][NEUME_PANEL], 32-byte
      aligned.  `c` is [rows][NEUME_PANEL], 32-byte aligned, and overlaps
      nothing.  Sums are rounded differently by each set, but a sum depends on
      nothing except its own terms and `rows`, `taps` and `depth`.
      Realtime-safe.
  */
  void (*gemm)(uint32_t            rows,
               uint32_t            taps,
               uint32_t            depth,
               const float* const* a,
               uint32_t            lda,
               const float*        b,
               float*              c) NEUME_REALTIME;
} NeumeKernels;

/** Plain C, everywhere. */
extern const NeumeKernels neume_kernels_c;

/** The fastest set that this processor runs.  Thread-safe; not realtime-safe.
 */
const NeumeKernels* neume_kernels_best(void);

/** The set called `name`, or NULL if it is not built in or the processor lacks
 * it. */
const NeumeKernels* neume_kernels_find(const char* name);

/** Blocks of at most `most` rows that `rows` rows make, as equal as can be:
    13 rows are 4 + 4 + 5, since a block of a single row would be slow. */
static inline uint32_t neume_row_blocks(const uint32_t rows,
                                        const uint32_t most)
{
  return (rows + most - 1) / most;
}

/** First row of block `i` of `blocks`; `i` may be `blocks`. */
static inline uint32_t neume_row_split(const uint32_t rows,
                                       const uint32_t blocks,
                                       const uint32_t i)
{
  return (uint32_t)((uint64_t)rows * i / blocks);
}

#endif // NEUME_KERNELS_H
