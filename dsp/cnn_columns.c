// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#include "cnn_columns.h"

#include "attributes.h"
#include "cnn_plan.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

uint64_t neume_columns_place(NeumeColumns* const columns, float* const memory)
{
  uint64_t used = 0;
  for (uint32_t m = 0; m <= columns->plan->n_layers; ++m) {
    const NeumePlanMap* const map    = &columns->plan->maps[m];
    NeumeMapColumns* const    kept   = &columns->maps[m];
    const uint64_t            stride = map->stride;
    const uint64_t            provisional =
      map->tail ? 0 : (uint64_t)columns->batch * map->edge;
    kept->length =
      columns->batch + (map->tail ? 0 : map->span * columns->interleave);
    if (memory) {
      kept->ring        = memory + used;
      kept->provisional = kept->ring + stride * kept->length;
      kept->silence     = kept->provisional + stride * provisional;
    }
    used += stride * ((uint64_t)kept->length + provisional + 1U);
  }
  return used;
}

void neume_columns_fill(NeumeColumns* const columns, const uint32_t m)
{
  const NeumeMapColumns* const kept   = &columns->maps[m];
  const size_t                 stride = columns->plan->maps[m].stride;
  for (uint32_t i = 0; i < kept->length; ++i) {
    memcpy(kept->ring + i * stride, kept->silence, stride * sizeof(float));
  }
}

void neume_columns_begin(NeumeColumns* const columns,
                         const uint32_t      n) NEUME_REALTIME
{
  columns->early  = false;
  columns->frames = n;
  columns->known += n;
  for (uint32_t m = 0; m <= columns->plan->n_layers; ++m) {
    NeumeMapColumns* const kept = &columns->maps[m];
    kept->head                  = (kept->head + n) % kept->length;
  }
}

/** Columns in the ring of map `m` that are newer than the final one that lies
    `back` from frame `frame` of the pass. */
static uint32_t newer(const NeumeColumns* const columns,
                      const uint32_t            m,
                      const uint32_t            frame,
                      const uint32_t            back) NEUME_REALTIME
{
  const uint32_t ago    = back - columns->plan->maps[m].edge;
  const uint32_t frames = columns->early ? 0 : columns->frames;
  return ago * columns->interleave + frames - 1 - frame;
}

/** Where in its ring the column of map `m` is than which `n` are newer. */
static uint32_t ring_index(const NeumeColumns* const columns,
                           const uint32_t            m,
                           const uint32_t            n) NEUME_REALTIME
{
  const uint32_t head   = columns->maps[m].head;
  const uint32_t length = columns->maps[m].length;
  return head >= n ? head - n : head + length - n;
}

float* neume_columns_at(const NeumeColumns* const columns,
                        const uint32_t            m,
                        const uint32_t            frame,
                        const uint32_t            back) NEUME_REALTIME
{
  const NeumePlanMap* const    map  = &columns->plan->maps[m];
  const NeumeMapColumns* const kept = &columns->maps[m];
  if (map->tail) {
    return kept->ring + (size_t)frame * map->stride;
  }
  if (back < map->edge) {
    const size_t index = (size_t)back * columns->batch + frame;
    return kept->provisional + index * map->stride;
  }
  const uint32_t n = newer(columns, m, frame, back);
  if (n >= columns->known) { // Before the first frame: read, never written
    return kept->silence;
  }
  return kept->ring + (size_t)ring_index(columns, m, n) * map->stride;
}

uint32_t neume_columns_contiguous(const NeumeColumns* const columns,
                                  const uint32_t            m,
                                  const uint32_t            frame,
                                  const uint32_t            back) NEUME_REALTIME
{
  const NeumePlanMap* const map  = &columns->plan->maps[m];
  const uint32_t            left = columns->frames - frame;
  if (map->tail || back < map->edge) {
    return left;
  }
  const uint32_t n = newer(columns, m, frame, back);
  if (n >= columns->known) {
    return 1;
  }
  const uint32_t end = columns->maps[m].length - ring_index(columns, m, n);
  return left < end ? left : end;
}
