// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

// What a host sample costs on its way to NEUME_RATE, pushed one at a time and
// in batches, and what comes out; beside libsamplerate, where it is installed.

#include "constants.h"
#include "resampler.h"

#ifdef HAVE_SAMPLERATE
#include <samplerate.h>
#endif

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define PI       3.14159265358979323846
#define MAX_RUN  1024
#define COST_RUN 131072 // Samples timed at once
#define CALLS    4000   // Calls timed one by one
#define REPEATS  5

/** One way of resampling. */
typedef struct {
  const char* name;      ///< For the table
  int         converter; ///< Of libsamplerate, or -1 for Neume's own
} Method;

/** An instance of one. */
typedef struct {
  NeumeResampler* own;   ///< Neume's, or NULL
  void*           other; ///< libsamplerate's, or NULL
  double          rate;  ///< Hz
} Instance;

static const Method methods[] = {
  { "Neume", -1 },
#ifdef HAVE_SAMPLERATE
  { "libsamplerate, medium", SRC_SINC_MEDIUM_QUALITY },
  { "libsamplerate, fastest", SRC_SINC_FASTEST },
#endif
};

#define N_METHODS (sizeof(methods) / sizeof(methods[0]))

static double now(void)
{
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static Instance start(const Method* method, double rate)
{
  Instance instance = { NULL, NULL, rate };
  if (method->converter < 0) {
    neume_resampler_new(rate, &instance.own);
  }
#ifdef HAVE_SAMPLERATE
  if (method->converter >= 0) {
    int error      = 0;
    instance.other = src_new(method->converter, 1, &error);
  }
#endif
  if (!instance.own && !instance.other) {
    fprintf(stderr, "bench_resampler: cannot start %s\n", method->name);
    exit(1);
  }
  return instance;
}

static void stop(Instance* instance)
{
  neume_resampler_free(instance->own);
#ifdef HAVE_SAMPLERATE
  if (instance->other) {
    src_delete((SRC_STATE*)instance->other);
  }
#endif
}

/** Push `n` samples, at most MAX_RUN; returns how many come out. */
static uint32_t push(Instance*    instance,
                     const float* in,
                     uint32_t     n,
                     float*       out)
{
  uint32_t got = 0;
  if (instance->own) {
    for (uint32_t done = 0; done < n;) {
      const uint32_t need = neume_resampler_need(instance->own);
      const uint32_t left = n - done;
      const uint32_t part = left < need ? left : need;
      got += neume_resampler_push(instance->own, in + done, part, out + got);
      done += part;
    }
  }
#ifdef HAVE_SAMPLERATE
  if (instance->other) {
    SRC_DATA data      = { 0 };
    data.data_in       = in;
    data.data_out      = out;
    data.input_frames  = (long)n;
    data.output_frames = MAX_RUN;
    data.src_ratio     = NEUME_RATE / instance->rate;
    if (src_process((SRC_STATE*)instance->other, &data) ||
        data.input_frames_used != (long)n) {
      fprintf(stderr, "bench_resampler: libsamplerate failed\n");
      exit(1);
    }
    got = (uint32_t)data.output_frames_gen;
  }
#endif
  return got;
}

static int compare(const void* a, const void* b)
{
  const double x = *(const double*)a;
  const double y = *(const double*)b;
  return (x > y) - (x < y);
}

/** Print least and largest of a few measurements of ns per input sample, and
    what calls cost. */
static void cost(const Method* method, double rate, uint32_t batch)
{
  static float in[COST_RUN];
  for (uint32_t i = 0; i < COST_RUN; ++i) {
    in[i] = (float)sin(i * 0.01);
  }

  Instance instance = start(method, rate);
  double   least    = HUGE_VAL;
  double   most     = 0.0;
  float    out[MAX_RUN];
  for (unsigned k = 0; k <= REPEATS; ++k) {
    const double begin = now();
    for (uint32_t i = 0; i < COST_RUN; i += batch) {
      push(&instance, in + i, batch, out);
    }
    const double ns = 1e9 * (now() - begin) / COST_RUN;
    if (k > 0) { // The first one warms up
      least = fmin(least, ns);
      most  = fmax(most, ns);
    }
  }

  // What a call costs, with a clock around each
  static double calls[CALLS];
  for (uint32_t i = 0; i < CALLS; ++i) {
    const double begin = now();
    push(&instance, in + (i * batch) % (COST_RUN - batch), batch, out);
    calls[i] = 1e9 * (now() - begin);
  }
  qsort(calls, CALLS, sizeof(calls[0]), compare);
  stop(&instance);
  printf("| %s | %g | %u | %.1f | %.1f | %.0f | %.0f | %.2f |\n",
         method->name,
         rate,
         batch,
         least,
         most,
         calls[CALLS / 2],
         calls[CALLS - CALLS / 1000],
         1e-7 * least * rate);
}

/** Level of what comes out of a sine, in dB re the sine. */
static double level(const Method* method, double rate, double hz)
{
  Instance instance = start(method, rate);
  float    in[MAX_RUN];
  float    out[MAX_RUN];
  double   sum   = 0.0;
  uint64_t count = 0;
  uint64_t seen  = 0;
  uint64_t n     = 0;
  while (count < 2048) {
    for (uint32_t i = 0; i < MAX_RUN; ++i, ++n) {
      in[i] = (float)sin(2.0 * PI * fmod(hz * (double)n / rate, 1.0));
    }
    const uint32_t got = push(&instance, in, MAX_RUN, out);
    for (uint32_t i = 0; i < got; ++i) {
      if (++seen > 512) {
        sum += (double)out[i] * (double)out[i];
        ++count;
      }
    }
  }
  stop(&instance);
  return 10.0 * log10(fmax(2.0 * sum / (double)count, 1e-20));
}

/** How much audio must have gone in when the middle of a click comes out, in
    seconds: what a player waits for. */
static double click_delay(const Method* method, double rate)
{
  const uint64_t at       = 20000;
  Instance       instance = start(method, rate);
  float          out[MAX_RUN];
  float          peak  = 0.0F;
  uint64_t       found = at;
  for (uint64_t n = 0; n < at + 20000; ++n) {
    const float    x   = n == at ? 1.0F : 0.0F;
    const uint32_t got = push(&instance, &x, 1, out);
    for (uint32_t i = 0; i < got; ++i) {
      if (fabsf(out[i]) > peak) {
        peak  = fabsf(out[i]);
        found = n;
      }
    }
  }
  stop(&instance);
  return (double)(found - at) / rate;
}

int main(void)
{
  const double   rates[]   = { 8000.0, 44100.0, 48000.0, 96000.0, 384000.0 };
  const uint32_t batches[] = { 1, 64, 1024 };

  printf("| resampler | rate/Hz | batch | ns/sample, least | most "
         "| ns/call, median | 99.9%% | %% of a core |\n"
         "|---|---:|---:|---:|---:|---:|---:|---:|\n");
  for (unsigned i = 0; i < sizeof(rates) / sizeof(rates[0]); ++i) {
    for (unsigned m = 0; m < N_METHODS; ++m) {
      for (unsigned b = 0; b < sizeof(batches) / sizeof(batches[0]); ++b) {
        cost(&methods[m], rates[i], batches[b]);
      }
    }
  }

  printf("\n| resampler, 48 kHz | 1.0 kHz/dB | 1.8 kHz/dB | 2.048 kHz/dB "
         "| worst alias/dB | click's peak comes after/ms |\n"
         "|---|---:|---:|---:|---:|---:|\n");
  for (unsigned m = 0; m < N_METHODS; ++m) {
    double alias = -HUGE_VAL;
    double hz    = 2064.0;
    while (hz < 24000.0) {
      alias = fmax(alias, level(&methods[m], 48000.0, hz));
      hz += hz < 2500.0 ? 16.0 : 517.0;
    }
    printf("| %s | %.2f | %.2f | %.1f | %.1f | %.2f |\n",
           methods[m].name,
           level(&methods[m], 48000.0, 1000.0),
           level(&methods[m], 48000.0, 1800.0),
           level(&methods[m], 48000.0, 2048.0),
           alias,
           1e3 * click_delay(&methods[m], 48000.0));
  }
  return 0;
}
