// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#include "logmel.h"

#include "constants.h"
#include "mapped.h"

#include <fftw3.h>
#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/** One triangle: `count` weights on the bins from `first` on. */
typedef struct {
  uint32_t first;  ///< First bin
  uint32_t count;  ///< Number of bins
  uint32_t offset; ///< Index of the first weight
} Band;

struct NeumeLogmel {
  NeumeFrontEnd  fe;       ///< As given
  float*         window;   ///< Window with the power's factor folded in
  float*         time;     ///< Windowed frame, zeros behind it, fft floats
  fftwf_complex* spectrum; ///< fft / 2 + 1 bins
  float*         power;    ///< fft / 2 + 1 bins
  Band*          bands;    ///< One for each feature
  float*         weights;  ///< Of all bands, one after the other
  fftwf_plan     plan;     ///< time to spectrum
};

static const double pi = 3.14159265358979323846;

/** A constant as it is written in a message. */
#define TEXT(constant)   TEXT_OF(constant)
#define TEXT_OF(written) #written

NeumeStatus neume_front_end_check(const NeumeFrontEnd* fe, const char** what)
{
  const char*    bad     = NULL;
  const uint32_t nyquist = NEUME_RATE / 2;

  // Written so that NaN fails every comparison
  if (fe->window < 64 || fe->window > NEUME_WINDOW_MAX) {
    bad = "window: must be 64 to " TEXT(NEUME_WINDOW_MAX);
  } else if (fe->fft < fe->window || fe->fft > NEUME_FFT_MAX ||
             (fe->fft & (fe->fft - 1U))) {
    bad = "fft: must be a power of two from window to " TEXT(NEUME_FFT_MAX);
  } else if (fe->bands < 8 || fe->bands > NEUME_BANDS_MAX) {
    bad = "bands: must be 8 to " TEXT(NEUME_BANDS_MAX);
  } else if (!(fe->low_hz >= 0.0f && fe->low_hz < fe->high_hz)) {
    bad = "low_hz: must be at least 0 and below high_hz";
  } else if (!(fe->high_hz <= (float)nyquist)) {
    bad = "high_hz: must be at most half of the rate";
  } else if (!(fe->break_hz >= 1.0f && fe->break_hz <= 1e6f)) {
    bad = "break_hz: must be 1 to 1e6";
  } else if (!(fe->floor >= 1e-15f && fe->floor <= 1.0f)) {
    bad = "floor: must be 1e-15 to 1";
  } else if (!(fe->scale >= 1e-6f && fe->scale <= 1e6f)) {
    bad = "scale: must be 1e-6 to 1e6";
  } else if (fe->label_delay > fe->window) {
    bad = "label_delay: must be at most window";
  } else if (fe->rise < 1 || fe->rise >= fe->window) {
    bad = "rise: must be at least 1 and below window";
  } else if (fe->stack < 1 || fe->stack > NEUME_STACK_MAX ||
             (fe->stack & (fe->stack - 1U))) {
    bad = "stack: must be a power of two up to " TEXT(NEUME_STACK_MAX);
  }

  if (what) {
    *what = bad;
  }
  return bad ? NEUME_ERR_RANGE : NEUME_SUCCESS;
}

/** Share of a triangle low..centre..high at `hz`. */
static double triangle(double low, double centre, double high, double hz)
{
  if (hz <= low || hz >= high) {
    return 0.0;
  }
  return hz <= centre ? (hz - low) / (centre - low)
                      : (high - hz) / (high - centre);
}

/** Edge `i` of bands + 2, equally spaced in mel. */
static double edge_hz(const NeumeFrontEnd* fe, uint32_t i)
{
  const double low  = log1p((double)fe->low_hz / (double)fe->break_hz);
  const double high = log1p((double)fe->high_hz / (double)fe->break_hz);
  const double mel  = low + (high - low) * i / (fe->bands + 1U);
  return expm1(mel) * (double)fe->break_hz;
}

/** Fill the triangles; with `weights` NULL just count them. */
static uint32_t make_bands(const NeumeFrontEnd* fe, Band* bands, float* weights)
{
  const double   bin_hz = (double)NEUME_RATE / fe->fft;
  const uint32_t n_bins = fe->fft / 2U + 1U;
  uint32_t       total  = 0;

  for (uint32_t b = 0; b < fe->bands; ++b) {
    const double low    = edge_hz(fe, b);
    const double centre = edge_hz(fe, b + 1U);
    const double high   = edge_hz(fe, b + 2U);
    Band         band   = { 0, 0, total };

    for (uint32_t k = (uint32_t)(low / bin_hz); k < n_bins; ++k) {
      const double hz = k * bin_hz;
      if (hz >= high) {
        break;
      }
      const double weight = triangle(low, centre, high, hz);
      if (weight > 0.0) {
        if (!band.count) {
          band.first = k;
        }
        if (weights) {
          weights[total] = (float)weight;
        }
        ++band.count;
        ++total;
      }
    }

    if (!band.count) { // Between two bins: interpolate at its centre
      const double   x     = centre / bin_hz;
      const uint32_t first = x < n_bins - 2U ? (uint32_t)x : n_bins - 2U;
      band.first           = first;
      band.count           = 2;
      if (weights) {
        weights[total]      = (float)(first + 1U - x);
        weights[total + 1U] = (float)(x - first);
      }
      total += 2U;
    }

    if (bands) {
      bands[b] = band;
    }
  }

  return total;
}

static void make_window(const NeumeFrontEnd* fe, float* window)
{
  // Both halves sum to half their length
  const double factor = 2.0 / (0.5 * fe->window);
  const double fall   = fe->window - fe->rise;
  for (uint32_t i = 0; i < fe->window; ++i) {
    const double part =
      i < fe->rise ? (double)i / fe->rise : (double)(fe->window - i) / fall;
    window[i] = (float)(factor * (0.5 - 0.5 * cos(pi * part)));
  }
}

NeumeStatus neume_logmel_new(const NeumeFrontEnd* fe, NeumeLogmel** logmel)
{
  static pthread_once_t once = PTHREAD_ONCE_INIT;

  *logmel = NULL;
  if (neume_front_end_check(fe, NULL)) {
    return NEUME_ERR_RANGE;
  }

  // Other plugins in this process may be planning too
  pthread_once(&once, fftwf_make_planner_thread_safe);

  NeumeLogmel* const l = (NeumeLogmel*)calloc(1, sizeof(NeumeLogmel));
  if (!l) {
    return NEUME_ERR_MEMORY;
  }

  const uint32_t n_bins    = fe->fft / 2U + 1U;
  const uint32_t n_weights = make_bands(fe, NULL, NULL);
  l->fe                    = *fe;
  l->window                = (float*)calloc(fe->window, sizeof(float));
  l->time                  = fftwf_alloc_real(fe->fft);
  l->spectrum              = fftwf_alloc_complex(n_bins);
  l->power                 = (float*)neume_mapped_calloc(n_bins, sizeof(float));
  l->bands                 = (Band*)calloc(fe->bands, sizeof(Band));
  l->weights               = (float*)calloc(n_weights, sizeof(float));
  if (!l->window || !l->time || !l->spectrum || !l->power || !l->bands ||
      !l->weights) {
    neume_logmel_free(l);
    return NEUME_ERR_MEMORY;
  }

  l->plan =
    fftwf_plan_dft_r2c_1d((int)fe->fft, l->time, l->spectrum, FFTW_ESTIMATE);
  if (!l->plan) {
    neume_logmel_free(l);
    return NEUME_ERR_INTERNAL;
  }

  memset(l->time, 0, fe->fft * sizeof(float));
  memset(l->spectrum, 0, n_bins * sizeof(fftwf_complex));
  make_window(fe, l->window);
  make_bands(fe, l->bands, l->weights);
  *logmel = l;
  return NEUME_SUCCESS;
}

void neume_logmel_free(NeumeLogmel* logmel)
{
  if (logmel) {
    if (logmel->plan) {
      fftwf_destroy_plan(logmel->plan);
    }
    free(logmel->weights);
    free(logmel->bands);
    free(logmel->power);
    fftwf_free(logmel->spectrum);
    fftwf_free(logmel->time);
    free(logmel->window);
    free(logmel);
  }
}

void neume_logmel_frame(NeumeLogmel* logmel,
                        const float* samples,
                        float*       features)
{
  const NeumeFrontEnd* const fe     = &logmel->fe;
  const uint32_t             n_bins = fe->fft / 2U + 1U;

  for (uint32_t i = 0; i < fe->window; ++i) {
    logmel->time[i] = logmel->window[i] * samples[i];
  }

  fftwf_execute(logmel->plan);

  for (uint32_t k = 0; k < n_bins; ++k) {
    const float re   = logmel->spectrum[k][0];
    const float im   = logmel->spectrum[k][1];
    logmel->power[k] = re * re + im * im;
  }

  const float inverse_floor = 1.0f / fe->floor;
  for (uint32_t b = 0; b < fe->bands; ++b) {
    const Band         band    = logmel->bands[b];
    const float* const power   = logmel->power + band.first;
    const float* const weights = logmel->weights + band.offset;
    float              sum     = 0.0f;
    for (uint32_t k = 0; k < band.count; ++k) {
      sum += weights[k] * power[k];
    }
    features[b] = fe->scale * log1pf(sum * inverse_floor);
  }
}

const float* neume_logmel_power(const NeumeLogmel* logmel)
{
  return logmel->power;
}
