// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#include "constants.h"
#include "resampler.h"
#include "test.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define PI 3.14159265358979323846

static const double rates[] = { 8000.0,   11025.0,  16000.0, 22050.0, 32000.0,
                                44099.7,  44100.0,  48000.0, 88200.0, 96000.0,
                                176400.0, 192000.0, 384000.0 };

#define N_RATES (sizeof(rates) / sizeof(rates[0]))

/** Amplitude and phase of a sine, or the level of whatever came out. */
typedef struct {
  double re;  ///< Of the component at the frequency sent in
  double im;  ///< Of the same
  double rms; ///< Of the whole output
} Measure;

static NeumeResampler* make(double rate)
{
  NeumeResampler* resampler = NULL;
  CHECK(neume_resampler_new(rate, &resampler) == NEUME_SUCCESS);
  if (!resampler) {
    exit(1);
  }
  return resampler;
}

static float noise(uint32_t* state)
{
  *state = *state * 1664525U + 1013904223U;
  return (float)(int32_t)*state / 2147483648.0F;
}

/** Send a cosine of amplitude 1 and look at what comes out once settled. */
static Measure measure(NeumeResampler* resampler, double rate, double hz)
{
  const uint32_t settle = 100;
  const uint32_t length = 512;

  neume_resampler_reset(resampler);

  Measure  result = { 0.0, 0.0, 0.0 };
  double   weight = 0.0;
  uint32_t m      = 0;
  for (uint64_t n = 0; m < settle + length; ++n) {
    const float x = (float)cos(2.0 * PI * fmod(hz * (double)n / rate, 1.0));
    float       y = 0.0F;
    if (!neume_resampler_push(resampler, &x, 1, &y)) {
      continue;
    }
    if (m >= settle) {
      const double u = (m - settle + 0.5) / length;
      const double w = 1.0 - cos(2.0 * PI * u);
      const double a = 2.0 * PI * hz * m / NEUME_RATE;

      result.re += 2.0 * w * (double)y * cos(a);
      result.im -= 2.0 * w * (double)y * sin(a);
      result.rms += w * (double)y * (double)y;
      weight += w;
    }
    ++m;
  }

  result.re /= weight;
  result.im /= weight;
  result.rms = sqrt(result.rms / weight);
  return result;
}

static double decibels(double x)
{
  return 20.0 * log10(fmax(x, 1e-12));
}

static void test_errors(void)
{
  const double bad[] = { (double)NAN, HUGE_VAL, -HUGE_VAL, 0.0,
                         -48000.0,    7999.0,   384001.0 };
  for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); ++i) {
    NeumeResampler* resampler = (NeumeResampler*)&bad;
    CHECK_MSG(neume_resampler_new(bad[i], &resampler) == NEUME_ERR_RATE,
              "%g Hz",
              bad[i]);
    CHECK(!resampler);
  }
  neume_resampler_free(NULL);
}

static void test_tune(void)
{
  // A factor of 2^(1/12) slows a tone down by a semitone, at its level
  const double factors[] = { 415.0 / 440.0, 1.0, 466.0 / 440.0 };
  for (unsigned i = 0; i < N_RATES; ++i) {
    for (unsigned k = 0; k < 3; ++k) {
      NeumeResampler* const resampler = make(rates[i]);
      neume_resampler_tune(resampler, factors[k]);
      Measure m = { 0.0, 0.0, 0.0 };

      const double hz   = 440.0 * factors[k];
      double       seen = 0.0;
      uint32_t     n    = 0;
      double       last = 0.0;
      for (uint64_t j = 0; n < 4096; ++j) {
        const float x =
          (float)cos(2.0 * PI * fmod(hz * (double)j / rates[i], 1.0));
        float y = 0.0F;
        if (neume_resampler_push(resampler, &x, 1, &y)) {
          if (n > 512) { // Periods, by the rising crossings of 0
            seen += last < 0.0 && (double)y >= 0.0;
            m.rms += (double)y * (double)y;
          }
          last = (double)y;
          ++n;
        }
      }
      const double periods = 440.0 * (4096.0 - 512.0) / NEUME_RATE;
      CHECK_MSG(fabs(seen - periods) <= 2.0, "%g: %g", rates[i], seen);
      const double db = decibels(sqrt(2.0 * m.rms / (4096.0 - 513.0)));
      CHECK_MSG(fabs(db) < 0.3, "%g Hz: %g dB", rates[i], db);
      neume_resampler_free(resampler);
    }
  }

  // Changed at any time, to anything, it stays finite and bounded
  NeumeResampler* const resampler = make(48000.0);
  const double          odd[]     = {
                 0.9, 1.1, (double)NAN, -1.0, 1e9, 0.95, 1.0, HUGE_VAL
  };
  uint32_t seed = 7;
  for (uint32_t j = 0; j < 96000; ++j) {
    const float x = noise(&seed);
    float       y = 0.0F;
    if (neume_resampler_push(resampler, &x, 1, &y)) {
      CHECK_MSG(fabsf(y) < 2.0F, "%g", (double)y);
      neume_resampler_tune(resampler, odd[j % 8]);
    }
  }
  neume_resampler_free(resampler);
}

static void test_passband(void)
{
  for (unsigned i = 0; i < N_RATES; ++i) {
    NeumeResampler* const resampler = make(rates[i]);
    double                low       = HUGE_VAL;
    double                high      = -HUGE_VAL;
    for (unsigned k = 0; k <= 16; ++k) {
      const double  hz = 40.0 + 110.0 * k; // To 1.8 kHz
      const Measure m  = measure(resampler, rates[i], hz);
      const double  db = decibels(hypot(m.re, m.im));
      low              = fmin(low, db);
      high             = fmax(high, db);
    }
    CHECK_MSG(
      low > -1.0 && high < 0.1, "%g Hz: %g..%g dB", rates[i], low, high);
    fprintf(stderr, "%8g Hz: passband %.3f..%.3f dB", rates[i], low, high);

    double alias = -HUGE_VAL;
    double at    = 0.0;
    double hz    = 2048.0;
    while (hz <= rates[i] / 2.0) {
      const double db =
        decibels(measure(resampler, rates[i], hz).rms * sqrt(2.0));
      if (db > alias) {
        alias = db;
        at    = hz;
      }
      hz += hz < 2560.0 ? 16.0 : hz / 5.3;
    }
    CHECK_MSG(alias < -80.0, "%g Hz: %g dB at %g Hz", rates[i], alias, at);
    fprintf(stderr, ", aliases below %.1f dB (%g Hz)\n", alias, at);
    neume_resampler_free(resampler);
  }
}

/** What the prototype lets through between frequencies that sines visit. */
static void test_sweep(void)
{
  const double          rate      = 48000.0;
  const uint32_t        length    = 96000;
  NeumeResampler* const resampler = make(rate);

  double worst = 0.0;
  double phase = 0.0;
  for (uint32_t n = 0; n < length; ++n) {
    const float x = (float)cos(2.0 * PI * phase);
    float       y = 0.0F;
    phase += (2100.0 + (20000.0 - 2100.0) * n / length) / rate;
    if (neume_resampler_push(resampler, &x, 1, &y) && n > 1500) {
      worst = fmax(worst, fabs((double)y));
    }
  }
  CHECK_MSG(decibels(worst) < -80.0, "%g dB", decibels(worst));
  neume_resampler_free(resampler);
}

static void test_constant(void)
{
  for (unsigned i = 0; i < N_RATES; ++i) {
    NeumeResampler* const resampler = make(rates[i]);
    double                worst     = 0.0;
    for (uint32_t m = 0; m < 1000;) {
      const float x = 0.5F;
      float       y = 0.0F;
      if (neume_resampler_push(resampler, &x, 1, &y) && ++m > 80) {
        worst = fmax(worst, fabs((double)y - 0.5));
      }
    }
    CHECK_MSG(worst < 0.5e-4, "%g Hz: off by %g", rates[i], worst);
    neume_resampler_free(resampler);
  }
}

/** Group delay from the phases of sines, against what the resampler says. */
static void test_delay(void)
{
  for (unsigned i = 0; i < N_RATES; ++i) {
    NeumeResampler* const resampler = make(rates[i]);
    const double          said      = neume_resampler_delay(resampler);
    const double          df        = 4.0;

    const unsigned last = 10;
    double         sum  = 0.0;
    for (unsigned k = 0; k <= last; ++k) {
      const double  hz = 80.0 + (1000.0 - 80.0) * k / last;
      const Measure a  = measure(resampler, rates[i], hz - df);
      const Measure b  = measure(resampler, rates[i], hz + df);
      const double  re = b.re * a.re + b.im * a.im;
      const double  im = b.im * a.re - b.re * a.im;
      sum -= atan2(im, re) / (2.0 * PI * 2.0 * df);
    }
    const double mean = sum / (last + 1);
    CHECK_MSG(fabs(mean - said) < 2e-5,
              "%g Hz: %g ms, not %g ms",
              rates[i],
              1e3 * mean,
              1e3 * said);
    CHECK_MSG(said < 2e-3, "%g ms", 1e3 * said);
    neume_resampler_free(resampler);
  }
}

/** A click comes out at its time plus the delay, wherever it falls between
    two outputs. */
static void test_click(void)
{
  for (unsigned i = 0; i < N_RATES; ++i) {
    NeumeResampler* const resampler = make(rates[i]);
    for (uint32_t at = 1000; at < 1010; ++at) {
      neume_resampler_reset(resampler);
      double   sum    = 0.0;
      double   moment = 0.0;
      unsigned early  = 0;
      uint32_t m      = 0;
      for (uint32_t n = 0; n < at + rates[i] / 10.0; ++n) {
        const float x = n == at ? 1.0F : 0.0F;
        float       y = 0.0F;
        if (neume_resampler_push(resampler, &x, 1, &y)) {
          early += n < at && y != 0.0F;
          sum += (double)y;
          moment += (double)y * m / NEUME_RATE;
          ++m;
        }
      }
      CHECK(!early);

      // The centre of gravity is the group delay at 0 Hz
      const double delay = moment / sum - at / rates[i];
      CHECK_MSG(fabs(delay - neume_resampler_delay(resampler)) < 1e-4,
                "%g Hz: %g ms",
                rates[i],
                1e3 * delay);
    }
    neume_resampler_free(resampler);
  }
}

/** Outputs of `length` samples of noise pushed in batches of `batch`, or of
    random size if 0. */
static uint32_t run_batches(NeumeResampler* resampler,
                            uint32_t        batch,
                            uint32_t        length,
                            float*          out)
{
  uint32_t signal = 1;
  uint32_t random = 2;
  uint32_t wrong  = 0;
  uint32_t m      = 0;
  float    buffer[512];
  for (uint32_t done = 0; done < length;) {
    random        = random * 1664525U + 1013904223U;
    uint32_t left = batch ? batch : 1U + (random >> 16) % 512U;
    left          = left < length - done ? left : length - done;
    done += left;
    while (left) {
      const uint32_t need = neume_resampler_need(resampler);
      const uint32_t n    = left < need ? left : need;
      for (uint32_t i = 0; i < n; ++i) {
        buffer[i] = noise(&signal);
      }
      const bool got = neume_resampler_push(resampler, buffer, n, &out[m]);
      wrong += need < 1 || got != (n == need);
      m += got;
      left -= n;
    }
  }
  CHECK(!wrong);
  return m;
}

static void test_batches(void)
{
  enum { LENGTH = 40000 };
  static float once[LENGTH];
  static float again[LENGTH];

  const uint32_t batches[] = { 7, 64, 1024, 0 };
  for (unsigned i = 0; i < N_RATES; ++i) {
    NeumeResampler* const resampler = make(rates[i]);
    const uint32_t        count     = run_batches(resampler, 1, LENGTH, once);
    for (unsigned b = 0; b < sizeof(batches) / sizeof(batches[0]); ++b) {
      // From here on, after a reset: the same as fresh
      neume_resampler_reset(resampler);
      CHECK(run_batches(resampler, batches[b], LENGTH, again) == count);
      CHECK_MSG(!memcmp(once, again, count * sizeof(float)),
                "%g Hz, batches of %u",
                rates[i],
                batches[b]);
    }
    neume_resampler_free(resampler);
  }
}

/** Output m completes with input floor(m * rate / NEUME_RATE), for long. */
static void check_positions(double rate, uint64_t outputs)
{
  enum { BATCH = 94 };
  static const float zeros[BATCH];

  NeumeResampler* const resampler = make(rate);
  uint64_t              n         = 0;
  uint64_t              wrong     = 0;
  for (uint64_t m = 0; m < outputs; ++m) {
    const uint32_t need = neume_resampler_need(resampler);
    float          y    = 0.0F;
    wrong += need > BATCH || !neume_resampler_push(resampler, zeros, need, &y);
    n += need;

    const long double due = (long double)m * (long double)rate / NEUME_RATE;
    wrong += n - 1 != (uint64_t)due;
  }
  CHECK_MSG(!wrong, "%g Hz: %u outputs", rate, (unsigned)wrong);
  neume_resampler_free(resampler);
}

static void test_positions(void)
{
  for (unsigned i = 0; i < N_RATES; ++i) {
    check_positions(rates[i], 20000);
  }
  check_positions(8000.3, 10ULL * 60ULL * NEUME_RATE);
  check_positions(384000.0, 30ULL * NEUME_RATE);
}

/** Nothing drifts: the same sound half a minute later gives the same bits. */
static void test_drift(void)
{
  enum { LENGTH = 4096 };
  static float first[LENGTH];
  static float later[LENGTH];

  NeumeResampler* const resampler = make(48000.0);
  const uint32_t        count     = run_batches(resampler, 0, 9375, first);
  for (uint32_t n = 9375; n < 160U * 9375U; ++n) {
    const float zero = 0.0F;
    float       y    = 0.0F;
    neume_resampler_push(resampler, &zero, 1, &y);
  }
  CHECK(run_batches(resampler, 0, 9375, later) == count);
  CHECK(!memcmp(first, later, count * sizeof(float)));
  neume_resampler_free(resampler);
}

static void test_denormals(void)
{
  const float levels[] = {
    1e-45F, FLT_MIN / 2.0F, 1e-30F, 1e-18F, 2e-15F, 1.0F
  };
  for (unsigned i = 0; i < N_RATES; ++i) {
    NeumeResampler* const resampler = make(rates[i]);
    for (unsigned k = 0; k < sizeof(levels) / sizeof(levels[0]); ++k) {
      uint32_t random = 3;
      unsigned low    = 0;
      unsigned heard  = 0;
      unsigned tail   = 0;
      float    y      = 0.0F;
      for (uint32_t n = 0; n < 30000; ++n) {
        const bool  on = n < 20000;
        const float x  = on ? levels[k] * noise(&random) : 0.0F;
        if (neume_resampler_push(resampler, &x, 1, &y)) {
          low += fpclassify(y) == FP_SUBNORMAL;
          heard += y != 0.0F;
          tail = on || y != 0.0F ? 0 : tail + 1;
        }
      }
      CHECK_MSG(!low, "%g Hz, level %g", rates[i], (double)levels[k]);
      CHECK(levels[k] > 1e-15F ? heard > 100 : !heard);
      CHECK(tail > 10000 * NEUME_RATE / rates[i] - 80);
    }
    neume_resampler_free(resampler);
  }
}

int main(void)
{
  test_errors();
  test_passband();
  test_tune();
  test_sweep();
  test_constant();
  test_delay();
  test_click();
  test_batches();
  test_positions();
  test_drift();
  test_denormals();
  return test_report();
}
