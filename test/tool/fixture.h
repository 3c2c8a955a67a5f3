// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#ifndef NEUME_FIXTURE_H
#define NEUME_FIXTURE_H

#include "note_list.h"

#include <stdbool.h>
#include <stdint.h>

/** Files that tests of the command need; all functions return false and print
    why if a file can't be written. */

/** Write weights that name plain sines: one band for each semitone, and one
    dense layer that takes the loudest. */
bool fixture_model(const char* path);

/** The melody: eight sines of half a second, some with a gap between. */
bool fixture_notes(NoteList* notes);

/** Seconds of the melody, silence before and after included. */
#define FIXTURE_SECONDS 6.0

/** Write the melody as 16-bit WAV; each channel has its share of it. */
bool fixture_melody(const char* path, int rate, int channels);

/** Write five sines of a tenth of a second, one a second, as 16-bit WAV. */
bool fixture_blips(const char* path);

/** Write the melody as float WAV, with NaN and infinities where it is silent,
    and a second channel of NaN. */
bool fixture_not_a_number(const char* path);

/** Write a WAV of 50 hours of digital noise, 8 bits at 8 kHz; a sparse file. */
bool fixture_endless(const char* path);

/** Write `seconds` of silence as FLAC, 8 kHz; 0 s make an empty WAV. */
bool fixture_silence(const char* path, double seconds);

/** Write a WAV of 1 s at any rate. */
bool fixture_rate(const char* path, int rate);

/** Read a MIDI file of format 0 as strictly as it must be written: one track
    of the said length, running time only forwards, notes closed, an end of
    track and nothing behind it. */
bool fixture_read_midi(const char* path, NoteList* notes, double* seconds);

#endif // NEUME_FIXTURE_H
