// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#ifndef NEUME_BENCH_MACHINE_H
#define NEUME_BENCH_MACHINE_H

#include <stddef.h>

/** What one core can do at most, measured where and when it is asked. */

/** Seconds of a clock that only goes forward. */
double machine_now(void);

/** Multiply-adds per second of a loop that does nothing else: 12 sums in
    registers, 8 floats each, and no access to memory.  NaN on a processor
    without AVX2 and FMA. */
double machine_peak(void);

/** Bytes per second of a loop that only loads `bytes` bytes, over and over, so
    that they come from the nearest cache that holds them all. */
double machine_read_rate(size_t bytes);

#endif // NEUME_BENCH_MACHINE_H
