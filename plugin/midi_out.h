// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#ifndef NEUME_MIDI_OUT_H
#define NEUME_MIDI_OUT_H

#include "attributes.h"
#include "sequence.h"

#include <stdint.h>

/** Events that can wait for room in the port. */
#define NEUME_MIDI_QUEUE 160U

/** A note-on or note-off on channel 1. */
typedef struct {
  uint32_t frame;    ///< Offset in the block
  uint8_t  bytes[3]; ///< The MIDI message
} NeumeMidiEvent;

/** Notes on their way to a MIDI port, one sounding at a time.

    An event that does not fit is sent in the next block.  Where events could
    not be sent for so long that the queue is full, or the port can't be
    written at all, only the difference between what the receiver sounds and
    what should sound is kept: notes may be lost, a note-off never.

    All functions are realtime-safe.
*/
typedef struct {
  NeumeMidiEvent queue[NEUME_MIDI_QUEUE]; ///< Oldest first
  uint32_t       n_queued;                ///< Events in `queue`
  uint32_t       sounding; ///< Note the receiver sounds, 0 = none
  uint32_t       note;     ///< Note that should sound, 0 = none
  uint32_t       velocity; ///< Of `note`
} NeumeMidiOut;

/** Start note 1..127, ending the one before, if any. */
void neume_midi_out_on(NeumeMidiOut* midi,
                       uint32_t      frame,
                       uint32_t      note,
                       uint32_t      velocity) NEUME_REALTIME;

/** End the note that should sound, if any. */
void neume_midi_out_off(NeumeMidiOut* midi, uint32_t frame) NEUME_REALTIME;

/** Nothing should sound: forget what waits, and end what the receiver sounds.

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
