// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#include "lowpass.h"

#include "constants.h"

#include <math.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>

// With these, 1.8 kHz is 0.6 dB down and all from 2048 Hz on 90 dB

#define CUTOFF_HZ 1880.0 // Half amplitude
#define BETA      9.0    // Shape of the Kaiser window
#define FLOOR     1e-6   // Magnitude where the zeros on the unit circle end
#define NEGLIGIBLE                                                             \
  1e-9 // Smaller values are 0, so that no product with them is denormal

// The design has a coarser grid than the table, which is interpolated from it

#define GRID     16              // Phases per period of NEUME_RATE
#define FFT_SIZE ((size_t)16384) // Long enough that the cepstrum does not alias
#define LENGTH   (GRID * NEUME_LOWPASS_TAPS)

#define PI 3.14159265358979323846

/** Complex numbers of one transform, FFT_SIZE of each. */
typedef struct {
  double* re;  ///< Real parts
  double* im;  ///< Imaginary parts
  double* cos; ///< Cosines of the first half turn, FFT_SIZE / 2
  double* sin; ///< Sines of the same
} Fft;

/** In place, forward, unscaled: radix 2, decimation in time. */
static void transform(const Fft* fft)
{
  double* const re = fft->re;
  double* const im = fft->im;

  for (size_t i = 1, j = 0; i < FFT_SIZE; ++i) {
    size_t bit = FFT_SIZE / 2;
    for (; j & bit; bit /= 2) {
      j ^= bit;
    }
    j |= bit;
    if (i < j) {
      const double r = re[i];
      const double m = im[i];

      re[i] = re[j];
      im[i] = im[j];
      re[j] = r;
      im[j] = m;
    }
  }

  for (size_t half = 1; half < FFT_SIZE; half *= 2) {
    const size_t stride = FFT_SIZE / 2 / half;
    for (size_t first = 0; first < FFT_SIZE; first += 2 * half) {
      for (size_t k = 0; k < half; ++k) {
        const size_t a = first + k;
        const size_t b = a + half;
        const double c = fft->cos[k * stride];
        const double s = -fft->sin[k * stride];
        const double r = re[b] * c - im[b] * s;
        const double m = re[b] * s + im[b] * c;

        re[b] = re[a] - r;
        im[b] = im[a] - m;
        re[a] += r;
        im[a] += m;
      }
    }
  }
}

/** Modified Bessel function of the first kind, order 0. */
static double bessel_i0(double x)
{
  double sum  = 1.0;
  double term = 1.0;
  for (unsigned k = 1; term > 1e-16 * sum; ++k) {
    term *= (x / (2.0 * k)) * (x / (2.0 * k));
    sum += term;
  }
  return sum;
}

/** A Kaiser-windowed sinc of LENGTH + 1 samples that sum to 1. */
static void linear_phase(double* h)
{
  double sum = 0.0;
  for (unsigned i = 0; i <= LENGTH; ++i) {
    const double u = (2.0 * i - LENGTH) / LENGTH; // -1..1
    const double x =
      PI * CUTOFF_HZ * u * NEUME_LOWPASS_TAPS / NEUME_RATE; // Sinc's argument

    h[i] = bessel_i0(BETA * sqrt(1.0 - u * u)) *
           (i == LENGTH / 2 ? 1.0 : sin(x) / x);
    sum += h[i];
  }
  for (unsigned i = 0; i <= LENGTH; ++i) {
    h[i] /= sum;
  }
}

/** Replace the response in `fft->re` by the minimum-phase one of its magnitude.

    The folded real cepstrum: Oppenheim and Schafer, Discrete-Time Signal
    Processing, "Cepstrum analysis and homomorphic deconvolution".
*/
static void minimum_phase(const Fft* fft)
{
  double* const re = fft->re;
  double* const im = fft->im;

  transform(fft);
  for (size_t i = 0; i <= FFT_SIZE / 2; ++i) {
    const double power = re[i] * re[i] + im[i] * im[i];

    re[i] = 0.5 * log(fmax(power, FLOOR * FLOOR));
    im[i] = 0.0;

    re[(FFT_SIZE - i) % FFT_SIZE] = re[i];
    im[(FFT_SIZE - i) % FFT_SIZE] = 0.0;
  }

  transform(fft); // Real and even: the same as the inverse, but for the scale
  for (size_t i = 0; i < FFT_SIZE; ++i) {
    const bool edge = i == 0 || i == FFT_SIZE / 2;
    const bool past = i > FFT_SIZE / 2;

    re[i] *= (edge ? 1.0 : past ? 0.0 : 2.0) / FFT_SIZE;
    im[i] = 0.0;
  }

  transform(fft);
  for (size_t i = 0; i <= FFT_SIZE / 2; ++i) {
    const double magnitude = exp(re[i]) / FFT_SIZE;
    const double phase     = im[i];

    re[i] = magnitude * cos(phase);
    im[i] = -magnitude * sin(phase); // Conjugate, so as to invert

    re[(FFT_SIZE - i) % FFT_SIZE] = re[i];
    im[(FFT_SIZE - i) % FFT_SIZE] = -im[i];
  }
  transform(fft);
}

/** Group delay of `h` at `hz`, in seconds. */
static double group_delay(const double* h, double hz)
{
  const unsigned skip = 2; // What folds down then is still 80 dB down
  const double   rate = (double)GRID * NEUME_RATE;

  double re  = 0.0;
  double im  = 0.0;
  double tre = 0.0;
  double tim = 0.0;
  for (unsigned i = 0; i < LENGTH; i += skip) {
    const double t = i / rate;
    const double c = h[i] * cos(2.0 * PI * hz * t);
    const double s = h[i] * sin(2.0 * PI * hz * t);

    re += c;
    im += s;
    tre += t * c;
    tim += t * s;
  }
  return (tre * re + tim * im) / (re * re + im * im);
}

/** `h` at `x`, in samples, between 0 and LENGTH, by Lagrange through six. */
static double interpolate(const double* h, double x)
{
  enum { POINTS = 6 };

  const int first = (int)x - POINTS / 2 + 1;

  double sum = 0.0;
  for (int i = 0; i < POINTS; ++i) {
    double weight = 1.0;
    for (int j = 0; j < POINTS; ++j) {
      weight *= j == i ? 1.0 : (x - first - j) / (i - j);
    }

    const int k = first + i;
    sum += (k >= 0 && k < LENGTH) ? weight * h[k] : 0.0;
  }
  return sum;
}

static void fill_table(const double* h, NeumeLowpass* lowpass)
{
  double sum = 0.0;
  for (unsigned i = 0; i < LENGTH; ++i) {
    sum += h[i];
  }

  for (unsigned p = 0; p <= NEUME_LOWPASS_PHASES; ++p) {
    for (unsigned tap = 0; tap < NEUME_LOWPASS_TAPS; ++tap) {
      const double periods = tap + (double)p / NEUME_LOWPASS_PHASES;
      const double y       = interpolate(h, GRID * periods) * GRID / sum;

      lowpass->rows[p][tap] = fabs(y) < NEGLIGIBLE ? 0.0F : (float)y;
    }
  }

  const unsigned points = 24;

  lowpass->delay = 0.0;
  for (unsigned i = 0; i < points; ++i) {
    const double hz = 80.0 + (1000.0 - 80.0) * i / (points - 1);
    lowpass->delay += group_delay(h, hz) / points;
  }
}

static bool design(NeumeLowpass* lowpass)
{
  double* const memory = (double*)calloc(3 * FFT_SIZE, sizeof(double));
  if (!memory) {
    return false;
  }

  const Fft fft = { memory,
                    memory + FFT_SIZE,
                    memory + (2 * FFT_SIZE),
                    memory + (2 * FFT_SIZE) + (FFT_SIZE / 2) };
  for (size_t i = 0; i < FFT_SIZE / 2; ++i) {
    const double angle = 2.0 * PI * (double)i / FFT_SIZE;

    fft.cos[i] = cos(angle);
    fft.sin[i] = sin(angle);
  }

  linear_phase(fft.re);
  minimum_phase(&fft);
  fill_table(fft.re, lowpass);

  free(memory);
  return true;
}

const NeumeLowpass* neume_lowpass(void)
{
  static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
  static NeumeLowpass    lowpass;
  static bool            designed;

  pthread_mutex_lock(&mutex);
  if (!designed) {
    designed = design(&lowpass);
  }
  const bool ok = designed;
  pthread_mutex_unlock(&mutex);

  return ok ? &lowpass : NULL;
}
