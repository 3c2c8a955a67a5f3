// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#include "midi_out.h"

#include "test.h"

#include <lv2/atom/atom.h>

#include <stdint.h>
#include <string.h>

enum { SEQUENCE = 1, MIDI = 2 }; ///< URIDs

/** A port with room for `capacity` bytes, and what it was sent. */
typedef struct {
  LV2_Atom_Sequence seq;          ///< Header
  uint8_t           events[8192]; ///< What follows it
} Port;

static NeumeSequence begin(Port* port, uint32_t capacity)
{
  NeumeSequence sequence;
  port->seq.atom.size = capacity;
  neume_sequence_begin(&sequence, &port->seq, SEQUENCE);
  return sequence;
}

/** The number of events in `port`, after a check that they alternate from
    `*sounding`, which is moved on. */
static uint32_t heard(const Port* port, uint32_t* sounding)
{
  const uint32_t n =
    (port->seq.atom.size - (uint32_t)sizeof(LV2_Atom_Sequence_Body)) / 24U;
  for (uint32_t i = 0; i < n; ++i) {
    const uint8_t* const bytes = port->events + (size_t)24U * i + 16U;
    if (bytes[0] == 0x90U) {
      CHECK(!*sounding);
      *sounding = bytes[1];
    } else {
      CHECK(bytes[0] == 0x80U);
      CHECK_MSG(bytes[1] == *sounding, "%u %u", bytes[1], *sounding);
      *sounding = 0;
    }
  }
  return n;
}

static void test_order(void)
{
  NeumeMidiOut midi = { 0 };
  Port         port = { 0 };
  uint32_t     note = 0;

  neume_midi_out_off(&midi, 1); // Nothing sounds: nothing ends
  neume_midi_out_on(&midi, 3, 60, 200, false);
  neume_midi_out_on(&midi, 5, 62, 0, false); // Ends the one before
  neume_midi_out_off(&midi, 9);
  NeumeSequence sequence = begin(&port, sizeof(port));
  neume_midi_out_flush(&midi, &sequence, MIDI);
  CHECK(heard(&port, &note) == 4U);
  CHECK(!note);

  const uint8_t first[3] = { 0x90U, 60U, 127U };
  CHECK(!memcmp(port.events + 16, first, sizeof(first)));
  CHECK(port.events[0] == 3U && port.events[72] == 9U);
}

static void test_kept(void)
{
  NeumeMidiOut midi = { 0 };
  Port         port = { 0 };
  uint32_t     note = 0;

  // Room for one event in each block
  neume_midi_out_on(&midi, 3, 60, 100, false);
  neume_midi_out_off(&midi, 4);
  neume_midi_out_on(&midi, 4, 61, 100, false);
  for (uint32_t i = 0; i < 3U; ++i) {
    NeumeSequence sequence = begin(&port, 16U + 24U);
    neume_midi_out_flush(&midi, &sequence, MIDI);
    neume_midi_out_end_block(&midi);
    CHECK(heard(&port, &note) == 1U);
    CHECK(port.events[0] == (i ? 0U : 3U));
    CHECK(note == (i == 0 ? 60U : i == 1 ? 0U : 61U));
  }

  // Silence ends what is heard, however much waits
  neume_midi_out_off(&midi, 0);
  neume_midi_out_on(&midi, 0, 62, 100, false);
  neume_midi_out_silence(&midi);
  NeumeSequence sequence = begin(&port, sizeof(port));
  neume_midi_out_flush(&midi, &sequence, MIDI);
  CHECK(heard(&port, &note) == 1U);
  CHECK(!note);
}

/** More notes than the queue holds: some are lost, but no off. */
static void test_overflow(uint32_t capacity)
{
  NeumeMidiOut midi = { 0 };
  Port         port = { 0 };
  uint32_t     note = 0;

  for (uint32_t i = 0; i < 1000U; ++i) {
    neume_midi_out_on(&midi, i, 45U + i % 39U, 100, false);
    if (i % 7U == 0) {
      neume_midi_out_off(&midi, i);
    }
    CHECK(midi.n_queued <= NEUME_MIDI_QUEUE);
    if (i % 50U == 0) {
      NeumeSequence sequence = begin(&port, capacity);
      neume_midi_out_flush(&midi, &sequence, MIDI);
      neume_midi_out_end_block(&midi);
      if (sequence.seq) {
        heard(&port, &note);
      } else {
        CHECK(midi.n_queued <= 2U);
      }
    }
  }

  for (uint32_t i = 0; i < 3U; ++i) {
    NeumeSequence sequence = begin(&port, sizeof(port));
    neume_midi_out_flush(&midi, &sequence, MIDI);
    heard(&port, &note);
  }
  CHECK(note == 45U + 999U % 39U);
  neume_midi_out_silence(&midi);
  NeumeSequence sequence = begin(&port, sizeof(port));
  neume_midi_out_flush(&midi, &sequence, MIDI);
  heard(&port, &note);
  CHECK(!note);
}

/** Sends what waits, and keeps what the receiver was told of bend and level. */
static void send(NeumeMidiOut* midi, uint32_t* bend, uint32_t* level)
{
  Port          port     = { 0 };
  NeumeSequence sequence = begin(&port, sizeof(port));
  neume_midi_out_flush(midi, &sequence, MIDI);
  for (size_t at = 0; at + sizeof(LV2_Atom_Sequence_Body) < port.seq.atom.size;
       at += 24U) {
    const uint8_t* const bytes = port.events + at + 16U;
    if (bytes[0] == 0xE3U) {
      *bend = bytes[1] + 128U * bytes[2];
    } else if (bytes[0] == 0xB3U || bytes[0] == 0xD3U) {
      *level = bytes[0] == 0xB3U ? 127U - bytes[2] : bytes[1];
    }
  }
}

/** What bent a note and told its level is taken back, whatever is dropped. */
static void test_taken_back(bool controller)
{
  NeumeMidiOut midi  = { 0 };
  uint32_t     bend  = 8192;
  uint32_t     level = 0;
  midi.channel       = 3;
  neume_midi_out_bend(&midi, 0, 9000);
  if (controller) {
    neume_midi_out_controller(&midi, 0, 11, 50);
  } else {
    neume_midi_out_pressure(&midi, 0, 50);
  }
  neume_midi_out_on(&midi, 0, 60, 100, false);
  send(&midi, &bend, &level);
  CHECK(bend == 9000U && level);

  midi.channel = 5; // They stay on theirs
  neume_midi_out_silence(&midi);
  CHECK(midi.n_queued == 3U);
  neume_midi_out_silence(&midi); // Before the first was sent
  CHECK(midi.n_queued == 3U);
  send(&midi, &bend, &level);
  CHECK(bend == 8192U && !level);
  neume_midi_out_silence(&midi);
  CHECK(!midi.n_queued);

  // Also where the queue was full
  midi.channel = 3;
  neume_midi_out_bend(&midi, 0, 0);
  send(&midi, &bend, &level);
  CHECK(bend == 0);
  for (uint32_t i = 0; i < NEUME_MIDI_QUEUE; ++i) {
    neume_midi_out_bend(&midi, 0, i);
  }
  neume_midi_out_off(&midi, 0); // Nothing sounds
  neume_midi_out_on(&midi, 0, 62, 100, false);
  CHECK(midi.lost && midi.n_queued == 2U);
  send(&midi, &bend, &level);
  CHECK(bend == 8192U);
}

/** What colours a note never fills more than the queue. */
static void test_colour_overflow(void)
{
  for (unsigned kind = 0; kind < 3U; ++kind) {
    NeumeMidiOut midi = { 0 };
    for (uint32_t i = 0; i < 2U * NEUME_MIDI_QUEUE; ++i) {
      if (kind == 0) {
        neume_midi_out_bend(&midi, 0, i);
      } else if (kind == 1) {
        neume_midi_out_pressure(&midi, 0, i % 128U);
      } else {
        neume_midi_out_controller(&midi, 0, 11, i % 128U);
      }
      CHECK(midi.n_queued <= NEUME_MIDI_QUEUE);
    }
    CHECK(midi.lost);
  }
}

/** Only the notes of MIDI sound, 1 to 127. */
static void test_range(void)
{
  static const uint32_t notes[] = { 1, 127, 0, 128 };
  for (unsigned i = 0; i < 4U; ++i) {
    NeumeMidiOut midi = { 0 };
    neume_midi_out_on(&midi, 0, 60, 0, false);
    neume_midi_out_on(&midi, 0, notes[i], 100, false);
    CHECK(midi.queue[0].bytes[2] == 1U && midi.queue[1].bytes[0] == 0x80U);
    CHECK(midi.note == (i < 2U ? notes[i] : 0U));
    CHECK(midi.n_queued == (i < 2U ? 3U : 2U));
  }
}

/** Whatever was sent of a note that overlaps another and is bent, silence ends
    it, at the start of the block. */
static void test_silence_after_legato(void)
{
  NeumeMidiOut midi = { 0 };
  Port         port = { 0 };
  neume_midi_out_on(&midi, 10, 60, 100, false);
  neume_midi_out_on(&midi, 20, 64, 100, true);
  neume_midi_out_bend(&midi, 30, 8200);
  NeumeSequence sequence = begin(&port, sizeof(port));
  neume_midi_out_flush(&midi, &sequence, MIDI);
  CHECK(!midi.n_queued);

  neume_midi_out_silence(&midi);
  CHECK(midi.n_queued == 2U);
  const uint8_t off[3] = { 0x80U, 64U, 0U };
  CHECK(!memcmp(midi.queue[0].bytes, off, sizeof(off)));
  CHECK(midi.queue[0].frame == 0U && midi.queue[1].frame == 0U);
}

/** The same note again ends before it starts, legato or not. */
static void test_same_again(void)
{
  NeumeMidiOut midi = { 0 };
  Port         port = { 0 };
  uint32_t     note = 0;
  neume_midi_out_on(&midi, 10, 60, 100, true);
  neume_midi_out_on(&midi, 20, 60, 100, true);
  NeumeSequence sequence = begin(&port, sizeof(port));
  neume_midi_out_flush(&midi, &sequence, MIDI);
  CHECK(heard(&port, &note) == 3U);
  CHECK(note == 60U);
}

/** The same note on two channels is two notes, of which one may end. */
static void test_two_channels(void)
{
  NeumeMidiOut midi = { 0 };
  Port         port = { 0 };
  neume_midi_out_on(&midi, 10, 60, 100, false);
  midi.channel = 1;
  midi.note    = 0;
  neume_midi_out_on(&midi, 20, 60, 100, false);
  neume_midi_out_off(&midi, 30);
  NeumeSequence sequence = begin(&port, sizeof(port));
  neume_midi_out_flush(&midi, &sequence, MIDI);

  neume_midi_out_silence(&midi);
  const uint8_t off[3] = { 0x80U, 60U, 0U };
  CHECK(midi.n_queued == 1U && !memcmp(midi.queue[0].bytes, off, sizeof(off)));
}

/** What was no longer sent in a block goes to the start of the next. */
static void test_next_block(void)
{
  NeumeMidiOut midi = { 0 };
  neume_midi_out_on(&midi, 3, 60, 100, false);
  neume_midi_out_bend(&midi, 4, 8200);
  neume_midi_out_off(&midi, 5);
  neume_midi_out_end_block(&midi);
  for (uint32_t i = 0; i < 3U; ++i) {
    CHECK(midi.queue[i].frame == 0U);
  }
}

/** A receiver that was told to reset its controllers holds no level. */
static void test_reset_controllers(void)
{
  NeumeMidiOut midi  = { 0 };
  uint32_t     bend  = 8192;
  uint32_t     level = 0;
  midi.channel       = 3;
  neume_midi_out_controller(&midi, 0, 11, 50);
  send(&midi, &bend, &level);
  neume_midi_out_controller(&midi, 0, 7, 50); // Says nothing of it
  send(&midi, &bend, &level);
  CHECK(midi.pressed);
  neume_midi_out_controller(&midi, 0, 121, 0);
  send(&midi, &bend, &level);
  CHECK(!midi.pressed);
  neume_midi_out_silence(&midi);
  CHECK(!midi.n_queued);
}

int main(void)
{
  test_colour_overflow();
  test_range();
  test_silence_after_legato();
  test_same_again();
  test_two_channels();
  test_next_block();
  test_reset_controllers();
  test_taken_back(false);
  test_taken_back(true);
  test_order();
  test_kept();
  test_overflow(0);
  test_overflow(16);
  test_overflow(40);
  test_overflow(64);
  test_overflow(1024);
  return test_report();
}
