// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#ifndef NEUME_EXPRESSION_H
#define NEUME_EXPRESSION_H

#include "attributes.h"
#include "midi_out.h"
#include "neume.h"
#include "scale.h"

#include <stdbool.h>
#include <stdint.h>

/** How the voice's level is sent while a note sounds. */
typedef enum {
  NEUME_PRESSURE_NONE,
  NEUME_PRESSURE_CHANNEL,    ///< Channel pressure
  NEUME_PRESSURE_CONTROLLER, ///< Controller 11, expression
  NEUME_N_PRESSURES
} NeumePressure;

/** How one note goes over into the next. */
typedef enum {
  NEUME_NOTES_RETRIGGER, ///< Off, then on
  NEUME_NOTES_LEGATO,    ///< On, then off of the one before
  NEUME_NOTES_HOLD,      ///< As retrigger, and a note sounds on to the next,
                         ///< in tune and as loud as it was struck
  NEUME_N_NOTES
} NeumeNotes;

/** What a player sets; all are clamped to their ranges. */
typedef struct {
  int           transpose;  ///< Semitones, -36..36
  int           channel;    ///< 1..16
  int           velocity;   ///< Of every note, 1..127; 0: from the level
  float         dynamics;   ///< How much velocity follows the level, 0..2
  float         bend_range; ///< Semitones of a full bend, 0..24; 0: no bends
  NeumePressure pressure;   ///< What follows the level
  NeumeNotes    notes;      ///< How notes go over into each other
  int           key;        ///< Of the scale, 0 = C .. 11 = B
  NeumeScale    scale;      ///< That what is sung is moved to
  int           lowest;     ///< MIDI number sung, 45..83; lower is not sent
  int           highest;    ///< Higher is not sent
  float         louder;     ///< dB added to the voice's level, -100..100
} NeumeExpressionParams;

/** Turns decisions into MIDI.

    A bend or a pressure is sent only when it has moved, and at most once for
    each decision: with a decision every 15.6 ms, at most 64 of each a second
    (at A4 = 466 Hz, whose decisions are as much closer, 68).

    All functions are realtime-safe.
*/
typedef struct {
  NeumeExpressionParams params;   ///< In force
  uint32_t              bend;     ///< Last sent, or NEUME_BEND_NONE
  uint32_t              pressure; ///< Last sent
  float                 struck;   ///< Level with which a note was last struck
  float                 level;    ///< That the voice had lately, dBFS
  bool                  sung;     ///< The note being sung was sent
} NeumeExpression;

/** Nothing sent yet, with the defaults. */
void neume_expression_init(NeumeExpression* expression) NEUME_REALTIME;

/** Set the parameters at the start of a block.

    A note on a channel that is left ends there, and so does its bend.
*/
void neume_expression_set(NeumeExpression*             expression,
                          NeumeMidiOut*                midi,
                          const NeumeExpressionParams* params) NEUME_REALTIME;

/** Act on a decision at `frame` of the block. */
void neume_expression_step(NeumeExpression* expression,
                           NeumeMidiOut*    midi,
                           const NeumeStep* step,
                           uint32_t         frame) NEUME_REALTIME;

/** Nothing sounds any more: end the note, take back bend and pressure.

    Before any event of the block.
*/
void neume_expression_silence(NeumeExpression* expression,
                              NeumeMidiOut*    midi) NEUME_REALTIME;

/** End all notes, and tell the receiver to do so too, whatever it sounds. */
void neume_expression_panic(NeumeExpression* expression,
                            NeumeMidiOut*    midi) NEUME_REALTIME;

#endif // NEUME_EXPRESSION_H
