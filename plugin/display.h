// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#ifndef NEUME_DISPLAY_H
#define NEUME_DISPLAY_H

#include "attributes.h"
#include "inline_display.h"
#include "ring.h"

#include <stdbool.h>
#include <stdint.h>

#define NEUME_DISPLAY_STEPS 256U  ///< Steps that the picture can show
#define NEUME_DISPLAY_MAX   2048U ///< Largest width and height, pixels

/** What the picture shows of one step. */
typedef struct {
  uint32_t note;       ///< Class, 0..39
  float    confidence; ///< Posterior, 0..1
  float    level;      ///< dBFS
} NeumeDisplayStep;

/** The small picture in a host's mixer strip: notes over time, and the level.

    Steps travel from the audio thread to the drawing one through a ring.
*/
typedef struct {
  const LV2_Inline_Display* host;     ///< NULL where the host draws nothing
  NeumeRing*                ring;     ///< Audio thread to GUI thread
  uint32_t                  interval; ///< Samples between two redraws; audio
  uint32_t                  elapsed;  ///< Samples since the last one; audio
  bool                      dirty;    ///< There is something new; audio

  NeumeDisplayStep steps[NEUME_DISPLAY_STEPS]; ///< Newest at `head` - 1; GUI
  uint32_t         head;                     ///< Where the next step goes; GUI
  LV2_Inline_Display_Image_Surface surface;  ///< Last picture; GUI
  uint32_t*                        pixels;   ///< Of that picture; GUI
  uint32_t                         n_pixels; ///< Allocated; GUI
} NeumeDisplay;

/** Prepare for `rate` Hz; false without memory.  `host` may be NULL. */
bool neume_display_init(NeumeDisplay*             display,
                        const LV2_Inline_Display* host,
                        double                    rate);

/** Free what `display` holds. */
void neume_display_clear(NeumeDisplay* display);

/** Show one more step.  Realtime-safe, audio thread only. */
void neume_display_add(NeumeDisplay*           display,
                       const NeumeDisplayStep* step) NEUME_REALTIME;

/** `n` samples have passed: ask for a redraw if it is time for one.

    Realtime-safe, audio thread only.
*/
void neume_display_tick(NeumeDisplay* display, uint32_t n) NEUME_REALTIME;

/** Draw; NULL without memory or room.  GUI thread only. */
LV2_Inline_Display_Image_Surface* neume_display_render(NeumeDisplay* display,
                                                       uint32_t      width,
                                                       uint32_t max_height);

#endif // NEUME_DISPLAY_H
