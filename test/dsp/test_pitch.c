// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#include "constants.h"
#include "logmel.h"
#include "pitch.h"
#include "test.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define PI     3.14159265358979323846
#define WINDOW 512
#define FFT    1024

/** A sung tone. */
typedef struct {
  double midi;    ///< Pitch at the middle of the frame
  double tilt;    ///< Fall of the harmonics, dB per octave
  double level;   ///< Amplitude of the fundamental
  double noise;   ///< RMS of white noise under it
  double vibrato; ///< Depth either way, cents
  double phase;   ///< Of the vibrato at the middle, cycles
  double rate;    ///< Of the vibrato, Hz
} Tone;

static NeumeLogmel* logmel;
static uint32_t     seed = 1;

static double noise(void)
{
  // Sum of four uniform values: near enough to normal, of variance 1
  double sum = 0.0;
  for (unsigned i = 0; i < 4; ++i) {
    seed = seed * 1664525U + 1013904223U;
    sum += (double)(seed >> 8U) / (1U << 24U) - 0.5;
  }
  return sum * sqrt(3.0);
}

/** The power spectrum of one frame of `tone`. */
static const float* spectrum(const Tone* tone)
{
  static float features[NEUME_BANDS_MAX];

  const double f0 = 440.0 * exp2((tone->midi - 69.0) / 12.0);
  float        frame[WINDOW];
  double       cycles = 0.3;
  for (int n = 0; n < WINDOW; ++n) {
    const double t  = (n - WINDOW / 2.0) / NEUME_RATE;
    const double at = tone->rate * t + tone->phase;
    const double f  = f0 * exp2(tone->vibrato * sin(2.0 * PI * at) / 1200.0);

    double x = tone->noise * noise();
    for (int h = 1; h * f0 < 1950.0; ++h) {
      // A phase of its own for each, as after a vocal tract
      x += tone->level * pow(10.0, -tone->tilt * log2(h) / 20.0) *
           sin(2.0 * PI * (cycles * h) + 1.7 * h * h);
    }
    frame[n] = (float)x;
    cycles += f / NEUME_RATE;
  }
  neume_logmel_frame(logmel, frame, features);
  return neume_logmel_power(logmel);
}

static int compare(const void* a, const void* b)
{
  const double x = *(const double*)a;
  const double y = *(const double*)b;
  return (x > y) - (x < y);
}

/** Errors in cents over all notes and offsets: median and worst. */
static void check_tones(const char* name,
                        Tone        tone,
                        double      median,
                        double      worst)
{
  double   errors[(NEUME_MIDI_MAX - NEUME_MIDI_MIN + 1) * 10];
  unsigned count  = 0;
  int      lowest = 0;
  for (uint32_t midi = NEUME_MIDI_MIN; midi <= NEUME_MIDI_MAX; ++midi) {
    for (int cents = -45; cents <= 45; cents += 10) {
      tone.midi = midi + cents / 100.0;
      tone.phase += 0.37;

      // What the singer does in the middle of the frame
      const double true_cents =
        cents + tone.vibrato * sin(2.0 * PI * tone.phase);
      if (fabs(true_cents) > 45.0) {
        continue;
      }

      const float found = neume_pitch_cents(spectrum(&tone), FFT, midi);
      errors[count]     = fabs((double)found - true_cents);
      if (count == 0 || errors[count] >= errors[lowest]) {
        lowest = (int)count;
      }
      ++count;
    }
  }
  const double max = errors[lowest];
  qsort(errors, count, sizeof(errors[0]), compare);
  fprintf(stderr,
          "%s: median %.2f, 90%% %.2f, worst %.2f cents (number %d of %u)\n",
          name,
          errors[count / 2],
          errors[count * 9 / 10],
          max,
          lowest,
          count);
  CHECK_MSG(errors[count / 2] <= median, "%s", name);
  CHECK_MSG(max <= worst, "%s", name);
}

static void test_clean(void)
{
  const Tone tone = { 0.0, 0.0, 0.1, 0.0, 0.0, 0.0, 0.0 };
  Tone       t    = tone;
  for (int tilt = 0; tilt <= 24; tilt += 6) {
    t.tilt = tilt;
    char name[32];
    snprintf(name, sizeof(name), "clean, %g dB/octave", t.tilt);
    check_tones(name, t, 0.5, 1.5);
  }

  // Quiet and loud alike
  t.tilt  = 9.0;
  t.level = 1.0;
  check_tones("clean, loud", t, 0.5, 1.5);
  t.level = 0.001;
  check_tones("clean, -60 dBFS", t, 0.5, 1.5);
}

static void test_rough(void)
{
  Tone tone = { 0.0, 6.0, 0.1, 0.01, 0.0, 0.0, 0.0 };
  check_tones("17 dB over noise", tone, 0.5, 1.5);
  tone.noise = 0.05;
  check_tones("3 dB over noise", tone, 1.5, 8.0);
  tone.noise   = 0.0;
  tone.vibrato = 30.0;
  tone.rate    = 5.5;
  check_tones("vibrato of 30 cents", tone, 4.0, 12.0);
}

/** A missing fundamental, as over a telephone. */
static void test_no_fundamental(void)
{
  double worst = 0.0;
  for (int cents = -40; cents <= 40; cents += 10) {
    const double f0 = 110.0 * exp2((12.0 + cents / 100.0) / 12.0);
    float        frame[WINDOW];
    float        features[NEUME_BANDS_MAX];
    for (int n = 0; n < WINDOW; ++n) {
      double x = 0.0;
      for (int h = 2; h * f0 < 1800.0; ++h) {
        x += 0.1 / h * sin(2.0 * PI * h * f0 * n / NEUME_RATE);
      }
      frame[n] = (float)x;
    }
    neume_logmel_frame(logmel, frame, features);
    const float found = neume_pitch_cents(neume_logmel_power(logmel), FFT, 57);
    worst             = fmax(worst, fabs((double)found - cents));
  }
  CHECK_MSG(worst < 2.0, "%g cents", worst);
}

/** A voice far from its note. */
static void test_bend(void)
{
  double worst = 0.0;
  double rough = 0.0;
  for (uint32_t midi = NEUME_MIDI_MIN; midi <= NEUME_MIDI_MAX; ++midi) {
    for (int cents = -190; cents <= 190; cents += 19) {
      Tone        tone = { midi + cents / 100.0, 9.0, 0.1, 0.0, 0.0, 0.0, 0.0 };
      const float clean = neume_pitch_bend(spectrum(&tone), FFT, midi);
      worst             = fmax(worst, fabs((double)clean - cents));
      tone.noise        = 0.01;
      const float noisy = neume_pitch_bend(spectrum(&tone), FFT, midi);
      rough             = fmax(rough, fabs((double)noisy - cents));
    }
  }
  CHECK_MSG(worst < 3.0, "%g cents", worst);
  CHECK_MSG(rough < 6.0, "%g cents over noise", rough);
}

static void test_limits(void)
{
  static float power[FFT / 2 + 1];

  // Silence, and what is next to it
  memset(power, 0, sizeof(power));
  CHECK(neume_pitch_cents(power, FFT, 69) == 0.0F);
  power[110] = 1e-35F;
  CHECK(neume_pitch_cents(power, FFT, 69) == 0.0F);

  // A spectrum without any peak
  for (unsigned i = 0; i < FFT / 2 + 1; ++i) {
    power[i] = 0.01F;
  }
  for (uint32_t midi = NEUME_MIDI_MIN; midi <= NEUME_MIDI_MAX; ++midi) {
    CHECK(neume_pitch_cents(power, FFT, midi) == 0.0F);
    CHECK(neume_pitch_bend(power, FFT, midi) == 0.0F);
  }

  // Not a note of ours
  const Tone tone = { 69.3, 6.0, 0.1, 0.0, 0.0, 0.0, 0.0 };
  CHECK(neume_pitch_cents(spectrum(&tone), FFT, 0) == 0.0F);
  CHECK(neume_pitch_cents(spectrum(&tone), FFT, NEUME_MIDI_MAX + 1) == 0.0F);

  // A voice beyond the edge is at the edge
  CHECK(neume_pitch_cents(spectrum(&tone), FFT, 70) == -50.0F);

  // In range, and within the array, whatever is in it and however long it is
  for (uint32_t fft = 64; fft <= 8192; fft *= 2) {
    float* const p   = (float*)malloc((fft / 2 + 1) * sizeof(float));
    unsigned     bad = 0;
    CHECK(p);
    for (unsigned trial = 0; p && trial < 20; ++trial) {
      for (uint32_t i = 0; i < fft / 2 + 1; ++i) {
        p[i] = (float)(fabs(noise()) * pow(10.0, 3.0 * noise() - 4.0));
      }
      for (uint32_t midi = NEUME_MIDI_MIN; midi <= NEUME_MIDI_MAX; ++midi) {
        const float cents = neume_pitch_cents(p, fft, midi);
        const float bend  = neume_pitch_bend(p, fft, midi);
        bad += !(cents >= -50.0F && cents <= 50.0F);
        bad += !(bend >= -200.0F && bend <= 200.0F);
      }
    }
    CHECK(!bad);
    free(p);
  }
}

int main(void)
{
  const NeumeFrontEnd fe = { WINDOW, FFT,  64, 80.0F,      2000.0F, 700.0F,
                             1e-6F,  1.0F, 0,  WINDOW / 2, 1 };
  CHECK(neume_logmel_new(&fe, &logmel) == NEUME_SUCCESS);
  if (!logmel) {
    return test_report();
  }

  test_clean();
  test_rough();
  test_no_fundamental();
  test_bend();
  test_limits();
  neume_logmel_free(logmel);
  return test_report();
}
