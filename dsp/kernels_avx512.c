// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#include "attributes.h"
#include "kernels.h"
#include "kernels_simd.h"

#include <immintrin.h>
#include <stdint.h>

#define VECTOR 16U ///< Floats in a register

_Static_assert(NEUME_BLOCK <= 24, "24 of 32 registers are sums");

typedef __m512 Vector;

static inline Vector load(const float* const x)
{
  return _mm512_loadu_ps(x);
}

static inline Vector widen(const uint16_t* const x)
{
  return _mm512_cvtph_ps(_mm256_loadu_si256((const __m256i*)(const void*)x));
}

static inline Vector splat(const float* const x)
{
  return _mm512_set1_ps(*x);
}

static inline Vector add(const Vector sum, const Vector a, const Vector b)
{
  return _mm512_fmadd_ps(a, b, sum);
}

static inline Vector activate(const Vector x,
                              const Vector odd,
                              const Vector even)
{
  return _mm512_fmadd_ps(odd, x, _mm512_mul_ps(even, _mm512_abs_ps(x)));
}

static inline void store(float* const y, const Vector x)
{
  _mm512_storeu_ps(y, x);
}

#include "kernels_shapes.h"

const NeumeKernels neume_kernels_avx512 = { "avx512", block };
