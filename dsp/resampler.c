// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#include "resampler.h"

#include "constants.h"
#include "lowpass.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define TAPS NEUME_LOWPASS_TAPS

/** Inputs this quiet (-300 dBFS) count as 0, so that no product is denormal. */
#define SILENT 1e-15F

/** Bits after the point of a phase, in rows of the low-pass. */
#define FRACTION_BITS 16U

/** log2 of TICKS, see NeumeResampler. */
#define INPUT_BITS 52U

/** Time is counted exactly, for any double rate and for ever.

    An input sample lasts 2^52 ticks and a period of NEUME_RATE lasts rate /
    NEUME_RATE times as many: a whole number, since a rate from 8 kHz on is a
    multiple of 2^-40, and below 2^59.  (A factor makes it one by rounding.)
*/
struct NeumeResampler {
  const NeumeLowpass* lowpass;    ///< Prototype, shared by all
  double              rate;       ///< Hz
  uint64_t            period;     ///< Ticks of a period of NEUME_RATE
  uint64_t            ahead;      ///< Ticks from the next input to `acc[0]`
  double              phase_step; ///< Phases of 2^-FRACTION_BITS per tick
  float               scale;      ///< NEUME_RATE / rate
  _Alignas(32) float acc[TAPS];   ///< Outputs in progress, the next one first
};

_Static_assert(NEUME_RATE == 1 << 12, "ticks per period are rate * 2^40");
_Static_assert(10 * (int)NEUME_RATE_MIN >= 11 * NEUME_RATE,
               "at most one output per input");

NeumeStatus neume_resampler_new(double rate, NeumeResampler** resampler)
{
  *resampler = NULL;
  if (!(rate >= NEUME_RATE_MIN && rate <= NEUME_RATE_MAX)) {
    return NEUME_ERR_RATE;
  }

  const NeumeLowpass* const lowpass = neume_lowpass();
  if (!lowpass) {
    return NEUME_ERR_MEMORY;
  }

  void* const memory =
    aligned_alloc(_Alignof(NeumeResampler), sizeof(NeumeResampler));
  if (!memory) {
    return NEUME_ERR_MEMORY;
  }

  NeumeResampler* const self = (NeumeResampler*)memory;
  memset(self, 0, sizeof(*self));
  self->lowpass = lowpass;
  self->rate    = rate;
  neume_resampler_tune(self, 1.0);

  *resampler = self;
  return NEUME_SUCCESS;
}

void neume_resampler_free(NeumeResampler* resampler)
{
  free(resampler);
}

void neume_resampler_reset(NeumeResampler* resampler)
{
  resampler->ahead = 0;
  memset(resampler->acc, 0, sizeof(resampler->acc));
}

void neume_resampler_tune(NeumeResampler* resampler, double factor)
{
  const double f    = isnan(factor) ? 1.0 : fmin(fmax(factor, 0.9), 1.1);
  const double rate = resampler->rate / f;

  resampler->period = (uint64_t)ldexp(rate, 40);
  resampler->phase_step =
    ldexp(NEUME_LOWPASS_PHASES, FRACTION_BITS) / (double)resampler->period;
  resampler->scale = (float)(NEUME_RATE / rate);
}

uint32_t neume_resampler_need(const NeumeResampler* resampler)
{
  return (uint32_t)(resampler->ahead >> INPUT_BITS) + 1U;
}

/** Add two neighbouring rows with their weights to the outputs. */
static void scatter(float* restrict acc,
                    const float (*rows)[TAPS],
                    float weight,
                    float next_weight)
{
  for (unsigned i = 0; i < TAPS; ++i) {
    acc[i] += weight * rows[0][i] + next_weight * rows[1][i];
  }
}

bool neume_resampler_push(NeumeResampler* resampler,
                          const float*    in,
                          uint32_t        n,
                          float*          out)
{
  const uint64_t tick   = (uint64_t)1 << INPUT_BITS;
  const uint32_t one    = 1U << FRACTION_BITS;
  const uint32_t last   = (NEUME_LOWPASS_PHASES << FRACTION_BITS) - 1U;
  const uint32_t need   = neume_resampler_need(resampler);
  const float    to_one = 1.0F / (float)one;

  assert(n <= need);

  float* const acc   = resampler->acc;
  uint64_t     ahead = resampler->ahead;
  for (uint32_t i = 0; i < n; ++i) {
    const float    x     = fabsf(in[i]) < SILENT ? 0.0F : in[i];
    const float    y     = x * resampler->scale;
    const uint32_t phase = (uint32_t)((double)ahead * resampler->phase_step);
    const uint32_t p =
      phase < last ? phase : last; // Past the last after a change
    const float part = (float)(p % one) * to_one;

    scatter(
      acc, &resampler->lowpass->rows[p / one], y * (1.0F - part), y * part);
    ahead -= tick;
  }

  const bool done = n == need;
  if (done) {
    *out = acc[0];
    memmove(acc, acc + 1, (TAPS - 1) * sizeof(float));
    acc[TAPS - 1] = 0.0F;
    ahead += resampler->period; // Back from below 0
  }

  resampler->ahead = ahead;
  return done;
}

double neume_resampler_delay(const NeumeResampler* resampler)
{
  return resampler->lowpass->delay;
}
