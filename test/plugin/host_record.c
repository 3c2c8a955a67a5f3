// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

// What the plugin is given to hear, and what it sent

#include "host.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void host_require(bool holds, const char* condition, const char* file, int line)
{
  if (!holds) {
    fprintf(stderr, "%s:%d: failed: %s\n", file, line, condition);
    exit(1);
  }
}

bool host_events_sound(const Host* host, bool open)
{
  uint32_t note = 0;
  for (uint32_t i = 0; i < host->n_events; ++i) {
    const uint8_t* const bytes = host->events[i].bytes;
    if (bytes[0] == 0x90U) {
      if (note || bytes[1] < 45U || bytes[1] > 83U || !bytes[2] ||
          bytes[2] > 127U) {
        return false;
      }
      note = bytes[1];
    } else {
      if (bytes[0] != 0x80U || !note || bytes[1] != note) {
        return false;
      }
      note = 0;
    }
  }
  return open || !note;
}

bool host_events_equal(const Host* a, const Host* b)
{
  if (a->n_events != b->n_events) {
    return false;
  }
  for (uint32_t i = 0; i < a->n_events; ++i) {
    if (a->events[i].position != b->events[i].position ||
        memcmp(a->events[i].bytes, b->events[i].bytes, 3) != 0) {
      return false;
    }
  }
  return true;
}

bool host_same_bits(const void* a, const void* b, size_t size)
{
  return !memcmp(a, b, size);
}

uint32_t host_random(uint64_t* seed)
{
  // splitmix64 (Steele, Lea & Flood 2014)
  *seed += UINT64_C(0x9E3779B97F4A7C15);
  uint64_t z = *seed;
  z          = (z ^ (z >> 30U)) * UINT64_C(0xBF58476D1CE4E5B9);
  z          = (z ^ (z >> 27U)) * UINT64_C(0x94D049BB133111EB);
  return (uint32_t)((z ^ (z >> 31U)) >> 32U);
}

void host_phrase(float* out, uint32_t n, double rate)
{
  static const int midi[] = { 57, 60, 64, 67, 66, 62, 55, 69 };
  const double     beat   = 0.5;
  const double     pi     = 3.14159265358979323846;

  for (uint32_t i = 0; i < n; ++i) {
    const double t    = i / rate;
    const double in   = fmod(t, beat);
    const int    note = midi[(uint32_t)(t / beat) % 8U];
    const double f0   = 440.0 * pow(2.0, (note - 69) / 12.0);
    const double gain = 0.2 * fmin(fmin(in, 0.42 - in) / 0.02, 1.0);

    double sum = 0.0;
    for (int h = 1; h <= 8 && h * f0 < 0.45 * rate; ++h) {
      sum += sin(2.0 * pi * fmod(h * f0 * t, 1.0)) / h;
    }
    out[i] = gain > 0.0 ? (float)(gain * sum) : 0.0f;
  }
}
