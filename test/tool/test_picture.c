// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

// The picture: size, and what is drawn where, read back from the PNG

#include "command.h"
#include "font.h"
#include "picture.h"
#include "roll.h"

#include "../test.h"

#include <math.h>
#include <png.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define BANDS 100U

static const NeumeFrontEnd front_end = { 1024,    2048,   BANDS, 60.0f,
                                         2000.0f, 200.0f, 1e-6f, 0.25f,
                                         0,       512,    1 };

static double band_hz(uint32_t band)
{
  const double low  = log1p(60.0 / 200.0);
  const double high = log1p(2000.0 / 200.0);
  return 200.0 * expm1(low + (high - low) * (band + 1.0) / (BANDS + 1.0));
}

/** A transcript of a rising scale with its overtones, three notes a second. */
static Transcript make_scale(double seconds)
{
  Transcript t = { .rate = 48000.0, .seconds = seconds, .bands = BANDS };
  t.step       = 0.03125;
  t.n_columns  = (size_t)(seconds / t.step);
  t.n_frames   = t.n_columns;
  t.features   = calloc(t.n_columns * BANDS + 1, sizeof(float));
  t.frames     = calloc(t.n_frames + 1, sizeof(Frame));
  t.times      = calloc(t.n_columns + 1, sizeof(double));

  for (size_t c = 0; c < t.n_columns; ++c) {
    static const uint32_t scale[] = { 0, 2, 4, 5, 7, 9, 11, 12 };

    const double   time   = (double)c * t.step;
    const size_t   n      = (size_t)(time * 3.0);
    const bool     sounds = time * 3.0 - (double)n < 0.8;
    const uint32_t midi   = 57 + scale[n % 8];
    const double   hz     = 440.0 * exp2((midi - 69.0) / 12.0);
    t.frames[c].time      = time;
    t.times[c]            = time;
    t.frames[c].midi      = sounds ? midi : 0;
    t.frames[c].cents     = (float)(30.0 * sin(30.0 * time));
    for (uint32_t b = 0; b < BANDS; ++b) {
      double power = 1e-5;
      for (int h = 1; sounds && h < 8; ++h) {
        const double d = (band_hz(b) - h * hz) / 9.0;
        power += 0.1 * exp(-d * d) / (h * h);
      }
      t.features[c * BANDS + b] = 0.25f * (float)log1p(power / 1e-6);
    }
    if (sounds && (!c || !t.frames[c - 1].midi)) {
      const Note note = { time, time + 0.8 / 3.0, midi, 90.0, 0.9 };
      CHECK(note_list_push(&t.notes, &note));
    }
  }
  return t;
}

/** Draw and read back; NULL on failure. */
static uint8_t* draw(const Picture* picture, FILE* stream, png_image* image)
{
  char message[COMMAND_MESSAGE_MAX] = "";
  CHECK_MSG(picture_write(stream, picture, message), "%s", message);
  rewind(stream);
  memset(image, 0, sizeof(*image));
  image->version = PNG_IMAGE_VERSION;
  CHECK(png_image_begin_read_from_stdio(image, stream));
  image->format        = PNG_FORMAT_RGB;
  uint8_t* const bytes = malloc((size_t)3 * image->width * image->height);
  CHECK(bytes && png_image_finish_read(image, NULL, bytes, 0, NULL));
  return bytes;
}

/** Mean of a colour channel over a small square. */
static double mean(const png_image* image,
                   const uint8_t*   rgb,
                   double           x,
                   double           y,
                   int              channel)
{
  double sum = 0.0;
  for (int i = 0; i < 25; ++i) {
    const size_t column = (size_t)x + (size_t)(i % 5);
    const size_t row    = (size_t)y + (size_t)(i / 5);
    sum += rgb[3 * (row * image->width + column) + (size_t)channel];
  }
  return sum / 25.0;
}

static void test_notes_are_drawn(const char* path)
{
  Transcript    t       = make_scale(6.0);
  const Picture picture = { &t, &front_end, &t.notes, "A rising scale" };
  FILE* const   stream  = path ? fopen(path, "w+b") : tmpfile();
  CHECK(stream);
  png_image image;
  uint8_t*  rgb = draw(&picture, stream, &image);
  CHECK(image.width == ROLL_WIDTH);
  CHECK(image.height > 400 && image.height < 1000);

  Roll roll;
  CHECK(roll_init(&roll, t.seconds, &t.notes, NULL));
  CHECK(roll.canvas.height == image.height);
  CHECK(roll.low < 57 && roll.high > 69);
  const Note*  note = &t.notes.notes[1];
  const double x    = roll_x(&roll, 0, 0.5 * (note->onset + note->offset));
  const double gap  = roll_x(&roll, 0, note->offset + 0.03);
  const double y    = roll_y(&roll, 0, note->midi) - 2.0;
  // Green is the colour of found notes; the dark gap after it has little
  CHECK_MSG(
    mean(&image, rgb, x, y, 1) > 120.0, "%g", mean(&image, rgb, x, y, 1));
  CHECK_MSG(
    mean(&image, rgb, gap, y, 1) < 80.0, "%g", mean(&image, rgb, gap, y, 1));
  // The first overtone glows red an octave above, where no note is
  const double above = roll_y(&roll, 0, note->midi + 12.0) - 2.0;
  CHECK_MSG(mean(&image, rgb, x, above, 0) >
              mean(&image, rgb, gap, above, 0) + 60.0,
            "%g",
            mean(&image, rgb, x, above, 0));
  roll_free(&roll);
  free(rgb);
  fclose(stream);
  transcript_free(&t);
}

/** Draw so long a scale with its true notes; the picture's height, pixels. */
static uint32_t height_of(double seconds, const NoteList* truth)
{
  Transcript    t       = make_scale(seconds);
  const Picture picture = { &t, &front_end, truth, "long" };
  FILE* const   stream  = tmpfile();
  CHECK(stream);
  png_image image;
  uint8_t*  rgb = draw(&picture, stream, &image);
  CHECK(image.width == ROLL_WIDTH);
  free(rgb);
  fclose(stream);
  transcript_free(&t);
  return image.height;
}

static void test_long_recordings_have_rows(void)
{
  const uint32_t height = height_of(70.0, NULL);
  CHECK(height > 1200 && height < 2000);
}

/** True notes of a file may lie where no voice goes. */
static void test_notes_out_of_view(void)
{
  static const double all[][2] = {
    { 0.0, 0.0 }, { 3.0, 5.0 }, { 110.0, 127.0 }, { 0.0, 127.0 }, { 60.0, 61.0 }
  };
  for (size_t i = 0; i < sizeof(all) / sizeof(*all); ++i) {
    NoteList   truth = { 0 };
    const Note first = { 1.0, 2.0, all[i][0], 90.0, 0.9 };
    const Note last  = { 3.0, 4.0, all[i][1], 90.0, 0.9 };
    CHECK(note_list_push(&truth, &first) && note_list_push(&truth, &last));

    CHECK(height_of(200.0, &truth) > 1200);

    Roll roll;
    CHECK(roll_init(&roll, 200.0, &truth, NULL));
    CHECK_MSG(roll.high - roll.low >= 11, "from %d to %d", roll.low, roll.high);
    CHECK(roll.low >= 24 && roll.high <= 96);
    roll_free(&roll);
    note_list_free(&truth);
  }
}

static void test_nothing_can_be_drawn(void)
{
  Transcript    t       = { .rate = 48000.0, .bands = BANDS };
  const Picture picture = { &t, &front_end, NULL, "\xc3\xa9 \xff" };
  FILE* const   stream  = tmpfile();
  CHECK(stream);
  png_image image;
  uint8_t*  rgb = draw(&picture, stream, &image);
  CHECK(image.width == ROLL_WIDTH);
  free(rgb);
  fclose(stream);
}

static void test_text_has_the_width_that_is_said(void)
{
  Canvas canvas;
  CHECK(canvas_init(&canvas, 400, 40, (Colour){ 0, 0, 0 }));
  const double width = font_width(16.0, "Neume #4");
  const double right =
    font_draw(&canvas, 10.0, 30.0, 16.0, (Colour){ 255, 255, 255 }, "Neume #4");
  CHECK_MSG(fabs(right - 10.0 - width) < 1e-9, "%g %g", right, width);

  uint32_t first = canvas.width;
  uint32_t last  = 0;
  for (uint32_t x = 0; x < canvas.width; ++x) {
    for (uint32_t y = 0; y < canvas.height; ++y) {
      if (canvas.rgb[3 * ((size_t)y * canvas.width + x)] > 128) {
        first = (x < first) ? x : first;
        last  = x;
      }
    }
  }
  CHECK_MSG(first >= 8 && first <= 11, "%u", first);
  CHECK_MSG(fabs(last - right) < 3.0, "%u %g", last, right);
  CHECK(font_width(16.0, "\xc3\xa9") < font_width(16.0, "ee"));
  canvas_free(&canvas);
}

int main(int argc, char** argv)
{
  test_notes_are_drawn(argc > 1 ? argv[1] : NULL);
  test_long_recordings_have_rows();
  test_notes_out_of_view();
  test_nothing_can_be_drawn();
  test_text_has_the_width_that_is_said();
  return test_report();
}
