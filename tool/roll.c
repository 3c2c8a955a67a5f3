// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#include "roll.h"

#include "constants.h"
#include "font.h"

#include <math.h>
#include <stdio.h>

#define MARGIN_BOTTOM 14.0 ///< Pixels below the last row
#define AXIS_HEIGHT   34.0 ///< Pixels below each row: the time axis
#define KEYS_RIGHT    70.0 ///< Right end of the keyboard, pixels
#define KEYS_DEPTH    26.0 ///< Length of a white key, pixels
#define ROWS_MAX      40   ///< Most rows of a long recording
#define LOWEST        24   ///< Lowest semitone that is ever shown
#define HIGHEST       96   ///< Highest semitone that is ever shown
#define LEAST         23 ///< Semitones from the lowest to the highest, or more

const Colour roll_ink       = { 222, 224, 234 };
const Colour roll_ink_faint = { 138, 142, 164 };
const Colour roll_white     = { 255, 255, 255 };

static const Colour paper     = { 16, 17, 26 };
static const Colour black     = { 0, 0, 0 };
static const Colour black_key = { 44, 46, 60 };

static bool is_black_key(int midi)
{
  static const char keys[] = ".#.#..#.#.#.";
  return keys[midi % 12] == '#';
}

static void widen(int* low, int* high, const NoteList* list)
{
  for (size_t i = 0; list && i < list->size; ++i) {
    const int midi = (int)lround(list->notes[i].midi);
    *low           = (midi < *low) ? midi : *low;
    *high          = (midi > *high) ? midi : *high;
  }
}

static int within(int value, int low, int high)
{
  return value < low ? low : (value > high ? high : value);
}

/** Show all notes that can be shown, some room around them, and at least two
    octaves. */
static void choose_range(Roll* roll, const NoteList* a, const NoteList* b)
{
  int low  = 128;
  int high = -1;
  widen(&low, &high, a);
  widen(&low, &high, b);
  if (high < 0) {
    low  = NEUME_MIDI_MIN;
    high = NEUME_MIDI_MAX;
  }
  low  = within(low - 3, LOWEST, HIGHEST - LEAST);
  high = within(high + 5, LOWEST + LEAST, HIGHEST);
  while (high - low < LEAST) {
    ++high;
    low -= (high - low) % 3 == 0;
  }
  roll->low      = within(low, LOWEST, HIGHEST);
  roll->high     = within(high, LOWEST, HIGHEST);
  roll->note_top = roll->high + 0.5;
}

bool roll_init(Roll*           roll,
               double          seconds,
               const NoteList* notes,
               const NoteList* more)
{
  const double length   = fmax(seconds, 1.0);
  const double row_time = fmax(20.0, length / ROWS_MAX);

  roll->n_rows   = (length <= 24.0) ? 1U : (uint32_t)ceil(length / row_time);
  roll->row_time = (roll->n_rows == 1) ? length : row_time;
  roll->width    = ROLL_WIDTH - ROLL_LEFT - ROLL_RIGHT;
  choose_range(roll, notes, more);

  const double target = (roll->n_rows == 1)   ? 620.0
                        : (roll->n_rows <= 3) ? 440.0
                                              : 320.0;
  const double keys   = roll->high - roll->low + 1;
  roll->note_px       = fmax(10.0, floor(target / keys));
  roll->height        = keys * roll->note_px;
  roll->row_px        = roll->height + AXIS_HEIGHT;
  return canvas_init(
    &roll->canvas,
    ROLL_WIDTH,
    (uint32_t)(ROLL_TOP + roll->n_rows * roll->row_px + MARGIN_BOTTOM),
    paper);
}

void roll_free(Roll* roll)
{
  canvas_free(&roll->canvas);
}

double roll_row(const Roll* roll, uint32_t row)
{
  return ROLL_TOP + row * roll->row_px;
}

double roll_x(const Roll* roll, uint32_t row, double seconds)
{
  return ROLL_LEFT +
         (seconds - row * roll->row_time) * roll->width / roll->row_time;
}

double roll_y(const Roll* roll, uint32_t row, double midi)
{
  return roll_row(roll, row) + (roll->note_top - midi) * roll->note_px;
}

/** Draw one key: white ones are as deep as the keyboard, black ones less. */
static void draw_key(Canvas* canvas, int midi, double y0, double y1)
{
  const double left   = KEYS_RIGHT - KEYS_DEPTH;
  const double middle = 0.5 * (y0 + y1);
  if (is_black_key(midi)) {
    const Box key = { left, y0, KEYS_RIGHT - 0.4 * KEYS_DEPTH, y1 };
    const Box gap = { key.x1, middle - 0.5, KEYS_RIGHT, middle + 0.5 };
    canvas_fill(canvas, key, 1.5, black_key, 1.0);
    canvas_fill(canvas, gap, 0.0, black_key, 0.7);
  } else if (!is_black_key(midi + 1)) {
    const Box gap = { left, y0 - 0.5, KEYS_RIGHT, y0 + 0.5 };
    canvas_fill(canvas, gap, 0.0, black_key, 0.7);
  }
}

void roll_draw_keyboard(Roll* roll, uint32_t row)
{
  Canvas* const canvas = &roll->canvas;
  const bool    roomy  = roll->note_px >= 15.0;
  const double  top    = roll_row(roll, row);
  const Box     keys   = {
          KEYS_RIGHT - KEYS_DEPTH, top, KEYS_RIGHT, top + roll->height
  };
  canvas_fill(canvas, keys, 0.0, roll_ink, 1.0);
  for (int midi = roll->low; midi <= roll->high; ++midi) {
    const double y0   = roll_y(roll, row, midi + 0.5);
    const double y1   = y0 + roll->note_px;
    const Box    lane = { ROLL_LEFT, y0, ROLL_LEFT + roll->width, y1 };
    char         name[NOTE_NAME_MAX];
    if (is_black_key(midi)) {
      canvas_fill(canvas, lane, 0.0, black, 0.16);
    }
    if (midi % 12 == 0) {
      const Box line = { lane.x0, y1 - 1.0, lane.x1, y1 };
      canvas_fill(canvas, line, 0.0, roll_white, 0.20);
    }
    draw_key(canvas, midi, y0, y1);
    if (roomy ? !is_black_key(midi) : (midi % 12 == 0 || midi % 12 == 7)) {
      note_name(midi, name);
      font_draw(canvas,
                keys.x0 - 8.0 - font_width(ROLL_TEXT, name),
                0.5 * (y0 + y1 + ROLL_TEXT),
                ROLL_TEXT,
                midi % 12 == 0 ? roll_ink : roll_ink_faint,
                name);
    }
  }
}

/** Seconds between labels, so that they stand at least 60 pixels apart. */
static double label_step(const Roll* roll)
{
  static const double steps[] = { 0.1, 0.2, 0.5, 1,   2,   5,    10,  20,
                                  30,  60,  120, 300, 600, 1800, 3600 };

  const size_t n = sizeof(steps) / sizeof(steps[0]);
  size_t       i = 0;
  while (i + 1 < n && steps[i] * roll->width / roll->row_time < 60.0) {
    ++i;
  }
  return steps[i];
}

void roll_draw_time(Roll* roll, uint32_t row, double seconds)
{
  Canvas* const canvas = &roll->canvas;
  const double  step   = label_step(roll);
  const double  start  = row * roll->row_time;
  const double  end    = fmin(start + roll->row_time, seconds);
  const double  bottom = roll_row(roll, row) + roll->height;
  // A row of whole steps shows its last label as the first of the next
  const long first = lround(ceil(start / step - 1e-9));
  const long last  = lround(floor(end / step + 1e-9));
  for (long k = first; k <= last; ++k) {
    const double x = roll_x(roll, row, (double)k * step);
    char         text[32];
    canvas_fill(canvas,
                (Box){ x - 0.5, roll_row(roll, row), x + 0.5, bottom },
                0.0,
                roll_white,
                0.13);
    canvas_fill(canvas,
                (Box){ x - 0.5, bottom, x + 0.5, bottom + 5.0 },
                0.0,
                roll_ink_faint,
                1.0);
    snprintf(
      text, sizeof(text), "%.*f s", step < 1.0 ? 1 : 0, (double)k * step);
    const double half = 0.5 * font_width(ROLL_TEXT, text);
    const double most = ROLL_WIDTH - 2.0 - 2.0 * half;
    font_draw(canvas,
              fmin(x - half, most),
              bottom + 10.0 + ROLL_TEXT,
              ROLL_TEXT,
              roll_ink_faint,
              text);
  }
}
