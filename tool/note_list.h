// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#ifndef NEUME_NOTE_LIST_H
#define NEUME_NOTE_LIST_H

#include <stdbool.h>
#include <stddef.h>

/** One note of a recording. */
typedef struct {
  double onset;      ///< Seconds from the start of the recording
  double offset;     ///< Seconds
  double midi;       ///< MIDI number; whole for notes that were found
  double velocity;   ///< 1..127
  double confidence; ///< Mean posterior over the note, 0..1
} Note;

/** Notes by onset.  All zeros is an empty list. */
typedef struct {
  Note*  notes;    ///< Owned, `size` of them
  size_t size;     ///< Notes in use
  size_t capacity; ///< Notes that fit
} NoteList;

#define NOTE_NAME_MAX 16 ///< Bytes that hold any note name

/** Append a note; false without memory. */
bool note_list_push(NoteList* list, const Note* note);

/** Free the notes and empty the list. */
void note_list_free(NoteList* list);

/** Write the name of the nearest semitone ("A#4", C4 is 60) to `name`. */
const char* note_name(double midi, char name[NOTE_NAME_MAX]);

/** Make room for one more element of `bytes` each; false without memory.

    `*data` holds `size` elements and room for `*capacity`.
*/
bool list_grow(void** data, size_t size, size_t* capacity, size_t bytes);

#endif // NEUME_NOTE_LIST_H
