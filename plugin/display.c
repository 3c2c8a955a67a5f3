// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#include "display.h"

#include "constants.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double redraws_per_second = 25.0;
static const float  level_floor = -60.0f; // Bottom of the level bar, dBFS

/** Colours, 0xRRGGBB. */
enum {
  COLOUR_BACK  = 0x14181C,
  COLOUR_BLACK = 0x0E1114, ///< Rows of the black keys
  COLOUR_C     = 0x2C343C, ///< Line under each C
  COLOUR_NOTE  = 0x5AD1A0,
  COLOUR_LEVEL = 0x3F7FBF
};

/** The picture while it is drawn. */
typedef struct {
  uint32_t* pixels; ///< Rows from the top
  uint32_t  width;  ///< Pixels in a row
  uint32_t  height; ///< Rows
} Canvas;

bool neume_display_init(NeumeDisplay*             display,
                        const LV2_Inline_Display* host,
                        double                    rate)
{
  memset(display, 0, sizeof(*display));
  display->interval =
    (uint32_t)fmin(fmax(ceil(rate / redraws_per_second), 1.0), 1e6);
  display->ring = neume_ring_new(64U * sizeof(NeumeDisplayStep));
  if (!display->ring) {
    return false;
  }
  display->host = (host && host->queue_draw) ? host : NULL;
  for (uint32_t i = 0; i < NEUME_DISPLAY_STEPS; ++i) {
    display->steps[i].level = level_floor;
  }
  return true;
}

void neume_display_clear(NeumeDisplay* display)
{
  neume_ring_free(display->ring);
  free(display->pixels);
}

void neume_display_add(NeumeDisplay* display, const NeumeDisplayStep* step)
{
  // A full ring means that nobody looks
  if (display->host) {
    neume_ring_write(display->ring, step, sizeof(*step));
    display->dirty = true;
  }
}

void neume_display_tick(NeumeDisplay* display, uint32_t n)
{
  const uint32_t left = display->interval - display->elapsed;
  display->elapsed += n < left ? n : left;
  if (display->host && display->dirty &&
      display->elapsed == display->interval) {
    display->elapsed = 0;
    display->dirty   = false;
    display->host->queue_draw(display->host->handle);
  }
}

/** Mix two colours; `share` of `top`, 0..1. */
static uint32_t blend(uint32_t bottom, uint32_t top, float share)
{
  uint32_t mixed = 0xFF000000U;
  for (uint32_t shift = 0; shift < 24U; shift += 8U) {
    const float b = (float)((bottom >> shift) & 0xFFU);
    const float t = (float)((top >> shift) & 0xFFU);
    mixed |= (uint32_t)(b + (t - b) * share + 0.5f) << shift;
  }
  return mixed;
}

static uint32_t opaque(uint32_t colour)
{
  return 0xFF000000U | colour;
}

static void fill(const Canvas* canvas,
                 uint32_t      x0,
                 uint32_t      x1,
                 uint32_t      y0,
                 uint32_t      y1,
                 uint32_t      colour)
{
  for (uint32_t y = y0; y < y1; ++y) {
    for (uint32_t x = x0; x < x1; ++x) {
      canvas->pixels[(size_t)y * canvas->width + x] = colour;
    }
  }
}

/** Top of the row of class `note`; class 0 is the bottom edge. */
static uint32_t row_top(const Canvas* canvas, uint32_t note)
{
  const uint32_t n_rows = NEUME_CLASSES - 1U;
  return canvas->height * (n_rows - note) / n_rows;
}

static void draw_keys(const Canvas* canvas, uint32_t right)
{
  const uint32_t black_keys = 0x54AU; // C#, D#, F#, G#, A# of bits 0..11
  for (uint32_t note = 1; note < NEUME_CLASSES; ++note) {
    const uint32_t key    = (note + NEUME_MIDI_MIN - 1U) % 12U;
    const uint32_t top    = row_top(canvas, note);
    const uint32_t bottom = row_top(canvas, note - 1U);
    const uint32_t colour =
      ((black_keys >> key) & 1U) ? COLOUR_BLACK : COLOUR_BACK;
    fill(canvas, 0, right, top, bottom, opaque(colour));
    if (!key && bottom > top) {
      fill(canvas, 0, right, bottom - 1U, bottom, opaque(COLOUR_C));
    }
  }
}

static void draw_notes(const NeumeDisplay* display,
                       const Canvas*       canvas,
                       uint32_t            right)
{
  const uint32_t shown =
    right < NEUME_DISPLAY_STEPS ? right : NEUME_DISPLAY_STEPS;
  for (uint32_t i = 0; i < shown; ++i) {
    const uint32_t at = (display->head + 2U * NEUME_DISPLAY_STEPS - shown + i) %
                        NEUME_DISPLAY_STEPS;
    const NeumeDisplayStep* const step = &display->steps[at];
    if (!step->note || step->note >= NEUME_CLASSES) {
      continue;
    }
    const uint32_t top    = row_top(canvas, step->note);
    const uint32_t bottom = row_top(canvas, step->note - 1U);
    const float    sure   = fminf(fmaxf(step->confidence, 0.0f), 1.0f);
    fill(canvas,
         right * i / shown,
         right * (i + 1U) / shown,
         top < canvas->height - 1U ? top : canvas->height - 1U,
         bottom > top ? bottom : top + 1U,
         blend(COLOUR_BACK, COLOUR_NOTE, 0.4f + 0.6f * sure));
  }
}

static void draw_level(const NeumeDisplay* display,
                       const Canvas*       canvas,
                       uint32_t            left)
{
  const uint32_t newest =
    (display->head + NEUME_DISPLAY_STEPS - 1U) % NEUME_DISPLAY_STEPS;
  const float share =
    fminf(fmaxf(1.0f - display->steps[newest].level / level_floor, 0.0f), 1.0f);
  const uint32_t top =
    canvas->height - (uint32_t)(share * (float)canvas->height);
  fill(canvas, left, canvas->width, 0, top, opaque(COLOUR_BLACK));
  fill(canvas, left, canvas->width, top, canvas->height, opaque(COLOUR_LEVEL));
}

/** Take in the steps that arrived since the last picture. */
static void collect(NeumeDisplay* display)
{
  NeumeDisplayStep* const steps = display->steps;
  while (
    neume_ring_read(display->ring, &steps[display->head], sizeof(*steps))) {
    display->head = (display->head + 1U) % NEUME_DISPLAY_STEPS;
  }
}

LV2_Inline_Display_Image_Surface* neume_display_render(NeumeDisplay* display,
                                                       uint32_t      width,
                                                       uint32_t      max_height)
{
  const uint32_t w = width < NEUME_DISPLAY_MAX ? width : NEUME_DISPLAY_MAX;
  const uint32_t tallest = w / 2U + 1U;
  const uint32_t h       = max_height < tallest ? max_height : tallest;
  if (!w || !h) {
    return NULL;
  }

  if (w * h > display->n_pixels) {
    free(display->pixels);
    display->pixels   = (uint32_t*)malloc((size_t)w * h * sizeof(uint32_t));
    display->n_pixels = display->pixels ? w * h : 0U;
    if (!display->pixels) {
      return NULL;
    }
  }

  display->surface.data   = (unsigned char*)display->pixels;
  display->surface.width  = (int)w;
  display->surface.height = (int)h;
  display->surface.stride = (int)(w * sizeof(uint32_t));

  const Canvas   canvas = { display->pixels, w, h };
  const uint32_t bar    = w / 24U + 1U;
  const uint32_t right  = w - bar;
  collect(display);
  draw_keys(&canvas, right);
  draw_notes(display, &canvas, right);
  draw_level(display, &canvas, right);
  return &display->surface;
}
