// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#ifndef NEUME_TEST_CHAIN_H
#define NEUME_TEST_CHAIN_H

#include "model_builder.h"
#include "neume.h"

#include <stdbool.h>
#include <stdint.h>

/** What tests of the whole chain share. */

/** The next random number, below 2^24. */
uint32_t chain_random(uint32_t* state);

/** The model of `builder`, which is used up; NULL if it is refused. */
NeumeModel* chain_model(ModelBuilder* builder);

/** `n` samples of tones that change every 0.3 s, with pauses; to be freed. */
float* chain_audio(double rate, uint32_t n);

/** Whether `n` floats are the same. */
bool chain_same_floats(const float* x, const float* y, uint32_t n);

/** Whether steps say the same in every bit. */
bool chain_same_step(const NeumeStep* x, const NeumeStep* y);

#endif // NEUME_TEST_CHAIN_H
