// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#include "scribe.h"

#include "command.h"
#include "csv.h"
#include "midi_file.h"
#include "output.h"
#include "picture.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static const char* const suffixes[N_SCRIBE_OUTPUTS] = { ".notes.csv",
                                                        ".frames.csv",
                                                        ".mid",
                                                        ".png" };

static bool write_stream(ScribeOutput         kind,
                         FILE*                stream,
                         const char*          name,
                         const ScribeOptions* options,
                         const Transcript*    transcript,
                         char*                message)
{
  switch (kind) {
    case SCRIBE_NOTES:
      csv_write_notes(stream, &transcript->notes);
      return true;
    case SCRIBE_FRAMES:
      csv_write_frames(stream, transcript->frames, transcript->n_frames);
      return true;
    case SCRIBE_MIDI:
      if (!midi_file_write(
            stream, &transcript->notes, transcript->seconds, name)) {
        command_message(message,
                        "is too long for a MIDI file, or for the memory");
        return false;
      }
      return true;
    default: {
      const Picture picture = {
        transcript, &options->listen.model->front_end, options->truth, name
      };
      return picture_write(stream, &picture, message);
    }
  }
}

/** Write one kind of output under its temporary name. */
static bool write_output(ScribeOutput         kind,
                         const char*          name,
                         const ScribeOptions* options,
                         const Transcript*    transcript,
                         Output*              output,
                         char*                message)
{
  char* const path = output_path(options->folders[kind], name, suffixes[kind]);
  if (!path) {
    command_message(message, "out of memory");
    return false;
  }
  bool ok = output_open(output, path, message);
  free(path);
  errno = 0;
  if (ok &&
      !write_stream(kind, output->stream, name, options, transcript, message)) {
    if (ferror(output->stream)) {
      output_failed(output, message);
    }
    output_drop(output);
    ok = false;
  }
  return ok && output_close(output, message);
}

static bool write_outputs(const char*          name,
                          const ScribeOptions* options,
                          const Transcript*    transcript,
                          char*                message)
{
  Output outputs[N_SCRIBE_OUTPUTS] = { { NULL, NULL, NULL, 0 } };
  bool   ok                        = true;
  for (int k = 0; ok && k < N_SCRIBE_OUTPUTS; ++k) {
    if (options->folders[k]) {
      ok = write_output(
        (ScribeOutput)k, name, options, transcript, &outputs[k], message);
    }
  }
  for (int k = 0; k < N_SCRIBE_OUTPUTS; ++k) {
    if (ok && options->folders[k]) {
      ok = output_commit(&outputs[k], message);
    }
    output_drop(&outputs[k]);
  }
  return ok;
}

bool scribe_file(const char*          path,
                 const char*          name,
                 const ScribeOptions* options,
                 Progress*            progress,
                 NoteList*            notes,
                 char*                message)
{
  Transcript transcript;
  *notes = (NoteList){ NULL, 0, 0 };
  if (!listen(path, &options->listen, progress, &transcript, message)) {
    return false;
  }
  const bool ok = write_outputs(name, options, &transcript, message);
  if (ok) {
    *notes           = transcript.notes;
    transcript.notes = (NoteList){ NULL, 0, 0 };
  }
  transcript_free(&transcript);
  return ok;
}
