// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#ifndef NEUME_SCRIBE_H
#define NEUME_SCRIBE_H

#include "listen.h"
#include "note_list.h"

#include <stdbool.h>

/** The kinds of files that transcribe writes. */
typedef enum {
  SCRIBE_NOTES,   ///< NAME.notes.csv
  SCRIBE_FRAMES,  ///< NAME.frames.csv
  SCRIBE_MIDI,    ///< NAME.mid
  SCRIBE_PICTURE, ///< NAME.png
  N_SCRIBE_OUTPUTS
} ScribeOutput;

/** What to write, and where. */
typedef struct {
  const char*     folders[N_SCRIBE_OUTPUTS]; ///< NULL = don't write that kind
  const NoteList* truth;  ///< Notes to draw beside the found ones, or NULL
  ListenOptions   listen; ///< How to listen
} ScribeOptions;

/** Transcribe one file and write what is wanted of it, all or nothing.

    `name` is what the outputs are called.  The found notes go to `notes`,
    which the caller frees.  Returns false, an empty list and one line in
    `message` (COMMAND_MESSAGE_MAX bytes) on failure.  Any thread.
*/
bool scribe_file(const char*          path,
                 const char*          name,
                 const ScribeOptions* options,
                 Progress*            progress,
                 NoteList*            notes,
                 char*                message);

#endif // NEUME_SCRIBE_H
