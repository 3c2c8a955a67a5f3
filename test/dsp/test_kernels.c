// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

// Every kernel set against sums in double precision

#include "half.h"
#include "kernels.h"

#include "../test.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define TAPS_MAX  9U
#define DEPTH_MAX 70U
#define STEP_MAX  80U
#define GUARD     8U ///< Floats behind a row that must stay as they are

static uint32_t state = 1;

static uint32_t below(const uint32_t n)
{
  state = state * 1664525U + 1013904223U;
  return (uint32_t)(((uint64_t)state * n) >> 32U);
}

static float value(void)
{
  return (float)below(2001) / 1000.0F - 1.0F;
}

static void* aligned(const size_t bytes)
{
  void* const x = aligned_alloc(64, (bytes + 63U) / 64U * 64U);
  if (!x) {
    abort();
  }
  return x;
}

static float* floats(const size_t n)
{
  float* const x = aligned(n * sizeof(float));
  for (size_t i = 0; i < n; ++i) {
    x[i] = value();
  }
  return x;
}

/** All that a block reads, for the largest one of its taps and depth. */
typedef struct {
  float* columns[TAPS_MAX]; ///< [NEUME_BLOCK] rows, `step` apart; each ends
                            ///< where the last row ends, so that memory
                            ///< checkers see what is read too far
  float*    b;              ///< [NEUME_BLOCK][taps][depth][NEUME_PANEL]
  uint16_t* b_half;         ///< The same
  float*    from;           ///< [NEUME_BLOCK][NEUME_BLOCK][NEUME_PANEL]
  uint32_t  taps;           ///< Of the block
  uint32_t  depth;          ///< Of the block
  uint32_t  step;           ///< Between rows
  float     slope;          ///< Of the block
} Input;

static void input_new(Input* const   in,
                      const uint32_t taps,
                      const uint32_t depth,
                      const uint32_t step,
                      const float    slope)
{
  const size_t size = (size_t)(NEUME_BLOCK - 1) * step + depth;
  for (uint32_t t = 0; t < taps; ++t) {
    in->columns[t] = malloc(size * sizeof(float));
    if (!in->columns[t]) {
      abort();
    }
    for (size_t k = 0; k < size; ++k) {
      in->columns[t][k] = value();
    }
  }
  const size_t n = (size_t)NEUME_BLOCK * taps * depth * NEUME_PANEL;
  in->b          = floats(n);
  in->b_half     = aligned(n * sizeof(uint16_t));
  for (size_t i = 0; i < n; ++i) {
    in->b[i] =
      ((float)below(2049) - 1024.0F) * (below(9) ? 0x1p-10F : 0x1p-24F);
    CHECK(neume_half_bits(in->b[i], &in->b_half[i]));
  }
  in->from  = floats((size_t)NEUME_BLOCK * NEUME_BLOCK * NEUME_PANEL);
  in->taps  = taps;
  in->depth = depth;
  in->step  = step;
  in->slope = slope;
}

static void input_free(Input* const in)
{
  for (uint32_t t = 0; t < in->taps; ++t) {
    free(in->columns[t]);
  }
  free(in->b);
  free(in->b_half);
  free(in->from);
}

/** The first `rows` rows of the first `panels`; `to` is [row][stride]. */
static NeumeBlock block_of(const Input* const in,
                           const uint32_t     rows,
                           const uint32_t     panels,
                           float* const       to,
                           const size_t       stride)
{
  NeumeBlock block = {
    .rows      = rows,
    .panels    = panels,
    .taps      = in->taps,
    .depth     = in->depth,
    .a         = (const float* const*)in->columns,
    .b         = in->b,
    .from      = in->from,
    .a_step    = in->step,
    .b_step    = (size_t)in->taps * in->depth * NEUME_PANEL,
    .from_step = (size_t)NEUME_BLOCK * NEUME_PANEL,
    .to_step   = stride,
    .slope     = in->slope,
  };
  block.to = to;
  return block;
}

/** Whether `n` floats are equal in every bit but the sign of zeros. */
static bool same(const float* const x, const float* const y, const size_t n)
{
  size_t i = 0;
  while (i < n && x[i] >= y[i] && x[i] <= y[i]) {
    ++i;
  }
  return i == n;
}

/** What belongs to row `i` and channel `j`, counted through all panels. */
static double wanted(const Input* const in, const uint32_t i, const uint32_t j)
{
  const uint32_t panel = j / NEUME_PANEL;
  double sum = (double)in->from[(size_t)i * NEUME_BLOCK * NEUME_PANEL + j];
  for (uint32_t t = 0; t < in->taps; ++t) {
    for (uint32_t k = 0; k < in->depth; ++k) {
      const size_t at = ((size_t)panel * in->taps + t) * in->depth + k;
      sum += (double)in->columns[t][i * in->step + k] *
             (double)in->b[at * NEUME_PANEL + j % NEUME_PANEL];
    }
  }
  return sum < 0.0 ? sum * (double)in->slope : sum;
}

/** A block of every shape: right, no larger than it should be, and the same,
    in every bit, as in blocks of another shape. */
static void check_shapes(const NeumeKernels* const kernels,
                         const uint32_t            taps,
                         const uint32_t            depth,
                         const uint32_t            step,
                         const float               slope)
{
  static float single[NEUME_BLOCK][NEUME_BLOCK * NEUME_PANEL];
  const double bound = 5e-7 * (4.0 + (double)taps * depth); // Rounding
  Input        in;
  input_new(&in, taps, depth, step, slope);
  for (uint32_t rows = NEUME_BLOCK; rows > 0; --rows) {
    const uint32_t most = NEUME_BLOCK / rows;
    for (uint32_t panels = 1; panels <= most; ++panels) {
      const uint32_t width  = panels * NEUME_PANEL;
      const uint32_t stride = width + GUARD;
      float* const   to     = floats((size_t)rows * stride);
      float* const   before = floats((size_t)rows * stride);
      double         worst  = 0.0;
      unsigned       other  = 0;
      unsigned       guards = 0;
      memcpy(before, to, (size_t)rows * stride * sizeof(float));
      const NeumeBlock block = block_of(&in, rows, panels, to, stride);
      kernels->block(&block);
      for (uint32_t i = 0; i < rows; ++i) {
        const float* const y = to + (size_t)i * stride;
        for (uint32_t j = 0; j < width; ++j) {
          worst = fmax(worst, fabs(wanted(&in, i, j) - (double)y[j]));
        }
        if (rows == NEUME_BLOCK || (rows == 1 && panels == most)) {
          memcpy(single[i], y, width * sizeof(float));
        }
        other += !same(single[i], y, NEUME_PANEL);
        guards += !same(y + width, before + (size_t)i * stride + width, GUARD);
      }
      CHECK_MSG(worst < bound && !other && !guards,
                "%s, %u rows of %u panels, %u taps, depth %u: off by %g, %u "
                "rows differ, %u written too far",
                kernels->name,
                rows,
                panels,
                taps,
                depth,
                worst,
                other,
                guards);
      free(to);
      free(before);
    }
  }

  // The second and later panels, too, are those of one row, and from halves
  for (uint32_t panels = 1; panels <= NEUME_BLOCK; ++panels) {
    float* const to    = floats((size_t)panels * NEUME_PANEL);
    NeumeBlock   block = block_of(&in, 1, panels, to, 0);
    kernels->block(&block);
    CHECK(same(to, single[0], (size_t)panels * NEUME_PANEL));
    memset(to, 0, (size_t)panels * NEUME_PANEL * sizeof(float));
    block.b_half = in.b_half;
    kernels->block(&block);
    CHECK(same(to, single[0], (size_t)panels * NEUME_PANEL));
    free(to);
  }
  input_free(&in);
}

/** A block cut in two, the second going on where the first ends, in place. */
static void check_parts(const NeumeKernels* const kernels,
                        const uint32_t            rows,
                        const uint32_t            depth)
{
  Input in;
  input_new(&in, 1, depth, depth + 1, 0.3F);
  const uint32_t panels = NEUME_BLOCK / rows;
  const size_t   width  = (size_t)panels * NEUME_PANEL;
  float* const   whole  = floats(rows * width);
  float* const   parts  = floats(rows * width);
  NeumeBlock     block  = block_of(&in, rows, panels, whole, width);
  kernels->block(&block);

  const uint32_t first = 1 + below(depth - 1);
  block                = block_of(&in, rows, panels, parts, width);
  block.depth          = first;
  block.slope          = 1.0F;
  kernels->block(&block);
  const float* const rest = in.columns[0] + first;
  block                   = block_of(&in, rows, panels, parts, width);
  block.a                 = &rest;
  block.b += (size_t)first * NEUME_PANEL;
  block.depth     = depth - first;
  block.from      = parts;
  block.from_step = width;
  kernels->block(&block);
  CHECK_MSG(same(whole, parts, rows * width),
            "%s, %u rows, depth %u: not the same in parts",
            kernels->name,
            rows,
            depth);
  free(whole);
  free(parts);
  input_free(&in);
}

static void test_blocks(const NeumeKernels* const kernels)
{
  for (uint32_t depth = 1; depth <= 9; ++depth) {
    check_shapes(kernels, 1, depth, depth, 1.0F);
    check_shapes(kernels, 3, depth, 1, 0.0F);
  }
  for (unsigned i = 0; i < 60; ++i) {
    check_shapes(kernels,
                 1 + below(TAPS_MAX),
                 1 + below(DEPTH_MAX),
                 1 + below(STEP_MAX),
                 value());
  }
  for (uint32_t rows = 1; rows <= NEUME_BLOCK; ++rows) {
    for (unsigned i = 0; i < 10; ++i) {
      check_parts(kernels, rows, 2 + below(DEPTH_MAX - 1));
    }
  }
}

/** Wider registers change no bit: terms are fused and added in one order. */
static void test_widths(void)
{
  const NeumeKernels* const narrow = neume_kernels_find("avx2");
  const NeumeKernels* const wide   = neume_kernels_find("avx512");
  for (unsigned i = 0; narrow && wide && i < 100; ++i) {
    Input in;
    input_new(&in, 1 + below(TAPS_MAX), 1 + below(DEPTH_MAX), 1, value());
    const uint32_t rows   = 1 + below(NEUME_BLOCK);
    const uint32_t panels = NEUME_BLOCK / rows;
    const size_t   width  = (size_t)panels * NEUME_PANEL;
    float* const   x      = floats(rows * width);
    float* const   y      = floats(rows * width);
    NeumeBlock     block  = block_of(&in, rows, panels, x, width);
    narrow->block(&block);
    block.to = y;
    wide->block(&block);
    CHECK(same(x, y, rows * width));
    free(x);
    free(y);
    input_free(&in);
  }
}

static void test_pieces(void)
{
  for (uint32_t n = 1; n <= 100; ++n) {
    for (uint32_t most = 1; most <= 8; ++most) {
      const NeumePieces pieces = neume_pieces(n, most);
      uint32_t          low    = n;
      uint32_t          high   = 0;
      uint32_t          next   = 0;
      for (uint32_t i = 0; i < pieces.count; ++i) {
        const uint32_t size = neume_piece_size(pieces, i);
        CHECK(neume_piece_begin(pieces, i) == next);
        next += size;
        low  = size < low ? size : low;
        high = size > high ? size : high;
      }
      CHECK_MSG(next == n && neume_piece_begin(pieces, pieces.count) == n,
                "%u in %u pieces",
                n,
                pieces.count);
      CHECK_MSG(low >= 1 && high <= most && high - low <= 1,
                "%u in pieces of %u to %u, at most %u",
                n,
                low,
                high,
                most);
    }
  }
}

static void test_names(void)
{
  uint32_t n = 0;
  for (; neume_kernels_get(n); ++n) {
    CHECK(neume_kernels_find(neume_kernels_get(n)->name) ==
          neume_kernels_get(n));
  }
  CHECK(n > 0 && neume_kernels_get(n - 1) == &neume_kernels_c);
  CHECK(neume_kernels_best() == neume_kernels_get(0));
  CHECK(!neume_kernels_get(n + 1) && !neume_kernels_get(UINT32_MAX));
  CHECK(!neume_kernels_find("abacus"));
#if defined(__aarch64__)
  CHECK(!strcmp(neume_kernels_best()->name, "neon"));
#elif defined(__x86_64__)
  const bool wide =
    __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  CHECK(!neume_kernels_find("avx2") == !wide);
  CHECK(!neume_kernels_find("avx512") == !__builtin_cpu_supports("avx512f"));
#endif
}

int main(void)
{
  test_pieces();
  test_names();
  for (uint32_t i = 0; neume_kernels_get(i); ++i) {
    test_blocks(neume_kernels_get(i));
    fprintf(stderr, "kernels: %s\n", neume_kernels_get(i)->name);
  }
  test_widths();
  return test_report();
}
