// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#include "../test.h"

#include "constants.h"
#include "logmel.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

static const NeumeFrontEnd front_end = { 512,     1024,   144,   60.0f,
                                         1960.0f, 700.0f, 1e-9f, 0.1f,
                                         256,     256,    1 };

static const double pi = 3.14159265358979323846;

/** A uniform number in -1..1 from a linear congruential generator. */
static float noise(uint32_t* state)
{
  *state = *state * 1664525U + 1013904223U;
  return (float)(*state >> 8U) / 8388608.0f - 1.0f;
}

/** One-sided power at `hz`, straight from the definition. */
static double power_at(const NeumeFrontEnd* fe, const float* x, uint32_t k)
{
  double re  = 0.0;
  double im  = 0.0;
  double sum = 0.0;
  for (uint32_t i = 0; i < fe->window; ++i) {
    const double w =
      i < fe->rise
        ? 0.5 - 0.5 * cos(pi * i / fe->rise)
        : 0.5 + 0.5 * cos(pi * (i - fe->rise) / (fe->window - fe->rise));
    const double a = 2.0 * pi * (double)i * k / fe->fft;
    re += w * (double)x[i] * cos(a);
    im -= w * (double)x[i] * sin(a);
    sum += w;
  }
  return (re * re + im * im) * 4.0 / (sum * sum);
}

/** A feature, straight from the definition; bands here never miss all bins. */
static double reference(const NeumeFrontEnd* fe,
                        const double*        power,
                        uint32_t             b)
{
  const double brk  = (double)fe->break_hz;
  const double low  = log(1.0 + (double)fe->low_hz / brk);
  const double high = log(1.0 + (double)fe->high_hz / brk);
  double       edge[3];
  for (uint32_t i = 0; i < 3; ++i) {
    const double mel = low + (high - low) * (b + i) / (fe->bands + 1.0);
    edge[i]          = brk * (exp(mel) - 1.0);
  }

  double sum = 0.0;
  for (uint32_t k = 0; k <= fe->fft / 2; ++k) {
    const double hz   = (double)k * NEUME_RATE / fe->fft;
    const double rise = (hz - edge[0]) / (edge[1] - edge[0]);
    const double fall = (edge[2] - hz) / (edge[2] - edge[1]);
    const double w    = fmin(rise, fall);
    sum += w > 0.0 ? w * power[k] : 0.0;
  }
  return (double)fe->scale * log(1.0 + sum / (double)fe->floor);
}

static void test_definition(uint32_t rise)
{
  NeumeFrontEnd fe     = front_end;
  NeumeLogmel*  logmel = NULL;
  fe.rise              = rise;
  CHECK(neume_logmel_new(&fe, &logmel) == NEUME_SUCCESS);

  uint32_t seed  = 1;
  double   worst = 0.0;
  for (uint32_t trial = 0; trial < 3; ++trial) {
    float x[512];
    for (uint32_t i = 0; i < 512; ++i) {
      const double t = (double)i / NEUME_RATE;
      x[i]           = 0.3f * (float)sin(2.0 * pi * (220.0 + trial * 77) * t) +
             (trial ? 0.01f : 0.5f) * noise(&seed);
    }

    float features[144];
    neume_logmel_frame(logmel, x, features);

    double power[513];
    for (uint32_t k = 0; k < 513; ++k) {
      power[k] = power_at(&fe, x, k);
    }
    for (uint32_t b = 0; b < fe.bands; ++b) {
      const double want = reference(&fe, power, b);
      worst             = fmax(worst, fabs(want - (double)features[b]));
    }
  }
  CHECK_MSG(worst < 1e-4, "rise %u: worst difference %g", rise, worst);
  neume_logmel_free(logmel);
}

static void test_scale(void)
{
  NeumeLogmel* logmel = NULL;
  CHECK(neume_logmel_new(&front_end, &logmel) == NEUME_SUCCESS);

  // Digital silence is exactly zero, the value of padding
  float x[512] = { 0.0f };
  float features[144];
  neume_logmel_frame(logmel, x, features);
  for (uint32_t b = 0; b < 144; ++b) {
    CHECK(features[b] == 0.0f);
  }

  // A full-scale sine on a bin has power 1
  for (uint32_t i = 0; i < 512; ++i) {
    x[i] = (float)sin(2.0 * pi * 512.0 * i / NEUME_RATE);
  }
  neume_logmel_frame(logmel, x, features);
  const double power = (double)neume_logmel_power(logmel)[128];
  CHECK_MSG(fabs(power - 1.0) < 1e-4, "power %g", power);
  neume_logmel_free(logmel);
}

static void test_narrow_bands(void)
{
  // More bands than bins: every band still hears something
  const NeumeFrontEnd fe     = { 64,    64,   256, 60.0f, 1960.0f, 700.0f,
                                 1e-9f, 1.0f, 32,  32,    1 };
  NeumeLogmel*        logmel = NULL;
  CHECK(neume_logmel_new(&fe, &logmel) == NEUME_SUCCESS);

  float    x[64];
  float    features[256];
  uint32_t seed = 3;
  for (uint32_t i = 0; i < 64; ++i) {
    x[i] = noise(&seed);
  }
  neume_logmel_frame(logmel, x, features);
  for (uint32_t b = 0; b < 256; ++b) {
    CHECK_MSG(features[b] > 0.0f, "band %u", b);
  }
  neume_logmel_free(logmel);
}

static void test_ranges(void)
{
  static const struct {
    NeumeFrontEnd fe;
    const char*   what;
  } bad[] = {
    { { 63, 64, 8, 0.0f, 9.0f, 700.0f, 1e-9f, 1.0f, 0, 32, 1 }, "window" },
    { { 8192, 8192, 8, 0.0f, 9.0f, 700.0f, 1e-9f, 1.0f, 0, 32, 1 }, "window" },
    { { 512, 256, 8, 0.0f, 9.0f, 700.0f, 1e-9f, 1.0f, 0, 32, 1 }, "fft" },
    { { 512, 1000, 8, 0.0f, 9.0f, 700.0f, 1e-9f, 1.0f, 0, 32, 1 }, "fft" },
    { { 512, 1024, 7, 0.0f, 9.0f, 700.0f, 1e-9f, 1.0f, 0, 32, 1 }, "bands" },
    { { 512, 1024, 8, -1.0f, 9.0f, 700.0f, 1e-9f, 1.0f, 0, 32, 1 }, "low_hz" },
    { { 512, 1024, 8, 9.0f, 9.0f, 700.0f, 1e-9f, 1.0f, 0, 32, 1 }, "low_hz" },
    { { 512, 1024, 8, NAN, 9.0f, 700.0f, 1e-9f, 1.0f, 0, 32, 1 }, "low_hz" },
    { { 512, 1024, 8, 0.0f, 2049.0f, 700.0f, 1e-9f, 1.0f, 0, 32, 1 },
      "high_hz" },
    { { 512, 1024, 8, 0.0f, 9.0f, 0.0f, 1e-9f, 1.0f, 0, 32, 1 }, "break_hz" },
    { { 512, 1024, 8, 0.0f, 9.0f, 700.0f, NAN, 1.0f, 0, 32, 1 }, "floor" },
    { { 512, 1024, 8, 0.0f, 9.0f, 700.0f, 1e-9f, INFINITY, 0, 32, 1 },
      "scale" },
    { { 512, 1024, 8, 0.0f, 9.0f, 700.0f, 1e-9f, 1.0f, 513, 32, 1 },
      "label_delay" },
    { { 512, 1024, 8, 0.0f, 9.0f, 700.0f, 1e-9f, 1.0f, 0, 0, 1 }, "rise" },
    { { 512, 1024, 8, 0.0f, 9.0f, 700.0f, 1e-9f, 1.0f, 0, 512, 1 }, "rise" },
    { { 512, 1024, 8, 0.0f, 9.0f, 700.0f, 1e-9f, 1.0f, 0, 32, 0 }, "stack" },
    { { 512, 1024, 8, 0.0f, 9.0f, 700.0f, 1e-9f, 1.0f, 0, 32, 3 }, "stack" },
    { { 512, 1024, 8, 0.0f, 9.0f, 700.0f, 1e-9f, 1.0f, 0, 32, 16 }, "stack" },
  };

  for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); ++i) {
    const char*  what   = NULL;
    NeumeLogmel* logmel = NULL;
    CHECK(neume_front_end_check(&bad[i].fe, &what) == NEUME_ERR_RANGE);
    CHECK_MSG(what && !strncmp(what, bad[i].what, strlen(bad[i].what)),
              "%s, not %s",
              what,
              bad[i].what);
    CHECK(neume_logmel_new(&bad[i].fe, &logmel) == NEUME_ERR_RANGE);
    CHECK(!logmel);
  }

  const char* what = "";
  CHECK(neume_front_end_check(&front_end, &what) == NEUME_SUCCESS);
  CHECK(!what);
}

int main(void)
{
  static const uint32_t rises[] = { 1, 100, 256, 400, 511 };
  for (size_t i = 0; i < sizeof(rises) / sizeof(rises[0]); ++i) {
    test_definition(rises[i]);
  }
  test_scale();
  test_narrow_bands();
  test_ranges();
  return test_report();
}
