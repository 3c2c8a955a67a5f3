// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#ifndef NEUME_CANVAS_H
#define NEUME_CANVAS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/** A colour, sRGB. */
typedef struct {
  uint8_t r; ///< Red
  uint8_t g; ///< Green
  uint8_t b; ///< Blue
} Colour;

/** A picture to draw on.

    x grows to the right and y down, in pixels; pixel (0, 0) covers 0..1.
    Shapes are anti-aliased, and what lies outside is cut off.
*/
typedef struct {
  uint32_t width;  ///< Pixels
  uint32_t height; ///< Pixels
  uint8_t* rgb;    ///< [height][width][3], owned
} Canvas;

/** A rectangle. */
typedef struct {
  double x0; ///< Left
  double y0; ///< Top
  double x1; ///< Right
  double y1; ///< Bottom
} Box;

/** Make a canvas filled with `background`; false without memory. */
bool canvas_init(Canvas*  canvas,
                 uint32_t width,
                 uint32_t height,
                 Colour   background);

/** Free the pixels. */
void canvas_free(Canvas* canvas);

/** The colour `t` (0..1) of the way from `a` to `b`. */
Colour colour_mix(Colour a, Colour b, double t);

/** Blend one pixel with `colour` by `alpha` 0..1. */
void canvas_pixel(Canvas* canvas, int x, int y, Colour colour, double alpha);

/** Fill a box with corners of `radius`. */
void canvas_fill(Canvas* canvas,
                 Box     box,
                 double  radius,
                 Colour  colour,
                 double  alpha);

/** Draw the outline of a box, `width` wide, inside its edge. */
void canvas_outline(Canvas* canvas,
                    Box     box,
                    double  radius,
                    double  width,
                    Colour  colour,
                    double  alpha);

/** Draw a line with round ends, `width` wide. */
void canvas_line(Canvas* canvas,
                 Box     ends,
                 double  width,
                 Colour  colour,
                 double  alpha);

/** Write the canvas as a PNG; false if libpng fails. */
bool canvas_write_png(const Canvas* canvas, FILE* stream);

#endif // NEUME_CANVAS_H
