// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

// What the plugin is given to hear, and what it sent

#include "host.h"
#include "singer.h"

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

/** What a receiver was told, at every channel. */
typedef struct {
  bool     on[16][128]; ///< Notes that sound
  unsigned n;           ///< How many
  bool     bent[16];    ///< The bend is not at its middle
  bool     pressed[16]; ///< The pressure is not 0, or the expression not full
  unsigned ahead;       ///< Messages for a note that does not sound yet
} Sounding;

/** Follow a message that is no note; whether it may come now. */
static bool hear_controller(Sounding* s, const uint8_t* bytes)
{
  const unsigned channel = bytes[0] & 0x0FU;
  bool           away    = false;
  switch (bytes[0] & 0xF0U) {
    case 0xE0U:
      away             = bytes[1] || bytes[2] != 64;
      s->bent[channel] = away;
      break;
    case 0xD0U:
      away                = bytes[1] != 0;
      s->pressed[channel] = away;
      break;
    case 0xB0U:
      away = bytes[1] == 11 && bytes[2] != 127;
      if (bytes[1] == 11 || bytes[1] == 121) {
        s->pressed[channel] = away;
      }
      break;
    default:
      return false;
  }
  // Where nothing sounds, one bend and one pressure may precede the next note
  s->ahead = away && !s->n ? s->ahead + 1U : 0U;
  return s->ahead <= 2U;
}

/** Whether a message may come now; follows it. */
static bool hear(Sounding* s, const uint8_t* bytes)
{
  bool* const on = &s->on[bytes[0] & 0x0FU][bytes[1] & 0x7FU];
  if (bytes[1] > 127U || bytes[2] > 127U) {
    return false;
  }
  switch (bytes[0] & 0xF0U) {
    case 0x90U:
      if (*on || !bytes[1] || !bytes[2]) {
        return false;
      }
      *on = true;
      ++s->n;
      s->ahead = 0;
      return true;
    case 0x80U:
      if (!*on) {
        return false;
      }
      *on = false;
      --s->n;
      return true;
    default:
      return hear_controller(s, bytes);
  }
}

bool host_events_rest(const Host* host)
{
  Sounding s = { 0 };
  for (uint32_t i = 0; i < host->n_events; ++i) {
    if (!hear(&s, host->events[i].bytes)) {
      return false;
    }
  }
  for (unsigned channel = 0; channel < 16U; ++channel) {
    if (s.bent[channel] || s.pressed[channel]) {
      return false;
    }
  }
  return !s.n;
}

bool host_events_sound(const Host* host, bool open)
{
  Sounding s = { 0 };
  for (uint32_t i = 0; i < host->n_events; ++i) {
    const HostEvent* const e = &host->events[i];
    if (!hear(&s, e->bytes) || s.n > 2U) {
      return false;
    }
    // Two notes only for as long as it takes to end one of them
    if (s.n == 2U && i + 1U < host->n_events &&
        (host->events[i + 1U].bytes[0] & 0xF0U) != 0x80U) {
      return false;
    }
  }
  return s.n <= (open ? 1U : 0U);
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

/** Sing the phrase into `out`, at a rate that the singer can. */
static void sing(float* out, uint32_t n, double rate)
{
  static const int midi[]  = { 57, 60, 64, 67, 66, 62, 55, 69 };
  const double     beat    = 0.5;
  const uint32_t   n_notes = (uint32_t)ceil(n / rate / beat);
  const SynthVoice voice   = synth_voice_random(1, 62.0);
  SynthNote* const notes = (SynthNote*)calloc(n_notes + 1U, sizeof(SynthNote));
  if (!notes) {
    abort();
  }

  for (uint32_t i = 0; i < n_notes; ++i) {
    notes[i].onset  = i * beat + 0.03;
    notes[i].offset = notes[i].onset + 0.35;
    notes[i].midi   = midi[i % 8U];
  }
  if (synth_sing(1, &voice, notes, n_notes, rate, out, NULL, n)) {
    abort();
  }
  free(notes);
}

void host_phrase(float* out, uint32_t n, double rate)
{
  const double sung_rate = fmin(rate, 48000.0);
  if (sung_rate == rate) {
    sing(out, n, rate);
    return;
  }

  // Between two samples a straight line: what that adds lies above the voice
  const uint32_t n_sung = (uint32_t)ceil(n * sung_rate / rate) + 2U;
  float* const   sung   = host_samples(n_sung);
  sing(sung, n_sung, sung_rate);
  for (uint32_t i = 0; i < n; ++i) {
    const double   x = i * sung_rate / rate;
    const uint32_t k = (uint32_t)x;
    const float    f = (float)(x - k);
    out[i]           = (1.0f - f) * sung[k] + f * sung[k + 1U];
  }
  free(sung);
}

float* host_samples(uint32_t n)
{
  float* const data = (float*)calloc(n, sizeof(float));
  if (!data) {
    abort();
  }
  return data;
}

float* host_sung(uint32_t n, double rate)
{
  float* const data = host_samples(n);
  host_phrase(data, n, rate);
  return data;
}
