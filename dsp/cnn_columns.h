// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#ifndef NEUME_CNN_COLUMNS_H
#define NEUME_CNN_COLUMNS_H

#include "attributes.h"
#include "cnn_plan.h"
#include "model.h"

#include <stdbool.h>
#include <stdint.h>

/** The columns of a map that are kept.

    Final columns stand in a ring in the order of the engine's frames, so that
    those of one context lie `interleave` columns apart.  Those before the first
    frame are not there: `silence` stands for each.  Provisional columns, and
    those of a tail map, live for a pass only and serve every context.
*/
typedef struct {
  float*   ring;        ///< Final columns, or a tail map's, [frame]
  float*   provisional; ///< [how far back they lie][frame]
  float*   silence;     ///< Answer to endless silence
  uint32_t length;      ///< Columns in the ring
  uint32_t head;        ///< Newest column in the ring
} NeumeMapColumns;

/** The columns before, between and after all layers.

    "Back" is counted from a frame of the pass, in frames of its context; with
    `early`, from the frame to come, of which no column is there yet.
*/
typedef struct {
  const NeumePlan* plan;       ///< Outlives them
  uint32_t         interleave; ///< Contexts
  uint32_t         batch;      ///< Most frames of a pass
  uint32_t         frames;     ///< Frames of this pass, or the last
  uint64_t         known;      ///< Frames since the reset
  bool             early;      ///< Between passes of one frame
  NeumeMapColumns maps[NEUME_LAYERS_MAX + 1U]; ///< Before each layer, after all
} NeumeColumns;

/** Place all columns in `memory`; or only count them, if that is NULL.  Returns
    the floats that they take.  Not realtime-safe. */
uint64_t neume_columns_place(NeumeColumns* columns, float* memory);

/** Fill the ring of map `m` with silence.  Not realtime-safe. */
void neume_columns_fill(NeumeColumns* columns, uint32_t m);

/** Make room for a pass of `n` frames, 1..batch.  Realtime-safe, as all that
    follow. */
void neume_columns_begin(NeumeColumns* columns, uint32_t n) NEUME_REALTIME;

/** The column of map `m` that lies `back` from frame `frame` of the pass. */
float* neume_columns_at(const NeumeColumns* columns,
                        uint32_t            m,
                        uint32_t            frame,
                        uint32_t            back) NEUME_REALTIME;

/** Columns of map `m`, `back` from `frame` and from each frame after it, that
    lie one after the other in memory: at least 1. */
uint32_t neume_columns_contiguous(const NeumeColumns* columns,
                                  uint32_t            m,
                                  uint32_t            frame,
                                  uint32_t            back) NEUME_REALTIME;

#endif // NEUME_CNN_COLUMNS_H
