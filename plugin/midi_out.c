// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#include "midi_out.h"

#include <lv2/midi/midi.h>

#include <string.h>

static void push(NeumeMidiOut* midi,
                 uint32_t      frame,
                 uint8_t       status,
                 uint32_t      note,
                 uint32_t      velocity)
{
  NeumeMidiEvent* const event = &midi->queue[midi->n_queued++];
  event->frame                = frame;
  event->bytes[0]             = status;
  event->bytes[1]             = (uint8_t)(note & 0x7FU);
  event->bytes[2]             = (uint8_t)(velocity & 0x7FU);
}

static void push_off(NeumeMidiOut* midi, uint32_t frame, uint32_t note)
{
  push(midi, frame, LV2_MIDI_MSG_NOTE_OFF, note, 0);
}

/** Queue only what turns `sounding` into `note`. */
static void collapse(NeumeMidiOut* midi, uint32_t frame)
{
  midi->n_queued = 0;
  if (midi->sounding) {
    push_off(midi, frame, midi->sounding);
  }
  if (midi->note) {
    push(midi, frame, LV2_MIDI_MSG_NOTE_ON, midi->note, midi->velocity);
  }
}

void neume_midi_out_on(NeumeMidiOut* midi,
                       uint32_t      frame,
                       uint32_t      note,
                       uint32_t      velocity)
{
  neume_midi_out_off(midi, frame);
  if (!note || note > 127U) {
    return;
  }

  const uint32_t loudest = velocity < 127U ? velocity : 127U;
  midi->note             = note;
  midi->velocity         = loudest ? loudest : 1U;
  if (midi->n_queued == NEUME_MIDI_QUEUE) {
    collapse(midi, frame);
  } else {
    push(midi, frame, LV2_MIDI_MSG_NOTE_ON, note, midi->velocity);
  }
}

void neume_midi_out_off(NeumeMidiOut* midi, uint32_t frame)
{
  if (!midi->note) {
    return;
  }

  const uint32_t ended = midi->note;
  midi->note           = 0;
  if (midi->n_queued == NEUME_MIDI_QUEUE) {
    collapse(midi, frame);
  } else {
    push_off(midi, frame, ended);
  }
}

void neume_midi_out_silence(NeumeMidiOut* midi)
{
  midi->note = 0;
  collapse(midi, 0);
}

void neume_midi_out_flush(NeumeMidiOut*  midi,
                          NeumeSequence* sequence,
                          LV2_URID       type)
{
  if (!sequence->seq || !type) {
    if (midi->n_queued) {
      collapse(midi, 0);
    }
    return;
  }

  uint32_t n_sent = 0;
  while (n_sent < midi->n_queued) {
    const NeumeMidiEvent* const e = &midi->queue[n_sent];
    if (!neume_sequence_add(
          sequence, e->frame, type, e->bytes, sizeof(e->bytes))) {
      break;
    }
    midi->sounding = e->bytes[0] == LV2_MIDI_MSG_NOTE_ON ? e->bytes[1] : 0U;
    ++n_sent;
  }

  midi->n_queued -= n_sent;
  memmove(
    midi->queue, midi->queue + n_sent, midi->n_queued * sizeof(midi->queue[0]));
}

void neume_midi_out_end_block(NeumeMidiOut* midi)
{
  for (uint32_t i = 0; i < midi->n_queued; ++i) {
    midi->queue[i].frame = 0;
  }
}
