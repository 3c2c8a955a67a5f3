// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#include "cnn.h"

#include "answer.h"
#include "attributes.h"
#include "cnn_plan.h"
#include "cnn_weights.h"
#include "constants.h"
#include "kernels.h"
#include "model.h"
#include "status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define ALIGNMENT  64U           ///< Bytes, a cache line
#define FLOATS_MAX (1ULL << 28U) ///< Most floats of columns, 1 GiB

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
} Columns;

/** The next unit of work, the last index running fastest: a group of panels'
    weights stay in the cache while they go over all columns. */
typedef struct {
  uint32_t    layer;   ///< n_layers is the answer
  uint32_t    group;   ///< Of panels
  uint32_t    column;  ///< See neume_plan_back()
  uint32_t    unit;    ///< Of rows
  uint32_t    part;    ///< Of the sums
  uint32_t    columns; ///< Of each frame in this layer
  NeumePieces groups;  ///< Of this layer
  NeumePieces units;   ///< Of this layer
} Cursor;

/** A unit of work: some rows of the column of each frame of the pass. */
typedef struct {
  uint32_t      back;   ///< Of the column, frames of a context
  uint32_t      first;  ///< First row
  uint32_t      rows;   ///< Rows
  uint32_t      panel;  ///< First panel of a convolution
  uint32_t      panels; ///< Panels
  NeumePlanPart part;   ///< Of the sums
  bool          ends;   ///< No part comes after that
} Unit;

struct NeumeCnn {
  const NeumeKernels*    kernels;    ///< Inner loops
  const NeumeCnnWeights* weights;    ///< Constant, the model's or its own
  NeumeCnnWeights*       own;        ///< Packed for this engine alone, or NULL
  float*                 memory;     ///< Owns tile and all columns
  float*                 tile;       ///< [NEUME_UNIT_ROWS][NEUME_PANEL]
  uint32_t               interleave; ///< Contexts
  uint32_t               batch;      ///< Most frames of a pass
  uint32_t               frames;     ///< Frames of this pass, or the last
  uint64_t               known;      ///< Frames since the reset
  uint32_t               lookahead;  ///< In force, frames of a context
  uint32_t               wanted;     ///< Look-ahead from the next frame on
  bool                   busy;       ///< A pass is under way
  uint64_t               done;       ///< Cost of what was done in this pass
  Cursor                 next;       ///< What comes next in this pass
  NeumeAnswer            answers[NEUME_BATCH_MAX];       ///< Of the last pass
  Columns                columns[NEUME_LAYERS_MAX + 1U]; ///< Of each map
  NeumePlan              plan;                           ///< Constant
};

/** Columns in the ring of map `m` that are newer than the final one that lies
    `back` from frame `frame` of the pass. */
static uint32_t newer(const NeumeCnn* const cnn,
                      const uint32_t        m,
                      const uint32_t        frame,
                      const uint32_t        back) NEUME_REALTIME
{
  const uint32_t ago = back - cnn->plan.maps[m].edge;
  return ago * cnn->interleave + cnn->frames - 1 - frame;
}

/** Where in its ring the column of map `m` is than which `n` are newer. */
static uint32_t ring_index(const NeumeCnn* const cnn,
                           const uint32_t        m,
                           const uint32_t        n) NEUME_REALTIME
{
  const uint32_t head   = cnn->columns[m].head;
  const uint32_t length = cnn->columns[m].length;
  return head >= n ? head - n : head + length - n;
}

/** The column of map `m` that lies `back` from frame `frame` of the pass. */
static float* column_at(const NeumeCnn* const cnn,
                        const uint32_t        m,
                        const uint32_t        frame,
                        const uint32_t        back) NEUME_REALTIME
{
  const NeumePlanMap* const map     = &cnn->plan.maps[m];
  const Columns* const      columns = &cnn->columns[m];
  if (map->tail) {
    return columns->ring + (size_t)frame * map->stride;
  }
  if (back < map->edge) {
    const size_t index = (size_t)back * cnn->batch + frame;
    return columns->provisional + index * map->stride;
  }
  const uint32_t n = newer(cnn, m, frame, back);
  if (n >= cnn->known) { // Before the first frame: read, never written
    return columns->silence;
  }
  return columns->ring + (size_t)ring_index(cnn, m, n) * map->stride;
}

/** Columns of map `m`, `back` from `frame` and from each frame after it, that
    lie one after the other in memory. */
static uint32_t contiguous(const NeumeCnn* const cnn,
                           const uint32_t        m,
                           const uint32_t        frame,
                           const uint32_t        back) NEUME_REALTIME
{
  const NeumePlanMap* const map  = &cnn->plan.maps[m];
  const uint32_t            left = cnn->frames - frame;
  if (map->tail || back < map->edge) {
    return left;
  }
  const uint32_t n = newer(cnn, m, frame, back);
  if (n >= cnn->known) {
    return 1;
  }
  const uint32_t end = cnn->columns[m].length - ring_index(cnn, m, n);
  return left < end ? left : end;
}

/** A block of a unit of convolution: `rows` rows from `row` of the column of
    `frame` on; where columns are single rows, those of as many frames.

    Sums begin with the bias, or where the part before left them, in `tile`;
    they end there or, activated, in their columns.
*/
static void conv_block(NeumeCnn* const   cnn,
                       const Unit* const unit,
                       const uint32_t    frame,
                       const uint32_t    row,
                       const uint32_t    rows,
                       float* const      tile) NEUME_REALTIME
{
  const uint32_t              l      = cnn->next.layer;
  const NeumePlanLayer* const layer  = &cnn->plan.layers[l];
  const NeumePlanMap* const   in     = &cnn->plan.maps[l];
  const NeumePlanMap* const   out    = in + 1;
  const NeumePlanPart* const  part   = &unit->part;
  const bool                  single = out->rows == 1;
  const uint32_t              first  = unit->panel * NEUME_PANEL;
  const uint32_t              width  = unit->panels * NEUME_PANEL;
  const uint32_t              left   = out->channels - first;
  const uint32_t              step   = single ? out->stride : out->channels;
  float* const column = column_at(cnn, l + 1, frame, unit->back) +
                        (size_t)(out->pad_low + row) * out->channels + first;

  const float*   a[NEUME_CONTEXT];
  const size_t   offset = (size_t)row * in->channels + part->offset;
  const uint32_t oldest = unit->back + layer->left;
  for (uint32_t t = 0; t < part->taps; ++t) {
    const uint32_t ago = (part->tap + t) * layer->dilation;
    a[t]               = column_at(cnn, l, frame, oldest - ago) + offset;
  }

  const bool       begins = !part->tap && !part->offset;
  const bool       direct = unit->ends && width <= left;
  const size_t     depth  = layer->depth;
  const size_t     panel  = layer->taps * depth * NEUME_PANEL;
  const size_t     skip   = (part->tap * depth + part->offset) * NEUME_PANEL;
  const NeumeBlock block  = {
     .rows      = rows,
     .panels    = unit->panels,
     .taps      = part->taps,
     .depth     = part->depth,
     .a         = a,
     .b         = cnn->weights->weight[l] + unit->panel * panel + skip,
     .from      = begins ? cnn->weights->bias[l] + first : tile,
     .to        = direct ? column : tile,
     .a_step    = single ? in->stride : in->channels,
     .b_step    = panel,
     .from_step = begins ? 0 : width,
     .to_step   = direct ? step : width,
     .slope     = unit->ends ? layer->slope : 1.0F,
  };
  cnn->kernels->block(&block);

  // The last panel may be wider than what is left of a row
  for (uint32_t i = 0; unit->ends && !direct && i < rows; ++i) {
    memcpy(column + (size_t)i * step,
           tile + (size_t)i * width,
           left * sizeof(float));
  }
}

/** Frames from `frame` on of which a unit's columns lie one after the other. */
static uint32_t together(const NeumeCnn* const cnn,
                         const Unit* const     unit,
                         const uint32_t        frame) NEUME_REALTIME
{
  const uint32_t              l      = cnn->next.layer;
  const NeumePlanLayer* const layer  = &cnn->plan.layers[l];
  const uint32_t              oldest = unit->back + layer->left;
  uint32_t                    n = contiguous(cnn, l + 1, frame, unit->back);
  for (uint32_t t = 0; n > 1 && t < unit->part.taps; ++t) {
    const uint32_t ago  = (unit->part.tap + t) * layer->dilation;
    const uint32_t most = contiguous(cnn, l, frame, oldest - ago);
    n                   = most < n ? most : n;
  }
  return n;
}

/** One unit of a convolution. */
static void conv_unit(NeumeCnn* const   cnn,
                      const Unit* const unit) NEUME_REALTIME
{
  const bool     single = cnn->plan.maps[cnn->next.layer + 1].rows == 1;
  const uint32_t width  = unit->panels * NEUME_PANEL;
  for (uint32_t frame = 0, n = 1; frame < cnn->frames; frame += n) {
    n = single ? together(cnn, unit, frame) : 1;
    const NeumePieces blocks =
      neume_pieces(single ? n : unit->rows, NEUME_BLOCK);
    for (uint32_t i = 0; i < blocks.count; ++i) {
      const uint32_t begin = neume_piece_begin(blocks, i);
      conv_block(cnn,
                 unit,
                 frame + (single ? begin : 0),
                 unit->first + (single ? 0 : begin),
                 neume_piece_size(blocks, i),
                 cnn->tile + (size_t)begin * width);
    }
  }
  cnn->done +=
    cnn->frames * neume_plan_conv_cost(unit->rows, unit->panels, &unit->part);
}

/** What pooling makes of `x` and `y`, rows of `n` channels, in `to`. */
static void pool_two(const NeumeLayerType type,
                     const uint32_t       n,
                     const float* const   x,
                     const float* const   y,
                     float* const         to) NEUME_REALTIME
{
  if (type == NEUME_LAYER_MAX_POOL) {
    for (uint32_t c = 0; c < n; ++c) {
      to[c] = y[c] > x[c] ? y[c] : x[c];
    }
  } else {
    for (uint32_t c = 0; c < n; ++c) {
      to[c] = x[c] + y[c];
    }
  }
}

/** Make `rows` rows of `n` channels, `y`, of `size` times as many, `x`. */
static void pool(const NeumePlanLayer* const layer,
                 const uint32_t              rows,
                 const uint32_t              n,
                 const float*                x,
                 float*                      y) NEUME_REALTIME
{
  const float scale = 1.0F / (float)layer->size;
  for (uint32_t i = 0; i < rows; ++i, y += n) {
    const float* sum = x;
    x += n;
    if (layer->size == 1) {
      memcpy(y, sum, n * sizeof(float));
    }
    for (uint32_t k = 1; k < layer->size; ++k, x += n, sum = y) {
      pool_two(layer->type, n, sum, x, y);
    }
    for (uint32_t c = 0; c < n && layer->type == NEUME_LAYER_AVG_POOL; ++c) {
      y[c] *= scale;
    }
  }
}

/** One unit of pooling. */
static void pool_unit(NeumeCnn* const   cnn,
                      const Unit* const unit) NEUME_REALTIME
{
  const uint32_t              l     = cnn->next.layer;
  const NeumePlanLayer* const layer = &cnn->plan.layers[l];
  const NeumePlanMap* const   out   = &cnn->plan.maps[l + 1];
  const size_t                n     = out->channels;
  for (uint32_t frame = 0; frame < cnn->frames; ++frame) {
    pool(layer,
         unit->rows,
         out->channels,
         column_at(cnn, l, frame, unit->back) + layer->size * n * unit->first,
         column_at(cnn, l + 1, frame, unit->back) +
           (out->pad_low + unit->first) * n);
  }
  cnn->done +=
    cnn->frames * neume_plan_pool_cost(unit->rows, layer->size, out->channels);
}

/** The answers of the pass. */
static void answer_all(NeumeCnn* const cnn) NEUME_REALTIME
{
  const uint32_t n      = cnn->plan.n_layers;
  const bool     onsets = cnn->plan.maps[n].channels > NEUME_CLASSES;
  for (uint32_t i = 0; i < cnn->frames; ++i) {
    neume_answer(column_at(cnn, n, i, 0), onsets, &cnn->answers[i]);
  }
}

/** Come to layer `l`, or to the answer. */
static void go_to(NeumeCnn* const cnn, const uint32_t l) NEUME_REALTIME
{
  Cursor at = { .layer = l };
  if (l < cnn->plan.n_layers) {
    const NeumePlanLayer* const layer = &cnn->plan.layers[l];
    const uint32_t              rows  = cnn->plan.maps[l + 1].rows;
    const uint32_t              equal = rows > 1 ? rows : cnn->frames;
    at.columns = neume_plan_columns(layer, cnn->lookahead);
    at.groups  = neume_pieces(layer->panels, neume_plan_wide(equal));
    at.units   = neume_pieces(rows, layer->unit_rows);
  }
  cnn->next = at;
}

/** Do the next unit of work of a pass and move on. */
static void step(NeumeCnn* const cnn) NEUME_REALTIME
{
  Cursor* const at = &cnn->next;
  if (at->layer == cnn->plan.n_layers) {
    answer_all(cnn);
    cnn->busy = false;
    return;
  }

  const NeumePlanLayer* const layer = &cnn->plan.layers[at->layer];
  uint32_t                    parts = 1;
  Unit                        unit  = {
                            .back = neume_plan_back(layer, cnn->lookahead, at->column),
                            .first  = neume_piece_begin(at->units, at->unit),
                            .rows   = neume_piece_size(at->units, at->unit),
                            .panel  = neume_piece_begin(at->groups, at->group),
                            .panels = neume_piece_size(at->groups, at->group),
  };
  if (layer->size) {
    pool_unit(cnn, &unit);
  } else {
    const uint32_t taps = neume_plan_taps(layer, unit.back);
    parts               = neume_plan_parts(layer, taps);
    unit.part           = neume_plan_part(layer, taps, at->part);
    unit.ends           = at->part + 1 == parts;
    conv_unit(cnn, &unit);
  }

  if (++at->part < parts) {
    return;
  }
  at->part = 0;
  if (++at->unit < at->units.count) {
    return;
  }
  at->unit = 0;
  if (++at->column < at->columns) {
    return;
  }
  at->column = 0;
  if (++at->group < at->groups.count) {
    return;
  }
  go_to(cnn, at->layer + 1);
}

/** Fill the ring of map `m` with silence. */
static void silence(NeumeCnn* const cnn, const uint32_t m)
{
  const Columns* const columns = &cnn->columns[m];
  const size_t         stride  = cnn->plan.maps[m].stride;
  for (uint32_t i = 0; i < columns->length; ++i) {
    memcpy(
      columns->ring + i * stride, columns->silence, stride * sizeof(float));
  }
}

/** Find every map's answer to endless silence, from a fresh engine. */
static void learn_silence(NeumeCnn* const cnn)
{
  const uint32_t lookahead = cnn->lookahead;
  cnn->lookahead           = cnn->plan.right; // Only final columns
  cnn->frames              = 1;
  cnn->known               = UINT64_MAX; // All that the rings are filled with
  go_to(cnn, 0);
  for (uint32_t l = 0; l < cnn->plan.n_layers; ++l) {
    silence(cnn, l);
    while (cnn->next.layer == l) {
      step(cnn);
    }
    memcpy(cnn->columns[l + 1].silence,
           column_at(cnn, l + 1, 0, cnn->plan.maps[l + 1].edge),
           cnn->plan.maps[l + 1].stride * sizeof(float));
  }
  cnn->lookahead = lookahead;
}

/** Place tile and columns in `memory`, or only count them if that is NULL. */
static uint64_t place(NeumeCnn* const cnn, float* const memory)
{
  const uint64_t tile = (uint64_t)NEUME_UNIT_ROWS * NEUME_PANEL;
  uint64_t       used = tile;
  cnn->tile           = memory;
  for (uint32_t m = 0; m <= cnn->plan.n_layers; ++m) {
    const NeumePlanMap* const map     = &cnn->plan.maps[m];
    Columns* const            columns = &cnn->columns[m];
    const uint64_t            stride  = map->stride;
    const uint64_t            provisional =
      map->tail ? 0 : (uint64_t)cnn->batch * map->edge;
    columns->length =
      cnn->batch + (map->tail ? 0 : map->span * cnn->interleave);
    if (memory) {
      columns->ring        = memory + used;
      columns->provisional = columns->ring + stride * columns->length;
      columns->silence     = columns->provisional + stride * provisional;
    }
    used += stride * ((uint64_t)columns->length + provisional + 1U);
  }
  return used;
}

NeumeStatus neume_cnn_new(const NeumeModel* const   model,
                          const uint32_t            interleave,
                          const uint32_t            batch,
                          const NeumeKernels* const kernels,
                          NeumeCnn** const          cnn)
{
  *cnn = NULL;
  if (!interleave || interleave > NEUME_INTERLEAVE_MAX || !batch ||
      batch > NEUME_BATCH_MAX) {
    return NEUME_ERR_RANGE;
  }
  NeumeCnn* const made = calloc(1, sizeof(*made));
  if (!made) {
    return NEUME_ERR_MEMORY;
  }
  made->kernels    = kernels;
  made->interleave = interleave;
  made->batch      = batch;

  // A pass of many frames is never spread, and units cost less uncut
  NeumeStatus status =
    neume_plan_init(&made->plan, model, batch > 1 ? 1 : NEUME_SLICES_MAX);
  made->weights = model->packed;
  if (!status && !made->weights) {
    status        = neume_cnn_weights_new(model, &made->own);
    made->weights = made->own;
  }
  if (!status) {
    const uint64_t floats = place(made, NULL);
    if (floats > FLOATS_MAX) {
      status = NEUME_ERR_RANGE;
    } else {
      const size_t bytes = (size_t)floats * sizeof(float);
      made->memory       = aligned_alloc(ALIGNMENT, bytes);
      status             = made->memory ? NEUME_SUCCESS : NEUME_ERR_MEMORY;
      if (made->memory) {
        memset(made->memory, 0, bytes);
        place(made, made->memory);
      }
    }
  }
  if (status) {
    neume_cnn_free(made);
    return status;
  }

  learn_silence(made);
  neume_cnn_reset(made);
  *cnn = made;
  return NEUME_SUCCESS;
}

void neume_cnn_free(NeumeCnn* const cnn)
{
  if (cnn) {
    neume_cnn_weights_free(cnn->own);
    free(cnn->memory);
    free(cnn);
  }
}

void neume_cnn_reset(NeumeCnn* const cnn) NEUME_REALTIME
{
  // To fill the rings, as large as they are, would take longer than a block
  const uint32_t n = cnn->plan.n_layers;
  cnn->known       = 0;
  cnn->frames      = 1;
  memcpy(column_at(cnn, n, 0, 0),
         cnn->columns[n].silence,
         cnn->plan.maps[n].stride * sizeof(float));
  answer_all(cnn);
  cnn->busy      = false;
  cnn->lookahead = cnn->wanted;
}

void neume_cnn_set_lookahead(NeumeCnn* const cnn,
                             const uint32_t  frames) NEUME_REALTIME
{
  cnn->wanted = frames < cnn->plan.right ? frames : cnn->plan.right;
  if (!cnn->busy) {
    cnn->lookahead = cnn->wanted;
  }
}

uint32_t neume_cnn_lookahead(const NeumeCnn* const cnn) NEUME_REALTIME
{
  return cnn->lookahead;
}

void neume_cnn_begin(NeumeCnn* const cnn,
                     const float*    columns,
                     const uint32_t  n) NEUME_REALTIME
{
  neume_cnn_advance(cnn, UINT32_MAX);
  cnn->lookahead = cnn->wanted;
  cnn->frames    = n;
  cnn->known += n;
  for (uint32_t m = 0; m <= cnn->plan.n_layers; ++m) {
    Columns* const map = &cnn->columns[m];
    map->head          = (map->head + n) % map->length;
  }
  const NeumePlanMap* const map  = &cnn->plan.maps[0];
  const size_t              size = (size_t)map->rows * map->channels;
  for (uint32_t i = 0; i < n; ++i, columns += size) {
    memcpy(column_at(cnn, 0, i, 0) + (size_t)map->pad_low * map->channels,
           columns,
           size * sizeof(float));
  }
  go_to(cnn, 0);
  cnn->done = 0;
  cnn->busy = true;
}

uint32_t neume_cnn_slices(const NeumeCnn* const cnn) NEUME_REALTIME
{
  return neume_plan_slices(&cnn->plan, cnn->lookahead);
}

bool neume_cnn_advance(NeumeCnn* const cnn,
                       const uint32_t  slices) NEUME_REALTIME
{
  const uint32_t all  = neume_cnn_slices(cnn);
  const uint64_t cost = cnn->plan.costs[cnn->lookahead];
  const uint64_t goal = slices < all ? cost * slices / all : UINT64_MAX;
  while (cnn->busy && cnn->done < goal) {
    step(cnn);
  }
  return !cnn->busy;
}

const float* neume_cnn_output(const NeumeCnn* const cnn,
                              const uint32_t        i) NEUME_REALTIME
{
  return cnn->answers[i].log_p;
}

float neume_cnn_onset(const NeumeCnn* const cnn,
                      const uint32_t        i) NEUME_REALTIME
{
  return cnn->answers[i].onset;
}
