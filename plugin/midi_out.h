// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#ifndef NEUME_MIDI_OUT_H
#define NEUME_MIDI_OUT_H

#include "attributes.h"
#include "sequence.h"

#include <stdbool.h>
#include <stdint.h>

/** Events that can wait for room in the port: more than the longest stretch
    has.  That is 8192 samples at 8 kHz, 70 steps, and 32 that wait where
    `aligned` is switched off, with an off, an on, a bend and a level each. */
#define NEUME_MIDI_QUEUE 512U

/** Notes that the receiver sounds at most: two where they overlap. */
#define NEUME_MIDI_SOUNDING 2U

/** What a receiver holds where nothing was sent, or all is taken back. */
enum {
  NEUME_BEND_NONE       = 8192, ///< No bend
  NEUME_PRESSURE_REST   = 0,    ///< Channel pressure
  NEUME_EXPRESSION_REST = 127   ///< Controller 11
};

/** A channel message. */
typedef struct {
  uint32_t frame;    ///< Offset in the block
  uint8_t  bytes[3]; ///< The MIDI message
  uint8_t  size;     ///< Its bytes, 2 or 3
} NeumeMidiEvent;

/** A note that the receiver sounds. */
typedef struct {
  uint8_t note;    ///< 1..127, 0 = none
  uint8_t channel; ///< 0..15
} NeumeMidiNote;

/** Notes on their way to a MIDI port, one at a time.

    An event that does not fit is sent in the next block.  Where events could
    not be sent for so long that the queue is full, or the port can't be
    written at all, only the difference between what the receiver sounds and
    what should sound is kept: notes may be lost, but never a note-off, nor what
    takes a bend or a level back.

    All functions are realtime-safe.
*/
typedef struct {
  NeumeMidiEvent queue[NEUME_MIDI_QUEUE];       ///< Oldest first
  uint32_t       n_queued;                      ///< Events in `queue`
  NeumeMidiNote  sounding[NEUME_MIDI_SOUNDING]; ///< At the receiver
  uint32_t       note;                          ///< Should sound, 0 = none
  uint32_t       velocity;                      ///< Of `note`
  uint8_t        channel;                       ///< Of what comes next, 0..15
  uint8_t        bent;    ///< Status of the bend at the receiver, 0 = none
  uint8_t        pressed; ///< Status of what told it the level, 0 = none
  bool           lost;    ///< Messages were dropped, bend and level taken back
} NeumeMidiOut;

/** Start note 1..127, ending the one before, if any.

    With `overlap` the one before ends after the new one's start, at the same
    frame: synthesisers take that for legato.
*/
void neume_midi_out_on(NeumeMidiOut* midi,
                       uint32_t      frame,
                       uint32_t      note,
                       uint32_t      velocity,
                       bool          overlap) NEUME_REALTIME;

/** End the note that should sound, if any. */
void neume_midi_out_off(NeumeMidiOut* midi, uint32_t frame) NEUME_REALTIME;

/** Bend of the channel: 0..16383, NEUME_BEND_NONE in the middle. */
void neume_midi_out_bend(NeumeMidiOut* midi,
                         uint32_t      frame,
                         uint32_t      bend) NEUME_REALTIME;

/** Pressure of the channel, 0..127. */
void neume_midi_out_pressure(NeumeMidiOut* midi,
                             uint32_t      frame,
                             uint32_t      pressure) NEUME_REALTIME;

/** A controller of the channel, 0..127 each. */
void neume_midi_out_controller(NeumeMidiOut* midi,
                               uint32_t      frame,
                               uint32_t      controller,
                               uint32_t      value) NEUME_REALTIME;

/** Nothing should sound: forget what waits, end what the receiver sounds, and
    take back its bend and level.

    Before any event of the block.
*/
void neume_midi_out_silence(NeumeMidiOut* midi) NEUME_REALTIME;

/** Move what fits to `sequence`, as events of `type` (midi:MidiEvent). */
void neume_midi_out_flush(NeumeMidiOut*  midi,
                          NeumeSequence* sequence,
                          LV2_URID       type) NEUME_REALTIME;

/** The block is over: what still waits goes to the start of the next. */
void neume_midi_out_end_block(NeumeMidiOut* midi) NEUME_REALTIME;

#endif // NEUME_MIDI_OUT_H
