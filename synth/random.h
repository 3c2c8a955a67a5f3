// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#ifndef NEUME_RANDOM_H
#define NEUME_RANDOM_H

#include <math.h>
#include <stdbool.h>
#include <stdint.h>

/** A seeded generator of random numbers: splitmix64 (Steele et al. 2014).

    The same seed gives the same numbers on every machine.  Independent
    streams of one seed keep one part's draws from shifting another's.
*/
typedef struct {
  uint64_t state; ///< A counter; the output is a hash of it
} Random;

/** The next 64 random bits. */
static inline uint64_t random_next(Random* r)
{
  uint64_t z = (r->state += 0x9E3779B97F4A7C15U);
  z          = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9U;
  z          = (z ^ (z >> 27U)) * 0x94D049BB133111EBU;
  return z ^ (z >> 31U);
}

/** Stream number `stream` of `seed`. */
static inline Random random_stream(uint64_t seed, uint64_t stream)
{
  Random r = { seed };
  r.state  = random_next(&r) ^ (stream * 0xD1342543DE82EF95U);
  r.state  = random_next(&r);
  return r;
}

/** Uniform in [low, high). */
static inline double random_uniform(Random* r, double low, double high)
{
  return low + ((high - low) * (double)(random_next(r) >> 11U) * 0x1p-53);
}

/** Uniform in [-1, 1), single precision: white noise. */
static inline float random_noise(Random* r)
{
  return (float)((int64_t)random_next(r) >> 40) * 0x1p-23F;
}

/** True with probability `p`. */
static inline bool random_chance(Random* r, double p)
{
  return random_uniform(r, 0.0, 1.0) < p;
}

/** A whole number from 0 to n - 1; `n` is small, so the bias is nil. */
static inline uint32_t random_below(Random* r, uint32_t n)
{
  return (uint32_t)(((random_next(r) >> 32U) * n) >> 32U);
}

/** Normal deviate of mean 0 and deviation 1, kept within three. */
static inline double random_normal(Random* r)
{
  const double u = 1.0 - random_uniform(r, 0.0, 1.0);
  const double v = random_uniform(r, 0.0, 6.283185307179586);
  const double x = sqrt(-2.0 * log(u)) * cos(v);
  return fmin(3.0, fmax(-3.0, x));
}

/** Index drawn with probability proportional to weights[0..n). */
static inline uint32_t random_pick(Random* r, const double* weights, uint32_t n)
{
  double sum = 0.0;
  for (uint32_t i = 0; i < n; ++i) {
    sum += weights[i];
  }
  double x = random_uniform(r, 0.0, sum);
  for (uint32_t i = 0; i + 1U < n; ++i) {
    x -= weights[i];
    if (x < 0.0) {
      return i;
    }
  }
  return n - 1U;
}

#endif // NEUME_RANDOM_H
