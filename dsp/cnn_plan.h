// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#ifndef NEUME_CNN_PLAN_H
#define NEUME_CNN_PLAN_H

#include "attributes.h"
#include "constants.h"
#include "model.h"
#include "status.h"

#include <stdbool.h>
#include <stdint.h>

/** How a model is computed column by column, and what that costs.

    A pass happens after frame T of a context, or after several frames at once,
    each of which is T for its own columns.  "Back" counts frames of the
    context before T.  A column that no frame after T can change is final; a
    layer's newest final column lies `edge` back.  Columns closer to T are
    provisional: they lack what T + 1 and later will bring, and are computed
    anew in each pass that needs them.

    Map m is the input of layer m; map n_layers is the output of the last.
    A column of a map is tightly packed, [pad_low + rows + pad_high][channels].
*/

#define NEUME_UNIT_ROWS   48U   ///< Most rows in a unit of convolution
#define NEUME_SLICES_MAX  128U  ///< Most slices in a pass
#define NEUME_SLICE_COST  1024U ///< Least cost of a slice, about 0.4 us
#define NEUME_ANSWER_COST 600U  ///< Cost of softmax and sigmoid

/** One layer.  Its work comes in units: some rows of a few panels, or, where
    that is more than a slice, part of their sums.  The rows are those of the
    columns that lie equally far back from each frame of the pass, one column
    after the other. */
typedef struct {
  NeumeLayerType type; ///< Dense is a convolution of one frame
  bool           tail; ///< No later layer looks along time: only the
                       ///< column that the output needs is computed
  float    slope;      ///< Factor on negative sums: 1 linear, 0 ReLU
  uint32_t taps;       ///< Frames of the kernel
  uint32_t dilation;   ///< Frames between taps
  uint32_t left;       ///< Past frames read
  uint32_t depth;      ///< Values under the kernel in one column
  uint32_t size;       ///< Rows that pooling makes one of
  uint32_t panels;     ///< Panels of output channels
  uint32_t unit_rows;  ///< Most rows of a unit
  uint32_t tap_step;   ///< Taps of a part
  uint32_t depth_step; ///< Depth of a part; all unless tap_step is 1
  uint32_t edge;       ///< Future frames read, with all before it
  uint32_t after;      ///< Future frames that later layers read
  uint32_t past;       ///< Past frames that later layers read
} NeumePlanLayer;

/** The columns between two layers. */
typedef struct {
  uint32_t rows;     ///< Rows without padding
  uint32_t channels; ///< Values in a row
  uint32_t pad_low;  ///< Rows of zeros before the first
  uint32_t pad_high; ///< Rows of zeros after the last
  uint32_t stride;   ///< Floats between columns, a multiple of a cache line
  uint32_t edge;     ///< How far back the newest final column lies
  uint32_t span;     ///< Final columns read further back than that, at most
  bool     tail;     ///< A single column is kept
} NeumePlanMap;

/** What a pass of one frame costs. */
typedef struct {
  uint64_t whole; ///< All of it
  uint64_t early; ///< What can be made before its frame
  uint64_t ready; ///< The rest
} NeumePlanCosts;

/** Follows from the model and the slices that are wanted. */
typedef struct {
  uint32_t       n_layers;                    ///< Without softmax and sigmoid
  uint32_t       right;                       ///< Longest look-ahead, frames
  uint32_t       slices_max;                  ///< Most slices of a pass
  NeumePlanLayer layers[NEUME_LAYERS_MAX];    ///< In order
  NeumePlanMap   maps[NEUME_LAYERS_MAX + 1U]; ///< Before, between and after
  NeumePlanCosts costs[NEUME_CONTEXT];        ///< By look-ahead
} NeumePlan;

/** Part of the sums of a unit: `taps` > 1 only with the whole depth. */
typedef struct {
  uint32_t tap;    ///< First tap
  uint32_t taps;   ///< Number of taps
  uint32_t offset; ///< First value of a tap
  uint32_t depth;  ///< Number of values of a tap
} NeumePlanPart;

/** Lay out `model`, for passes of at most `slices` slices,
    1..NEUME_SLICES_MAX.

    NEUME_SUCCESS, or NEUME_ERR_RANGE for a model that contradicts itself or
    whose columns are too large.  Not realtime-safe; any thread.
*/
NeumeStatus neume_plan_init(NeumePlan*        plan,
                            const NeumeModel* model,
                            uint32_t          slices);

/** Columns that `layer` computes in a pass with `lookahead`, at least 1.
    Realtime-safe, as all that follow. */
uint32_t neume_plan_columns(const NeumePlanLayer* layer,
                            uint32_t              lookahead) NEUME_REALTIME;

/** How far back the column `i` of those lies: first the final one, then the
    provisional ones, oldest first. */
uint32_t neume_plan_back(const NeumePlanLayer* layer,
                         uint32_t              lookahead,
                         uint32_t              i) NEUME_REALTIME;

/** Whether a column `back` is one, of several taps, of which all but the newest
    read frames before T: their sums can be made early. */
bool neume_plan_splits(const NeumePlanLayer* layer,
                       uint32_t              back) NEUME_REALTIME;

/** Taps, the oldest ones, with which a column `back` reads no frame after T;
    the others would read zeros. */
uint32_t neume_plan_taps(const NeumePlanLayer* layer,
                         uint32_t              back) NEUME_REALTIME;

/** Parts of the sums over `taps` taps. */
uint32_t neume_plan_parts(const NeumePlanLayer* layer,
                          uint32_t              taps) NEUME_REALTIME;

/** Part `i` of those. */
NeumePlanPart neume_plan_part(const NeumePlanLayer* layer,
                              uint32_t              taps,
                              uint32_t              i) NEUME_REALTIME;

/** Panels that a unit takes at once: more than one where there are too few
    rows to keep the processor busy. */
uint32_t neume_plan_wide(uint32_t rows) NEUME_REALTIME;

/** Cost of `part` of a unit; 1 is about 16 multiply-adds. */
uint64_t neume_plan_conv_cost(uint32_t             rows,
                              uint32_t             panels,
                              const NeumePlanPart* part) NEUME_REALTIME;

/** Cost of `rows` rows of pooling, from `size` rows each. */
uint64_t neume_plan_pool_cost(uint32_t rows,
                              uint32_t size,
                              uint32_t channels) NEUME_REALTIME;

/** Slices of work that costs `cost`, 1..slices_max. */
uint32_t neume_plan_slices(const NeumePlan* plan, uint64_t cost) NEUME_REALTIME;

#endif // NEUME_CNN_PLAN_H
