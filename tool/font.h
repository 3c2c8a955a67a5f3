// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#ifndef NEUME_FONT_H
#define NEUME_FONT_H

#include "canvas.h"

/** Draw `text` in a stroke font, its left end at `x` and its baseline at `y`.

    `height` is that of a capital letter, pixels.  ASCII is drawn; every other
    character of UTF-8 shows as a hollow box.  Returns the x of its right end.
*/
double font_draw(Canvas*     canvas,
                 double      x,
                 double      y,
                 double      height,
                 Colour      colour,
                 const char* text);

/** How wide font_draw() would make `text`, pixels. */
double font_width(double height, const char* text);

#endif // NEUME_FONT_H
