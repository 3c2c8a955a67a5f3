// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#ifndef NEUME_BENCH_MACHINE_H
#define NEUME_BENCH_MACHINE_H

#include "kernels.h"

#include <stddef.h>

/** What one core can do at most, measured where and when it is asked. */

/** Seconds of a clock that only goes forward. */
double machine_now(void);

/** Multiply-adds per second of a loop that does nothing else: 12 sums in
    registers, no access to memory.  They hold 16 floats each for the kernels
    "avx512", 8 for all others.  NaN on a processor without AVX2 and FMA. */
double machine_peak(const NeumeKernels* kernels);

/** Bytes per second of a loop that only loads `bytes` bytes, over and over, so
    that they come from the nearest cache that holds them all. */
double machine_read_rate(size_t bytes);

#endif // NEUME_BENCH_MACHINE_H
