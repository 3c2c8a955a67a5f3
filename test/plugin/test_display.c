// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#include "display.h"
#include "host.h"

#include "test.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static uint32_t n_drawn;

static void count(LV2_Inline_Display_Handle handle)
{
  (void)handle;
  ++n_drawn;
}

static uint32_t pixel(const LV2_Inline_Display_Image_Surface* s, int x, int y)
{
  uint32_t value = 0;
  memcpy(&value, s->data + (ptrdiff_t)y * s->stride + (ptrdiff_t)x * 4, 4);
  return value;
}

/** Pixels of the note colour, and the middle of their rows, 0 = top. */
static uint32_t green(const LV2_Inline_Display_Image_Surface* s, double* row)
{
  uint32_t n   = 0;
  double   sum = 0.0;
  for (int y = 0; y < s->height; ++y) {
    for (int x = 0; x < s->width; ++x) {
      const uint32_t p = pixel(s, x, y);
      CHECK(p >> 24U == 0xFFU);
      if (((p >> 8U) & 0xFFU) > 0x60U && ((p >> 8U) & 0xFFU) > (p & 0xFFU)) {
        ++n;
        sum += y + 0.5;
      }
    }
  }
  *row = n ? sum / n / s->height : -1.0;
  return n;
}

static void test_picture(void)
{
  const LV2_Inline_Display host = { NULL, count };
  NeumeDisplay             display;
  double                   row = 0.0;
  CHECK(neume_display_init(&display, &host, 48000.0));

  const LV2_Inline_Display_Image_Surface* s =
    neume_display_render(&display, 200, 100);
  CHECK(s && s->width == 200 && s->height == 100 && s->stride >= 800);
  CHECK(s && !green(s, &row));

  // A note stands at its height
  for (uint32_t note = 1; note < 40U; note += 19U) {
    const NeumeDisplayStep step = { note, 1.0f, -20.0f };
    for (uint32_t i = 0; i < 20U; ++i) {
      neume_display_add(&display, &step);
      CHECK(neume_display_render(&display, 300, 150) != NULL);
    }
    const NeumeDisplayStep rest = { 0, 0.9f, -120.0f };
    s                           = neume_display_render(&display, 300, 150);
    CHECK(s && green(s, &row) >= 20U * 3U);
    CHECK_MSG(s && row > (39.0 - note) / 39.0 - 0.02 &&
                row < (40.0 - note) / 39.0 + 0.02,
              "%u %g",
              note,
              row);
    for (uint32_t i = 0; i < NEUME_DISPLAY_STEPS; ++i) {
      neume_display_add(&display, &rest);
      neume_display_render(&display, 20, 20);
    }
  }

  // The level bar rises
  uint32_t blue[2] = { 0, 0 };
  for (uint32_t i = 0; i < 2U; ++i) {
    const NeumeDisplayStep step = { 0, 0.0f, i ? -6.0f : -50.0f };
    neume_display_add(&display, &step);
    s = neume_display_render(&display, 100, 50);
    for (int y = 0; s && y < s->height; ++y) {
      blue[i] += (pixel(s, s->width - 1, y) & 0xFFU) > 0x80U;
    }
  }
  CHECK_MSG(blue[1] > blue[0] + 20U, "%u %u", blue[0], blue[1]);

  // Any size, and what no picture should show
  static const uint32_t sizes[] = { 0, 1, 2, 3, 39, 40, 500, 5000, UINT32_MAX };
  for (uint32_t i = 0; i < 81U; ++i) {
    const uint32_t         w    = sizes[i / 9U];
    const uint32_t         h    = sizes[i % 9U];
    const NeumeDisplayStep step = { i * i, (float)i - 40.0f, (float)i * 10.0f };
    neume_display_add(&display, &step);
    s = neume_display_render(&display, w, h);
    CHECK(!s == (!w || !h));
    CHECK(!s || ((uint32_t)s->width <= w && (uint32_t)s->height <= h &&
                 s->stride >= s->width * 4));
  }
  neume_display_clear(&display);
}

/** At most 25 redraws a second, whatever the blocks, and only for news. */
static void test_redraws(void)
{
  const LV2_Inline_Display host = { NULL, count };
  const NeumeDisplayStep   step = { 3, 1.0f, -20.0f };
  NeumeDisplay             display;
  CHECK(neume_display_init(&display, &host, 48000.0));
  for (uint32_t block = 1; block <= 8192U; block *= 8U) {
    n_drawn = 0;
    for (uint32_t i = 0; i < 48000U * 4U; i += block) {
      neume_display_add(&display, &step);
      neume_display_tick(&display, block);
    }
    CHECK_MSG(n_drawn <= 101U && n_drawn > 15U, "%u", n_drawn);
  }
  n_drawn = 0;
  for (uint32_t i = 0; i < 100U; ++i) {
    neume_display_tick(&display, 48000);
  }
  CHECK(n_drawn <= 1U);
  neume_display_clear(&display);
}

/** Through the plugin. */
static void test_plugin(void)
{
  const uint32_t n    = 32000;
  float* const   in   = (float*)calloc(n, sizeof(float));
  Host* const    host = host_new(16000.0, HOST_ALL);
  double         row  = 0.0;
  if (!in) {
    abort();
  }
  const LV2_Inline_Display_Interface* const display =
    (const LV2_Inline_Display_Interface*)lilv_instance_get_extension_data(
      host->instance, LV2_INLINEDISPLAY__interface);
  CHECK(display && display->render);
  host_phrase(in, n, 16000.0);
  host_activate(host);
  for (uint32_t i = 0; i < n; i += 400U) {
    host_run(host, in + i, NULL, 400);
  }
  CHECK_MSG(
    host->n_redraws > 20U && host->n_redraws <= 50U, "%u", host->n_redraws);
  if (display) {
    const LV2_Inline_Display_Image_Surface* const s =
      display->render(lilv_instance_get_handle(host->instance), 256, 128);
    CHECK(s && green(s, &row) > 10U);
  }
  host_free(host);
  free(in);
}

int main(void)
{
  test_picture();
  test_redraws();
  test_plugin();
  return test_report();
}
