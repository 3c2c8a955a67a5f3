// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#include "source.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double pi = 3.14159265358979323846;

/// Where in a period the glottis closes
static const double closure = 0.65;

/// Lowest fundamental that gets the whole band, Hz
static const double lowest_f0 = 55.0;

/// No harmonics above this, Hz: tilt leaves nothing there
static const double highest = 16000.0;

/// Open quotient of each shape
static const double shape_open[SOURCE_SHAPES] = { 0.40, 0.56, 0.72, 0.92 };

/// Asymmetry of each shape: the share of the open phase that opens
static const double shape_skew[SOURCE_SHAPES] = { 0.80, 0.73, 0.67, 0.60 };

/** Amplitude of harmonic `k` of a shape; high ones fall as 1/k.

    With w = 2 pi k it is the conjugate of j w / ((j w + a)^2 + b^2), which
    turns a resonance that decays into one that grows, moved to the closure.
*/
static void find_harmonic(unsigned shape,
                          uint32_t k,
                          double*  cosine,
                          double*  sine)
{
  const double b   = pi / shape_open[shape];
  const double a   = b / tan(pi * (1.0 - shape_skew[shape]));
  const double w   = 2.0 * pi * k;
  const double d   = (a * a) + (b * b) - (w * w);
  const double den = (d * d) + (4.0 * a * a * w * w);
  const double re  = 2.0 * a * w * w / den;
  const double im  = -w * d / den;
  const double c   = cos(w * closure);
  const double s   = sin(w * closure);

  // re cos(wt) - im sin(wt), with t counted from the closure
  *cosine = 4.0 * pi * ((re * c) + (im * s));
  *sine   = 4.0 * pi * ((re * s) - (im * c));
}

/** Number of harmonics of the level after the one with `count`. */
static uint32_t next_count(uint32_t count)
{
  return count < 12U ? count + 1U : count + (count / 6U);
}

int source_init(SourceTables* source, double rate)
{
  memset(source, 0, sizeof(*source));
  source->band       = fmin(0.49 * rate, highest);
  const uint32_t max = (uint32_t)(source->band / lowest_f0);

  source->length = 512U;
  while (source->length < 16U * max) {
    source->length *= 2U;
  }
  for (uint32_t c = 1; c <= max; c = next_count(c)) {
    ++source->n_levels;
  }

  const uint32_t length = source->length;
  const size_t   stride = (size_t)length + 2U;
  source->counts        = calloc(source->n_levels, sizeof(uint32_t));
  source->tables =
    calloc(stride * source->n_levels * SOURCE_SHAPES, sizeof(float));
  float* const wave = calloc(length, sizeof(float));
  if (!source->counts || !source->tables || !wave) {
    free(wave);
    source_free(source);
    return -1;
  }
  for (uint32_t i = 0; i < length; ++i) {
    wave[i] = (float)cos(2.0 * pi * i / length);
  }

  // Each level adds its harmonics to a copy of the one before
  uint32_t done = 0;
  for (uint32_t l = 0; l < source->n_levels; ++l) {
    const uint32_t count = l ? next_count(source->counts[l - 1U]) : 1U;
    source->counts[l]    = count;
    for (unsigned shape = 0; shape < SOURCE_SHAPES; ++shape) {
      float* const t =
        source->tables + ((((size_t)l * SOURCE_SHAPES) + shape) * stride);
      if (l) {
        memcpy(t, t - (SOURCE_SHAPES * stride), stride * sizeof(float));
      }
      for (uint32_t k = done + 1U; k <= count; ++k) {
        double cosine = 0.0;
        double sine   = 0.0;
        find_harmonic(shape, k, &cosine, &sine);
        const float c = (float)cosine;
        const float d = (float)sine;
        for (uint32_t i = 0; i < length; ++i) {
          const uint32_t p = k * i;
          t[i] += (c * wave[p & (length - 1U)]) +
                  (d * wave[(p - (length / 4U)) & (length - 1U)]);
        }
        source->rms[shape] += 0.5 * ((cosine * cosine) + (sine * sine));
      }
      t[length]      = t[0];
      t[length + 1U] = t[1];
    }
    done = count;
  }
  for (unsigned shape = 0; shape < SOURCE_SHAPES; ++shape) {
    source->rms[shape] = sqrt(source->rms[shape]);
  }
  free(wave);
  return 0;
}

void source_free(SourceTables* source)
{
  free(source->counts);
  free(source->tables);
  memset(source, 0, sizeof(*source));
}

/** The shape below `open`, and how far towards the next in `frac`. */
static unsigned find_shape(double open, double* frac)
{
  unsigned shape = 0;
  while (shape + 2U < SOURCE_SHAPES && open > shape_open[shape + 1U]) {
    ++shape;
  }
  const double x =
    (open - shape_open[shape]) / (shape_open[shape + 1U] - shape_open[shape]);
  *frac = fmin(1.0, fmax(0.0, x));
  return shape;
}

SourceMix source_mix(const SourceTables* source, double f0, double open)
{
  const double   count = source->band / f0;
  const uint32_t last  = source->n_levels - 1U;
  uint32_t       l     = 0;
  while (l < last && source->counts[l + 1U] <= count) {
    ++l;
  }

  // The level below carries the share that the count lacks to the one above
  const uint32_t* const c     = source->counts;
  const uint32_t        below = l ? l - 1U : 0U;
  double                full  = 1.0;
  if (l < last) {
    full = fmax(0.0, (count - c[l]) / (c[l + 1U] - c[l]));
  }

  double             frac   = 0.0;
  const unsigned     shape  = find_shape(open, &frac);
  const size_t       stride = (size_t)source->length + 2U;
  const float* const low    = source->tables + (stride * below * SOURCE_SHAPES);
  const float* const top    = source->tables + (stride * l * SOURCE_SHAPES);
  const SourceMix    mix    = { { low + (shape * stride),
                                  low + ((shape + 1U) * stride),
                                  top + (shape * stride),
                                  top + ((shape + 1U) * stride) },
                                { (float)((1.0 - full) * (1.0 - frac)),
                                  (float)((1.0 - full) * frac),
                                  (float)(full * (1.0 - frac)),
                                  (float)(full * frac) },
                                (float)source->length };
  return mix;
}

double source_level(const SourceTables* source, double open)
{
  double         frac  = 0.0;
  const unsigned shape = find_shape(open, &frac);
  return ((1.0 - frac) * source->rms[shape]) + (frac * source->rms[shape + 1U]);
}
