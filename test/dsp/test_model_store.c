// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#include "model_store.h"

#include "cnn.h"
#include "constants.h"
#include "kernels.h"
#include "model.h"
#include "model_builder.h"
#include "status.h"

#include "test.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

#define N_THREADS 6U
#define N_ROUNDS  40U

static const char path[]      = "test_model_store.safetensors";
static const char linked[]    = "test_model_store_link.safetensors";
static const char fresh[]     = "test_model_store_fresh.safetensors";
static const char missing[]   = "test_model_store_missing.safetensors";
static const char other[]     = "test_model_store_other.safetensors";
static const char not_model[] = "test_model_store_text.safetensors";

/* The linker sends the library's allocations and reads here. */

static _Thread_local uint32_t allocations;
static _Thread_local uint32_t allocation_to_fail; // From 1; 0 is none
static void (*before_read)(void);                 // What happens meanwhile

// NOLINTBEGIN(*-reserved-identifier,cert-dcl*): the linker's names
void*   __real_calloc(size_t n, size_t size);
void*   __wrap_calloc(size_t n, size_t size);
void*   __real_malloc(size_t size);
void*   __wrap_malloc(size_t size);
void*   __real_aligned_alloc(size_t alignment, size_t size);
void*   __wrap_aligned_alloc(size_t alignment, size_t size);
ssize_t __real_read(int fd, void* dst, size_t n);
ssize_t __wrap_read(int fd, void* dst, size_t n);

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

ssize_t __wrap_read(const int fd, void* const dst, const size_t n)
{
  if (before_read) {
    before_read();
  }
  return __real_read(fd, dst, n);
}
// NOLINTEND(*-reserved-identifier,cert-dcl*)

static void write_bytes(const char* name, const uint8_t* bytes, size_t n_bytes)
{
  FILE* const file = fopen(name, "wb");
  CHECK(file && fwrite(bytes, 1, n_bytes, file) == n_bytes && !fclose(file));
}

/** A small weights file; files of different seeds have the same size. */
static void write_model(const char* name, uint32_t seed)
{
  size_t         n     = 0;
  uint8_t* const bytes = model_builder_bytes(model_builder_small(seed, 1), &n);
  write_bytes(name, bytes, n);
  free(bytes);
}

static const NeumeModel* acquire(const char* name)
{
  const NeumeModel* model                      = NULL;
  char              message[NEUME_MESSAGE_MAX] = "";
  CHECK_MSG(!neume_model_acquire(name, &model, message), "%s", message);
  CHECK(model && model->packed);
  return model;
}

/** Whether all `n` values are equal; none is NaN. */
static bool same(const float* a, const float* b, uint32_t n)
{
  for (uint32_t i = 0; i < n; ++i) {
    if (!(a[i] >= b[i] && a[i] <= b[i])) {
      return false;
    }
  }
  return true;
}

static void test_sharing(void)
{
  write_model(path, 1);
  write_model(other, 2);
  CHECK(!link(path, linked));
  const NeumeModel* const first  = acquire(path);
  const NeumeModel* const second = acquire(path);
  const NeumeModel* const third  = acquire(linked);
  const NeumeModel* const else_  = acquire(other);
  CHECK(first == second && first == third);
  CHECK(first != else_ && first->packed != else_->packed);

  // Held by one, it is still there for the next
  neume_model_release(first);
  neume_model_release(third);
  const NeumeModel* const fourth = acquire(path);
  CHECK(fourth == second);
  neume_model_release(second);
  neume_model_release(fourth);
  neume_model_release(else_);
  neume_model_release(NULL);
  (void)remove(linked);
  (void)remove(other);
}

/** What the last one gave back is read again, whatever was at its address. */
static void test_release(void)
{
  const NeumeModel* const first  = acquire(path);
  const float             weight = first->layers[0].weight[0];
  neume_model_release(first);

  allocations                    = 0;
  const NeumeModel* const second = acquire(path);
  CHECK(allocations > 2U);
  CHECK(same(&weight, second->layers[0].weight, 1));

  allocations                   = 0;
  const NeumeModel* const third = acquire(path);
  CHECK(!allocations);
  neume_model_release(third);
  neume_model_release(second);
}

static void test_replaced(void)
{
  const NeumeModel* const old    = acquire(path);
  const float             weight = old->layers[0].weight[0];
  write_model(fresh, 3);
  CHECK(!rename(fresh, path));

  const NeumeModel* const new_ = acquire(path);
  CHECK(new_ != old);
  CHECK(same(&weight, old->layers[0].weight, 1));
  CHECK(!same(&weight, new_->layers[0].weight, 1));

  // Written over in place: the same inode, another size
  size_t         n     = 0;
  uint8_t* const bytes = model_builder_bytes(model_builder_reference(4, 1), &n);
  write_bytes(path, bytes, n);
  free(bytes);
  const NeumeModel* const newest = acquire(path);
  const NeumeModel* const again  = acquire(path);
  CHECK(newest != new_ && newest->n_layers != new_->n_layers);
  CHECK(newest == again);

  neume_model_release(old);
  neume_model_release(again);
  neume_model_release(newest);
  neume_model_release(new_);
  write_model(path, 1);
}

/** Each attempt fails anew, and says why. */
static void test_failures(void)
{
  static const uint8_t text[] = "not a model, but long enough";
  write_bytes(not_model, text, sizeof(text));
  for (unsigned i = 0; i < 3U; ++i) {
    char              message[NEUME_MESSAGE_MAX] = "";
    const NeumeModel* model                      = (const NeumeModel*)text;
    CHECK(neume_model_acquire(missing, &model, message) == NEUME_ERR_FILE);
    CHECK_MSG(strstr(message, "can't open: "), "%s", message);
    CHECK(!model);

    message[0] = '\0';
    model      = (const NeumeModel*)text;
    CHECK(neume_model_acquire(not_model, &model, message));
    CHECK(message[0] && !model);
    CHECK(neume_model_acquire(not_model, &model, NULL));
    CHECK(neume_model_acquire(".", &model, NULL) == NEUME_ERR_FILE);
  }

  // Once repaired, it loads
  write_model(not_model, 5);
  neume_model_release(acquire(not_model));
  (void)remove(not_model);
}

static void test_memory(void)
{
  allocations                   = 0;
  const NeumeModel* const model = acquire(path);
  const uint32_t          n     = allocations;
  neume_model_release(model);
  CHECK(n > 4U);
  for (uint32_t i = 1; i <= n; ++i) {
    const NeumeModel* none                       = model;
    char              message[NEUME_MESSAGE_MAX] = "";
    allocations                                  = 0;
    allocation_to_fail                           = i;
    CHECK(neume_model_acquire(path, &none, message) == NEUME_ERR_MEMORY);
    allocation_to_fail = 0;
    CHECK(!none);
    CHECK_MSG(!strcmp(message, "out of memory"), "%s", message);
  }
}

/** Engines read the shared weights, and hear the same as with their own. */
static void test_engines(void)
{
  const NeumeModel* const shared = acquire(path);
  NeumeModel* private            = NULL;
  CHECK(!neume_model_load(path, &private, NULL) && !private->packed);

  const NeumeKernels* const kernels = neume_kernels_best();
  NeumeCnn*                 a       = NULL;
  NeumeCnn*                 b       = NULL;
  allocations                       = 0;
  CHECK(!neume_cnn_new(private, 4, 1, kernels, &a));
  const uint32_t needed = allocations;
  allocations           = 0;
  CHECK(!neume_cnn_new(shared, 4, 1, kernels, &b));
  CHECK_MSG(allocations + 2U == needed, "%u, %u", allocations, needed);

  float    frame[NEUME_BANDS_MAX];
  uint32_t random = 1;
  for (unsigned i = 0; i < 20U; ++i) {
    for (uint32_t k = 0; k < shared->front_end.bands; ++k) {
      random   = random * 1664525U + 1013904223U;
      frame[k] = (float)(random >> 16U) / 65536.0f;
    }
    neume_cnn_begin(a, frame, 1);
    neume_cnn_begin(b, frame, 1);
    CHECK(neume_cnn_advance(a, UINT32_MAX) && neume_cnn_advance(b, UINT32_MAX));
    CHECK(same(neume_cnn_output(a, 0), neume_cnn_output(b, 0), NEUME_CLASSES));
  }
  neume_cnn_free(a);
  neume_cnn_free(b);
  neume_model_free(private);
  neume_model_release(shared);
}

static void touch(void)
{
  const struct timespec times[2] = { { 1, 0 }, { 1, 0 } };
  CHECK(!utimensat(AT_FDCWD, path, times, 0));
}

/** What was read while the file changed may be half of each: nobody who asks
    later gets it. */
static void test_changing(void)
{
  before_read                    = touch;
  const NeumeModel* const first  = acquire(path);
  before_read                    = NULL;
  const NeumeModel* const second = acquire(path);
  CHECK(first != second);
  neume_model_release(first);

  const NeumeModel* const third = acquire(path);
  CHECK(second == third);
  neume_model_release(second);
  neume_model_release(third);
}

/** What the threads share. */
static struct {
  pthread_barrier_t barrier;         ///< For all of them
  const NeumeModel* held[N_THREADS]; ///< What each has
  atomic_uint       n_wrong;         ///< How often one had another model
} race;

/** Long enough for all to begin to read before one ends. */
static void pause_reading(void)
{
  const struct timespec time = { 0, 1000000L };
  nanosleep(&time, NULL);
}

/** Acquire at once with all others, read, and release in any order. */
static void* use(void* data)
{
  const NeumeModel** const held = (const NeumeModel**)data;
  for (unsigned i = 0; i < N_ROUNDS; ++i) {
    (void)pthread_barrier_wait(&race.barrier);
    if (neume_model_acquire(path, held, NULL)) {
      abort();
    }

    NeumeCnn* cnn = NULL;
    if (!neume_cnn_new(*held, 1, 1, &neume_kernels_c, &cnn)) {
      neume_cnn_free(cnn);
    }
    // In every other round all hold it at once
    if (i % 2U) {
      (void)pthread_barrier_wait(&race.barrier);
      atomic_fetch_add(&race.n_wrong, *held != race.held[0]);
      (void)pthread_barrier_wait(&race.barrier);
    }
    neume_model_release(*held);
  }
  return NULL;
}

static void test_threads(void)
{
  pthread_t threads[N_THREADS];
  before_read = pause_reading;
  CHECK(!pthread_barrier_init(&race.barrier, NULL, N_THREADS));
  for (unsigned i = 0; i < N_THREADS; ++i) {
    CHECK(!pthread_create(&threads[i], NULL, use, (void*)&race.held[i]));
  }
  for (unsigned i = 0; i < N_THREADS; ++i) {
    CHECK(!pthread_join(threads[i], NULL));
  }
  CHECK_MSG(!race.n_wrong, "%u", race.n_wrong);
  (void)pthread_barrier_destroy(&race.barrier);
  before_read = NULL;

  // Nobody holds it any more
  allocations = 0;
  neume_model_release(acquire(path));
  CHECK(allocations > 2U);
}

int main(void)
{
  test_sharing();
  test_release();
  test_replaced();
  test_failures();
  test_memory();
  test_engines();
  test_changing();
  test_threads();
  (void)remove(path);
  return test_report();
}
