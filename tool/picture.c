// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#include "picture.h"

#include "canvas.h"
#include "command.h"
#include "font.h"
#include "heat.h"
#include "roll.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define TEXT_LARGE  15.0  ///< Height of a capital in the title, pixels
#define TITLE_WIDTH 800.0 ///< Most pixels that the title takes

static const Colour found = { 64, 224, 190 };
static const Colour night = { 16, 17, 26 };
static const Colour truth = { 255, 183, 77 };

/** The part of a note that lies in a row; false if there is none. */
static bool note_box(const Roll* roll,
                     uint32_t    row,
                     const Note* note,
                     double      grow,
                     Box*        box)
{
  const double start = row * roll->row_time;
  const double from  = fmax(note->onset, start);
  const double to    = fmin(note->offset, start + roll->row_time);
  const double y     = roll_y(roll, row, note->midi);
  const double half  = 0.5 * roll->note_px + grow;
  *box =
    (Box){ roll_x(roll, row, from), y - half, roll_x(roll, row, to), y + half };
  box->x1 = fmax(box->x1, box->x0 + 2.0);
  return to > from && note->midi >= roll->low && note->midi <= roll->high;
}

/** Text that can be read on any colour: white with a dark rim. */
static void draw_label(Canvas* canvas, double x, double y, const char* text)
{
  static const double rim[][2] = { { -1.2, 0.0 }, { 1.2, 0.0 },  { 0.0, -1.2 },
                                   { 0.0, 1.2 },  { -0.9, 0.9 }, { 0.9, 0.9 } };
  for (size_t i = 0; i < sizeof(rim) / sizeof(rim[0]); ++i) {
    font_draw(canvas, x + rim[i][0], y + rim[i][1], ROLL_TEXT, night, text);
  }
  font_draw(canvas, x, y, ROLL_TEXT, roll_white, text);
}

static void draw_found(Roll* roll, uint32_t row, const NoteList* list)
{
  double label_x = 0.0; // Right end of the last label, and its baseline
  double label_y = 0.0;
  for (size_t i = 0; i < list->size; ++i) {
    const Note* const note = &list->notes[i];
    char              name[NOTE_NAME_MAX];
    Box               box;
    if (!note_box(roll, row, note, -1.0, &box)) {
      continue;
    }
    canvas_fill(&roll->canvas, box, 3.0, found, 0.40 + 0.25 * note->confidence);
    canvas_outline(&roll->canvas, box, 3.0, 1.3, found, 0.95);
    note_name(note->midi, name);
    const double width = font_width(ROLL_TEXT, name);
    const double y     = box.y0 - 5.0;
    const bool   clear =
      box.x0 > label_x + 4.0 || fabs(y - label_y) > ROLL_TEXT + 5.0;
    if (clear && note->onset >= row * roll->row_time &&
        width < box.x1 - box.x0 + 8.0) {
      draw_label(&roll->canvas, box.x0 + 1.0, y, name);
      label_x = box.x0 + width;
      label_y = y;
    }
  }
}

static void draw_truth(Roll* roll, uint32_t row, const NoteList* list)
{
  Box box;
  for (size_t i = 0; list && i < list->size; ++i) {
    if (note_box(roll, row, &list->notes[i], 2.5, &box)) {
      canvas_outline(&roll->canvas, box, 4.0, 1.8, truth, 1.0);
    }
  }
}

/** The pitch that was heard, step by step. */
static void draw_pitch(Roll* roll, uint32_t row, const Transcript* t)
{
  const double start = row * roll->row_time;
  const double width = fmin(1.8, 0.14 * roll->note_px);
  for (size_t i = 1; i < t->n_frames; ++i) {
    const Frame* const a = &t->frames[i - 1];
    const Frame* const b = &t->frames[i];
    if (!a->midi || a->midi != b->midi || a->time < start ||
        b->time > start + roll->row_time) {
      continue;
    }
    const Box ends = { roll_x(roll, row, a->time),
                       roll_y(roll, row, a->midi + 0.01 * (double)a->cents),
                       roll_x(roll, row, b->time),
                       roll_y(roll, row, b->midi + 0.01 * (double)b->cents) };
    canvas_line(&roll->canvas, ends, width, roll_white, 0.95);
  }
}

static void draw_legend(Roll* roll, const Picture* picture)
{
  Canvas* const canvas = &roll->canvas;
  const double  y      = ROLL_TOP - 26.0;
  double        x      = ROLL_WIDTH - ROLL_RIGHT;

  x -= font_width(ROLL_TEXT, "pitch heard");
  font_draw(canvas, x, y, ROLL_TEXT, roll_ink, "pitch heard");
  x -= 38.0;
  canvas_line(
    canvas, (Box){ x, y - 4.0, x + 28.0, y - 6.0 }, 1.8, roll_white, 1.0);
  x -= 28.0 + font_width(ROLL_TEXT, "note found");
  font_draw(canvas, x, y, ROLL_TEXT, roll_ink, "note found");
  x -= 38.0;
  canvas_fill(canvas, (Box){ x, y - 12.0, x + 28.0, y + 2.0 }, 3.0, found, 0.5);
  canvas_outline(
    canvas, (Box){ x, y - 12.0, x + 28.0, y + 2.0 }, 3.0, 1.3, found, 1.0);
  if (picture->truth) {
    x -= 28.0 + font_width(ROLL_TEXT, "true note");
    font_draw(canvas, x, y, ROLL_TEXT, roll_ink, "true note");
    x -= 38.0;
    canvas_outline(
      canvas, (Box){ x, y - 12.0, x + 28.0, y + 2.0 }, 4.0, 1.8, truth, 1.0);
  }
}

/** Cut a title so that it leaves room for the legend. */
static void shorten(char* title, size_t size, const char* whole)
{
  snprintf(title, size, "%s", whole);
  for (size_t n = strlen(title);
       n > 3 && font_width(TEXT_LARGE, title) > TITLE_WIDTH;
       --n) {
    snprintf(title + n - 3, size - n + 3, "..");
  }
}

static void draw_title(Roll* roll, const Picture* picture)
{
  char         text[256];
  const size_t n = picture->transcript->notes.size;
  const double y = ROLL_TOP - 26.0;
  shorten(text, sizeof(text), picture->title);
  const double x =
    font_draw(&roll->canvas, ROLL_LEFT, y, TEXT_LARGE, roll_ink, text);
  snprintf(text,
           sizeof(text),
           "%.1f s, %zu note%s found",
           picture->transcript->seconds,
           n,
           n == 1 ? "" : "s");
  font_draw(&roll->canvas, x + 22.0, y, ROLL_TEXT, roll_ink_faint, text);
}

/** Draw the log-mel picture of a row, a pixel at a time. */
static void draw_heat(Roll*             roll,
                      uint32_t          row,
                      const Transcript* transcript,
                      const Heat*       heat)
{
  const double start = row * roll->row_time;
  const double top   = roll_row(roll, row);
  for (int py = 0; py < (int)roll->height; ++py) {
    const double midi = roll->note_top - (py + 0.5) / roll->note_px;
    const double band = heat_band(heat, midi);
    for (int px = 0; px < (int)roll->width; ++px) {
      const double time = start + (px + 0.5) * roll->row_time / roll->width;
      if (time >= transcript->seconds) {
        break;
      }
      canvas_pixel(&roll->canvas,
                   (int)ROLL_LEFT + px,
                   (int)top + py,
                   heat_colour(heat, band, time),
                   1.0);
    }
  }
}

bool picture_write(FILE* stream, const Picture* picture, char* message)
{
  const Transcript* const transcript = picture->transcript;
  Roll                    roll;
  if (!roll_init(
        &roll, transcript->seconds, &transcript->notes, picture->truth)) {
    command_message(message, "out of memory");
    return false;
  }
  const Heat heat = heat_make(transcript, picture->front_end);
  draw_title(&roll, picture);
  draw_legend(&roll, picture);
  for (uint32_t row = 0; row < roll.n_rows; ++row) {
    draw_heat(&roll, row, transcript, &heat);
    roll_draw_keyboard(&roll, row);
    roll_draw_time(&roll, row, transcript->seconds);
    draw_truth(&roll, row, picture->truth);
    draw_found(&roll, row, &transcript->notes);
    draw_pitch(&roll, row, transcript);
  }
  const bool ok = canvas_write_png(&roll.canvas, stream);
  roll_free(&roll);
  if (!ok) {
    command_message(message, "the picture can't be written");
  }
  return ok;
}
