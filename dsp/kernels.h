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

  /** c[i][j] += sum over k of a[i * lda + k] * b[k * NEUME_PANEL + j].

      `a` has `rows` rows that may overlap (lda < depth): a convolution over
      frequency is this product, since the `kernel_freq * in_channels` values
      under a kernel are contiguous in a column.  `b` is one packed panel,
      [depth][NEUME_PANEL], 32-byte aligned.  `c` is [rows] rows of
      NEUME_PANEL floats, `ldc` floats apart, 32-byte aligned.
      Realtime-safe.
  */
  void (*gemm)(uint32_t     rows,
               uint32_t     depth,
               const float* a,
               uint32_t     lda,
               const float* b,
               float*       c,
               uint32_t     ldc) NEUME_REALTIME;
} NeumeKernels;

/** Plain C, everywhere. */
extern const NeumeKernels neume_kernels_c;

/** The fastest set that this processor runs.  Thread-safe; not realtime-safe.
 */
const NeumeKernels* neume_kernels_best(void);

/** The set called `name`, or NULL if it is not built in or the processor lacks
 * it. */
const NeumeKernels* neume_kernels_find(const char* name);

#endif // NEUME_KERNELS_H
