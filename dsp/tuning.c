// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#include "tuning.h"

#include <math.h>

static const double memory_seconds = 8.0; ///< Deviations fade by e in this time
static const double heard_least    = 1.0; ///< Seconds before anything moves
static const double agreement      = 0.3; ///< Least length of the mean
static const float  pace           = 20.0f; ///< Most cents in a second

static const double turn = 100.0 / (2.0 * 3.14159265358979323846); ///< Cents

void neume_tuning_reset(NeumeTuning* tuning)
{
  const NeumeTuning in_tune = { 0.0, 0.0, 0.0, 0.0f };
  *tuning                   = in_tune;
}

float neume_tuning_hear(NeumeTuning* tuning, float cents, double seconds)
{
  const double angle = (double)(cents + tuning->offset) / turn;
  const double keep  = exp(-seconds / memory_seconds);
  tuning->cosine     = keep * tuning->cosine + seconds * cos(angle);
  tuning->sine       = keep * tuning->sine + seconds * sin(angle);
  tuning->seconds    = keep * tuning->seconds + seconds;

  const double length = hypot(tuning->cosine, tuning->sine);
  if (tuning->seconds < heard_least || length < agreement * tuning->seconds) {
    return tuning->offset;
  }

  // The mean may have gone round the circle: go there the short way
  const double mean = atan2(tuning->sine, tuning->cosine) * turn;
  const float  away = remainderf((float)mean - tuning->offset, 100.0f);
  const float  step = pace * (float)seconds;
  const float  next = tuning->offset + fminf(fmaxf(away, -step), step);
  tuning->offset    = fminf(fmaxf(next, -NEUME_OFFSET_MAX), NEUME_OFFSET_MAX);
  return tuning->offset;
}
