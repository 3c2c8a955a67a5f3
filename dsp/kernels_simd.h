// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#ifndef NEUME_KERNELS_SIMD_H
#define NEUME_KERNELS_SIMD_H

#include "kernels.h"

#include <stdint.h>

/** What the kernel sets share; nothing outside kernels*.c reads this. */

#if defined(__x86_64__)
extern const NeumeKernels neume_kernels_avx512; ///< AVX-512, foundation
extern const NeumeKernels neume_kernels_avx2;   ///< AVX2, FMA, F16C
#elif defined(__aarch64__)
extern const NeumeKernels neume_kernels_neon; ///< Advanced SIMD
#endif

/** Unrolls the loop that follows, so that sums in an array become registers. */
#if defined(__clang__)
#define NEUME_UNROLL _Pragma("clang loop unroll(full)")
#else
#define NEUME_UNROLL _Pragma("GCC unroll 8")
#endif

#endif // NEUME_KERNELS_SIMD_H
