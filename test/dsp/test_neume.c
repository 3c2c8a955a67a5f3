// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#include "../test.h"

#include "chain.h"
#include "model_builder.h"
#include "neume.h"

#include <math.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#define STEPS_MAX 512

static const double pi = 3.14159265358979323846;

typedef struct {
  NeumeStep steps[STEPS_MAX]; ///< In order
  unsigned  count;            ///< How many
} Result;

/** A network that names no note in particular, but changes its mind often. */
static NeumeModel* stacked_model(uint32_t right, uint32_t stack)
{
  return chain_model(model_builder_stacked(5, right, stack));
}

static NeumeModel* small_model(uint32_t right)
{
  return stacked_model(right, 1);
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
    uint32_t       block = 1 + chain_random(&seed) % block_max;
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
    equal = chain_same_step(&a->steps[i], &b->steps[i]);
  }
  return equal;
}

static void test_blocks(void)
{
  static const struct {
    double   rate;       ///< Hz
    uint32_t interleave; ///< P
    uint32_t stack;      ///< Frames of a column
  } cases[] = { { 8000.0, 4, 1 },  { 44100.0, 4, 1 }, { 48000.0, 4, 1 },
                { 44099.7, 4, 1 }, { 44100.0, 4, 4 }, { 48000.0, 1, 8 },
                { 8000.0, 8, 2 } };

  for (size_t r = 0; r < sizeof(cases) / sizeof(cases[0]); ++r) {
    const double      rate  = cases[r].rate;
    const uint32_t    p     = cases[r].interleave;
    const uint32_t    n     = (uint32_t)(rate * 3.0);
    float* const      audio = chain_audio(rate, n);
    NeumeModel* const model = stacked_model(0, cases[r].stack);
    Neume*            neume = NULL;
    Result* const     want  = (Result*)calloc(1, sizeof(Result));
    Result* const     got   = (Result*)calloc(1, sizeof(Result));
    CHECK(neume_new(model, rate, p, 1, &neume) == NEUME_SUCCESS);

    run(neume, audio, n, 8192, want);
    const unsigned expected = 3 * NEUME_RATE / (NEUME_STEP / p) - 1;
    CHECK_MSG(want->count >= expected && want->count <= expected + 1,
              "%u steps, not %u",
              want->count,
              expected);
    static const uint32_t blocks[] = { 1, 2, 63, 64, 1000 };
    for (size_t b = 0; b < sizeof(blocks) / sizeof(blocks[0]); ++b) {
      neume_reset(neume);
      run(neume, audio, n, blocks[b], got);
      CHECK_MSG(same(want, got), "case %zu, blocks %u", r, blocks[b]);
    }

    neume_free(neume);
    neume_model_free(model);
    free(got);
    free(want);
    free(audio);
  }
}

static void test_positions(void)
{
  // A step comes a whole pass after its frame, and frames are 128 / 4096 s
  // apart
  NeumeModel* const model = small_model(0);
  const double      rate  = 48000.0;
  const uint32_t    n     = 48000;
  float* const      audio = chain_audio(rate, n);
  Result* const     got   = (Result*)calloc(1, sizeof(Result));
  Neume*            neume = NULL;
  CHECK(neume_new(model, rate, 4, 1, &neume) == NEUME_SUCCESS);
  run(neume, audio, n, 512, got);
  for (unsigned i = 0; i < got->count; ++i) {
    const double frame = floor((128.0 * (i + 1) - 1.0) * rate / NEUME_RATE);
    const double pass  = floor(rate * NEUME_PASS_SECONDS);
    CHECK(got->steps[i].position == (uint64_t)(frame + pass));
  }
  CHECK(neume_onset(neume) == 0.0f); // The network does not tell

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

/** Delay at 48 kHz, in ms, of a network that can look two frames ahead, with
    this doubt. */
static double delay_ms(const char* doubt, float lookahead_ms)
{
  ModelBuilder* const builder = model_builder_small(5, 1);
  model_builder_set(builder, "doubt", doubt);
  NeumeModel* const model  = chain_model(builder);
  Neume*            neume  = NULL;
  NeumeParams       params = neume_defaults();
  params.lookahead_ms      = lookahead_ms;
  CHECK(neume_new(model, 48000.0, 8, 1, &neume) == NEUME_SUCCESS);
  neume_set(neume, &params);
  const double delay = neume_delay(neume) / 48.0;
  neume_free(neume);
  neume_model_free(model);
  return delay;
}

/** A network's doubt is part of the delay, whether it looks ahead or only the
    tracker does. */
static void test_doubt(void)
{
  static const struct {
    float  lookahead_ms; ///< Of the whole chain
    double doubt_ms;     ///< Expected
  } cases[] = {
    { 0.0f, 40.0 }, { 100.0f, 40.0 }, { 125.0f, 5.0 }, { 400.0f, 5.0 }
  };
  for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); ++i) {
    const float  lookahead_ms = cases[i].lookahead_ms;
    const double none         = delay_ms(NULL, lookahead_ms);
    const double both = delay_ms("{\"ms\": 40, \"ahead_ms\": 5}", lookahead_ms);
    const double one  = delay_ms("{\"ms\": 40}", lookahead_ms);
    CHECK_MSG(fabs(both - none - cases[i].doubt_ms) < 1e-9, "%g", both - none);
    CHECK_MSG(fabs(one - none - 40.0) < 1e-9, "%g", one - none);
  }
}

/** A look-ahead that is set while the network works is the same as one that is
    set before. */
static void test_late_lookahead(void)
{
  static const float wanted[] = { 0.0f, 250.0f, 375.0f };
  NeumeModel* const  model    = small_model(2);
  const double       rate     = 16000.0;
  const uint32_t     n        = 16000;
  float* const       audio    = chain_audio(rate, n);
  Neume*             neume    = NULL;
  CHECK(neume_new(model, rate, 8, 1, &neume) == NEUME_SUCCESS);
  for (unsigned i = 0; i < 3; ++i) {
    NeumeStep last[2]  = { { 0 } };
    double    delay[2] = { 0.0 };
    double    at_once  = 0.0;
    for (unsigned late = 0; late < 2; ++late) {
      NeumeParams params  = neume_defaults();
      params.lookahead_ms = 125.0f;
      neume_set(neume, &params);
      neume_reset(neume);
      for (uint32_t done = 0; done < n; done += 40) {
        // The first frame ends with sample 249, and its pass 96 later
        if (done == (late ? 280U : 240U)) {
          params.lookahead_ms = wanted[i];
          neume_set(neume, &params);
          at_once = neume_delay(neume);
        }
        neume_write(neume, audio + done, 40);
        while (neume_analyse(neume, &last[late])) {
        }
      }
      delay[late] = neume_delay(neume);
      CHECK(at_once == delay[late]);
    }
    CHECK(delay[0] == delay[1]);
    CHECK(last[0].position == last[1].position);
    CHECK(last[0].level == last[1].level);
  }
  neume_free(neume);
  free(audio);
  neume_model_free(model);
}

/** Hear `n` samples; samples from each decision to the next, the mean of the
    last second's. */
static double pace(Neume* neume, const float* audio, uint32_t n)
{
  uint64_t at[64] = { 0 };
  unsigned count  = 0;
  for (uint32_t done = 0; done < n; done += 100) {
    NeumeStep step;
    CHECK(neume_write(neume, audio + done, 100) == 100);
    while (neume_analyse(neume, &step)) {
      at[count++ % 64U] = step.position;
    }
  }
  CHECK(count > 64U);
  return (double)(at[(count + 63U) % 64U] - at[count % 64U]) / 63.0;
}

/** The singer's offset is taken off the voice while it is followed, and no
    longer: decisions then come at the pace of the tuning again. */
static void test_follow(void)
{
  const double      rate   = 16000.0;
  const uint32_t    n      = 16000 * 6;
  float* const      audio  = (float*)calloc(n, sizeof(float));
  NeumeModel* const model  = small_model(0);
  NeumeParams       params = neume_defaults();
  Neume*            neume  = NULL;
  for (uint32_t i = 0; i < n; ++i) { // A3, 30 cents sharp
    audio[i] = 0.3f * (float)sin(2.0 * pi * 223.845 * i / rate);
  }
  CHECK(neume_new(model, rate, 8, 1, &neume) == NEUME_SUCCESS);
  params.threshold = 0.0f;
  params.follow    = true;
  neume_set(neume, &params);
  const double followed = pace(neume, audio, n);
  const double offset   = (double)neume_offset(neume);
  CHECK_MSG(fabs(offset) > 10.0, "%g", offset);
  CHECK_MSG(
    fabs(followed - 250.0 * exp2(-offset / 1200.0)) < 0.1, "%g", followed);

  params.follow = false;
  neume_set(neume, &params);
  CHECK(neume_offset(neume) == 0.0f);
  CHECK(pace(neume, audio, n) == 250.0);
  CHECK(neume_offset(neume) == 0.0f);
  neume_free(neume);
  neume_model_free(model);
  free(audio);
}

/** Whether two chains say the same beside their steps. */
static bool say_the_same(const Neume* x, const Neume* y, uint32_t bands)
{
  return chain_same_floats(neume_log_probabilities(x),
                           neume_log_probabilities(y),
                           NEUME_CLASSES) &&
         chain_same_floats(neume_features(x), neume_features(y), bands) &&
         neume_onset(x) == neume_onset(y) &&
         neume_offset(x) == neume_offset(y) && neume_delay(x) == neume_delay(y);
}

/** Hear `n` samples; false once one chain says what the other does not.  Counts
    steps. */
static bool hear_both(Neume*       used,
                      Neume*       fresh,
                      const float* audio,
                      uint32_t     n,
                      uint32_t     bands,
                      uint32_t*    seed,
                      uint32_t*    steps)
{
  for (uint32_t done = 0; done < n;) {
    const uint32_t left  = n - done;
    uint32_t       block = 1U + chain_random(seed) % 700U;
    block                = block < left ? block : left;
    neume_write(used, audio + done, block);
    neume_write(fresh, audio + done, block);
    done += block;
    for (bool more = true; more; *steps += more) {
      NeumeStep x = { 0 };
      NeumeStep y = { 0 };
      more        = neume_analyse(used, &x);
      if (neume_analyse(fresh, &y) != more || !chain_same_step(&x, &y) ||
          !say_the_same(used, fresh, bands)) {
        return false;
      }
    }
  }
  return true;
}

/** A chain that is reset, in the middle of whatever it does and soon again, is
    as good as new. */
static void test_reset(void)
{
  static const struct {
    uint32_t interleave; ///< P
    uint32_t stack;      ///< Frames of a column
    uint32_t right;      ///< Frames that the network can look ahead
    bool     follow;     ///< The singer's tuning
  } cases[]            = { { 8, 4, 0, false },
                           { 8, 4, 2, false },
                           { 4, 1, 1, true },
                           { 1, 8, 2, false } };
  const double   rate  = 16000.0;
  const uint32_t most  = 32000;
  float* const   audio = chain_audio(rate, 2U * most);
  uint32_t       seed  = 3;
  for (size_t c = 0; c < sizeof(cases) / sizeof(cases[0]); ++c) {
    NeumeModel* const model =
      chain_model(model_builder_onsets(5, cases[c].right, cases[c].stack));
    const uint32_t bands  = model->front_end.bands;
    NeumeParams    params = neume_defaults();
    params.threshold      = 0.03f;
    params.min_note_ms    = 0.0f;
    params.follow         = cases[c].follow;
    uint32_t steps        = 0;
    Neume*   used         = NULL;
    CHECK(!neume_new(model, rate, cases[c].interleave, 1, &used));
    for (unsigned round = 0; round < 16; ++round) {
      Neume* fresh = NULL;
      CHECK(!neume_new(model, rate, cases[c].interleave, 1, &fresh));
      params.lookahead_ms = (float)(chain_random(&seed) % 1251U);
      neume_set(fresh, &params);
      neume_set(used, &params);
      CHECK(say_the_same(used, fresh, bands));

      const uint32_t n    = chain_random(&seed) % (round % 3U ? most : 900U);
      const float*   from = audio + chain_random(&seed) % most;
      CHECK_MSG(hear_both(used, fresh, from, n, bands, &seed, &steps),
                "case %zu, round %u, %u samples",
                c,
                round,
                n);

      // Not all of it is analysed, nor is the last pass finished
      neume_write(used, from, chain_random(&seed) % 200U);
      params.lookahead_ms = (float)(chain_random(&seed) % 1251U);
      neume_set(used, &params);
      neume_reset(used);
      neume_free(fresh);
    }
    CHECK_MSG(steps > 64U, "%u steps", steps);
    neume_free(used);
    neume_model_free(model);
  }
  free(audio);
}

static void test_lookahead(void)
{
  // Whatever the look-ahead and whenever it changes, notes are well formed
  for (uint32_t right = 0; right <= 2; ++right) {
    NeumeModel* const model = small_model(right);
    const double      rate  = 16000.0;
    const uint32_t    n     = 16000 * 6;
    float* const      audio = chain_audio(rate, n);
    Neume*            neume = NULL;
    uint32_t          seed  = 3;
    uint32_t          note  = 0;
    CHECK(neume_new(model, rate, 8, 1, &neume) == NEUME_SUCCESS);
    for (uint32_t done = 0; done < n; done += 500) {
      NeumeParams params  = neume_defaults();
      params.lookahead_ms = (float)(chain_random(&seed) % 1400);
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
  CHECK(neume_new(model, 48000.0, 4, 1, &neume) == NEUME_SUCCESS);

  static const float bad[] = { NAN,    INFINITY, -INFINITY, 1e38f,
                               -1e38f, 1e-40f,   -1e-45f,   0.0f };
  uint32_t           seed  = 1;
  for (unsigned i = 0; i < 200; ++i) {
    float block[480];
    for (unsigned k = 0; k < 480; ++k) {
      block[k] = bad[chain_random(&seed) % 8];
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
  static const double bad[] = { 0.0,      7999.0,      384001.0,
                                -48000.0, (double)NAN, (double)INFINITY };
  Neume*              neume = NULL;
  for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); ++i) {
    CHECK(neume_new(model, bad[i], 4, 1, &neume) == NEUME_ERR_RATE && !neume);
  }
  CHECK(neume_new(model, 48000.0, 0, 1, &neume) == NEUME_ERR_RANGE && !neume);
  CHECK(neume_new(model, 48000.0, 3, 1, &neume) == NEUME_ERR_RANGE && !neume);
  CHECK(neume_new(model, 48000.0, 16, 1, &neume) == NEUME_ERR_RANGE && !neume);
  CHECK(neume_new(model, 48000.0, 4, 0, &neume) == NEUME_ERR_RANGE && !neume);
  CHECK(neume_new(model, 48000.0, 4, NEUME_BATCH_MAX + 1, &neume) ==
          NEUME_ERR_RANGE &&
        !neume);
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
  float* const      audio = chain_audio(48000.0, n);
  Result* const     want  = (Result*)calloc(1, sizeof(Result));
  Result* const     got   = (Result*)calloc(1, sizeof(Result));
  Neume*            neume = NULL;
  CHECK(neume_new(model, 48000.0, 4, 1, &neume) == NEUME_SUCCESS);
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
  test_doubt();
  test_lookahead();
  test_late_lookahead();
  test_follow();
  test_reset();
  test_bad_audio();
  test_arguments();
  test_threads();
  return test_report();
}
