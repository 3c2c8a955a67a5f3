// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#include "attributes.h"
#include "kernels.h"
#include "kernels_simd.h"

#include <immintrin.h>
#include <stdint.h>

#define VECTOR 8U ///< Floats in a register

_Static_assert(NEUME_PANEL / VECTOR * NEUME_BLOCK <= 12,
               "12 of 16 registers are sums");

typedef __m256 Vector;

static inline Vector load(const float* const x)
{
  return _mm256_loadu_ps(x);
}

static inline Vector widen(const uint16_t* const x)
{
  return _mm256_cvtph_ps(_mm_loadu_si128((const __m128i*)(const void*)x));
}

static inline Vector splat(const float* const x)
{
  return _mm256_broadcast_ss(x);
}

static inline Vector add(const Vector sum, const Vector a, const Vector b)
{
  return _mm256_fmadd_ps(a, b, sum);
}

static inline Vector activate(const Vector x,
                              const Vector odd,
                              const Vector even)
{
  const Vector size = _mm256_andnot_ps(_mm256_set1_ps(-0.0F), x);
  return _mm256_fmadd_ps(odd, x, _mm256_mul_ps(even, size));
}

static inline void store(float* const y, const Vector x)
{
  _mm256_storeu_ps(y, x);
}

#include "kernels_shapes.h"

const NeumeKernels neume_kernels_avx2 = { "avx2", block };
