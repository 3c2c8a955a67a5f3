// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#ifndef NEUME_PLAYER_H
#define NEUME_PLAYER_H

#include "attributes.h"
#include "delay_line.h"
#include "display.h"
#include "expression.h"
#include "learn.h"
#include "midi_out.h"
#include "model_loader.h"
#include "monitor.h"
#include "neume.h"
#include "ports.h"
#include "step_queue.h"
#include "uris.h"

#include <stdbool.h>
#include <stdint.h>

/** What the control outputs show. */
typedef struct {
  float note;       ///< Class
  float cents;      ///< Deviation
  float confidence; ///< Posterior
  float level;      ///< dBFS
  float offset;     ///< Of the singer's tuning, cents
} NeumeShown;

/** All that run() works with.

    It belongs to the audio thread; `loader`, `learn` and `display` say
   themselves what other threads may touch.
*/
typedef struct {
  NeumePorts      ports;      ///< What the host connected
  NeumeUris       uris;       ///< Constant
  NeumeLoader     loader;     ///< The chain, and how to get another
  NeumeMidiOut    midi;       ///< Messages to be sent
  NeumeExpression expression; ///< Makes them
  NeumeLearn      learn;      ///< What fits the room and the singer
  NeumeLearned    told;       ///< What the host was told of it
  NeumeDelayLine  line;       ///< `out` is this much behind `in`
  NeumeMonitor    monitor;    ///< Makes `out`
  NeumeDisplay    display;    ///< Picture in the host's mixer
  NeumeParams     params;     ///< In force in the chain
  NeumeShown      shown;      ///< The last decision
  NeumeStepQueue  queue;      ///< Aligned, decisions that wait
  uint64_t        written;    ///< Samples that the chain has had
  unsigned        n_swaps;    ///< Of the loader, as last seen
  bool            has_params; ///< `params` were set in this chain
  uint32_t        delay;      ///< Of `out`, samples
  uint32_t        late;       ///< Of decisions, samples, on average
  uint32_t        hold;       ///< Aligned, how much longer `out` waits, samples
  uint32_t        most;       ///< That `delay` may be, within `line`
  bool            resting;    ///< Bypassed: the chain is not fed
  bool            panicking;  ///< `panic` was up in the last block
  bool            rolling;    ///< The transport was, when last told
  uint64_t        stopped;    ///< Input sample at which it did last, or 0
} NeumePlayer;

/** Begin anew at input sample 0; what sounds is ended by the next run.

    Realtime-safe.
*/
void neume_player_restart(NeumePlayer* player) NEUME_REALTIME;

/** Aligned, `out` and the notes wait longer than decisions take on average, so
    that most of those that come later still find their place. */
#define NEUME_HOLD_SECONDS 0.1

/** One block of the plugin: everything that run() does.  Realtime-safe. */
void neume_player_run(NeumePlayer* player, uint32_t n_samples) NEUME_REALTIME;

#endif // NEUME_PLAYER_H
