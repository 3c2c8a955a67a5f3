// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#ifndef NEUME_LOWPASS_H
#define NEUME_LOWPASS_H

/** Periods of NEUME_RATE that the impulse response spans. */
#define NEUME_LOWPASS_TAPS 72

/** Phases into which a period of NEUME_RATE is divided. */
#define NEUME_LOWPASS_PHASES 512

/** The resampler's prototype: a minimum-phase low-pass in continuous time.

    Row p holds its impulse response at the times (p / NEUME_LOWPASS_PHASES +
    tap) / NEUME_RATE, scaled so that a row sums to 1.  The last row is the
    first one, shifted by a tap, so that phases can be interpolated: linear
    interpolation between two rows errs by less than -100 dB.
*/
typedef struct {
  _Alignas(
    32) float rows[NEUME_LOWPASS_PHASES + 1][NEUME_LOWPASS_TAPS]; ///< Responses
  double delay; ///< Mean group delay over 80..1000 Hz, s
} NeumeLowpass;

/** The one low-pass of this process, designed by the first call.

    Returns NULL if there is no memory to design it; a later call tries again.
    The result stays valid and never changes.  Thread-safe; not realtime-safe.
*/
const NeumeLowpass* neume_lowpass(void);

#endif // NEUME_LOWPASS_H
