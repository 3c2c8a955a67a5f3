// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#include "cnn_plan.h"

#include "attributes.h"
#include "constants.h"
#include "kernels.h"
#include "model.h"
#include "status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define LINE       16U           ///< Floats in a cache line
#define ROUND      8U            ///< Depths of parts are multiples of this
#define COLUMN_MAX (1ULL << 22U) ///< Most floats in a column

_Static_assert(NEUME_UNIT_ROWS % NEUME_BLOCK == 0, "units are whole blocks");

static uint32_t min_u32(const uint32_t a, const uint32_t b)
{
  return a < b ? a : b;
}

static uint32_t divide_up(const uint32_t a, const uint32_t b)
{
  return a / b + (a % b ? 1U : 0U);
}

uint32_t neume_plan_columns(const NeumePlanLayer* const layer,
                            const uint32_t lookahead) NEUME_REALTIME
{
  if (layer->tail || !layer->edge) {
    return 1;
  }
  // Those that the output depends on, as far as they are not final
  const uint32_t oldest = min_u32(layer->edge - 1, lookahead + layer->past);
  const uint32_t newest =
    lookahead > layer->after ? lookahead - layer->after : 0;
  return oldest < newest ? 1 : 2 + oldest - newest;
}

uint32_t neume_plan_back(const NeumePlanLayer* const layer,
                         const uint32_t              lookahead,
                         const uint32_t              i) NEUME_REALTIME
{
  if (layer->tail) {
    return lookahead;
  }
  return i ? min_u32(layer->edge - 1, lookahead + layer->past) - (i - 1)
           : layer->edge;
}

bool neume_plan_splits(const NeumePlanLayer* const layer,
                       const uint32_t              back) NEUME_REALTIME
{
  return layer->taps > 1 && back == layer->edge;
}

uint32_t neume_plan_taps(const NeumePlanLayer* const layer,
                         const uint32_t              back) NEUME_REALTIME
{
  return min_u32(layer->taps, (back + layer->left) / layer->dilation + 1);
}

uint32_t neume_plan_parts(const NeumePlanLayer* const layer,
                          const uint32_t              taps) NEUME_REALTIME
{
  return divide_up(taps, layer->tap_step) *
         divide_up(layer->depth, layer->depth_step);
}

NeumePlanPart neume_plan_part(const NeumePlanLayer* const layer,
                              const uint32_t              taps,
                              const uint32_t              i) NEUME_REALTIME
{
  const uint32_t per_tap = divide_up(layer->depth, layer->depth_step);
  const uint32_t tap     = i / per_tap * layer->tap_step;
  const uint32_t offset  = i % per_tap * layer->depth_step;

  const NeumePlanPart part = {
    .tap    = tap,
    .taps   = min_u32(layer->tap_step, taps - tap),
    .offset = offset,
    .depth  = min_u32(layer->depth_step, layer->depth - offset),
  };
  return part;
}

uint32_t neume_plan_wide(const uint32_t rows) NEUME_REALTIME
{
  return rows < NEUME_BLOCK ? NEUME_BLOCK / rows : 1;
}

uint64_t neume_plan_conv_cost(const uint32_t             rows,
                              const uint32_t             panels,
                              const NeumePlanPart* const part) NEUME_REALTIME
{
  // A single row takes longer than its sums: each weight is used just once
  const uint64_t sums = (uint64_t)part->taps * part->depth * panels;
  return (rows > 1 ? sums * rows : sums * 3U / 2U) + 24ULL * rows + 100U;
}

uint64_t neume_plan_pool_cost(const uint32_t rows,
                              const uint32_t size,
                              const uint32_t channels) NEUME_REALTIME
{
  return (uint64_t)rows * size * (channels / 4U + 9U) + 150U;
}

uint32_t neume_plan_slices(const NeumePlan* const plan,
                           const uint64_t         cost) NEUME_REALTIME
{
  const uint64_t slices = cost / NEUME_SLICE_COST;
  return slices < 1                  ? 1
         : slices > plan->slices_max ? plan->slices_max
                                     : (uint32_t)slices;
}

/** Cost of one column with `taps` taps. */
static uint64_t column_cost(const NeumePlanLayer* const layer,
                            const NeumePlanMap* const   out,
                            const uint32_t              taps)
{
  const NeumePieces units = neume_pieces(out->rows, layer->unit_rows);
  uint64_t          cost  = 0;
  if (layer->size) {
    for (uint32_t i = 0; i < units.count; ++i) {
      cost += neume_plan_pool_cost(
        neume_piece_size(units, i), layer->size, out->channels);
    }
    return cost;
  }

  const NeumePieces groups =
    neume_pieces(layer->panels, neume_plan_wide(out->rows));
  const uint32_t parts = neume_plan_parts(layer, taps);
  for (uint32_t i = 0; i < units.count * groups.count * parts; ++i) {
    const NeumePlanPart part = neume_plan_part(layer, taps, i % parts);
    cost +=
      neume_plan_conv_cost(neume_piece_size(units, i / parts / groups.count),
                           neume_piece_size(groups, i / parts % groups.count),
                           &part);
  }
  return cost;
}

static void sum_costs(NeumePlan* const plan)
{
  for (uint32_t lookahead = 0; lookahead <= plan->right; ++lookahead) {
    plan->costs[lookahead].whole = NEUME_ANSWER_COST;
    plan->costs[lookahead].early = 0;
    plan->costs[lookahead].ready = NEUME_ANSWER_COST;
  }
  for (uint32_t l = 0; l < plan->n_layers; ++l) {
    const NeumePlanLayer* const layer               = &plan->layers[l];
    uint64_t                    cost[NEUME_CONTEXT] = { 0 };
    for (uint32_t taps = 1; taps <= layer->taps; ++taps) {
      cost[taps - 1] = column_cost(layer, &plan->maps[l + 1], taps);
    }
    for (uint32_t lookahead = 0; lookahead <= plan->right; ++lookahead) {
      NeumePlanCosts* const costs   = &plan->costs[lookahead];
      const uint32_t        columns = neume_plan_columns(layer, lookahead);
      for (uint32_t i = 0; i < columns; ++i) {
        const uint32_t back  = neume_plan_back(layer, lookahead, i);
        const uint32_t taps  = neume_plan_taps(layer, back);
        const bool     split = neume_plan_splits(layer, back);
        costs->whole += cost[taps - 1];
        costs->early += split ? cost[taps - 2] : 0;
        costs->ready += cost[split ? 0 : taps - 1];
      }
    }
  }
}

/** Cut a layer into units that cost `target` or less, as far as that pays. */
static void cut(NeumePlanLayer* const     layer,
                const NeumePlanMap* const out,
                const uint64_t            target)
{
  layer->tap_step   = layer->taps;
  layer->depth_step = layer->depth;
  if (layer->size) {
    const uint64_t fit =
      target / neume_plan_pool_cost(1, layer->size, out->channels);
    layer->unit_rows =
      fit < 1 ? 1 : (uint32_t)(fit < out->rows ? fit : out->rows);
    return;
  }

  const uint32_t      rows   = min_u32(NEUME_BLOCK, out->rows);
  const uint32_t      panels = min_u32(layer->panels, neume_plan_wide(rows));
  const NeumePlanPart all    = { 0, layer->taps, 0, layer->depth };
  const NeumePlanPart tap    = { 0, 1, 0, layer->depth };
  const uint64_t      fit  = target / neume_plan_conv_cost(rows, panels, &all);
  const uint64_t      most = NEUME_UNIT_ROWS / NEUME_BLOCK;
  const uint32_t      unit = fit < 1 ? 1 : (uint32_t)(fit < most ? fit : most);
  layer->unit_rows         = unit * NEUME_BLOCK;
  if (!fit) {
    const uint64_t cost = neume_plan_conv_cost(rows, panels, &tap);
    layer->tap_step     = cost < target ? (uint32_t)(target / cost) : 1;
    if (cost > target) {
      const uint32_t pieces = (uint32_t)(cost / target) + 1;
      layer->depth_step =
        divide_up(divide_up(layer->depth, pieces), ROUND) * ROUND;
      layer->depth_step = min_u32(layer->depth_step, layer->depth);
    }
  }
}

/** Copy layer `l` and what it makes; false if it contradicts itself. */
static bool add_layer(NeumePlan* const        plan,
                      const uint32_t          l,
                      const NeumeLayer* const from)
{
  NeumePlanMap* const   in    = &plan->maps[l];
  NeumePlanMap* const   out   = &plan->maps[l + 1];
  NeumePlanLayer* const layer = &plan->layers[l];

  const bool conv  = from->type == NEUME_LAYER_CONV;
  const bool dense = from->type == NEUME_LAYER_DENSE;
  if (from->in_rows != in->rows || from->in_channels != in->channels ||
      !from->out_rows || !from->out_channels ||
      from->out_channels > COLUMN_MAX || from->pad_low > COLUMN_MAX ||
      from->pad_high > COLUMN_MAX) {
    return false;
  }

  in->pad_low         = conv ? from->pad_low : 0;
  in->pad_high        = conv ? from->pad_high : 0;
  const uint64_t high = (uint64_t)in->rows + in->pad_low + in->pad_high;
  if (high * in->channels > COLUMN_MAX) {
    return false;
  }
  in->stride    = divide_up((uint32_t)high * in->channels, LINE) * LINE;
  out->rows     = from->out_rows;
  out->channels = from->out_channels;

  layer->type     = from->type;
  layer->taps     = 1;
  layer->dilation = 1;
  layer->panels   = 1;
  if (conv || dense) {
    const uint32_t height = conv ? from->kernel_freq : in->rows;
    layer->slope          = from->activation == NEUME_LINEAR ? 1.0F
                            : from->activation == NEUME_RELU ? 0.0F
                                                             : from->slope;
    layer->panels         = divide_up(from->out_channels, NEUME_PANEL);
    layer->depth          = height * in->channels;
    if (!height || height > high || from->out_rows != high - height + 1) {
      return false;
    }
  } else {
    layer->size = from->size;
    if (!from->size || from->out_rows != in->rows / from->size ||
        from->out_channels != in->channels) {
      return false;
    }
  }
  if (conv) {
    layer->taps     = from->kernel_time;
    layer->dilation = from->dilation;
    layer->left     = from->left;
    if (!layer->dilation || !layer->taps || layer->taps > NEUME_CONTEXT ||
        from->left >= NEUME_CONTEXT || from->right >= NEUME_CONTEXT ||
        from->left % layer->dilation || from->right % layer->dilation ||
        (uint64_t)(layer->taps - 1) * layer->dilation !=
          from->left + from->right) {
      return false;
    }
    in->span = from->left + from->right;
  }
  return true;
}

/** Where in time each layer's columns lie; false if they reach too far. */
static bool add_time(NeumePlan* const plan, const NeumeModel* const model)
{
  uint32_t left  = 0;
  uint32_t right = 0;
  for (uint32_t l = 0; l < plan->n_layers; ++l) {
    plan->maps[l].edge = right;
    left += plan->layers[l].left;
    right += plan->maps[l].span - plan->layers[l].left;
    plan->layers[l].edge = right;
  }
  if (1 + left + right > NEUME_CONTEXT) {
    return false;
  }

  plan->right         = right;
  uint32_t seen_left  = 0;
  uint32_t seen_right = 0;
  for (uint32_t l = plan->n_layers; l-- > 0;) {
    plan->layers[l].past   = seen_left;
    plan->layers[l].after  = seen_right;
    plan->layers[l].tail   = !seen_left && !seen_right;
    plan->maps[l + 1].tail = plan->layers[l].tail;
    seen_left += plan->layers[l].left;
    seen_right += plan->maps[l].span - plan->layers[l].left;
  }
  return right == model->right && left == model->left;
}

NeumeStatus neume_plan_init(NeumePlan* const        plan,
                            const NeumeModel* const model,
                            const uint32_t          slices)
{
  memset(plan, 0, sizeof(*plan));
  plan->slices_max       = slices;
  plan->n_layers         = model->n_layers;
  plan->maps[0].rows     = model->front_end.bands;
  plan->maps[0].channels = model->front_end.stack;
  if (!plan->n_layers || plan->n_layers > NEUME_LAYERS_MAX ||
      !plan->maps[0].rows || !plan->maps[0].channels) {
    return NEUME_ERR_RANGE;
  }
  for (uint32_t l = 0; l < plan->n_layers; ++l) {
    if (!add_layer(plan, l, &model->layers[l])) {
      return NEUME_ERR_RANGE;
    }
  }

  NeumePlanMap* const last    = &plan->maps[plan->n_layers];
  const uint32_t      outputs = NEUME_CLASSES + (model->tells_onsets ? 1U : 0U);
  last->stride                = divide_up(outputs, LINE) * LINE;
  if (model->layers[plan->n_layers - 1].type != NEUME_LAYER_DENSE ||
      last->rows != 1 || last->channels != outputs || !add_time(plan, model)) {
    return NEUME_ERR_RANGE;
  }

  // What is left of a pass with full look-ahead, one column in each layer, is
  // the least: slices of other work are larger, units are not
  for (uint32_t l = 0; l < plan->n_layers; ++l) {
    cut(&plan->layers[l], &plan->maps[l + 1], UINT32_MAX);
  }
  sum_costs(plan);
  const uint64_t least  = plan->costs[plan->right].ready;
  const uint64_t target = least / neume_plan_slices(plan, least);
  for (uint32_t l = 0; l < plan->n_layers && slices > 1; ++l) {
    cut(&plan->layers[l], &plan->maps[l + 1], target);
  }
  sum_costs(plan);
  return NEUME_SUCCESS;
}
