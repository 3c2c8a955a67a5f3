// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#ifndef NEUME_PORTS_H
#define NEUME_PORTS_H

#include <lv2/atom/atom.h>

/** Port indices, in the order of neume.ttl.

    Of the atom outputs the one for MIDI comes first: Ardour takes the first for
    its MIDI pin, whatever it supports, and drops what the others send.
*/
typedef enum {
  NEUME_PORT_IN,
  NEUME_PORT_OUT,
  NEUME_PORT_CONTROL,
  NEUME_PORT_MIDI_OUT,
  NEUME_PORT_NOTIFY,
  NEUME_PORT_NOTE,
  NEUME_PORT_MIDI_NOTE,
  NEUME_PORT_CENTS,
  NEUME_PORT_CONFIDENCE,
  NEUME_PORT_LEVEL,
  NEUME_PORT_LATENCY,
  NEUME_PORT_ENABLED,
  NEUME_PORT_LOOKAHEAD,
  NEUME_PORT_THRESHOLD,
  NEUME_PORT_GATE,
  NEUME_PORT_MIN_NOTE,
  NEUME_PORT_MONITOR,
  NEUME_PORT_ALIGNED,
  NEUME_PORT_TRANSPOSE,
  NEUME_PORT_CHANNEL,
  NEUME_PORT_VELOCITY,
  NEUME_PORT_DYNAMICS,
  NEUME_PORT_BEND_RANGE,
  NEUME_PORT_PRESSURE,
  NEUME_PORT_NOTES,
  NEUME_PORT_PANIC,
  NEUME_PORT_KEY,
  NEUME_PORT_SCALE,
  NEUME_PORT_LOWEST,
  NEUME_PORT_HIGHEST,
  NEUME_PORT_A4,
  NEUME_PORT_FOLLOW,
  NEUME_PORT_OFFSET,
  NEUME_PORT_LEARN,
  NEUME_N_PORTS
} NeumePortIndex;

/** What the host connected; any may be NULL. */
typedef struct {
  const float*             in;         ///< Audio
  float*                   out;        ///< Audio, may be the same as `in`
  const LV2_Atom_Sequence* control;    ///< Patch messages in
  LV2_Atom_Sequence*       notify;     ///< Patch messages out
  LV2_Atom_Sequence*       midi_out;   ///< Notes
  float*                   note;       ///< Class in force, 0..39
  float*                   midi_note;  ///< MIDI number, 0 = none
  float*                   cents;      ///< -50..50
  float*                   confidence; ///< 0..1
  float*                   level;      ///< dBFS
  float*                   latency;    ///< Samples
  const float*             enabled;    ///< 0 = bypassed
  const float*             lookahead;  ///< ms
  const float*             threshold;  ///< Posterior
  const float*             gate;       ///< dBFS
  const float*             min_note;   ///< ms
  const float*             monitor;    ///< 0 = input, 1 = tone
  const float*             aligned;    ///< 1 = `out` waits for the notes
  const float*             transpose;  ///< Semitones
  const float*             channel;    ///< 1..16
  const float*             velocity;   ///< 1..127, 0 = from the level
  const float*             dynamics;   ///< 0..2
  const float*             bend_range; ///< Semitones, 0 = no bends
  const float*             pressure;   ///< NeumePressure
  const float*             notes;      ///< NeumeNotes
  const float*             panic;      ///< Ends everything when it rises
  const float*             key;        ///< 0 = C .. 11 = B
  const float*             scale;      ///< NeumeScale
  const float*             lowest;     ///< MIDI number
  const float*             highest;    ///< MIDI number
  const float*             a4;         ///< Hz
  const float*             follow;     ///< 1 = the singer's tuning holds
  float*                   offset;     ///< Of the singer, cents
  const float*             learn;      ///< 1 = listens to room and singer
} NeumePorts;

#endif // NEUME_PORTS_H
