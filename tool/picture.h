// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#ifndef NEUME_PICTURE_H
#define NEUME_PICTURE_H

#include "listen.h"
#include "logmel.h"
#include "note_list.h"

#include <stdbool.h>
#include <stdio.h>

/** What to draw. */
typedef struct {
  const Transcript*    transcript; ///< With features
  const NeumeFrontEnd* front_end;  ///< What made the features
  const NoteList*      truth;      ///< Notes to draw beside, or NULL
  const char*          title;      ///< Name of the recording
} Picture;

/** Draw a piano roll over the log-mel picture and write it as a PNG.

    Time runs from left to right in seconds, in several rows if the recording
    is long; pitch upwards in semitones.  The log-mel picture is drawn on the
    same scale: a voice's fundamental lies under its note, its overtones
    above.  Bars are found notes, the thin line the pitch that was heard, and
    outlines the true notes.  Returns false and writes to `message`
    (COMMAND_MESSAGE_MAX bytes) without memory or if libpng fails.
*/
bool picture_write(FILE* stream, const Picture* picture, char* message);

#endif // NEUME_PICTURE_H
