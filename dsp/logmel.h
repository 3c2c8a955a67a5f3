// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#ifndef NEUME_LOGMEL_H
#define NEUME_LOGMEL_H

#include "attributes.h"
#include "status.h"

#include <stdint.h>

/** What a weights file says of its features; all lengths are samples at
    NEUME_RATE. */
typedef struct {
  uint32_t window;   ///< Window length, 64..4096
  uint32_t fft;      ///< FFT size, a power of two from window to 8192
  uint32_t bands;    ///< Number of mel bands, 8..512
  float    low_hz;   ///< Lower edge of the first band, 0 <= low < high
  float    high_hz;  ///< Upper edge of the last band, <= NEUME_RATE / 2
  float    break_hz; ///< Where the mel scale turns from linear to log, 1..1e6
  float    floor;    ///< Power that counts as silence, re full scale, 1e-15..1
  float    scale;    ///< Factor on the logarithm, 1e-6..1e6
  uint32_t
    label_delay; ///< The label point lies this far before the window's end
  uint32_t rise; ///< Where the window is highest, 1..window - 1 from its start;
                 ///< half of it for a Hann window
  uint32_t stack; ///< Frames that the network sees as one column, NEUME_STEP /
                  ///< stack apart: a power of two, 1..NEUME_STACK_MAX
} NeumeFrontEnd;

/** The largest values that neume_front_end_check() accepts. */
#define NEUME_WINDOW_MAX 4096
#define NEUME_FFT_MAX    8192
#define NEUME_BANDS_MAX  512
#define NEUME_STACK_MAX  8

/** Most features in a column. */
#define NEUME_COLUMN_MAX (NEUME_BANDS_MAX * NEUME_STACK_MAX)

/** Log-mel frames.

    A frame of `window` samples x is weighted with a window w, half a period of
   a Hann window that rises over `rise` samples, then half of one that falls
   over the rest: the nearer its top to its end, the later is what a frame
   speaks of, at the same width of a spectral line.  (With `rise` half of
   `window` it is the periodic Hann window.)  The product is padded with zeros
   to `fft`, and transformed: X.  Its one-sided power is P[k] = |X[k]|^2 * (2 /
   sum w)^2, so that a sine of amplitude 1 that falls on a bin has P = 1.  Band
   b sums P[k] under a triangle that is 1 at its centre and 0 at its neighbours'
   centres; the bands + 2 edges are equally spaced in mel(f) = ln(1 + f /
   break_hz) from low_hz to high_hz.  (With break_hz = 700 that is the scale of
   O'Shaughnessy 1987 up to a factor.)  A triangle is evaluated at bin centres k
   * NEUME_RATE / fft.  A triangle that is narrower than a bin and meets none
   takes its peak's two neighbouring bins, linearly interpolated.  The feature
   is

      scale * ln(1 + band / floor)

    so that digital silence is exactly 0, the value of padding.
*/
typedef struct NeumeLogmel NeumeLogmel;

/** NEUME_SUCCESS, or NEUME_ERR_RANGE with the field and what it must be in
    `*what`, which may be NULL. */
NeumeStatus neume_front_end_check(const NeumeFrontEnd* fe, const char** what);

/** Make an extractor.

    Fails with NEUME_ERR_RANGE, NEUME_ERR_MEMORY or NEUME_ERR_INTERNAL (no FFT
    plan) and then sets `*logmel` to NULL.  Not realtime-safe; any thread (the
    planner is locked inside).
*/
NeumeStatus neume_logmel_new(const NeumeFrontEnd* fe, NeumeLogmel** logmel);

/** Free `logmel`, which may be NULL.  Not realtime-safe. */
void neume_logmel_free(NeumeLogmel* logmel);

/** One frame: `window` samples, oldest first, to `bands` features.

    Realtime-safe; not from two threads at once.
*/
void neume_logmel_frame(NeumeLogmel* logmel,
                        const float* samples,
                        float*       features) NEUME_REALTIME;

/** Power of the last frame, fft / 2 + 1 bins, bin k at k * NEUME_RATE / fft Hz.

    Realtime-safe.
*/
const float* neume_logmel_power(const NeumeLogmel* logmel) NEUME_REALTIME;

#endif // NEUME_LOGMEL_H
