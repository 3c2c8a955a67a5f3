// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#include "heat.h"

#include <math.h>
#include <string.h>

#define BINS 512 ///< Of the histogram that finds the range

/** Share of the features that may be shown darkest, and brightest. */
static const double dark_share   = 0.35;
static const double bright_share = 0.003;

/** The range of colours spans ratios of power between these two, 30 and 48 dB
    as natural logarithms: the noise of a silent recording stays dark, and so
    does what lies far below a voice. */
static const float span_min = 6.9f;
static const float span_max = 11.0f;

/** From night to glow; dark enough for white lines to stand out. */
static const Colour colours[] = { { 16, 17, 26 },  { 33, 24, 62 },
                                  { 74, 30, 99 },  { 126, 41, 108 },
                                  { 181, 62, 91 }, { 226, 101, 66 },
                                  { 246, 165, 82 } };

Heat heat_make(const Transcript* transcript, const NeumeFrontEnd* front_end)
{
  const size_t n    = transcript->n_columns * transcript->bands;
  float        most = 0.0f;
  for (size_t i = 0; i < n; ++i) {
    most = fmaxf(most, transcript->features[i]);
  }

  size_t histogram[BINS] = { 0 };
  for (size_t i = 0; i < n; ++i) {
    const float x = transcript->features[i] / fmaxf(most, 1e-9f);
    ++histogram[(size_t)(fminf(fmaxf(x, 0.0f), 1.0f) * (BINS - 1))];
  }

  size_t dark   = 0;
  size_t bright = BINS - 1;
  size_t below  = histogram[0];
  size_t above  = histogram[BINS - 1];
  while (dark < BINS - 1 && (double)below < dark_share * (double)n) {
    below += histogram[++dark];
  }
  while (bright > 0 && (double)above < bright_share * (double)n) {
    above += histogram[--bright];
  }

  Heat heat   = { transcript, front_end, 0.0f, 0.0f };
  heat.dark   = most * (float)dark / (BINS - 1);
  heat.bright = fmaxf(most * (float)bright / (BINS - 1),
                      heat.dark + span_min * front_end->scale);
  heat.dark   = fmaxf(heat.dark, heat.bright - span_max * front_end->scale);
  return heat;
}

static double to_mel(const Heat* heat, double hz)
{
  return log1p(hz / (double)heat->front_end->break_hz);
}

double heat_band(const Heat* heat, double midi)
{
  const NeumeFrontEnd* const fe   = heat->front_end;
  const double               low  = to_mel(heat, (double)fe->low_hz);
  const double               high = to_mel(heat, (double)fe->high_hz);
  const double               hz   = 440.0 * exp2((midi - 69.0) / 12.0);
  const double               band =
    (to_mel(heat, hz) - low) / (high - low) * (fe->bands + 1) - 1.0;
  return (band > -1.0 && band < fe->bands) ? band : (double)NAN;
}

/** Feature of a band at a column, both cut to what there is. */
static double feature(const Transcript* t, double column, double band)
{
  const double last_column = (double)t->n_columns - 1.0;
  const double last_band   = (double)t->bands - 1.0;
  const size_t c           = (size_t)fmin(fmax(column, 0.0), last_column);
  const size_t b           = (size_t)fmin(fmax(band, 0.0), last_band);
  return (double)t->features[c * t->bands + b];
}

/** The column, from 0 and between whole numbers, whose middle `time` is. */
static double column_at(const Transcript* t, double time)
{
  size_t before = 0;
  size_t after  = t->n_columns - 1U;
  if (time <= t->times[before]) {
    return 0.0;
  }
  if (time >= t->times[after]) {
    return (double)after;
  }
  while (after - before > 1U) {
    const size_t middle = before + (after - before) / 2U;
    if (t->times[middle] <= time) {
      before = middle;
    } else {
      after = middle;
    }
  }
  const double from = t->times[before];
  return (double)before + (time - from) / (t->times[after] - from);
}

Colour heat_colour(const Heat* heat, double band, double time)
{
  const Transcript* const t = heat->transcript;
  if (!t->n_columns || isnan(band)) {
    return colours[0];
  }
  const double column = column_at(t, time);
  const double c      = floor(column);
  const double b      = floor(band);
  const double u      = column - c;
  const double v      = band - b;
  const double value =
    (1.0 - u) * ((1.0 - v) * feature(t, c, b) + v * feature(t, c, b + 1.0)) +
    u * ((1.0 - v) * feature(t, c + 1.0, b) + v * feature(t, c + 1.0, b + 1.0));

  const double range = (double)(heat->bright - heat->dark);
  const double share =
    (range > 0.0) ? (value - (double)heat->dark) / range : 0.0;
  const size_t steps = sizeof(colours) / sizeof(colours[0]) - 1;
  const double at    = fmin(fmax(share, 0.0), 1.0) * (double)steps;
  const size_t k     = (size_t)fmin(at, (double)steps - 1.0);
  return colour_mix(colours[k], colours[k + 1], at - (double)k);
}
