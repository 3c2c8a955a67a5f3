// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#ifndef NEUME_PITCH_H
#define NEUME_PITCH_H

#include "attributes.h"

#include <stdint.h>

/** Fine pitch near a known note.

    `power` is a spectrum as neume_logmel_power() gives it: `fft / 2 + 1` bins
    at NEUME_RATE / fft Hz.  Returns the deviation from MIDI number `midi` in
    cents, -50..50, by the best sum over harmonics of spectral peaks, or 0
    where the spectrum says nothing.  Realtime-safe.
*/
float neume_pitch_cents(const float* power,
                        uint32_t     fft,
                        uint32_t     midi) NEUME_REALTIME;

/** The same for a voice that strays from its note, -200..200 cents: what a
   pitch bend follows through vibrato and glides.  Realtime-safe.
*/
float neume_pitch_bend(const float* power,
                       uint32_t     fft,
                       uint32_t     midi) NEUME_REALTIME;

#endif // NEUME_PITCH_H
