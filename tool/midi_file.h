// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#ifndef NEUME_MIDI_FILE_H
#define NEUME_MIDI_FILE_H

#include "note_list.h"

#include <stdbool.h>
#include <stdio.h>

#define MIDI_FILE_PPQ   480    ///< Ticks per quarter note
#define MIDI_FILE_TEMPO 500000 ///< Microseconds per quarter note: 120 a minute

/** Ticks per second: with a constant tempo, ticks are seconds. */
#define MIDI_FILE_TICKS (MIDI_FILE_PPQ * 1e6 / MIDI_FILE_TEMPO)

/** Write a standard MIDI file: format 0, one track, channel 1.

    `list` is by onset and its notes don't overlap.  Each time is rounded to
    the nearest tick (1.04 ms); a note lasts at least one tick.  The track ends
    at `seconds`, or with its last note if that is later.  `name` becomes the
    name of the track.  Returns false without memory, or if the notes last
    longer than a MIDI file can say (2^28 ticks, 77 hours); errors of `stream`
    stay there (ferror).
*/
bool midi_file_write(FILE*           stream,
                     const NoteList* list,
                     double          seconds,
                     const char*     name);

#endif // NEUME_MIDI_FILE_H
