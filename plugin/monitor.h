// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#ifndef NEUME_MONITOR_H
#define NEUME_MONITOR_H

#include "attributes.h"
#include "tone.h"

#include <stdbool.h>
#include <stdint.h>

/** What is heard: the input, the tone of the note found, or a mix.

    All functions are realtime-safe.
*/
typedef struct {
  NeumeTone tone;     ///< Follows the note while it can be heard
  double    rate;     ///< Hz
  double    a4;       ///< Hz of MIDI number 69
  float     mix;      ///< Share of the tone now, 0..1
  float     target;   ///< Share that the ramp goes to
  float     ramp;     ///< Change of `mix` per sample, 5 ms from 0 to 1
  uint32_t  midi;     ///< Note in force, 0 = none
  uint32_t  velocity; ///< Of that note
  bool      fresh;    ///< The next neume_monitor_set() takes effect at once
} NeumeMonitor;

/** Start with no note, and without a ramp to the first mix. */
void neume_monitor_init(NeumeMonitor* monitor, double rate) NEUME_REALTIME;

/** Sound notes by this tuning, in Hz of MIDI number 69; 440 until then. */
void neume_monitor_tune(NeumeMonitor* monitor, double a4) NEUME_REALTIME;

/** Go to `mix`, 0..1: 0 = input only, bit-exact, 1 = tone only. */
void neume_monitor_set(NeumeMonitor* monitor, float mix) NEUME_REALTIME;

/** Follow a note; `midi` 0 = none. */
void neume_monitor_note(NeumeMonitor* monitor,
                        uint32_t      midi,
                        uint32_t      velocity) NEUME_REALTIME;

/** Make `n` samples.  `in` and `out` may be the same. */
void neume_monitor_run(NeumeMonitor* monitor,
                       const float*  in,
                       float*        out,
                       uint32_t      n) NEUME_REALTIME;

#endif // NEUME_MONITOR_H
