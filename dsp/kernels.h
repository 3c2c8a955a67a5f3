// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#ifndef NEUME_KERNELS_H
#define NEUME_KERNELS_H

#include "attributes.h"

#include <stddef.h>
#include <stdint.h>

/** Output channels come in panels of this many, the last padded with zeros. */
#define NEUME_PANEL 16

/** Most rows times panels of a block, as many as sums fit into registers. */
#define NEUME_BLOCK 6U

/** A block of a convolution: a few rows of a few panels.

    Row i of panel p becomes activation(from + sum over t, k of
    a[t][i * a_step + k] * b[p][t][k]).  Rows of `a` may overlap, since the
    `kernel_freq * in_channels` values under a kernel are contiguous in a
   column.
*/
typedef struct {
  uint32_t            rows;   ///< 1..NEUME_BLOCK
  uint32_t            panels; ///< 1..NEUME_BLOCK / rows
  uint32_t            taps;   ///< Columns under the kernel
  uint32_t            depth;  ///< Values under the kernel in each
  const float* const* a;      ///< [taps], each the first of the rows
  const float*    b; ///< [panels][taps][depth][NEUME_PANEL], 32-byte aligned
  const uint16_t* b_half; ///< The same numbers in half precision, or NULL: a
                          ///< set may read them instead
  const float* from;      ///< [rows][panels][NEUME_PANEL], likewise
  float*       to;        ///< [rows][panels][NEUME_PANEL], may be `from`
  size_t       a_step;    ///< Floats between rows of `a`
  size_t       b_step;    ///< Numbers between panels of `b`
  size_t       from_step; ///< Floats between rows of `from`, may be 0
  size_t       to_step;   ///< Floats between rows of `to`
  float        slope;     ///< Factor on negative results: 1 linear, 0 ReLU
} NeumeBlock;

/** One set of inner loops for one kind of processor. */
typedef struct {
  const char* name; ///< "c", "avx2", "avx512", "neon"

  /** Work off a block.

      Every sum is taken in the order of its terms, first `from`, then tap by
      tap.  So it is the same, in every bit, whatever rows and panels share its
      block, and wherever it is cut into parts that begin with the last part's
      result, and whether or not there is `b_half`.  Sets round differently.
      Realtime-safe.
  */
  void (*block)(const NeumeBlock* block) NEUME_REALTIME;
} NeumeKernels;

/** Plain C, everywhere. */
extern const NeumeKernels neume_kernels_c;

/** Set `i`, from 0, of those that this processor runs, the fastest first; NULL
    after the last, which is plain C.  Thread-safe; not realtime-safe. */
const NeumeKernels* neume_kernels_get(uint32_t i);

/** The fastest set that this processor runs.  Likewise. */
const NeumeKernels* neume_kernels_best(void);

/** The set called `name`, or NULL if it is not built in or the processor lacks
    it.  Likewise. */
const NeumeKernels* neume_kernels_find(const char* name);

/** Rows or panels in pieces, as equal as can be: 13 rows are 5 + 4 + 4, since a
    piece of a single row would be slow. */
typedef struct {
  uint32_t count;  ///< Pieces
  uint32_t size;   ///< What each has
  uint32_t larger; ///< The first ones, which have one more
} NeumePieces;

/** Pieces of at most `most` that `n` make. */
static inline NeumePieces neume_pieces(const uint32_t n, const uint32_t most)
{
  const uint32_t    count  = (n + most - 1) / most;
  const NeumePieces pieces = { count, n / count, n % count };
  return pieces;
}

/** Begin of piece `i`; `i` may be their number. */
static inline uint32_t neume_piece_begin(const NeumePieces pieces,
                                         const uint32_t    i)
{
  return i * pieces.size + (i < pieces.larger ? i : pieces.larger);
}

/** Size of piece `i`. */
static inline uint32_t neume_piece_size(const NeumePieces pieces,
                                        const uint32_t    i)
{
  return pieces.size + (i < pieces.larger ? 1 : 0);
}

#endif // NEUME_KERNELS_H
