// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#include "attributes.h"
#include "kernels.h"
#include "kernels_simd.h"

#include <arm_neon.h>
#include <stdint.h>

#define VECTOR 4U ///< Floats in a register

_Static_assert(NEUME_PANEL / VECTOR * NEUME_BLOCK <= 24,
               "24 of 32 registers are sums");

typedef float32x4_t Vector;

static inline Vector load(const float* const x)
{
  return vld1q_f32(x);
}

static inline Vector widen(const uint16_t* const x)
{
  return vcvt_f32_f16(vreinterpret_f16_u16(vld1_u16(x)));
}

static inline Vector splat(const float* const x)
{
  return vld1q_dup_f32(x);
}

static inline Vector add(const Vector sum, const Vector a, const Vector b)
{
  return vfmaq_f32(sum, a, b);
}

static inline Vector activate(const Vector x,
                              const Vector odd,
                              const Vector even)
{
  return vfmaq_f32(vmulq_f32(even, vabsq_f32(x)), odd, x);
}

static inline void store(float* const y, const Vector x)
{
  vst1q_f32(y, x);
}

#include "kernels_shapes.h"

const NeumeKernels neume_kernels_neon = { "neon", block };
