// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#ifndef NEUME_BATCH_H
#define NEUME_BATCH_H

#include "command.h"
#include "meter.h"
#include "scribe.h"

#include <stdbool.h>
#include <stdint.h>

/** One input file and what became of it. */
typedef struct {
  const char* path;     ///< As given
  char*       name;     ///< What its outputs are called, owned
  Progress    progress; ///< How far it is
  NoteList    notes;    ///< Found notes, until they are printed
  bool        ok;       ///< All was written
  char        message[COMMAND_MESSAGE_MAX]; ///< Why not
} Task;

/** Many files to transcribe. */
typedef struct {
  ScribeOptions scribe;   ///< What to do with each
  uint32_t      jobs;     ///< Files at one time
  bool          quiet;    ///< No progress
  bool          prints;   ///< Notes go to stdout
  bool          writes;   ///< Files are written
  Task*         tasks;    ///< One for each file, owned
  uint32_t      n_tasks;  ///< How many
  uint32_t      n_failed; ///< Files that failed
  Meter         meter;    ///< Progress on the terminal
} Batch;

/** Make a task for each of `n` paths, which must outlive the batch.

    If files are written, two inputs whose outputs would have the same
    name are refused.  On failure prints why; returns an exit code.
*/
int batch_add(Batch* batch, char** paths, int n);

/** Transcribe all files, print what is to be printed, in the order given, and
    what failed to stderr; returns an exit code. */
int batch_run(Batch* batch);

/** Free the tasks. */
void batch_free(Batch* batch);

#endif // NEUME_BATCH_H
