// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#include "constants.h"
#include "test.h"
#include "tone.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#define PI 3.14159265358979323846

static const double rates[] = { 8000.0,  44100.0,  48000.0,
                                96000.0, 192000.0, 384000.0 };

#define N_RATES (sizeof(rates) / sizeof(rates[0]))

static double pitch(double a4, uint32_t midi)
{
  return a4 * exp2((midi - 69.0) / 12.0);
}

/** Amplitude of `hz` in the next `seconds` of `tone`, Hann-weighted, and the
    phase of that component, in cycles. */
static double component(NeumeTone* tone,
                        double     hz,
                        double     seconds,
                        double*    phase)
{
  const int length = (int)(seconds * tone->rate);

  double re = 0.0;
  double im = 0.0;
  for (int n = 0; n < length; ++n) {
    const double w = 1.0 - cos(2.0 * PI * (n + 0.5) / length);
    const double a = 2.0 * PI * fmod(hz * n / tone->rate, 1.0);
    const double y = (double)neume_tone_next(tone);
    re += w * y * cos(a);
    im -= w * y * sin(a);
  }
  *phase = atan2(im, re) / (2.0 * PI);
  return 2.0 * hypot(re, im) / length;
}

/** From the phases of two stretches of sound. */
static void test_pitch(double a4)
{
  for (unsigned i = 0; i < N_RATES; ++i) {
    NeumeTone tone;
    neume_tone_init(&tone, rates[i]);
    if (a4 != NEUME_A4) {
      neume_tone_tune(&tone, a4);
    }
    double worst = 0.0;
    for (uint32_t midi = NEUME_MIDI_MIN; midi <= NEUME_MIDI_MAX; midi += 2) {
      const double hz = pitch(a4, midi);

      neume_tone_set(&tone, midi, 100);
      for (int n = 0; n < 0.006 * rates[i]; ++n) {
        neume_tone_next(&tone);
      }

      double       first     = 0.0;
      double       second    = 0.0;
      const int    length    = (int)(0.1 * rates[i]);
      const double amplitude = component(&tone, hz, 0.1, &first);
      component(&tone, hz, 0.1, &second);

      // What a tone of exactly that pitch would have advanced
      const double due = hz * length / rates[i];
      const double off = remainder(second - first - due, 1.0);
      worst            = fmax(worst, fabs(1200.0 * log2(1.0 + off / due)));
      CHECK_MSG(amplitude > 0.1, "%g at %g Hz", amplitude, hz);
    }
    CHECK_MSG(worst < 0.1, "%g cents off at %g Hz", worst, rates[i]);
  }
}

static void test_timbre(void)
{
  NeumeTone tone;
  neume_tone_init(&tone, 48000.0);
  neume_tone_set(&tone, 57, 127);
  for (unsigned n = 0; n < 300; ++n) {
    neume_tone_next(&tone);
  }

  double       phase      = 0.0;
  const double first      = component(&tone, 220.0, 0.5, &phase);
  const double second     = component(&tone, 440.0, 0.5, &phase);
  const double third      = component(&tone, 660.0, 0.5, &phase);
  const double fourth     = component(&tone, 880.0, 0.5, &phase);
  const double in_between = component(&tone, 330.0, 0.5, &phase);
  CHECK(second > 0.05 * first && second < 0.3 * first);
  CHECK(third > 0.05 * first && third < 0.3 * first);
  CHECK(fourth < 1e-5 * first);
  CHECK(in_between < 1e-5 * first);
}

/** Notes start, change, are struck again and end, at any moment. */
static void test_clicks(void)
{
  for (unsigned i = 0; i < N_RATES; ++i) {
    NeumeTone tone;
    neume_tone_init(&tone, rates[i]);

    // The largest curvature and slope of the tone itself: its harmonics' at
    // the highest pitch, and what gain and pitch add by changing in 5 ms
    const double w     = 2.0 * PI * pitch(NEUME_A4, NEUME_MIDI_MAX) / rates[i];
    const double ramp  = 1.0 / (0.005 * rates[i]);
    const double top   = 0.25 / 1.3;
    const double slope = w * (1.0 + 2.0 * 0.2 + 3.0 * 0.1);
    const double bend  = w * w * (1.0 + 4.0 * 0.2 + 9.0 * 0.1);
    const double bound =
      top * (bend + 2.0 * ramp * slope + 1.3 * ramp + ramp * slope);

    uint32_t random = 1;
    double   before = 0.0;
    double   last   = 0.0;
    double   worst  = 0.0;
    double   peak   = 0.0;
    double   jumped = 0.0;
    bool     bad    = false;
    for (unsigned k = 0; k < 1000; ++k) {
      random              = random * 1664525U + 1013904223U;
      const uint32_t note = (random >> 16U) % 48U;
      const uint32_t midi =
        note < NEUME_CLASSES - 1 ? NEUME_MIDI_MIN + note : 0;
      const uint32_t velocity = 1U + (random >> 8U) % 127U;
      const double   phase    = tone.phase;

      neume_tone_set(&tone, midi, velocity);
      jumped = fmax(jumped, fabs(tone.phase - phase));

      const uint32_t length =
        (uint32_t)((random >> 24U) * (k % 3U) * rates[i] / 48000.0);
      for (uint32_t n = 0; n < length; ++n) {
        const float  next = neume_tone_next(&tone);
        const double y    = (double)next;
        bad |= !isfinite(next);
        worst  = fmax(worst, fabs(y - 2.0 * last + before));
        peak   = fmax(peak, fabs(y));
        before = last;
        last   = y;
      }
    }
    CHECK(!bad);
    CHECK(jumped == 0.0);
    CHECK_MSG(peak <= 0.25 && peak > 0.15, "%g", peak);
    CHECK_MSG(worst < bound, "%g Hz: %g, not below %g", rates[i], worst, bound);
    fprintf(stderr,
            "%6g Hz: second difference up to %.5f, bound %.5f\n",
            rates[i],
            worst,
            bound);
  }
}

static void test_silence(void)
{
  for (unsigned i = 0; i < N_RATES; ++i) {
    const int ramp = (int)ceil(0.005 * rates[i]);
    NeumeTone tone;
    neume_tone_init(&tone, rates[i]);
    for (int n = 0; n < 100; ++n) {
      CHECK(neume_tone_next(&tone) == 0.0F);
    }

    // Full after 5 ms, told once or at every sample
    for (int often = 0; often < 2; ++often) {
      neume_tone_set(&tone, 69, 127);
      int last = 0;
      for (int n = 0; n < 4 * ramp; ++n) {
        if (often) {
          neume_tone_set(&tone, 69, 127);
        }
        neume_tone_next(&tone);
        last = tone.gain != tone.target ? n + 1 : last;
      }
      CHECK_MSG(abs(last - ramp) <= 2, "%d samples, not %d", last, ramp);

      // And silent after 5 ms more, for good
      neume_tone_set(&tone, 0, 0);
      last    = 0;
      int bad = 0;
      for (int n = 0; n < 4 * ramp; ++n) {
        if (often) {
          neume_tone_set(&tone, 0, 0);
        }
        const float y = neume_tone_next(&tone);
        bad += !isfinite(y) || fpclassify(y) == FP_SUBNORMAL;
        last = y != 0.0F ? n + 1 : last;
      }
      CHECK(!bad);
      CHECK_MSG(abs(last - ramp) <= 2, "%d samples, not %d", last, ramp);
    }
  }
}

/** Louder for higher velocities; whatever the numbers, it is in bounds. */
static void test_velocity(void)
{
  double before = 0.0;
  for (uint32_t velocity = 1; velocity <= 127; velocity += 18) {
    NeumeTone tone;
    neume_tone_init(&tone, 48000.0);
    neume_tone_set(&tone, 69, velocity);
    double peak = 0.0;
    for (int n = 0; n < 4800; ++n) {
      peak = fmax(peak, fabs((double)neume_tone_next(&tone)));
    }
    CHECK(peak > before && peak <= 0.25);
    before = peak;
  }

  int       bad = 0;
  NeumeTone tone;
  neume_tone_init(&tone, 8000.0);
  neume_tone_set(&tone, UINT32_MAX, UINT32_MAX);
  for (int n = 0; n < 8000; ++n) {
    const float y = neume_tone_next(&tone);
    bad += !(y >= -0.25F && y <= 0.25F);
  }
  CHECK(!bad);
}

int main(void)
{
  test_pitch(440.0);
  test_pitch(415.0);
  test_timbre();
  test_clicks();
  test_silence();
  test_velocity();
  return test_report();
}
