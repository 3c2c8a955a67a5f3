// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#include "canvas.h"

#include <math.h>
#include <png.h>
#include <stdlib.h>
#include <string.h>

bool canvas_init(Canvas*  canvas,
                 uint32_t width,
                 uint32_t height,
                 Colour   background)
{
  const size_t n = (size_t)width * height;
  *canvas        = (Canvas){ width, height, malloc(n * 3) };
  if (!canvas->rgb) {
    return false;
  }
  for (size_t i = 0; i < n; ++i) {
    memcpy(canvas->rgb + 3 * i, &background, 3);
  }
  return true;
}

void canvas_free(Canvas* canvas)
{
  free(canvas->rgb);
  *canvas = (Canvas){ 0, 0, NULL };
}

static uint8_t mix(uint8_t a, uint8_t b, double t)
{
  return (uint8_t)lround(a + (b - a) * t);
}

Colour colour_mix(Colour a, Colour b, double t)
{
  const double u = fmin(fmax(t, 0.0), 1.0);
  return (Colour){ mix(a.r, b.r, u), mix(a.g, b.g, u), mix(a.b, b.b, u) };
}

void canvas_pixel(Canvas* canvas, int x, int y, Colour colour, double alpha)
{
  if (x < 0 || y < 0 || (uint32_t)x >= canvas->width ||
      (uint32_t)y >= canvas->height || alpha <= 0.0) {
    return;
  }
  uint8_t* const p = canvas->rgb + 3 * ((size_t)y * canvas->width + (size_t)x);
  const double   a = fmin(alpha, 1.0);
  p[0]             = mix(p[0], colour.r, a);
  p[1]             = mix(p[1], colour.g, a);
  p[2]             = mix(p[2], colour.b, a);
}

/** The pixels that a box touches, within the canvas. */
typedef struct {
  int x0; ///< First column
  int y0; ///< First row
  int x1; ///< Column after the last
  int y1; ///< Row after the last
} Pixels;

static Pixels pixels_of(const Canvas* canvas, Box box, double margin)
{
  const double w = canvas->width;
  const double h = canvas->height;
  return (Pixels){ (int)floor(fmin(fmax(box.x0 - margin, 0.0), w)),
                   (int)floor(fmin(fmax(box.y0 - margin, 0.0), h)),
                   (int)ceil(fmin(fmax(box.x1 + margin, 0.0), w)),
                   (int)ceil(fmin(fmax(box.y1 + margin, 0.0), h)) };
}

/** Distance of a point to the edge of a box with round corners, < 0 inside. */
static double box_distance(Box box, double radius, double x, double y)
{
  const double half_w = 0.5 * (box.x1 - box.x0);
  const double half_h = 0.5 * (box.y1 - box.y0);
  const double r      = fmin(radius, fmin(half_w, half_h));
  const double dx     = fabs(x - 0.5 * (box.x0 + box.x1)) - half_w + r;
  const double dy     = fabs(y - 0.5 * (box.y0 + box.y1)) - half_h + r;
  return hypot(fmax(dx, 0.0), fmax(dy, 0.0)) + fmin(fmax(dx, dy), 0.0) - r;
}

/** Share of a pixel that lies inside, by its middle's distance to the edge. */
static double coverage(double distance)
{
  return fmin(fmax(0.5 - distance, 0.0), 1.0);
}

void canvas_fill(Canvas* canvas,
                 Box     box,
                 double  radius,
                 Colour  colour,
                 double  alpha)
{
  const Pixels p = pixels_of(canvas, box, 1.0);
  for (int y = p.y0; y < p.y1; ++y) {
    for (int x = p.x0; x < p.x1; ++x) {
      const double d = box_distance(box, radius, x + 0.5, y + 0.5);
      canvas_pixel(canvas, x, y, colour, alpha * coverage(d));
    }
  }
}

void canvas_outline(Canvas* canvas,
                    Box     box,
                    double  radius,
                    double  width,
                    Colour  colour,
                    double  alpha)
{
  const Pixels p = pixels_of(canvas, box, 1.0);
  for (int y = p.y0; y < p.y1; ++y) {
    for (int x = p.x0; x < p.x1; ++x) {
      const double d    = box_distance(box, radius, x + 0.5, y + 0.5);
      const double ring = fabs(d + 0.5 * width) - 0.5 * width;
      canvas_pixel(canvas, x, y, colour, alpha * coverage(ring));
    }
  }
}

static double line_distance(Box ends, double x, double y)
{
  const double dx     = ends.x1 - ends.x0;
  const double dy     = ends.y1 - ends.y0;
  const double length = dx * dx + dy * dy;
  const double along =
    (length > 0.0) ? ((x - ends.x0) * dx + (y - ends.y0) * dy) / length : 0.0;
  const double t = fmin(fmax(along, 0.0), 1.0);
  return hypot(x - ends.x0 - t * dx, y - ends.y0 - t * dy);
}

void canvas_line(Canvas* canvas,
                 Box     ends,
                 double  width,
                 Colour  colour,
                 double  alpha)
{
  const Box    around = { fmin(ends.x0, ends.x1),
                          fmin(ends.y0, ends.y1),
                          fmax(ends.x0, ends.x1),
                          fmax(ends.y0, ends.y1) };
  const Pixels p      = pixels_of(canvas, around, 0.5 * width + 1.0);
  for (int y = p.y0; y < p.y1; ++y) {
    for (int x = p.x0; x < p.x1; ++x) {
      const double d = line_distance(ends, x + 0.5, y + 0.5);
      canvas_pixel(canvas, x, y, colour, alpha * coverage(d - 0.5 * width));
    }
  }
}

bool canvas_write_png(const Canvas* canvas, FILE* stream)
{
  png_image image;
  memset(&image, 0, sizeof(image));
  image.version = PNG_IMAGE_VERSION;
  image.width   = canvas->width;
  image.height  = canvas->height;
  image.format  = PNG_FORMAT_RGB;
  return png_image_write_to_stdio(&image, stream, 0, canvas->rgb, 0, NULL);
}
