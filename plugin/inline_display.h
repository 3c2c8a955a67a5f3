// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#ifndef NEUME_INLINE_DISPLAY_H
#define NEUME_INLINE_DISPLAY_H

#include <lv2/core/lv2.h>

#include <stdint.h>

/** The inline display extension, as hosts implement it. */
#define LV2_INLINEDISPLAY_URI         "http://harrisonconsoles.com/lv2/inlinedisplay"
#define LV2_INLINEDISPLAY__interface  LV2_INLINEDISPLAY_URI "#interface"
#define LV2_INLINEDISPLAY__queue_draw LV2_INLINEDISPLAY_URI "#queue_draw"

/** Opaque host data. */
typedef void* LV2_Inline_Display_Handle;

/** Pixels: native-endian 0xAARRGGBB, premultiplied, rows from the top. */
typedef struct {
  unsigned char* data;   ///< First row; belongs to the plugin
  int            width;  ///< Pixels
  int            height; ///< Pixels
  int            stride; ///< Bytes from one row to the next
} LV2_Inline_Display_Image_Surface;

/** The host's feature. */
typedef struct {
  LV2_Inline_Display_Handle handle; ///< To be passed to queue_draw

  /** Ask for a redraw.  Realtime-safe. */
  void (*queue_draw)(LV2_Inline_Display_Handle handle);
} LV2_Inline_Display;

/** The plugin's extension data. */
typedef struct {
  /** Draw into at most `width` by `max_height` pixels.  GUI thread only. */
  LV2_Inline_Display_Image_Surface* (*render)(LV2_Handle instance,
                                              uint32_t   width,
                                              uint32_t   max_height);
} LV2_Inline_Display_Interface;

#endif // NEUME_INLINE_DISPLAY_H
