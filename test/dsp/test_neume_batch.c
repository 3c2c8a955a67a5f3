// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

// The chain decides the same however many frames its network takes at once

#include "../test.h"

#include "chain.h"
#include "constants.h"
#include "model_builder.h"
#include "neume.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define STEPS_MAX 512

/** All that the chain says of a step. */
typedef struct {
  NeumeStep step;                      ///< Decision
  float     log_p[NEUME_CLASSES];      ///< Log-probabilities
  float     onset;                     ///< Probability
  float     features[NEUME_BANDS_MAX]; ///< Of the newest frame
} Said;

/** Some of what can differ between chains. */
typedef struct {
  double   rate;         ///< Hz
  uint32_t interleave;   ///< P
  uint32_t stack;        ///< Frames of a column
  uint32_t right;        ///< Frames that the network can look ahead
  float    lookahead_ms; ///< Of the whole chain
  bool     follow;       ///< The singer's tuning
} Case;

static bool same(const Said* x, const Said* y, uint32_t bands)
{
  return chain_same_step(&x->step, &y->step) &&
         chain_same_floats(x->log_p, y->log_p, NEUME_CLASSES) &&
         x->onset == y->onset &&
         chain_same_floats(x->features, y->features, bands);
}

/** Take all steps that there are; returns how many. */
static uint32_t take(Neume* neume, uint32_t bands, Said* said)
{
  uint32_t n = 0;
  for (; n < STEPS_MAX && neume_analyse(neume, &said[n].step); ++n) {
    memcpy(
      said[n].log_p, neume_log_probabilities(neume), sizeof(said[n].log_p));
    memcpy(said[n].features, neume_features(neume), bands * sizeof(float));
    said[n].onset = neume_onset(neume);
  }
  return n;
}

static NeumeParams params_of(const Case* c)
{
  NeumeParams params  = neume_defaults();
  params.lookahead_ms = c->lookahead_ms;
  params.threshold    = 0.03f;
  params.min_note_ms  = 0.0f;
  params.follow       = c->follow;
  return params;
}

/** Write `audio` in random blocks, flush now and then and at the end; in the
    middle the look-ahead changes. */
static uint32_t hear(Neume*       neume,
                     const Case*  c,
                     const float* audio,
                     uint32_t     n,
                     uint32_t     seed,
                     uint32_t     bands,
                     Said*        said)
{
  NeumeParams params = params_of(c);
  uint32_t    count  = 0;
  neume_set(neume, &params);
  neume_reset(neume);
  for (uint32_t done = 0; done < n;) {
    const uint32_t end   = done < n / 2U ? n / 2U : n;
    const uint32_t most  = chain_random(&seed) % 3U ? 3000U : 50U;
    uint32_t       block = 1U + chain_random(&seed) % most;
    block                = block < end - done ? block : end - done;
    done += neume_write(neume, audio + done, block);
    count += take(neume, bands, said + count);
    if (done == end || !(chain_random(&seed) % 9U)) {
      neume_flush(neume);
      count += take(neume, bands, said + count);
    }
    if (done == n / 2U) {
      params.lookahead_ms *= 0.5f;
      neume_set(neume, &params);
    }
  }
  return count;
}

static void test_same(const Case* c)
{
  static Said           want[STEPS_MAX];
  static Said           got[STEPS_MAX];
  static const uint32_t batches[] = { 1, 2, 7, NEUME_BATCH, NEUME_BATCH_MAX };
  const uint32_t        n         = (uint32_t)(c->rate * 3.0);
  float* const          audio     = chain_audio(c->rate, n);
  NeumeModel* const     model =
    chain_model(model_builder_onsets(5, c->right, c->stack));
  const uint32_t bands = model->front_end.bands;
  Neume*         neume = NULL;
  CHECK(!neume_new(model, c->rate, c->interleave, 1, &neume));
  const uint32_t count = hear(neume, c, audio, n, 1, bands, want);
  neume_free(neume);

  uint32_t notes = 0;
  for (uint32_t i = 0; i < count; ++i) {
    notes += want[i].step.on > 0;
  }
  CHECK_MSG(count > 20U * c->interleave && notes > 0,
            "%u steps, %u notes",
            count,
            notes);

  for (unsigned b = 0; b < sizeof(batches) / sizeof(*batches); ++b) {
    CHECK(!neume_new(model, c->rate, c->interleave, batches[b], &neume));
    for (uint32_t seed = 1; seed <= 3; ++seed) {
      const uint32_t found = hear(neume, c, audio, n, seed, bands, got);
      uint32_t       i     = 0;
      while (i < count && i < found && same(&want[i], &got[i], bands)) {
        ++i;
      }
      CHECK_MSG(i == count && i == found,
                "P %u, stack %u, look-ahead %g, batch %u, seed %u: %u of %u "
                "steps the same, %u found",
                c->interleave,
                c->stack,
                (double)c->lookahead_ms,
                batches[b],
                seed,
                i,
                count,
                found);
    }
    neume_free(neume);
  }
  neume_model_free(model);
  free(audio);
}

/** Steps come as many at a time, or when they are flushed, but never before
    they are due. */
static void test_bursts(void)
{
  static Said       said[STEPS_MAX];
  const uint32_t    p     = 8;
  const uint32_t    batch = 5;
  const uint32_t    n     = 4096;
  float* const      audio = chain_audio(8000.0, n);
  NeumeModel* const model = chain_model(model_builder_onsets(5, 0, 1));
  const uint32_t    bands = model->front_end.bands;
  Neume*            neume = NULL;
  CHECK(!neume_new(model, 8000.0, p, batch, &neume));
  const uint32_t pass = (uint32_t)(8000.0 * NEUME_PASS_SECONDS);
  // The fifth frame ends with sample 623, and its pass so much later
  const uint32_t due = 624U + pass;
  CHECK(neume_write(neume, audio, due - 1U) == due - 1U);
  CHECK(take(neume, bands, said) == 0);
  CHECK(neume_write(neume, audio + due - 1U, 1) == 1);
  CHECK(take(neume, bands, said) == batch);

  // The next two end with samples 748 and 873: one is due before 873 + pass
  const uint32_t later = 873U + pass - due;
  CHECK(neume_write(neume, audio + due, later) == later);
  CHECK(take(neume, bands, said) == 0);
  neume_flush(neume);
  CHECK(take(neume, bands, said) == 1);
  CHECK(neume_write(neume, audio + due + later, 1) == 1);
  CHECK(take(neume, bands, said) == 1);
  neume_flush(neume);
  CHECK(take(neume, bands, said) == 0);
  neume_free(neume);
  neume_model_free(model);
  free(audio);
}

int main(void)
{
  static const Case cases[] = {
    { 8000.0, 8, 1, 0, 0.0f, false },    { 44100.0, 4, 4, 1, 0.0f, false },
    { 16000.0, 8, 2, 2, 250.0f, false }, { 48000.0, 1, 8, 1, 500.0f, false },
    { 22050.0, 8, 4, 1, 125.0f, true },  { 44099.7, 2, 1, 2, 60.0f, true },
  };
  for (unsigned i = 0; i < sizeof(cases) / sizeof(*cases); ++i) {
    test_same(&cases[i]);
  }
  test_bursts();
  return test_report();
}
