// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#ifndef NEUME_LISTEN_H
#define NEUME_LISTEN_H

#include "csv.h"
#include "neume.h"
#include "note_list.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

/** How far a file is, for whoever watches: written by one thread, read by
    another. */
typedef struct {
  atomic_uint_fast64_t done;  ///< Samples read
  atomic_uint_fast64_t total; ///< Samples in all, 0 if not known
  atomic_uint_fast64_t rate;  ///< Sample rate, Hz; 0 before the file is open
} Progress;

/** How to listen. */
typedef struct {
  const NeumeModel* model;         ///< Shared by all threads, read only
  NeumeParams       params;        ///< As in neume.h
  uint32_t          interleave;    ///< P
  uint32_t          batch;         ///< As in neume.h; changes nothing but time
  bool              keep_features; ///< Fill Transcript.features
  bool              decided; ///< Date notes by their decision, not by what was
                             ///< heard of their onset
} ListenOptions;

/** All that the chain said of a recording. */
typedef struct {
  double   rate;           ///< Sample rate of the file, Hz
  double   seconds;        ///< Its length
  NoteList notes;          ///< Found notes
  Frame*   frames;         ///< Every step within the recording, owned
  size_t   n_frames;       ///< Steps in `frames`
  size_t   frame_capacity; ///< Steps that fit into `frames`
  float*   features;       ///< [n_columns][bands], owned; NULL unless asked for
  size_t   n_columns;      ///< Steps in `features`
  size_t   column_capacity; ///< Steps that fit into `features`
  uint32_t bands;           ///< Mel bands
  double*  times;           ///< Of the middle of each column, seconds, owned
  size_t   time_capacity;   ///< Columns that fit into `times`
  double   step;            ///< Seconds of a step, at A4 = 440 Hz
} Transcript;

/** Run the chain over a whole file.

    The chain hears the file and then silence until all of it is decided; it
    is fed as the plugin feeds it, so the notes are the plugin's.  Times are
    those of the recording: the delay of decisions is subtracted.  A note begins
    where its onset was heard, or, if `decided`, when the plugin sends it, less
    the mean delay.  One that sounds at the end of the file ends there, and what
   was found beyond is dropped.

    Returns false, an empty transcript, and one line in `message`
    (COMMAND_MESSAGE_MAX bytes) on failure.  `progress` may be NULL.  Any
    thread; several at once may share the model.
*/
bool listen(const char*          path,
            const ListenOptions* options,
            Progress*            progress,
            Transcript*          transcript,
            char*                message);

/** Free what `transcript` owns and empty it. */
void transcript_free(Transcript* transcript);

#endif // NEUME_LISTEN_H
