// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#ifndef NEUME_CSV_H
#define NEUME_CSV_H

#include "note_list.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/** What the control outputs say of one moment. */
typedef struct {
  double   time;       ///< Seconds from the start of the recording
  uint32_t note;       ///< Class, 0..39
  uint32_t midi;       ///< MIDI number, 0 = none
  float    cents;      ///< Deviation from `midi`, -50..50
  float    confidence; ///< Posterior of the class, 0..1
} Frame;

/** Write `onset,offset,midi,velocity,confidence`, one note a line.

    Times are seconds to the microsecond.  Errors stay in the stream (ferror).
*/
void csv_write_notes(FILE* stream, const NoteList* list);

/** Write `time,note,midi,cents,confidence`, one step a line. */
void csv_write_frames(FILE* stream, const Frame* frames, size_t n);

/** Read notes from a file with a header line.

    The columns `onset`, `offset` and `midi` are needed, `velocity` and
    `confidence` are read if they are there, others are passed over; their
    order is free.  Notes are sorted by onset.  Returns false, with an empty
    list and one line in `message` (COMMAND_MESSAGE_MAX bytes: what is wrong,
    in which line), if the file can't be read or a value makes no sense.
*/
bool csv_read_notes(const char* path, NoteList* list, char* message);

#endif // NEUME_CSV_H
