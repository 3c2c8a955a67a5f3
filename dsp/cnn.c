// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#include "cnn.h"

#include "answer.h"
#include "attributes.h"
#include "cnn_columns.h"
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
  bool          split;  ///< Old frames' part of the sums is made, or was, early
  bool          begins; ///< No part comes before that, but what was made early
  bool          ends;   ///< No part comes after that
} Unit;

struct NeumeCnn {
  const NeumeKernels*    kernels; ///< Inner loops
  const NeumeCnnWeights* weights; ///< Constant, the model's or its own
  NeumeCnnWeights*       own;     ///< Packed for this engine alone, or NULL
  float*                 memory;  ///< Owns all that follows
  float*                 tile;    ///< [NEUME_UNIT_ROWS][NEUME_PANEL]
  float*                 early[NEUME_LAYERS_MAX]; ///< [rows][panels][PANEL]
  uint32_t               lookahead; ///< In force, frames of a context
  uint32_t               wanted;    ///< Look-ahead from the next frame on
  bool                   busy;      ///< A pass is under way
  bool                   ready;     ///< Its early sums were made before it
  uint64_t               done;      ///< Cost of what was done of it
  Cursor                 next;      ///< What comes next
  NeumeAnswer            answers[NEUME_BATCH_MAX]; ///< Of the last pass
  NeumeColumns           columns; ///< Before, between and after all layers
  NeumePlan              plan;    ///< Constant
};

/** A block of a unit of convolution: `rows` rows from `row` of the column of
    `frame` on; where columns are single rows, those of as many frames.

    Sums begin with the bias or what was made early, or where the part before
    left them.  They end in `tile`, activated in their columns, or early.
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
  const bool                  early  = cnn->columns.early;
  const bool                  single = out->rows == 1;
  const uint32_t              first  = unit->panel * NEUME_PANEL;
  const uint32_t              width  = unit->panels * NEUME_PANEL;
  const uint32_t              whole  = layer->panels * NEUME_PANEL;
  const uint32_t              left   = out->channels - first;
  const uint32_t              step   = single ? out->stride : out->channels;

  const float*   a[NEUME_CONTEXT];
  const size_t   offset = (size_t)row * in->channels + part->offset;
  const uint32_t oldest = unit->back + layer->left;
  for (uint32_t t = 0; t < part->taps; ++t) {
    const uint32_t ago = (part->tap + t) * layer->dilation;
    a[t] = neume_columns_at(&cnn->columns, l, frame, oldest - ago) + offset;
  }

  const bool   direct = unit->ends && width <= left;
  const size_t depth  = layer->depth;
  const size_t panel  = layer->taps * depth * NEUME_PANEL;
  const size_t at =
    unit->panel * panel + (part->tap * depth + part->offset) * NEUME_PANEL;
  const uint16_t* const half = cnn->weights->half[l];
  float* const          sums =
    unit->split ? cnn->early[l] + (size_t)row * whole + first : NULL;
  float* const column =
    unit->ends ? neume_columns_at(&cnn->columns, l + 1, frame, unit->back) +
                   (size_t)(out->pad_low + row) * out->channels + first
               : NULL;

  NeumeBlock block = {
    .rows      = rows,
    .panels    = unit->panels,
    .taps      = part->taps,
    .depth     = part->depth,
    .a         = a,
    .b         = cnn->weights->weight[l] + at,
    .b_half    = half ? half + at : NULL,
    .from      = early ? sums : tile,
    .to        = early    ? sums
                 : direct ? column
                          : tile,
    .a_step    = single ? in->stride : in->channels,
    .b_step    = panel,
    .from_step = early ? whole : width,
    .to_step   = early    ? whole
                 : direct ? step
                          : width,
    .slope     = unit->ends ? layer->slope : 1.0F,
  };
  if (unit->begins && unit->split && !early) {
    block.from      = sums;
    block.from_step = whole;
  } else if (unit->begins) {
    block.from      = cnn->weights->bias[l] + first;
    block.from_step = 0;
  }
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
  uint32_t                    n =
    neume_columns_contiguous(&cnn->columns, l + 1, frame, unit->back);
  for (uint32_t t = 0; n > 1 && t < unit->part.taps; ++t) {
    const uint32_t ago = (unit->part.tap + t) * layer->dilation;
    const uint32_t most =
      neume_columns_contiguous(&cnn->columns, l, frame, oldest - ago);
    n = most < n ? most : n;
  }
  return n;
}

/** One unit of a convolution. */
static void conv_unit(NeumeCnn* const   cnn,
                      const Unit* const unit) NEUME_REALTIME
{
  const bool     single = cnn->plan.maps[cnn->next.layer + 1].rows == 1;
  const uint32_t width  = unit->panels * NEUME_PANEL;
  const uint32_t frames = cnn->columns.frames;
  for (uint32_t frame = 0, n = 1; frame < frames; frame += n) {
    n = single && frames > 1 ? together(cnn, unit, frame) : 1;
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
    frames * neume_plan_conv_cost(unit->rows, unit->panels, &unit->part);
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
  const NeumeColumns* const   at    = &cnn->columns;
  const size_t                n     = out->channels;
  for (uint32_t frame = 0; frame < at->frames; ++frame) {
    pool(layer,
         unit->rows,
         out->channels,
         neume_columns_at(at, l, frame, unit->back) +
           layer->size * n * unit->first,
         neume_columns_at(at, l + 1, frame, unit->back) +
           (out->pad_low + unit->first) * n);
  }
  cnn->done +=
    at->frames * neume_plan_pool_cost(unit->rows, layer->size, out->channels);
}

/** The answers of the pass. */
static void answer_all(NeumeCnn* const cnn) NEUME_REALTIME
{
  const uint32_t n      = cnn->plan.n_layers;
  const bool     onsets = cnn->plan.maps[n].channels > NEUME_CLASSES;
  for (uint32_t i = 0; i < cnn->columns.frames; ++i) {
    neume_answer(
      neume_columns_at(&cnn->columns, n, i, 0), onsets, &cnn->answers[i]);
  }
}

/** Come to layer `l`, or, early, to the next one that splits; or to the end. */
static void go_to(NeumeCnn* const cnn, uint32_t l) NEUME_REALTIME
{
  const NeumePlan* const plan  = &cnn->plan;
  const bool             early = cnn->columns.early;
  while (
    early && l < plan->n_layers &&
    !neume_plan_splits(&plan->layers[l],
                       neume_plan_back(&plan->layers[l], cnn->lookahead, 0))) {
    ++l;
  }
  Cursor at = { .layer = l };
  if (l < plan->n_layers) {
    const NeumePlanLayer* const layer = &plan->layers[l];
    const uint32_t              rows  = plan->maps[l + 1].rows;
    const uint32_t              equal = rows > 1 ? rows : cnn->columns.frames;
    at.columns = early ? 1 : neume_plan_columns(layer, cnn->lookahead);
    at.groups  = neume_pieces(layer->panels, neume_plan_wide(equal));
    at.units   = neume_pieces(rows, layer->unit_rows);
  }
  cnn->next = at;
}

/** Choose the part of a unit of convolution that comes next; returns how many
    parts there are. */
static uint32_t choose_part(const NeumeCnn* const cnn,
                            Unit* const           unit) NEUME_REALTIME
{
  const NeumePlanLayer* const layer = &cnn->plan.layers[cnn->next.layer];
  const bool                  early = cnn->columns.early;
  const uint32_t              all   = neume_plan_taps(layer, unit->back);

  unit->split = neume_plan_splits(layer, unit->back) && (early || cnn->ready);

  const uint32_t first = unit->split && !early ? all - 1 : 0;
  const uint32_t end   = early ? all - 1 : all;
  const uint32_t parts = neume_plan_parts(layer, end - first);

  unit->part = neume_plan_part(layer, end - first, cnn->next.part);
  unit->part.tap += first;
  unit->begins = !cnn->next.part;
  unit->ends   = !early && cnn->next.part + 1 == parts;
  return parts;
}

/** Do the next unit of work and move on. */
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
    parts = choose_part(cnn, &unit);
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

/** Find every map's answer to endless silence, from a fresh engine. */
static void learn_silence(NeumeCnn* const cnn)
{
  const uint32_t lookahead = cnn->lookahead;
  cnn->lookahead           = cnn->plan.right; // Only final columns
  cnn->columns.frames      = 1;
  cnn->columns.known       = UINT64_MAX; // All that the rings are filled with
  go_to(cnn, 0);
  for (uint32_t l = 0; l < cnn->plan.n_layers; ++l) {
    neume_columns_fill(&cnn->columns, l);
    while (cnn->next.layer == l) {
      step(cnn);
    }
    const NeumePlanMap* const map = &cnn->plan.maps[l + 1];
    memcpy(cnn->columns.maps[l + 1].silence,
           neume_columns_at(&cnn->columns, l + 1, 0, map->edge),
           map->stride * sizeof(float));
  }
  cnn->lookahead = lookahead;
}

/** Place all sums and columns in `memory`, or only count them if that is
    NULL. */
static uint64_t place(NeumeCnn* const cnn, float* const memory)
{
  const NeumePlan* const plan = &cnn->plan;
  uint64_t               used = (uint64_t)NEUME_UNIT_ROWS * NEUME_PANEL;
  cnn->tile                   = memory;
  for (uint32_t l = 0; l < plan->n_layers && cnn->columns.batch == 1; ++l) {
    if (plan->layers[l].taps > 1) {
      cnn->early[l] = memory ? memory + used : NULL;
      used +=
        (uint64_t)plan->maps[l + 1].rows * plan->layers[l].panels * NEUME_PANEL;
    }
  }
  return used +
         neume_columns_place(&cnn->columns, memory ? memory + used : NULL);
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
  made->kernels            = kernels;
  made->columns.plan       = &made->plan;
  made->columns.interleave = interleave;
  made->columns.batch      = batch;

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
      status = NEUME_ERR_SIZE;
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
  const uint32_t n    = cnn->plan.n_layers;
  cnn->columns.known  = 0;
  cnn->columns.frames = 1;
  cnn->columns.early  = false;
  memcpy(neume_columns_at(&cnn->columns, n, 0, 0),
         cnn->columns.maps[n].silence,
         cnn->plan.maps[n].stride * sizeof(float));
  answer_all(cnn);
  cnn->busy      = false;
  cnn->lookahead = cnn->wanted;
}

void neume_cnn_set_lookahead(NeumeCnn* const cnn,
                             const uint32_t  frames) NEUME_REALTIME
{
  cnn->wanted = frames < cnn->plan.right ? frames : cnn->plan.right;
  if (!cnn->busy && cnn->lookahead != cnn->wanted) {
    cnn->lookahead     = cnn->wanted;
    cnn->columns.early = false; // Other columns are final now
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
  neume_cnn_set_lookahead(cnn, cnn->wanted);
  cnn->ready = cnn->columns.early && cnn->next.layer == cnn->plan.n_layers;
  neume_columns_begin(&cnn->columns, n);
  const NeumePlanMap* const map  = &cnn->plan.maps[0];
  const size_t              size = (size_t)map->rows * map->channels;
  for (uint32_t i = 0; i < n; ++i, columns += size) {
    memcpy(neume_columns_at(&cnn->columns, 0, i, 0) +
             (size_t)map->pad_low * map->channels,
           columns,
           size * sizeof(float));
  }
  go_to(cnn, 0);
  cnn->done = 0;
  cnn->busy = true;
}

/** Cost of the pass under way, or of one. */
static uint64_t pass_cost(const NeumeCnn* const cnn) NEUME_REALTIME
{
  const NeumePlanCosts* const costs = &cnn->plan.costs[cnn->lookahead];
  return cnn->ready ? costs->ready : costs->whole;
}

uint32_t neume_cnn_slices(const NeumeCnn* const cnn) NEUME_REALTIME
{
  return neume_plan_slices(&cnn->plan, pass_cost(cnn));
}

/** Cost of `slices` of `all` that cost `cost`. */
static uint64_t cost_of(const uint32_t slices,
                        const uint32_t all,
                        const uint64_t cost) NEUME_REALTIME
{
  return slices < all ? cost * slices / all : UINT64_MAX;
}

bool neume_cnn_advance(NeumeCnn* const cnn,
                       const uint32_t  slices) NEUME_REALTIME
{
  const uint64_t goal = cost_of(slices, neume_cnn_slices(cnn), pass_cost(cnn));
  while (cnn->busy && cnn->done < goal) {
    step(cnn);
  }
  return !cnn->busy;
}

uint32_t neume_cnn_early_slices(const NeumeCnn* const cnn) NEUME_REALTIME
{
  return neume_plan_slices(&cnn->plan, cnn->plan.costs[cnn->lookahead].early);
}

void neume_cnn_prepare(NeumeCnn* const cnn,
                       const uint32_t  slices) NEUME_REALTIME
{
  if (cnn->busy || cnn->columns.batch > 1) {
    return;
  }
  if (!cnn->columns.early) {
    cnn->columns.early = true;
    cnn->done          = 0;
    go_to(cnn, 0);
  }
  const uint64_t goal = cost_of(
    slices, neume_cnn_early_slices(cnn), cnn->plan.costs[cnn->lookahead].early);
  while (cnn->next.layer < cnn->plan.n_layers && cnn->done < goal) {
    step(cnn);
  }
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
