// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#ifndef NEUME_DELAY_LINE_H
#define NEUME_DELAY_LINE_H

#include "attributes.h"

#include <stdbool.h>
#include <stdint.h>

/** The last seconds of the input, to be heard later. */
typedef struct {
  float*   samples; ///< Ring
  uint32_t size;    ///< Of the ring, a power of two
  uint32_t next;    ///< Where the next sample goes
} NeumeDelayLine;

/** Make room for a delay of `most` samples.  Not realtime-safe. */
bool neume_delay_line_init(NeumeDelayLine* line, uint32_t most);

/** Free what it holds.  Not realtime-safe. */
void neume_delay_line_clear(NeumeDelayLine* line);

/** Silence stands before the next sample.  Realtime-safe. */
void neume_delay_line_reset(NeumeDelayLine* line) NEUME_REALTIME;

/** Take in `n` samples and put out those of `delay` samples before.

    `delay` is 0..most; `in` and `out` may be the same.  Realtime-safe.
*/
void neume_delay_line_run(NeumeDelayLine* line,
                          uint32_t        delay,
                          const float*    in,
                          float*          out,
                          uint32_t        n) NEUME_REALTIME;

#endif // NEUME_DELAY_LINE_H
