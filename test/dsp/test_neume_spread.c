// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

// The network's work is spread over the blocks: it is counted, not timed

#include "chain.h"
#include "constants.h"
#include "kernels.h"

#include "test.h"

#include <stdlib.h>

enum {
  BLOCK    = 64,         ///< Samples at a time
  BLOCKS   = 48000 / 64, ///< In a second
  WARM_UP  = BLOCKS,     ///< Until every pass has had one before
  MEASURED = 2 * BLOCKS
};

static const double rate = 48000.0;

static uint64_t work; ///< Multiply-adds so far, as the kernels do them

static void counted_block(const NeumeBlock* block)
{
  work += (uint64_t)block->rows * block->panels * block->taps * block->depth;
  neume_kernels_c.block(block);
}

// NOLINTBEGIN(*-reserved-identifier,cert-dcl*): the linker's names

const NeumeKernels* __wrap_neume_kernels_best(void);

const NeumeKernels* __wrap_neume_kernels_best(void)
{
  static const NeumeKernels counted = { "counted", counted_block };
  return &counted;
}

// NOLINTEND(*-reserved-identifier,cert-dcl*)

static int ascending(const void* a, const void* b)
{
  const uint64_t x = *(const uint64_t*)a;
  const uint64_t y = *(const uint64_t*)b;
  return (x > y) - (x < y);
}

/** Hear two seconds in small blocks.  At most `most` of a pass lies in any, and
    no less than `least`: some of the next one is made between two of them. */
static void test_spread(const NeumeModel* model, double least, double most)
{
  const uint32_t n     = (WARM_UP + MEASURED) * BLOCK;
  float* const   audio = chain_audio(rate, n);
  Neume*         neume = NULL;
  CHECK(!neume_new(model, rate, NEUME_INTERLEAVE, 1, &neume));

  static uint64_t each[MEASURED];
  uint64_t        all = 0;
  for (uint32_t i = 0; neume && i < WARM_UP + MEASURED; ++i) {
    NeumeStep      step;
    const uint64_t before = work;
    neume_write(neume, audio + (size_t)i * BLOCK, BLOCK);
    while (neume_analyse(neume, &step)) {
    }
    if (i >= WARM_UP) {
      each[i - WARM_UP] = work - before;
      all += work - before;
    }
  }
  neume_free(neume);
  free(audio);

  qsort(each, MEASURED, sizeof(each[0]), ascending);
  const size_t middle = MEASURED / 2;
  const double steps  = 2.0 * NEUME_RATE * NEUME_INTERLEAVE / NEUME_STEP;
  const double pass   = (double)all / steps;
  const double median = (double)each[middle] / pass;
  const double low    = (double)each[0] / pass;
  const double high   = (double)each[MEASURED - 1] / pass;
  printf(
    "of a pass in a block: %.3f to %.3f, median %.3f\n", low, high, median);
  CHECK(pass > 100000.0);
  CHECK_MSG(low > least, "%.3f", low);
  CHECK_MSG(high < most, "%.3f", high);
}

/** Of every weights file that is named. */
int main(int argc, char** argv)
{
  CHECK(argc > 1);
  for (int i = 1; i < argc; ++i) {
    char        message[NEUME_MESSAGE_MAX];
    NeumeModel* model = NULL;
    CHECK_MSG(!neume_model_load(argv[i], &model, message), "%s", message);
    if (model) { // With look-ahead, more has to be made anew with each frame
      const bool ahead = model->right > 0;
      test_spread(model, ahead ? 0.004 : 0.01, ahead ? 0.65 : 0.45);
    }
    neume_model_free(model);
  }
  return test_report();
}
