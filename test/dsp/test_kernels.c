// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

// Every kernel set against sums in double precision

#include "kernels.h"

#include "../test.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define ROWS_MAX  50U
#define TAPS_MAX  9U
#define DEPTH_MAX 70U
#define LDA_MAX   80U
#define GUARD     2U ///< Rows behind the result that must stay as they are

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

static float* floats(const size_t n)
{
  const size_t bytes = (n * sizeof(float) + 63U) / 64U * 64U;
  float* const x     = aligned_alloc(64, bytes);
  if (!x) {
    abort();
  }
  for (size_t i = 0; i < n; ++i) {
    x[i] = value();
  }
  return x;
}

/** One product; the columns end exactly where the last row ends, so that
    memory checkers see what is read too far. */
static void check_product(const NeumeKernels* const kernels,
                          const uint32_t            rows,
                          const uint32_t            taps,
                          const uint32_t            depth,
                          const uint32_t            lda)
{
  float*       columns[TAPS_MAX];
  const float* a[TAPS_MAX];
  for (uint32_t t = 0; t < taps; ++t) {
    columns[t] = malloc(((size_t)(rows - 1) * lda + depth) * sizeof(float));
    if (!columns[t]) {
      abort();
    }
    for (size_t i = 0; i < (size_t)(rows - 1) * lda + depth; ++i) {
      columns[t][i] = value();
    }
    a[t] = columns[t];
  }
  float* const b     = floats((size_t)taps * depth * NEUME_PANEL);
  const size_t n     = (size_t)(rows + GUARD) * NEUME_PANEL;
  float* const c     = floats(n);
  float* const start = floats(n);
  memcpy(start, c, n * sizeof(float));

  kernels->gemm(rows, taps, depth, a, lda, b, c);

  double worst = 0.0;
  for (uint32_t i = 0; i < rows; ++i) {
    for (uint32_t j = 0; j < NEUME_PANEL; ++j) {
      double sum = (double)start[i * NEUME_PANEL + j];
      for (uint32_t t = 0; t < taps; ++t) {
        for (uint32_t k = 0; k < depth; ++k) {
          sum += (double)a[t][i * lda + k] *
                 (double)b[(t * depth + k) * NEUME_PANEL + j];
        }
      }
      worst = fmax(worst, fabs(sum - (double)c[i * NEUME_PANEL + j]));
    }
  }
  const double bound = 5e-7 * (4.0 + (double)taps * depth); // Rounding
  CHECK_MSG(worst < bound,
            "%s rows %u taps %u depth %u lda %u: off by %g",
            kernels->name,
            rows,
            taps,
            depth,
            lda,
            worst);
  unsigned changed = 0;
  for (size_t i = (size_t)rows * NEUME_PANEL; i < n; ++i) {
    changed += c[i] < start[i] || c[i] > start[i];
  }
  CHECK_MSG(
    !changed, "%s rows %u: wrote behind the result", kernels->name, rows);

  for (uint32_t t = 0; t < taps; ++t) {
    free(columns[t]);
  }
  free(b);
  free(c);
  free(start);
}

static void test_products(const NeumeKernels* const kernels)
{
  for (uint32_t rows = 1; rows <= 20; ++rows) {
    for (uint32_t depth = 1; depth <= 9; ++depth) {
      check_product(kernels, rows, 1, depth, depth);
      check_product(kernels, rows, 3, depth, 1);
    }
  }
  for (unsigned i = 0; i < 300; ++i) {
    check_product(kernels,
                  1 + below(ROWS_MAX),
                  1 + below(TAPS_MAX),
                  1 + below(DEPTH_MAX),
                  1 + below(LDA_MAX));
  }
}

static void test_row_blocks(void)
{
  for (uint32_t rows = 1; rows <= 100; ++rows) {
    for (uint32_t most = 1; most <= 8; ++most) {
      const uint32_t blocks = neume_row_blocks(rows, most);
      uint32_t       low    = rows;
      uint32_t       high   = 0;
      for (uint32_t i = 0; i < blocks; ++i) {
        const uint32_t n = neume_row_split(rows, blocks, i + 1) -
                           neume_row_split(rows, blocks, i);
        low  = n < low ? n : low;
        high = n > high ? n : high;
      }
      CHECK_MSG(neume_row_split(rows, blocks, 0) == 0 &&
                  neume_row_split(rows, blocks, blocks) == rows,
                "%u rows in %u blocks",
                rows,
                blocks);
      CHECK_MSG(low >= 1 && high <= most && high - low <= 1,
                "%u rows in blocks of %u to %u, at most %u",
                rows,
                low,
                high,
                most);
    }
  }
}

static void test_names(void)
{
  CHECK(neume_kernels_find("c") == &neume_kernels_c);
  CHECK(neume_kernels_find(neume_kernels_best()->name) == neume_kernels_best());
  CHECK(!neume_kernels_find("abacus"));
#if defined(__aarch64__)
  CHECK(!strcmp(neume_kernels_best()->name, "neon"));
#elif defined(__x86_64__)
  const bool wide =
    __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  CHECK(!strcmp(neume_kernels_best()->name, wide ? "avx2" : "c"));
#endif
}

int main(void)
{
  test_row_blocks();
  test_names();
  test_products(&neume_kernels_c);
  if (neume_kernels_best() != &neume_kernels_c) {
    test_products(neume_kernels_best());
  }
  fprintf(stderr, "kernels: c, best is %s\n", neume_kernels_best()->name);
  return test_report();
}
