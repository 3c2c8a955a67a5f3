// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#include "midi_file.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define TICKS_MAX    0x0FFFFFFFU ///< Largest variable-length number
#define OFF_VELOCITY 64U         ///< What a sender without release speed sends

/** Bytes of a track as they grow. */
typedef struct {
  uint8_t* data;     ///< Owned
  size_t   size;     ///< Bytes in use
  size_t   capacity; ///< Bytes that fit
  uint32_t tick;     ///< Tick of the last event
  bool     failed;   ///< Out of memory
} Track;

static void put_byte(Track* track, unsigned value)
{
  void* data = track->data;
  if (track->failed ||
      !list_grow(&data, track->size, &track->capacity, sizeof(uint8_t))) {
    track->failed = true;
    return;
  }
  track->data                = data;
  track->data[track->size++] = (uint8_t)value;
}

static void put_variable(Track* track, uint32_t value)
{
  for (unsigned shift = 21; shift > 0; shift -= 7) {
    if (value >> shift) {
      put_byte(track, 0x80U | ((value >> shift) & 0x7FU));
    }
  }
  put_byte(track, value & 0x7FU);
}

/** Put the time of an event, which must not lie before the last one. */
static void put_tick(Track* track, uint32_t tick)
{
  put_variable(track, tick - track->tick);
  track->tick = tick;
}

static void put_meta(Track*         track,
                     uint32_t       tick,
                     unsigned       type,
                     const uint8_t* data,
                     uint32_t       size)
{
  put_tick(track, tick);
  put_byte(track, 0xFFU);
  put_byte(track, type);
  put_variable(track, size);
  for (uint32_t i = 0; i < size; ++i) {
    put_byte(track, data[i]);
  }
}

static void put_note(Track*   track,
                     uint32_t tick,
                     unsigned status,
                     unsigned key,
                     unsigned velocity)
{
  put_tick(track, tick);
  put_byte(track, status);
  put_byte(track, key);
  put_byte(track, velocity);
}

static unsigned clamp_data(double value, unsigned low)
{
  return (value >= 127.0) ? 127U
         : (value >= low) ? (unsigned)lround(value)
                          : low;
}

static uint32_t to_tick(double seconds)
{
  const double tick = round(seconds * MIDI_FILE_TICKS);
  return (tick >= (double)TICKS_MAX) ? TICKS_MAX
         : (tick > 0.0)              ? (uint32_t)tick
                                     : 0U;
}

static void put_notes(Track* track, const NoteList* list)
{
  for (size_t i = 0; i < list->size; ++i) {
    const Note* const note = &list->notes[i];
    const unsigned    key  = clamp_data(note->midi, 0);
    uint32_t          on   = to_tick(note->onset);
    uint32_t          off  = to_tick(note->offset);

    on  = (on > track->tick) ? on : track->tick;
    off = (off > on) ? off : on + 1U;
    put_note(track, on, 0x90U, key, clamp_data(note->velocity, 1));
    put_note(track, off, 0x80U, key, OFF_VELOCITY);
  }
}

static void put_big_endian(uint8_t* out, uint32_t value, unsigned bytes)
{
  for (unsigned i = 0; i < bytes; ++i) {
    out[i] = (uint8_t)(value >> (8U * (bytes - 1U - i)));
  }
}

bool midi_file_write(FILE*           stream,
                     const NoteList* list,
                     double          seconds,
                     const char*     name)
{
  uint8_t tempo[3];
  put_big_endian(tempo, MIDI_FILE_TEMPO, 3);

  Track        track    = { NULL, 0, 0, 0, false };
  const size_t name_len = strlen(name);
  put_meta(&track,
           0,
           0x03U,
           (const uint8_t*)name,
           name_len < 255 ? (uint32_t)name_len : 255U);
  put_meta(&track, 0, 0x51U, tempo, sizeof(tempo));
  put_notes(&track, list);

  const uint32_t end = to_tick(seconds);
  put_meta(&track, end > track.tick ? end : track.tick, 0x2FU, NULL, 0);

  if (track.failed || track.tick >= TICKS_MAX || track.size > UINT32_MAX) {
    free(track.data);
    return false;
  }

  uint8_t header[22] = { 'M', 'T', 'h', 'd', 0,   0,   0,   6, 0, 0, 0,
                         1,   0,   0,   'M', 'T', 'r', 'k', 0, 0, 0, 0 };
  put_big_endian(header + 12, MIDI_FILE_PPQ, 2);
  put_big_endian(header + 18, (uint32_t)track.size, 4);
  fwrite(header, 1, sizeof(header), stream);
  fwrite(track.data, 1, track.size, stream);
  free(track.data);
  return true;
}
