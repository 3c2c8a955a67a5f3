// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#include "cnn.h"

#include "attributes.h"
#include "cnn_plan.h"
#include "cnn_weights.h"
#include "constants.h"
#include "kernels.h"
#include "model.h"
#include "status.h"

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define ALIGNMENT  64U           ///< Bytes, a cache line
#define FLOATS_MAX (1ULL << 28U) ///< Most floats of columns, 1 GiB

/** The columns of a map that are kept.

    Final columns stand in a ring in the order of the engine's frames, so that
    those of one context lie `interleave` columns apart.  Provisional columns
    live for a pass only and serve every context.
*/
typedef struct {
  float*   ring;        ///< Final columns, or the only one of a tail map
  float*   provisional; ///< By how far back they lie
  float*   silence;     ///< Answer to endless silence
  uint32_t length;      ///< Columns in the ring
  uint32_t head;        ///< Newest column in the ring
} Columns;

/** The next unit of work, the last index running fastest: a panel's weights
    stay in the cache while they go over all columns. */
typedef struct {
  uint32_t layer;  ///< n_layers is the answer
  uint32_t panel;  ///< Of output channels
  uint32_t column; ///< See neume_plan_back()
  uint32_t block;  ///< Of rows
  uint32_t part;   ///< Of the sums
} Cursor;

struct NeumeCnn {
  const NeumeKernels*    kernels;    ///< Inner loops
  const NeumeCnnWeights* weights;    ///< Constant, the model's or its own
  NeumeCnnWeights*       own;        ///< Packed for this engine alone, or NULL
  float*                 memory;     ///< Owns tile and all columns
  float*                 tile;       ///< [NEUME_UNIT_ROWS][NEUME_PANEL]
  uint32_t               interleave; ///< Contexts
  uint32_t               lookahead;  ///< In force, frames of a context
  uint32_t               wanted;     ///< Look-ahead from the next frame on
  bool                   busy;       ///< A pass is under way
  uint64_t               done;       ///< Cost of what was done in this pass
  Cursor                 next;       ///< What comes next in this pass
  float                  output[NEUME_CLASSES]; ///< Of the last whole pass
  float                  onset;                 ///< Of the same, 0 if not told
  Columns                columns[NEUME_LAYERS_MAX + 1U]; ///< Of each map
  NeumePlan              plan;                           ///< Constant
};

/** The column of map `m` that lies `back` from the newest frame. */
static float* column_at(const NeumeCnn* const cnn,
                        const uint32_t        m,
                        const uint32_t        back) NEUME_REALTIME
{
  const NeumePlanMap* const map     = &cnn->plan.maps[m];
  const Columns* const      columns = &cnn->columns[m];
  if (map->tail) {
    return columns->ring;
  }
  if (back < map->edge) {
    return columns->provisional + (size_t)back * map->stride;
  }
  const uint32_t steps = (back - map->edge) * cnn->interleave;
  const uint32_t head  = columns->head;
  const uint32_t index =
    head >= steps ? head - steps : head + columns->length - steps;
  return columns->ring + (size_t)index * map->stride;
}

/** Write `rows` rows of a panel, activated, into a column; the last panel may
    be less wide than a row of the tile.

    The activation is written without a comparison, since compilers make a
    branch of one, and signs are hard to predict.
*/
static void store(float* restrict tile,
                  const uint32_t rows,
                  const uint32_t width,
                  const float    slope,
                  float* restrict to,
                  const uint32_t channels) NEUME_REALTIME
{
  const float even = 0.5F * (1.0F - slope);
  const float odd  = 0.5F * (1.0F + slope);
  for (uint32_t i = 0; i < rows; ++i, tile += NEUME_PANEL, to += channels) {
    for (uint32_t j = 0; j < NEUME_PANEL; ++j) {
      tile[j] = odd * tile[j] + even * fabsf(tile[j]);
    }
    memcpy(to, tile, width * sizeof(float));
  }
}

/** One unit of a convolution; returns the number of parts. */
static uint32_t conv_unit(NeumeCnn* const cnn,
                          const uint32_t  back,
                          const uint32_t  row,
                          const uint32_t  rows) NEUME_REALTIME
{
  const Cursor* const         at    = &cnn->next;
  const NeumePlanLayer* const layer = &cnn->plan.layers[at->layer];
  const NeumePlanMap* const   in    = &cnn->plan.maps[at->layer];
  const NeumePlanMap* const   out   = in + 1;

  const uint32_t      taps  = neume_plan_taps(layer, back);
  const uint32_t      parts = neume_plan_parts(layer, taps);
  const NeumePlanPart part  = neume_plan_part(layer, taps, at->part);
  const float* const  bias =
    cnn->weights->bias[at->layer] + (size_t)at->panel * NEUME_PANEL;
  const size_t weight =
    ((size_t)at->panel * layer->taps + part.tap) * layer->depth + part.offset;

  if (!at->part) {
    for (uint32_t i = 0; i < rows; ++i) {
      memcpy(
        cnn->tile + (size_t)i * NEUME_PANEL, bias, NEUME_PANEL * sizeof(float));
    }
  }

  const float*   a[NEUME_CONTEXT];
  const size_t   offset = (size_t)row * in->channels + part.offset;
  const uint32_t oldest = back + layer->left;
  for (uint32_t t = 0; t < part.taps; ++t) {
    const uint32_t ago = (part.tap + t) * layer->dilation;
    a[t]               = column_at(cnn, at->layer, oldest - ago) + offset;
  }
  cnn->kernels->gemm(rows,
                     part.taps,
                     part.depth,
                     a,
                     in->channels,
                     cnn->weights->weight[at->layer] + weight * NEUME_PANEL,
                     cnn->tile);
  cnn->done += neume_plan_conv_cost(rows, &part);

  if (at->part + 1 == parts) {
    const uint32_t first = at->panel * NEUME_PANEL;
    const uint32_t left  = out->channels - first;
    store(cnn->tile,
          rows,
          left < NEUME_PANEL ? left : NEUME_PANEL,
          layer->slope,
          column_at(cnn, at->layer + 1, back) +
            (size_t)(out->pad_low + row) * out->channels + first,
          out->channels);
  }
  return parts;
}

/** One unit of pooling. */
static void pool_unit(NeumeCnn* const cnn,
                      const uint32_t  back,
                      const uint32_t  row,
                      const uint32_t  rows) NEUME_REALTIME
{
  const uint32_t              l     = cnn->next.layer;
  const NeumePlanLayer* const layer = &cnn->plan.layers[l];
  const NeumePlanMap* const   out   = &cnn->plan.maps[l + 1];
  const uint32_t              n     = out->channels;

  const float* x = column_at(cnn, l, back) + (size_t)row * layer->size * n;
  float* y = column_at(cnn, l + 1, back) + (size_t)(out->pad_low + row) * n;
  const float scale = 1.0F / (float)layer->size;
  for (uint32_t i = 0; i < rows; ++i, x += n, y += n) {
    memcpy(y, x, n * sizeof(float));
    for (uint32_t k = 1; k < layer->size; ++k) {
      x += n;
      if (layer->type == NEUME_LAYER_MAX_POOL) {
        for (uint32_t c = 0; c < n; ++c) {
          y[c] = x[c] > y[c] ? x[c] : y[c];
        }
      } else {
        for (uint32_t c = 0; c < n; ++c) {
          y[c] += x[c];
        }
      }
    }
    if (layer->type == NEUME_LAYER_AVG_POOL) {
      for (uint32_t c = 0; c < n; ++c) {
        y[c] *= scale;
      }
    }
  }
  cnn->done += neume_plan_pool_cost(rows, layer->size, n);
}

/** The last column's answer: logarithm of the softmax of the classes, and
    sigmoid of the onset. */
static void answer(NeumeCnn* const cnn) NEUME_REALTIME
{
  const uint32_t     n   = cnn->plan.n_layers;
  const float* const x   = cnn->columns[n].ring;
  float              max = x[0];
  for (uint32_t i = 1; i < NEUME_CLASSES; ++i) {
    max = x[i] > max ? x[i] : max;
  }
  float sum = 0.0F;
  for (uint32_t i = 0; i < NEUME_CLASSES; ++i) {
    sum += expf(x[i] - max);
  }
  const float norm = max + logf(sum);
  for (uint32_t i = 0; i < NEUME_CLASSES; ++i) {
    cnn->output[i] = x[i] - norm;
  }
  if (cnn->plan.maps[n].channels > NEUME_CLASSES) {
    cnn->onset = 1.0F / (1.0F + expf(-x[NEUME_CLASSES])); // expf() may be inf
  }
}

/** Do the next unit of work of a pass and move on. */
static void step(NeumeCnn* const cnn) NEUME_REALTIME
{
  Cursor* const at = &cnn->next;
  if (at->layer == cnn->plan.n_layers) {
    answer(cnn);
    cnn->busy = false;
    return;
  }

  const NeumePlanLayer* const layer = &cnn->plan.layers[at->layer];
  const uint32_t              all   = cnn->plan.maps[at->layer + 1].rows;
  const uint32_t row   = neume_row_split(all, layer->blocks, at->block);
  const uint32_t end   = neume_row_split(all, layer->blocks, at->block + 1);
  const uint32_t back  = neume_plan_back(layer, cnn->lookahead, at->column);
  uint32_t       parts = 1;
  if (layer->size) {
    pool_unit(cnn, back, row, end - row);
  } else {
    parts = conv_unit(cnn, back, row, end - row);
  }

  if (++at->part < parts) {
    return;
  }
  at->part = 0;
  if (++at->block < layer->blocks) {
    return;
  }
  at->block = 0;
  if (++at->column < neume_plan_columns(layer, cnn->lookahead)) {
    return;
  }
  at->column = 0;
  if (++at->panel < layer->panels) {
    return;
  }
  at->panel = 0;
  ++at->layer;
}

/** Where map `m` expects the rows of its newest final column. */
static float* newest(const NeumeCnn* const cnn, const uint32_t m) NEUME_REALTIME
{
  return column_at(cnn, m, cnn->plan.maps[m].edge);
}

/** Make the past of map `m` silence. */
static void silence(NeumeCnn* const cnn, const uint32_t m) NEUME_REALTIME
{
  Columns* const columns = &cnn->columns[m];
  const size_t   stride  = cnn->plan.maps[m].stride;
  for (uint32_t i = 0; i < columns->length; ++i) {
    memcpy(
      columns->ring + i * stride, columns->silence, stride * sizeof(float));
  }
  columns->head = 0;
}

/** Find every map's answer to endless silence, from a fresh engine. */
static void learn_silence(NeumeCnn* const cnn)
{
  const uint32_t lookahead = cnn->lookahead;
  cnn->lookahead           = cnn->plan.right; // Only final columns
  memset(&cnn->next, 0, sizeof(cnn->next));
  for (uint32_t l = 0; l < cnn->plan.n_layers; ++l) {
    silence(cnn, l);
    while (cnn->next.layer == l) {
      step(cnn);
    }
    memcpy(cnn->columns[l + 1].silence,
           newest(cnn, l + 1),
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
    const NeumePlanMap* const map         = &cnn->plan.maps[m];
    Columns* const            columns     = &cnn->columns[m];
    const uint64_t            stride      = map->stride;
    const uint32_t            provisional = map->tail ? 0 : map->edge;
    columns->length = map->tail ? 1 : map->span * cnn->interleave + 1;
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
                          const NeumeKernels* const kernels,
                          NeumeCnn** const          cnn)
{
  *cnn = NULL;
  if (!interleave || interleave > NEUME_INTERLEAVE_MAX) {
    return NEUME_ERR_RANGE;
  }
  NeumeCnn* const made = calloc(1, sizeof(*made));
  if (!made) {
    return NEUME_ERR_MEMORY;
  }
  made->kernels    = kernels;
  made->interleave = interleave;

  NeumeStatus status = neume_plan_init(&made->plan, model);
  made->weights      = model->packed;
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
  for (uint32_t m = 0; m <= cnn->plan.n_layers; ++m) {
    silence(cnn, m);
  }
  answer(cnn);
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

void neume_cnn_begin(NeumeCnn* const    cnn,
                     const float* const column) NEUME_REALTIME
{
  neume_cnn_advance(cnn, UINT32_MAX);
  cnn->lookahead = cnn->wanted;
  for (uint32_t m = 0; m <= cnn->plan.n_layers; ++m) {
    Columns* const columns = &cnn->columns[m];
    columns->head = columns->head + 1 < columns->length ? columns->head + 1 : 0;
  }
  const NeumePlanMap* const map = &cnn->plan.maps[0];
  memcpy(newest(cnn, 0) + (size_t)map->pad_low * map->channels,
         column,
         (size_t)map->rows * map->channels * sizeof(float));
  memset(&cnn->next, 0, sizeof(cnn->next));
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

const float* neume_cnn_output(const NeumeCnn* const cnn) NEUME_REALTIME
{
  return cnn->output;
}

float neume_cnn_onset(const NeumeCnn* const cnn) NEUME_REALTIME
{
  return cnn->onset;
}
