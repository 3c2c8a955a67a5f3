// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#include "monitor.h"

#include "constants.h"

#include <math.h>
#include <string.h>

static const double ramp_seconds = 0.005;

void neume_monitor_init(NeumeMonitor* monitor, double rate)
{
  memset(monitor, 0, sizeof(*monitor));
  monitor->rate  = rate;
  monitor->ramp  = (float)(1.0 / (ramp_seconds * rate));
  monitor->fresh = true;
  monitor->a4    = NEUME_A4;
  neume_tone_init(&monitor->tone, rate);
}

void neume_monitor_tune(NeumeMonitor* monitor, double a4)
{
  if (a4 != monitor->a4) {
    monitor->a4 = a4;
    neume_tone_tune(&monitor->tone, a4);
    neume_tone_set(&monitor->tone, monitor->midi, monitor->velocity);
  }
}

void neume_monitor_set(NeumeMonitor* monitor, float mix)
{
  if (mix > 0.0f && !(monitor->mix > 0.0f)) {
    // Out of sight until now: begin with the note in force
    neume_tone_init(&monitor->tone, monitor->rate);
    neume_tone_tune(&monitor->tone, monitor->a4);
    neume_tone_set(&monitor->tone, monitor->midi, monitor->velocity);
  }

  monitor->target = mix;
  if (monitor->fresh) {
    monitor->mix   = mix;
    monitor->fresh = false;
  }
}

void neume_monitor_note(NeumeMonitor* monitor, uint32_t midi, uint32_t velocity)
{
  monitor->midi     = midi;
  monitor->velocity = velocity;
  neume_tone_set(&monitor->tone, midi, velocity);
}

static float approach(float value, float target, float step)
{
  return value < target ? fminf(value + step, target)
                        : fmaxf(value - step, target);
}

void neume_monitor_run(NeumeMonitor* monitor,
                       const float*  in,
                       float*        out,
                       uint32_t      n)
{
  uint32_t i = 0;
  for (; i < n && (monitor->mix > 0.0f || monitor->target > 0.0f); ++i) {
    monitor->mix     = approach(monitor->mix, monitor->target, monitor->ramp);
    const float wet  = monitor->mix;
    const float tone = neume_tone_next(&monitor->tone);
    if (wet > 0.0f) {
      const float dry = isfinite(in[i]) ? in[i] : 0.0f;
      out[i]          = (1.0f - wet) * dry + wet * tone;
    } else {
      out[i] = in[i];
    }
  }

  if (i < n && in != out) {
    memmove(out + i, in + i, (n - i) * sizeof(float));
  }
}
