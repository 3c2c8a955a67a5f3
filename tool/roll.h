// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#ifndef NEUME_ROLL_H
#define NEUME_ROLL_H

#include "canvas.h"
#include "note_list.h"

#include <stdbool.h>
#include <stdint.h>

#define ROLL_WIDTH 1600 ///< Pixels of the whole picture
#define ROLL_LEFT  74.0 ///< Pixels left of a roll: the keyboard
#define ROLL_RIGHT 22.0 ///< Pixels right of it
#define ROLL_TOP   64.0 ///< Pixels above the first row: title and legend
#define ROLL_TEXT  10.0 ///< Height of a capital in labels, pixels

/** Colours that everything on the picture shares. */
extern const Colour roll_ink;
extern const Colour roll_ink_faint;
extern const Colour roll_white;

/** Time and pitch on a canvas: one or more rows of a piano roll. */
typedef struct {
  Canvas   canvas;   ///< Owned
  uint32_t n_rows;   ///< Rows of the recording, one below the other
  double   row_time; ///< Seconds in a row
  double   row_px;   ///< Pixels from one row to the next
  double   height;   ///< Pixels that a row's roll is high
  double   width;    ///< Pixels that it is wide
  double   note_px;  ///< Pixels in a semitone
  double   note_top; ///< MIDI number at the top of a roll
  int      low;      ///< Lowest semitone shown
  int      high;     ///< Highest semitone shown
} Roll;

/** Lay out a recording of `seconds` so that all notes of both lists, which may
    be NULL, are seen; false without memory. */
bool roll_init(Roll*           roll,
               double          seconds,
               const NoteList* notes,
               const NoteList* more);

/** Free the canvas. */
void roll_free(Roll* roll);

/** Where things lie on the canvas, pixels; rows count from 0. */
double roll_row(const Roll* roll, uint32_t row);
double roll_x(const Roll* roll, uint32_t row, double seconds);
double roll_y(const Roll* roll, uint32_t row, double midi);

/** Draw the keyboard with its names at the left of a row, and the lanes of
    black keys over what is there. */
void roll_draw_keyboard(Roll* roll, uint32_t row);

/** Draw the seconds below a row, as far as the recording goes. */
void roll_draw_time(Roll* roll, uint32_t row, double seconds);

#endif // NEUME_ROLL_H
