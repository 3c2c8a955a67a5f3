// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#include "font.h"

#include <math.h>
#include <stdbool.h>

/** Glyphs of the characters 32 to 126, and last the box for all others.

    The first character is the width, then strokes follow.  A stroke is a row
    of points, each x and y on a grid whose unit is an eighth of a capital's
    height; y is 0 at the top of capitals, 8 on the baseline, and 'a' stands
    for 10.  A stroke that starts with '~' is a quadratic B-spline that starts
    and ends in its first and last points.
*/
static const char* const glyphs[] = {
  "3",                                         // space
  "0 0005 0808",                               // !
  "2 0002 2022",                               // "
  "6 2018 5048 0363 0565",                     // #
  "5 ~5250000454580806 3039",                  // $
  "6 6008 ~010020220201 ~474666684847",        // %
  "6 6811 ~1100404224 ~2404085865",            // &
  "0 0002",                                    // '
  "2 ~20020628",                               // (
  "2 ~00222608",                               // )
  "4 2125 0244 4204",                          // *
  "4 2327 0545",                               // +
  "1 1809",                                    // ,
  "3 0535",                                    // -
  "0 0808",                                    // .
  "4 4008",                                    // /
  "5 ~040050580804",                           // 0
  "5 123038",                                  // 1
  "5 ~0200505308 0858",                        // 2
  "5 ~0200505424 ~2454580806",                 // 3
  "5 48400656",                                // 4
  "5 500004 ~041353580806",                    // 5
  "5 ~400105 ~050353580805",                   // 6
  "5 005018",                                  // 7
  "5 ~020050540402 ~060454580806",             // 8
  "5 ~535505005053 ~185753",                   // 9
  "0 0404 0808",                               // :
  "1 1414 1809",                               // ;
  "4 420548",                                  // <
  "4 0444 0646",                               // =
  "4 024508",                                  // >
  "4 ~0200404325 2526 2828",                   // ?
  "6 ~68080060656 ~4525274745 4346",           // @
  "6 083068 1555",                             // A
  "5 0008 0030 ~30505434 0434 ~34545838 0838", // B
  "5 ~525000085856",                           // C
  "5 0008 0020 ~20505828 0828",                // D
  "4 40000848 0434",                           // E
  "4 400008 0434",                             // F
  "5 ~525000085855 5535",                      // G
  "5 0008 5058 0454",                          // H
  "0 0008",                                    // I
  "4 4045 ~45480806",                          // J
  "5 0008 5005 2358",                          // K
  "4 000848",                                  // L
  "6 0800356068",                              // M
  "5 08005850",                                // N
  "6 ~040060680804",                           // O
  "5 0008 0030 ~30505434 0434",                // P
  "6 ~040060680804 4668",                      // Q
  "5 0008 0030 ~30505434 0434 3458",           // R
  "5 ~5250000454580806",                       // S
  "6 0060 3038",                               // T
  "5 0005 5055 ~05085855",                     // U
  "6 003860",                                  // V
  "8 0028416880",                              // W
  "5 0058 5008",                               // X
  "6 003460 3438",                             // Y
  "5 00500858",                                // Z
  "2 20000929",                                // [
  "4 0048",                                    // backslash
  "2 00202909",                                // ]
  "4 032043",                                  // ^
  "5 0959",                                    // _
  "1 0011",                                    // `
  "4 4348 ~454303084846",                      // a
  "4 0008 ~050343480806",                      // b
  "4 ~444303084847",                           // c
  "4 4048 ~454303084846",                      // d
  "4 0545 ~454303084847",                      // e
  "3 ~301012 1218 0333",                       // f
  "4 4348 ~454303084846 ~484a0a09",            // g
  "4 0008 ~05034345 4548",                     // h
  "0 0308 0101",                               // i
  "2 2328 ~282a0a 2121",                       // j
  "4 0008 4306 1548",                          // k
  "0 0008",                                    // l
  "6 0308 ~05033335 3538 ~35336365 6568",      // m
  "4 0308 ~05034345 4548",                     // n
  "4 ~050343480805",                           // o
  "4 030a ~050343480806",                      // p
  "4 434a ~454303084846",                      // q
  "3 0308 ~050333",                            // r
  "4 ~4443030546480807",                       // s
  "3 1116 ~161838 0333",                       // t
  "4 0306 ~06084846 4348",                     // u
  "4 032843",                                  // v
  "6 0318345863",                              // w
  "4 0348 4308",                               // x
  "4 0328 431a",                               // y
  "4 03430848",                                // z
  "3 ~30101505 ~05151939",                     // {
  "0 000a",                                    // |
  "3 ~00202535 ~35252909",                     // }
  "5 ~06134653",                               // ~
  "4 0040480800",                              // others
};

_Static_assert(sizeof(glyphs) / sizeof(glyphs[0]) == 127 - 32 + 1,
               "one glyph for each printable character, and one for others");

#define GRID       8.0  ///< Units in a capital's height
#define SPACING    2.2  ///< Units between glyphs
#define PEN        1.05 ///< Units that a stroke is wide
#define POINTS_MAX 16   ///< Most points of a stroke

/** Straight pieces that a curved piece is drawn with. */
#define PIECES 6

typedef struct {
  double x; ///< Pixels
  double y; ///< Pixels
} Point;

/** Where and how to draw. */
typedef struct {
  Canvas* canvas; ///< On this
  double  x;      ///< Left end of the glyph, pixels
  double  y;      ///< Top of capitals, pixels
  double  unit;   ///< Pixels in a unit
  Colour  colour; ///< With this
} Pen;

static double grid_value(char c)
{
  return (c == 'a') ? 10.0 : c - '0';
}

static void draw_line(const Pen* pen, Point a, Point b)
{
  const Box ends = { a.x, a.y, b.x, b.y };
  canvas_line(pen->canvas, ends, fmax(PEN * pen->unit, 1.1), pen->colour, 1.0);
}

static Point middle(Point a, Point b)
{
  return (Point){ 0.5 * (a.x + b.x), 0.5 * (a.y + b.y) };
}

static void draw_curve(const Pen* pen, Point a, Point control, Point b)
{
  Point from = a;
  for (int i = 1; i <= PIECES; ++i) {
    const double t  = (double)i / PIECES;
    const double u  = 1.0 - t;
    const Point  to = { u * u * a.x + 2 * u * t * control.x + t * t * b.x,
                        u * u * a.y + 2 * u * t * control.y + t * t * b.y };
    draw_line(pen, from, to);
    from = to;
  }
}

/** Draw one stroke; returns the character after it. */
static const char* draw_stroke(const Pen* pen, const char* stroke)
{
  const bool smooth = *stroke == '~';
  Point      points[POINTS_MAX];
  int        n = 0;
  for (stroke += smooth; *stroke && *stroke != ' ' && n < POINTS_MAX;
       stroke += 2) {
    points[n++] = (Point){ pen->x + pen->unit * grid_value(stroke[0]),
                           pen->y + pen->unit * grid_value(stroke[1]) };
  }
  if (!smooth) {
    for (int i = 1; i < n; ++i) {
      draw_line(pen, points[i - 1], points[i]);
    }
    return stroke;
  }
  Point from = points[0];
  for (int i = 1; i + 1 < n; ++i) {
    const Point to =
      (i + 2 < n) ? middle(points[i], points[i + 1]) : points[i + 1];
    draw_curve(pen, from, points[i], to);
    from = to;
  }
  return stroke;
}

/** The glyph of the character at `*text`, which moves on to the next. */
static const char* next_glyph(const char** text)
{
  const unsigned char c = (unsigned char)*(*text)++;
  if (c >= 32 && c < 127) {
    return glyphs[c - 32];
  }
  while (((unsigned char)**text & 0xC0U) == 0x80U) {
    ++*text;
  }
  return glyphs[127 - 32];
}

double font_draw(Canvas*     canvas,
                 double      x,
                 double      y,
                 double      height,
                 Colour      colour,
                 const char* text)
{
  const double unit = height / GRID;
  Pen          pen  = { canvas, x, y - height, unit, colour };
  while (*text) {
    const char* const glyph = next_glyph(&text);
    for (const char* at = glyph + 1; *at == ' ';) {
      at = draw_stroke(&pen, at + 1);
    }
    pen.x += unit * (grid_value(glyph[0]) + SPACING);
  }
  return pen.x - unit * SPACING;
}

double font_width(double height, const char* text)
{
  double units = 0.0;
  while (*text) {
    units += grid_value(next_glyph(&text)[0]) + SPACING;
  }
  return fmax(units - SPACING, 0.0) * height / GRID;
}
