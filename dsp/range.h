// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#ifndef NEUME_RANGE_H
#define NEUME_RANGE_H

#include "attributes.h"

#include <math.h>

/** The number nearest to `value` from `low` to `high`; NaN becomes `low`.
    Realtime-safe. */
static inline float neume_within(float value,
                                 float low,
                                 float high) NEUME_REALTIME
{
  return fminf(fmaxf(value, low), high);
}

/** The same, with another number for NaN.  Realtime-safe. */
static inline float neume_within_or(float value,
                                    float low,
                                    float high,
                                    float fallback) NEUME_REALTIME
{
  return isnan(value) ? fallback : neume_within(value, low, high);
}

/** The same of whole numbers.  Realtime-safe. */
static inline int neume_int_within(int value, int low, int high) NEUME_REALTIME
{
  return value < low ? low : (value > high ? high : value);
}

#endif // NEUME_RANGE_H
