// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#ifndef NEUME_RESAMPLER_H
#define NEUME_RESAMPLER_H

#include "attributes.h"
#include "status.h"

#include <stdbool.h>
#include <stdint.h>

/** Host rate (8 to 384 kHz) to NEUME_RATE, sample by sample.

    A causal minimum-phase low-pass: flat within 1 dB to 1.8 kHz and at least
    80 dB down from 2048 Hz on.  Each input sample is scattered at once into
    the few outputs that it touches, so its cost is the same whatever the
    batch and nearly the same whatever the rate.

    Output m stands for the time m / NEUME_RATE and is complete once input
    sample floor(m * rate / NEUME_RATE) was pushed; output 0 completes with
    input 0.  There is at most one output for each input.
*/
typedef struct NeumeResampler NeumeResampler;

/** Make a resampler from `rate` Hz.

    Fails with NEUME_ERR_RATE (also for NaN) or NEUME_ERR_MEMORY, and then sets
    `*resampler` to NULL.  Not realtime-safe; any thread.
*/
NeumeStatus neume_resampler_new(double rate, NeumeResampler** resampler);

/** Free `resampler`, which may be NULL.  Not realtime-safe. */
void neume_resampler_free(NeumeResampler* resampler);

/** Forget all input: the next sample is input 0.  Realtime-safe. */
void neume_resampler_reset(NeumeResampler* resampler) NEUME_REALTIME;

/** Take `factor` times as many outputs, 0.9 to 1.1 (clamped; NaN: 1), from the
    next output on: what is heard sounds lower by as much.

    The low-pass moves along, and output m stands for the time m / (factor *
    NEUME_RATE).  A reset leaves the factor.  Realtime-safe.
*/
void neume_resampler_tune(NeumeResampler* resampler,
                          double          factor) NEUME_REALTIME;

/** Input samples that complete the next output, at least 1.  Realtime-safe. */
uint32_t neume_resampler_need(const NeumeResampler* resampler) NEUME_REALTIME;

/** Push `n` samples, at most neume_resampler_need().

    Returns true and sets `*out` if they complete an output.  `in` must hold
    finite samples.  Realtime-safe; not from two threads at once.
*/
bool neume_resampler_push(NeumeResampler* resampler,
                          const float*    in,
                          uint32_t        n,
                          float*          out) NEUME_REALTIME;

/** Group delay in seconds at a factor of 1, the mean over 80..1000 Hz.
    Realtime-safe. */
double neume_resampler_delay(const NeumeResampler* resampler) NEUME_REALTIME;

#endif // NEUME_RESAMPLER_H
