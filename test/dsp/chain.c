// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#include "chain.h"

#include "model_builder.h"
#include "neume.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

static const double pi = 3.14159265358979323846;

uint32_t chain_random(uint32_t* state)
{
  *state = *state * 1664525U + 1013904223U;
  return *state >> 8U;
}

NeumeModel* chain_model(ModelBuilder* builder)
{
  size_t         n_bytes = 0;
  uint8_t* const bytes   = model_builder_bytes(builder, &n_bytes);
  NeumeModel*    model   = NULL;
  neume_model_parse(bytes, n_bytes, &model, NULL);
  free(bytes);
  return model;
}

float* chain_audio(double rate, uint32_t n)
{
  float* const audio = (float*)calloc(n, sizeof(float));
  uint32_t     seed  = 9;
  double       phase = 0.0;
  for (uint32_t i = 0; i < n; ++i) {
    const unsigned part = (unsigned)(i / rate / 0.3);
    const double   hz   = 110.0 * pow(2.0, (part * 7 % 36) / 12.0);
    phase += hz / rate;
    const double hiss = (double)(chain_random(&seed) % 1000) / 1e6;
    audio[i] = (float)(hiss + (part % 4 ? 0.3 * sin(2.0 * pi * phase) : 0.0));
  }
  return audio;
}

bool chain_same_floats(const float* x, const float* y, uint32_t n)
{
  uint32_t i = 0;
  while (i < n && x[i] == y[i]) {
    ++i;
  }
  return i == n;
}

bool chain_same_step(const NeumeStep* x, const NeumeStep* y)
{
  return x->position == y->position && x->note == y->note &&
         x->midi == y->midi && x->off == y->off && x->on == y->on &&
         x->velocity == y->velocity && x->cents == y->cents &&
         x->bend == y->bend && x->confidence == y->confidence &&
         x->level == y->level && x->onset == y->onset;
}
