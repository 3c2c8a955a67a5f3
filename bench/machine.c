// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#include "machine.h"

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define RUNS 300U ///< Runs whose least time counts: others disturb

#if defined(__clang__)
#define UNROLL _Pragma("clang loop unroll(full)")
#else
#define UNROLL _Pragma("GCC unroll 12")
#endif

double machine_now(void)
{
  struct timespec ts;
  clock_gettime(CLOCK_MONOTONIC, &ts);
  return (double)ts.tv_sec + 1e-9 * (double)ts.tv_nsec;
}

#if defined(__x86_64__)

#define SUMS  12U ///< Chains of multiply-adds, more than are under way at once
#define LOOPS 5000U ///< Of a run, about 7 us

typedef float Vector8 __attribute__((vector_size(8 * sizeof(float))));
typedef float Vector16 __attribute__((vector_size(16 * sizeof(float))));

/* In assembler, so that no compiler leaves any out. */

static __attribute__((target("avx2,fma"))) void multiply_add_8(void)
{
  Vector8 sum[SUMS] = { { 0.0F } };
  Vector8 x         = { 0.0F };
  for (unsigned n = 0; n < LOOPS; ++n) {
    UNROLL
    for (unsigned i = 0; i < SUMS; ++i) {
      __asm__ volatile("vfmadd231ps %1, %1, %0" : "+x"(sum[i]) : "x"(x));
    }
  }
}

static __attribute__((target("avx512f"))) void multiply_add_16(void)
{
  Vector16 sum[SUMS] = { { 0.0F } };
  Vector16 x         = { 0.0F };
  for (unsigned n = 0; n < LOOPS; ++n) {
    UNROLL
    for (unsigned i = 0; i < SUMS; ++i) {
      __asm__ volatile("vfmadd231ps %1, %1, %0" : "+v"(sum[i]) : "v"(x));
    }
  }
}

double machine_peak(const NeumeKernels* kernels)
{
  if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma")) {
    return (double)NAN;
  }
  const bool wide = !strcmp(kernels->name, "avx512");
  double     best = HUGE_VAL;
  for (unsigned i = 0; i < RUNS; ++i) {
    const double start = machine_now();
    if (wide) {
      multiply_add_16();
    } else {
      multiply_add_8();
    }
    best = fmin(best, machine_now() - start);
  }
  return (double)LOOPS * SUMS * (wide ? 16.0 : 8.0) / best;
}

#else

double machine_peak(const NeumeKernels* kernels)
{
  (void)kernels;
  return (double)NAN;
}

#endif

/** What 32-byte loads are made of; narrower ones would not keep up. */
typedef uint64_t Words __attribute__((vector_size(32)));

#define CHAINS 8U ///< Loads at once

#if defined(__x86_64__)
__attribute__((target_clones("avx2", "default")))
#endif
static void
read_all(const Words* const words, const size_t n, Words* const result)
{
  Words x[CHAINS] = { { 0 } };
  for (size_t i = 0; i + CHAINS <= n; i += CHAINS) {
    UNROLL
    for (size_t k = 0; k < CHAINS; ++k) {
      x[k] ^= words[i + k];
    }
  }
  for (size_t k = 1; k < CHAINS; ++k) {
    x[0] ^= x[k];
  }
  *result = x[0];
}

double machine_read_rate(const size_t bytes)
{
  const size_t         n    = bytes / sizeof(Words) / CHAINS * CHAINS;
  Words* const         x    = aligned_alloc(64, (n + 1) * sizeof(Words) * 2);
  double               best = HUGE_VAL;
  static volatile char sink;
  if (!x || !n) {
    abort();
  }
  memset(x, 1, (n + 1) * sizeof(Words) * 2);
  for (unsigned i = 0; i < RUNS; ++i) {
    Words        result;
    const double start = machine_now();
    read_all(x, n, &result);
    best = fmin(best, machine_now() - start);
    sink = (char)result[0];
  }
  (void)sink;
  free(x);
  return (double)(n * sizeof(Words)) / best;
}
