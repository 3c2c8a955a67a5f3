// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#include "../test.h"

#include "model_builder.h"
#include "neume.h"

#include <math.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

static const double pi = 3.14159265358979323846;

#define STEPS_MAX 512

typedef struct {
  NeumeStep steps[STEPS_MAX]; ///< In order
  unsigned  count;            ///< How many
} Result;

static uint32_t random_next(uint32_t* state)
{
  *state = *state * 1664525U + 1013904223U;
  return *state >> 8U;
}

/** A network that names no note in particular, but changes its mind often. */
static NeumeModel* small_model(uint32_t right)
{
  size_t         n_bytes = 0;
  uint8_t* const bytes =
    model_builder_bytes(model_builder_small(5, right), &n_bytes);
  NeumeModel* model = NULL;
  CHECK(neume_model_parse(bytes, n_bytes, &model, NULL) == NEUME_SUCCESS);
  free(bytes);
  return model;
}

/** Tones that change every 0.3 s, with pauses. */
static float* make_audio(double rate, uint32_t n)
{
  float* const audio = (float*)calloc(n, sizeof(float));
  uint32_t     seed  = 9;
  double       phase = 0.0;
  for (uint32_t i = 0; i < n; ++i) {
    const unsigned part = (unsigned)(i / rate / 0.3);
    const double   hz   = 110.0 * pow(2.0, (part * 7 % 36) / 12.0);
    phase += hz / rate;
    const double hiss = (double)(random_next(&seed) % 1000) / 1e6;
    audio[i] = (float)(hiss + (part % 4 ? 0.3 * sin(2.0 * pi * phase) : 0.0));
  }
  return audio;
}

/** Write in blocks of 1..`block_max` and collect what is decided. */
static void run(Neume*       neume,
                const float* audio,
                uint32_t     n,
                uint32_t     block_max,
                Result*      result)
{
  uint32_t seed = block_max;
  result->count = 0;
  for (uint32_t done = 0; done < n;) {
    const uint32_t left  = n - done;
    uint32_t       block = 1 + random_next(&seed) % block_max;
    block                = block < left ? block : left;
    const uint32_t wrote = neume_write(neume, audio + done, block);
    CHECK(wrote == block);
    done += wrote;

    NeumeStep step;
    while (neume_analyse(neume, &step)) {
      CHECK(step.position < done);
      if (result->count < STEPS_MAX) {
        result->steps[result->count++] = step;
      }
    }
  }
}

static bool same(const Result* a, const Result* b)
{
  bool equal = a->count == b->count;
  for (unsigned i = 0; equal && i < a->count; ++i) {
    const NeumeStep* const x = &a->steps[i];
    const NeumeStep* const y = &b->steps[i];
    equal = x->position == y->position && x->note == y->note &&
            x->midi == y->midi && x->off == y->off && x->on == y->on &&
            x->velocity == y->velocity && x->cents == y->cents &&
            x->confidence == y->confidence && x->level == y->level;
  }
  return equal;
}

static void test_blocks(void)
{
  static const double rates[] = { 8000.0, 44100.0, 48000.0, 44099.7 };
  NeumeModel* const   model   = small_model(0);

  for (size_t r = 0; r < sizeof(rates) / sizeof(rates[0]); ++r) {
    const uint32_t n     = (uint32_t)(rates[r] * 3.0);
    float* const   audio = make_audio(rates[r], n);
    Neume*         neume = NULL;
    Result* const  want  = (Result*)calloc(1, sizeof(Result));
    Result* const  got   = (Result*)calloc(1, sizeof(Result));
    CHECK(neume_new(model, rates[r], 4, &neume) == NEUME_SUCCESS);

    run(neume, audio, n, 8192, want);
    const unsigned expected = 3 * NEUME_RATE / 128 - 1;
    CHECK_MSG(want->count >= expected && want->count <= expected + 1,
              "%u steps, not %u",
              want->count,
              expected);
    static const uint32_t blocks[] = { 1, 2, 63, 64, 1000 };
    for (size_t b = 0; b < sizeof(blocks) / sizeof(blocks[0]); ++b) {
      neume_reset(neume);
      run(neume, audio, n, blocks[b], got);
      CHECK_MSG(same(want, got), "rate %g, blocks %u", rates[r], blocks[b]);
    }

    neume_free(neume);
    free(got);
    free(want);
    free(audio);
  }
  neume_model_free(model);
}

static void test_positions(void)
{
  // A step comes a whole pass after its frame, and frames are 128 / 4096 s
  // apart
  NeumeModel* const model = small_model(0);
  const double      rate  = 48000.0;
  const uint32_t    n     = 48000;
  float* const      audio = make_audio(rate, n);
  Result* const     got   = (Result*)calloc(1, sizeof(Result));
  Neume*            neume = NULL;
  CHECK(neume_new(model, rate, 4, &neume) == NEUME_SUCCESS);
  run(neume, audio, n, 512, got);
  for (unsigned i = 0; i < got->count; ++i) {
    const double frame = floor((128.0 * (i + 1) - 1.0) * rate / NEUME_RATE);
    CHECK(got->steps[i].position == (uint64_t)frame + 288U);
  }

  NeumeParams  params = neume_defaults();
  const double live   = neume_delay(neume);
  params.lookahead_ms = 250.0f;
  neume_set(neume, &params);
  const double later = neume_delay(neume) - live;
  // The look-ahead comes on top, less the delay that smoothing then has not
  CHECK_MSG(later > 0.18 * rate && later <= 0.25 * rate, "%g", later);

  neume_free(neume);
  free(got);
  free(audio);
  neume_model_free(model);
}

static void test_lookahead(void)
{
  // Whatever the look-ahead and whenever it changes, notes are well formed
  for (uint32_t right = 0; right <= 2; ++right) {
    NeumeModel* const model = small_model(right);
    const double      rate  = 16000.0;
    const uint32_t    n     = 16000 * 6;
    float* const      audio = make_audio(rate, n);
    Neume*            neume = NULL;
    uint32_t          seed  = 3;
    uint32_t          note  = 0;
    CHECK(neume_new(model, rate, 8, &neume) == NEUME_SUCCESS);
    for (uint32_t done = 0; done < n; done += 500) {
      NeumeParams params  = neume_defaults();
      params.lookahead_ms = (float)(random_next(&seed) % 1400);
      params.threshold    = 0.05f;
      params.min_note_ms  = 0.0f;
      neume_set(neume, &params);
      neume_write(neume, audio + done, 500);
      NeumeStep step;
      while (neume_analyse(neume, &step)) {
        CHECK(!step.off || step.off == note);
        note = step.off ? 0 : note;
        CHECK(!step.on || !note);
        note = step.on ? step.on : note;
        CHECK(step.midi == note);
        CHECK(step.cents >= -50.0f && step.cents <= 50.0f);
      }
    }
    neume_free(neume);
    free(audio);
    neume_model_free(model);
  }
}

static void test_bad_audio(void)
{
  NeumeModel* const model = small_model(0);
  Neume*            neume = NULL;
  CHECK(neume_new(model, 48000.0, 4, &neume) == NEUME_SUCCESS);

  static const float bad[] = { NAN,    INFINITY, -INFINITY, 1e38f,
                               -1e38f, 1e-40f,   -1e-45f,   0.0f };
  uint32_t           seed  = 1;
  for (unsigned i = 0; i < 200; ++i) {
    float block[480];
    for (unsigned k = 0; k < 480; ++k) {
      block[k] = bad[random_next(&seed) % 8];
    }
    CHECK(neume_write(neume, block, 480) == 480);
    NeumeStep step;
    while (neume_analyse(neume, &step)) {
      CHECK(isfinite(step.level) && isfinite(step.cents));
      CHECK(step.confidence >= 0.0f && step.confidence <= 1.001f);
      CHECK(step.note < NEUME_CLASSES);
    }
  }
  CHECK(neume_write(neume, bad, 0) == 0);

  const NeumeParams params = { NAN, INFINITY, -INFINITY, NAN, NAN, true };
  neume_set(neume, &params);
  CHECK(isfinite(neume_delay(neume)));

  // A full ring takes no more, and loses nothing
  float block[NEUME_WRITE_MAX] = { 0.0f };
  CHECK(neume_write(neume, block, NEUME_WRITE_MAX) == NEUME_WRITE_MAX);
  uint32_t total = NEUME_WRITE_MAX;
  for (uint32_t wrote = 1; wrote; total += wrote) {
    wrote = neume_write(neume, block, NEUME_WRITE_MAX);
  }
  unsigned  steps = 0;
  NeumeStep step;
  while (neume_analyse(neume, &step)) {
    ++steps;
  }
  CHECK_MSG(steps >= total / 1500 && steps <= total / 1500 + 1,
            "%u steps from %u samples",
            steps,
            total);
  neume_free(neume);
  neume_model_free(model);
}

static void test_arguments(void)
{
  NeumeModel* const   model = small_model(0);
  static const double bad[] = {
    0.0, 7999.0, 384001.0, -48000.0, NAN, INFINITY
  };
  Neume* neume = NULL;
  for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); ++i) {
    CHECK(neume_new(model, bad[i], 4, &neume) == NEUME_ERR_RATE && !neume);
  }
  CHECK(neume_new(model, 48000.0, 0, &neume) == NEUME_ERR_RANGE && !neume);
  CHECK(neume_new(model, 48000.0, 3, &neume) == NEUME_ERR_RANGE && !neume);
  CHECK(neume_new(model, 48000.0, 16, &neume) == NEUME_ERR_RANGE && !neume);
  neume_free(NULL);
  neume_model_free(model);
}

typedef struct {
  Neume*       neume; ///< Written by the thread
  const float* audio; ///< What it writes
  uint32_t     n;     ///< Samples
} Writer;

static void* write_all(void* data)
{
  Writer* const writer = (Writer*)data;
  for (uint32_t done = 0; done < writer->n;) {
    const uint32_t left = writer->n - done;
    done +=
      neume_write(writer->neume, writer->audio + done, left < 100 ? left : 100);
  }
  return NULL;
}

static void test_threads(void)
{
  // Written by one thread and analysed by another, the same is decided
  NeumeModel* const model = small_model(0);
  const uint32_t    n     = 48000 * 3;
  float* const      audio = make_audio(48000.0, n);
  Result* const     want  = (Result*)calloc(1, sizeof(Result));
  Result* const     got   = (Result*)calloc(1, sizeof(Result));
  Neume*            neume = NULL;
  CHECK(neume_new(model, 48000.0, 4, &neume) == NEUME_SUCCESS);
  run(neume, audio, n, 8192, want);
  neume_reset(neume);

  Writer    writer = { neume, audio, n };
  pthread_t thread;
  CHECK(!pthread_create(&thread, NULL, write_all, &writer));
  while (got->count < want->count) {
    if (neume_analyse(neume, &got->steps[got->count])) {
      ++got->count;
    }
  }
  pthread_join(thread, NULL);
  CHECK(same(want, got));

  neume_free(neume);
  free(got);
  free(want);
  free(audio);
  neume_model_free(model);
}

int main(void)
{
  test_blocks();
  test_positions();
  test_lookahead();
  test_bad_audio();
  test_arguments();
  test_threads();
  return test_report();
}
