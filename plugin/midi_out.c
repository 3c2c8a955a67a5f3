// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#include "midi_out.h"

#include <lv2/midi/midi.h>

#include <string.h>

static void push(NeumeMidiOut* midi,
                 uint32_t      frame,
                 uint8_t       status,
                 uint8_t       channel,
                 uint32_t      first,
                 uint32_t      second)
{
  const bool            short_one = status == LV2_MIDI_MSG_CHANNEL_PRESSURE;
  NeumeMidiEvent* const e         = &midi->queue[midi->n_queued++];
  e->frame                        = frame;
  e->bytes[0]                     = (uint8_t)(status | channel);
  e->bytes[1]                     = (uint8_t)(first & 0x7FU);
  e->bytes[2]                     = (uint8_t)(second & 0x7FU);
  e->size                         = short_one ? 2U : 3U;
}

static void push_bend(NeumeMidiOut* midi,
                      uint32_t      frame,
                      uint8_t       channel,
                      uint32_t      bend)
{
  push(midi, frame, LV2_MIDI_MSG_BENDER, channel, bend & 0x7FU, bend >> 7U);
}

/** Queue what takes back the bend and the level that the receiver was told. */
static void relax(NeumeMidiOut* midi, uint32_t frame)
{
  if (midi->bent) {
    push_bend(midi, frame, midi->bent & 0x0FU, NEUME_BEND_NONE);
  }
  if (midi->pressed) {
    const uint8_t status  = midi->pressed & 0xF0U;
    const uint8_t channel = midi->pressed & 0x0FU;
    if (status == LV2_MIDI_MSG_CONTROLLER) {
      push(midi,
           frame,
           status,
           channel,
           LV2_MIDI_CTL_MSB_EXPRESSION,
           NEUME_EXPRESSION_REST);
    } else {
      push(midi, frame, status, channel, NEUME_PRESSURE_REST, 0);
    }
  }
}

/** Queue the end of all that the receiver sounds or was told, and nothing
    else. */
static void end_all(NeumeMidiOut* midi, uint32_t frame)
{
  midi->lost     = midi->lost || midi->n_queued;
  midi->n_queued = 0;
  for (uint32_t i = 0; i < NEUME_MIDI_SOUNDING; ++i) {
    const NeumeMidiNote* const s = &midi->sounding[i];
    if (s->note) {
      push(midi, frame, LV2_MIDI_MSG_NOTE_OFF, s->channel, s->note, 0);
    }
  }
  relax(midi, frame);
}

static void push_on(NeumeMidiOut* midi, uint32_t frame)
{
  push(midi,
       frame,
       LV2_MIDI_MSG_NOTE_ON,
       midi->channel,
       midi->note,
       midi->velocity);
}

/** Queue only what turns the notes that sound into `note`. */
static void collapse(NeumeMidiOut* midi, uint32_t frame)
{
  end_all(midi, frame);
  if (midi->note) {
    push_on(midi, frame);
  }
}

/** Make sure of room for `n` events; false if that took a collapse. */
static bool has_room(NeumeMidiOut* midi, uint32_t frame, uint32_t n)
{
  if (midi->n_queued + n <= NEUME_MIDI_QUEUE) {
    return true;
  }
  collapse(midi, frame);
  return false;
}

void neume_midi_out_on(NeumeMidiOut* midi,
                       uint32_t      frame,
                       uint32_t      note,
                       uint32_t      velocity,
                       bool          overlap)
{
  const uint32_t before = midi->note;
  if (!note || note > 127U) {
    neume_midi_out_off(midi, frame);
    return;
  }

  const uint32_t loudest = velocity < 127U ? velocity : 127U;
  midi->note             = note;
  midi->velocity         = loudest ? loudest : 1U;
  if (!has_room(midi, frame, 2)) {
    return;
  }

  const bool after = overlap && before && before != note;
  if (before && !after) {
    push(midi, frame, LV2_MIDI_MSG_NOTE_OFF, midi->channel, before, 0);
  }
  push_on(midi, frame);
  if (after) {
    push(midi, frame, LV2_MIDI_MSG_NOTE_OFF, midi->channel, before, 0);
  }
}

void neume_midi_out_off(NeumeMidiOut* midi, uint32_t frame)
{
  const uint32_t ended = midi->note;
  if (ended) {
    midi->note = 0;
    if (has_room(midi, frame, 1)) {
      push(midi, frame, LV2_MIDI_MSG_NOTE_OFF, midi->channel, ended, 0);
    }
  }
}

void neume_midi_out_bend(NeumeMidiOut* midi, uint32_t frame, uint32_t bend)
{
  if (has_room(midi, frame, 1)) {
    push_bend(midi, frame, midi->channel, bend);
  }
}

void neume_midi_out_pressure(NeumeMidiOut* midi,
                             uint32_t      frame,
                             uint32_t      pressure)
{
  if (has_room(midi, frame, 1)) {
    push(
      midi, frame, LV2_MIDI_MSG_CHANNEL_PRESSURE, midi->channel, pressure, 0);
  }
}

void neume_midi_out_controller(NeumeMidiOut* midi,
                               uint32_t      frame,
                               uint32_t      controller,
                               uint32_t      value)
{
  if (has_room(midi, frame, 1)) {
    push(
      midi, frame, LV2_MIDI_MSG_CONTROLLER, midi->channel, controller, value);
  }
}

void neume_midi_out_silence(NeumeMidiOut* midi)
{
  midi->note = 0;
  end_all(midi, 0);
}

/** Follow what the receiver was told of bend and level. */
static void follow_controllers(NeumeMidiOut* midi, const uint8_t* bytes)
{
  const bool     expression = bytes[1] == LV2_MIDI_CTL_MSB_EXPRESSION;
  const uint32_t bend       = bytes[1] | (uint32_t)bytes[2] << 7U;
  switch (bytes[0] & 0xF0U) {
    case LV2_MIDI_MSG_BENDER:
      midi->bent = bend != NEUME_BEND_NONE ? bytes[0] : 0;
      break;
    case LV2_MIDI_MSG_CHANNEL_PRESSURE:
      midi->pressed = bytes[1] != NEUME_PRESSURE_REST ? bytes[0] : 0;
      break;
    case LV2_MIDI_MSG_CONTROLLER:
      if (expression || bytes[1] == LV2_MIDI_CTL_RESET_CONTROLLERS) {
        midi->pressed =
          expression && bytes[2] != NEUME_EXPRESSION_REST ? bytes[0] : 0;
      }
      break;
    default:
      break;
  }
}

/** Follow what the receiver sounds after an event. */
static void follow(NeumeMidiOut* midi, const NeumeMidiEvent* e)
{
  follow_controllers(midi, e->bytes);
  const uint8_t       status  = e->bytes[0] & 0xF0U;
  const NeumeMidiNote note    = { e->bytes[1], e->bytes[0] & 0x0FU };
  const NeumeMidiNote nothing = { 0, 0 };
  for (uint32_t i = 0; i < NEUME_MIDI_SOUNDING; ++i) {
    NeumeMidiNote* const s = &midi->sounding[i];
    if (status == LV2_MIDI_MSG_NOTE_ON && !s->note) {
      *s = note;
      return;
    }
    if (status == LV2_MIDI_MSG_NOTE_OFF && s->note == note.note &&
        s->channel == note.channel) {
      *s = nothing;
      return;
    }
  }
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
    if (!neume_sequence_add(sequence, e->frame, type, e->bytes, e->size)) {
      break;
    }
    follow(midi, e);
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
