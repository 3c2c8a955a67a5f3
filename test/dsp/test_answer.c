// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#include "../test.h"

#include "answer.h"

#include <math.h>
#include <stdint.h>

/** Sum of the classes' probabilities. */
static double mass(const NeumeAnswer* a)
{
  double sum = 0.0;
  for (uint32_t i = 0; i < NEUME_CLASSES; ++i) {
    sum += exp((double)a->log_p[i]);
  }
  return sum;
}

static void test_probabilities(void)
{
  // What networks say, and what no float can take the exponential of
  static const float spreads[] = { 0.0f, 1.0f, 30.0f, 300.0f };
  for (unsigned k = 0; k < sizeof(spreads) / sizeof(spreads[0]); ++k) {
    float x[NEUME_CLASSES + 1U];
    for (uint32_t i = 0; i < NEUME_CLASSES; ++i) {
      x[i] = spreads[k] * sinf((float)i) + 500.0f;
    }
    x[NEUME_CLASSES] = 2.0f;
    NeumeAnswer a;
    neume_answer(x, true, &a);
    CHECK(fabs(mass(&a) - 1.0) < 1e-4); // Numbers are rounded near 800
    for (uint32_t i = 1; i < NEUME_CLASSES; ++i) {
      const float apart = a.log_p[i] - a.log_p[i - 1];
      CHECK(fabsf(apart - (x[i] - x[i - 1])) < 1e-3f);
    }
    CHECK(fabs((double)a.onset - 1.0 / (1.0 + exp(-2.0))) < 1e-6);
  }
}

static void test_onset(void)
{
  float       x[NEUME_CLASSES + 1U] = { 0.0f };
  NeumeAnswer a;
  x[NEUME_CLASSES] = 1000.0f;
  neume_answer(x, true, &a);
  CHECK(a.onset == 1.0f);
  x[NEUME_CLASSES] = -1000.0f;
  neume_answer(x, true, &a);
  CHECK(a.onset == 0.0f);
  x[NEUME_CLASSES] = NAN; // Not there
  neume_answer(x, false, &a);
  CHECK(a.onset == 0.0f);
}

int main(void)
{
  test_probabilities();
  test_onset();
  return test_report();
}
