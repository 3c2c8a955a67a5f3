// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#ifndef NEUME_DENORMALS_H
#define NEUME_DENORMALS_H

#include "attributes.h"

#include <stdint.h>

#if defined(__SSE__)
#include <xmmintrin.h>
#endif

/** The thread's floating-point mode, to be put back. */
typedef uint64_t NeumeFloatMode;

/** Count denormal numbers as zero from here on; returns the mode before.

    Denormals take a slow path of a hundred cycles and more on many
    processors.  Realtime-safe; acts on the calling thread only.
*/
static inline NeumeFloatMode neume_denormals_off(void) NEUME_REALTIME
{
#if defined(__SSE__)
  const unsigned flush_zero_and_denormals_zero = 0x8040U;
  const unsigned mode                          = _mm_getcsr();
  _mm_setcsr(mode | flush_zero_and_denormals_zero);
  return mode;
#elif defined(__aarch64__)
  const uint64_t flush_zero = UINT64_C(1) << 24U;
  uint64_t       mode       = 0;
  __asm__ volatile("mrs %0, fpcr" : "=r"(mode));
  __asm__ volatile("msr fpcr, %0" : : "r"(mode | flush_zero));
  return mode;
#else
  return 0;
#endif
}

/** Put the mode back.  Realtime-safe. */
static inline void neume_denormals_restore(NeumeFloatMode mode) NEUME_REALTIME
{
#if defined(__SSE__)
  _mm_setcsr((unsigned)mode);
#elif defined(__aarch64__)
  __asm__ volatile("msr fpcr, %0" : : "r"(mode));
#else
  (void)mode;
#endif
}

#endif // NEUME_DENORMALS_H
