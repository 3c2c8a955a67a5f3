// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#ifndef NEUME_METER_H
#define NEUME_METER_H

#include <stdbool.h>
#include <stdint.h>

/** A line on the terminal that says how far the work is; one thread only. */
typedef struct {
  bool   terminal; ///< stderr is one; if not, nothing is shown
  bool   shown;    ///< The line is there
  double start;    ///< When it was made, seconds of a steady clock
} Meter;

/** Start measuring time. */
void meter_init(Meter* meter);

/** Show that `finished` of `n` files are done.

    `share` is the part of all work that is done, 0..1, and `seconds` how much
    audio that was.
*/
void meter_show(Meter*   meter,
                uint32_t finished,
                uint32_t n,
                double   share,
                double   seconds);

/** Take the line away, so that something else can be printed. */
void meter_clear(Meter* meter);

#endif // NEUME_METER_H
