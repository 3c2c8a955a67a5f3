// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#ifndef NEUME_HALF_H
#define NEUME_HALF_H

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/** Numbers in half precision, IEEE 754 binary16. */

/** The number that `bits` stand for.  Any thread. */
static inline float neume_half_value(const uint32_t bits)
{
  const uint32_t exponent = bits >> 10U & 0x1FU;
  const uint32_t fraction = bits & 0x3FFU;
  if (!exponent) {
    return (bits & 0x8000U ? -0x1p-24f : 0x1p-24f) * (float)fraction;
  }
  const uint32_t raised = exponent == 0x1FU ? 0xFFU : exponent + 112U;
  const uint32_t single =
    (bits & 0x8000U) << 16U | raised << 23U | fraction << 13U;
  float value;
  memcpy(&value, &single, sizeof(value));
  return value;
}

/** Whether a finite `value` is such a number; `*bits` are those of it, if so.
    Any thread. */
static inline bool neume_half_bits(const float value, uint16_t* const bits)
{
  uint32_t single;
  memcpy(&single, &value, sizeof(single));
  const uint32_t sign     = single >> 16U & 0x8000U;
  const uint32_t exponent = single >> 23U & 0xFFU;
  if (exponent > 112U) { // From 2^-14 on
    const uint32_t fraction = single >> 13U & 0x3FFU;
    *bits = (uint16_t)(sign | (exponent - 112U) << 10U | fraction);
    return exponent < 143U && !(single & 0x1FFFU);
  }
  const float    units = fabsf(value) * 0x1p24f; // Of subnormal numbers
  const uint32_t whole = (uint32_t)units;
  *bits                = (uint16_t)(sign | whole);
  return (float)whole >= units;
}

#endif // NEUME_HALF_H
