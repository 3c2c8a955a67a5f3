// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#ifndef NEUME_COMPARE_H
#define NEUME_COMPARE_H

#include "note_list.h"

#include <stdbool.h>
#include <stddef.h>

/** What became of a note. */
typedef enum {
  MATCH_RIGHT,  ///< Found, within half a semitone
  MATCH_PITCH,  ///< Found, at another pitch
  MATCH_MISSED, ///< Not found
  MATCH_EXTRA,  ///< Found where none starts
  N_MATCHES
} MatchKind;

/** A true note beside a found one. */
typedef struct {
  MatchKind   kind;  ///< What became of it
  const Note* truth; ///< NULL if extra
  const Note* found; ///< NULL if missed
} Match;

/** All notes of two lists, by time. */
typedef struct {
  Match* rows;             ///< Owned
  size_t size;             ///< Number of rows
  size_t count[N_MATCHES]; ///< Rows of each kind
} Comparison;

/** Set `found` beside `truth`.

    Both lists are by onset and must outlive the comparison.  A pair has onsets
    at most `tolerance` seconds apart, and no note is in two pairs.  Pairs of
    the same pitch are made first, then pairs by onset alone, the nearest ones
    first.  Returns false without memory, or where more than four million pairs
    of notes begin within `tolerance`.
*/
bool compare_notes(const NoteList* truth,
                   const NoteList* found,
                   double          tolerance,
                   Comparison*     comparison);

/** Free the rows. */
void comparison_free(Comparison* comparison);

#endif // NEUME_COMPARE_H
