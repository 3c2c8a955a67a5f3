// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#include "tone.h"

#include "constants.h"

#include <math.h>

#define RAMP_SECONDS 0.005
#define PEAK         0.25F // No sample is beyond
#define FAINTEST     0.1F  // Gain of velocity 0, of the loudest's

// Amplitudes of the overtones, of the fundamental's

#define SECOND 0.2F
#define THIRD  0.1F

#define TWO_PI 6.28318531F

void neume_tone_init(NeumeTone* tone, double rate)
{
  const NeumeTone silence = { .rate = rate, .a4 = NEUME_A4 };

  *tone = silence;
}

void neume_tone_tune(NeumeTone* tone, double a4)
{
  tone->a4 = a4;
}

void neume_tone_set(NeumeTone* tone, uint32_t midi, uint32_t velocity)
{
  const double length = ceil(RAMP_SECONDS * tone->rate);

  float target = 0.0F;
  if (midi) {
    const float  loudness = (float)(velocity < 127 ? velocity : 127) / 127.0F;
    const double semitone = (double)(midi < 127 ? midi : 127) - 69.0;
    const double aim      = tone->a4 * exp2(semitone / 12.0) / tone->rate;

    target = PEAK / (1.0F + SECOND + THIRD) *
             (FAINTEST + (1.0F - FAINTEST) * loudness);

    // From silence there is nothing to glide from
    if (tone->gain == 0.0F) {
      tone->step = aim;
    }
    if (tone->aim != aim) {
      tone->aim   = aim;
      tone->glide = (aim - tone->step) / length;
    }
  }

  // A ramp under way keeps its slope when it is set again
  if (tone->target != target) {
    tone->target = target;
    tone->ramp   = (target - tone->gain) / (float)length;
  }
}

float neume_tone_next(NeumeTone* tone)
{
  if (tone->gain != tone->target) {
    const float left = tone->target - tone->gain;
    tone->gain =
      fabsf(left) > fabsf(tone->ramp) ? tone->gain + tone->ramp : tone->target;
  }
  if (tone->step != tone->aim) {
    const double left = tone->aim - tone->step;
    tone->step =
      fabs(left) > fabs(tone->glide) ? tone->step + tone->glide : tone->aim;
  }
  if (tone->gain == 0.0F) {
    return 0.0F;
  }

  tone->phase += tone->step;
  tone->phase -= floor(tone->phase);

  // The overtones by the formulas for the sine of two and three times an angle
  const float angle = TWO_PI * (float)tone->phase;
  const float s     = sinf(angle);
  const float c     = cosf(angle);
  return tone->gain *
         (s + SECOND * 2.0F * s * c + THIRD * s * (3.0F - 4.0F * s * s));
}
