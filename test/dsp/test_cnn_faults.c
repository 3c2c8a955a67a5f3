// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

// The streaming engine without memory, and with models that contradict
// themselves

#include "cnn.h"
#include "constants.h"
#include "kernels.h"
#include "logmel.h"
#include "model.h"
#include "random_cnn.h"
#include "status.h"

#include "../test.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The linker sends the engine's allocations here. */

static uint32_t allocations;
static uint32_t allocation_to_fail; // From 1; 0 is none

// NOLINTBEGIN(*-reserved-identifier,cert-dcl*): the linker's names
void* __real_calloc(size_t n, size_t size);
void* __wrap_calloc(size_t n, size_t size);
void* __real_malloc(size_t size);
void* __wrap_malloc(size_t size);
void* __real_aligned_alloc(size_t alignment, size_t size);
void* __wrap_aligned_alloc(size_t alignment, size_t size);

void* __wrap_calloc(const size_t n, const size_t size)
{
  return ++allocations == allocation_to_fail ? NULL : __real_calloc(n, size);
}

void* __wrap_malloc(const size_t size)
{
  return ++allocations == allocation_to_fail ? NULL : __real_malloc(size);
}

void* __wrap_aligned_alloc(const size_t alignment, const size_t size)
{
  return ++allocations == allocation_to_fail
           ? NULL
           : __real_aligned_alloc(alignment, size);
}
// NOLINTEND(*-reserved-identifier,cert-dcl*)

static void test_allocation(void)
{
  Random            random = { 2 };
  NeumeModel* const model  = random_cnn_reference(&random, 52, 20, false);
  NeumeCnn*         cnn    = NULL;
  allocations              = 0;
  CHECK(!neume_cnn_new(model, 4, 2, neume_kernels_best(), &cnn));
  const uint32_t needed = allocations;
  CHECK(needed > 0);

  const float zeros[NEUME_BANDS_MAX] = { 0.0F };
  allocations                        = 0;
  neume_cnn_begin(cnn, zeros, 1);
  neume_cnn_advance(cnn, UINT32_MAX);
  neume_cnn_set_lookahead(cnn, 3);
  neume_cnn_reset(cnn);
  neume_cnn_begin(cnn, zeros, 1);
  neume_cnn_begin(cnn, zeros, 1);
  CHECK(!allocations);
  neume_cnn_free(cnn);
  neume_cnn_free(NULL);

  for (uint32_t i = 1; i <= needed; ++i) {
    cnn                = (NeumeCnn*)&random;
    allocations        = 0;
    allocation_to_fail = i;
    CHECK(neume_cnn_new(model, 4, 2, neume_kernels_best(), &cnn) ==
          NEUME_ERR_MEMORY);
    allocation_to_fail = 0;
    CHECK(!cnn);
  }
  random_cnn_free(model);
}

/** NEUME_ERR_RANGE, and no engine. */
static bool refused(const NeumeModel* const model,
                    const uint32_t          interleave,
                    const uint32_t          batch)
{
  Random            random = { 0 };
  NeumeCnn*         cnn    = (NeumeCnn*)&random;
  const NeumeStatus status =
    neume_cnn_new(model, interleave, batch, &neume_kernels_c, &cnn);
  const bool result = status == NEUME_ERR_RANGE && !cnn;
  if (!status) {
    neume_cnn_free(cnn);
  }
  return result;
}

static void test_refusal(void)
{
  Random            random = { 2 };
  NeumeModel* const model  = random_cnn_reference(&random, 52, 20, false);
  NeumeModel        broken = *model;
  CHECK(refused(model, 0, 1));
  CHECK(refused(model, NEUME_INTERLEAVE_MAX + 1, 1));
  CHECK(refused(model, 1, 0));
  CHECK(refused(model, 1, NEUME_BATCH_MAX + 1));
  CHECK(!refused(model, 1, NEUME_BATCH_MAX));

#define REFUSED(change)                                                        \
  do {                                                                         \
    broken = *model;                                                           \
    change;                                                                    \
    CHECK(refused(&broken, 1, 1));                                             \
  } while (0)

  REFUSED(broken.n_layers = 0);
  REFUSED(broken.n_layers = NEUME_LAYERS_MAX + 1);
  REFUSED(broken.n_layers -= 1);
  REFUSED(broken.tells_onsets = true);
  REFUSED(broken.front_end.bands += 1);
  REFUSED(broken.front_end.stack = 0);
  REFUSED(broken.front_end.stack += 1);
  REFUSED(broken.right += 1);
  REFUSED(broken.layers[0].kernel_freq = 0);
  REFUSED(broken.layers[0].kernel_freq = 60);
  REFUSED(broken.layers[0].kernel_time = 0);
  REFUSED(broken.layers[0].dilation = 0);
  REFUSED(broken.layers[0].left += 1);
  REFUSED(broken.layers[0].right = UINT32_MAX);
  REFUSED(broken.layers[0].pad_low = UINT32_MAX);
  REFUSED(broken.layers[0].out_channels = UINT32_MAX);
  REFUSED(broken.layers[1].in_channels += 1);
  REFUSED(broken.layers[4].size = 0);
  REFUSED(broken.layers[4].out_rows += 1);
#undef REFUSED
  random_cnn_free(model);
}

int main(void)
{
  test_refusal();
  test_allocation();
  return test_report();
}
