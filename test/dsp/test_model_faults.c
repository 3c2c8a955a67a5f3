// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#include "model.h"

#include "model_builder.h"
#include "test.h"

#include <jansson.h>
#include <malloc.h>

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

/** Every allocation of the loader fails once, memory ends everywhere, and so
    does the file.

    The linker leads the program's own calls here (--wrap), and Jansson is told
    to call here too.  Jansson does not survive every allocation that fails, so
    its own are only failed as memory that has run out fails them.
*/
static struct {
  bool   on;        ///< Counts and fails
  size_t n;         ///< Allocations of the loader so far
  size_t fail_at;   ///< Which of them fails, from 1; 0 = none
  size_t live;      ///< Bytes allocated now, overhead included
  size_t budget;    ///< Most of `live` that is allowed
  size_t needed;    ///< Least `live` that was refused
  size_t largest;   ///< Largest block that the loader asked for
  size_t json;      ///< Bytes that Jansson holds now, overhead included
  size_t json_peak; ///< Most of `json`
} heap;

/** How reading a file goes. */
static struct {
  size_t most;  ///< Bytes that a call reads, 0 = all
  size_t end;   ///< After how many calls it ends
  int    error; ///< How it ends: errno, 0 = end of file
  bool   again; ///< Every other call is interrupted
  size_t n;     ///< Calls so far
} reading;

#define OVERHEAD 16U ///< Per block

// NOLINTBEGIN(*-reserved-identifier,cert-dcl*): the linker's names
void*   __real_malloc(size_t size);
void*   __real_calloc(size_t n, size_t size);
void    __real_free(void* block);
ssize_t __real_read(int fd, void* dst, size_t n);
void*   __wrap_malloc(size_t size);
void*   __wrap_calloc(size_t n, size_t size);
void    __wrap_free(void* block);
ssize_t __wrap_read(int fd, void* dst, size_t n);
// NOLINTEND(*-reserved-identifier,cert-dcl*)

/** See whether the budget allows `size` bytes more. */
static bool allow(size_t size)
{
  const size_t live = heap.live + size + OVERHEAD;
  if (live > heap.budget) {
    heap.needed = live < heap.needed ? live : heap.needed;
    return false;
  }
  return true;
}

static void* note(void* block)
{
  if (block) {
    heap.live += malloc_usable_size(block) + OVERHEAD;
  }
  return block;
}

void* __wrap_malloc(size_t size)
{
  if (!heap.on) {
    return __real_malloc(size);
  }
  heap.largest     = size > heap.largest ? size : heap.largest;
  const bool fails = ++heap.n == heap.fail_at || !allow(size);
  return fails ? NULL : note(__real_malloc(size));
}

void* __wrap_calloc(size_t n, size_t size)
{
  if (!heap.on) {
    return __real_calloc(n, size);
  }
  const bool fails = ++heap.n == heap.fail_at || !allow(n * size);
  return fails ? NULL : note(__real_calloc(n, size));
}

void __wrap_free(void* block)
{
  if (heap.on && block) {
    heap.live -= malloc_usable_size(block) + OVERHEAD;
  }
  __real_free(block);
}

static void* json_malloc(size_t size)
{
  if (!heap.on) {
    return __real_malloc(size);
  }

  void* const block = allow(size) ? note(__real_malloc(size)) : NULL;
  if (block) {
    heap.json += malloc_usable_size(block) + OVERHEAD;
    heap.json_peak = heap.json > heap.json_peak ? heap.json : heap.json_peak;
  }
  return block;
}

static void json_release(void* block)
{
  if (heap.on && block) {
    heap.json -= malloc_usable_size(block) + OVERHEAD;
  }
  __wrap_free(block);
}

ssize_t __wrap_read(int fd, void* dst, size_t n)
{
  if (++reading.n > reading.end) {
    errno = reading.error;
    return reading.error ? -1 : 0;
  }
  if (reading.again && reading.n % 2U) {
    errno = EINTR;
    return -1;
  }
  return __real_read(
    fd, dst, reading.most && reading.most < n ? reading.most : n);
}

static NeumeModel not_null; ///< What a pointer holds that was not set

/** Load under the settings in `heap`; true if it succeeds. */
static bool load(const uint8_t* bytes, size_t n_bytes)
{
  NeumeModel* model                      = &not_null;
  char        message[NEUME_MESSAGE_MAX] = "";
  heap.n                                 = 0;
  heap.live                              = 0;
  heap.needed                            = SIZE_MAX;
  heap.on                                = true;
  const NeumeStatus status = neume_model_parse(bytes, n_bytes, &model, message);
  const bool        failed =
    heap.needed < SIZE_MAX || (heap.fail_at && heap.n >= heap.fail_at);
  CHECK(status == (failed ? NEUME_ERR_MEMORY : NEUME_SUCCESS));
  CHECK((status == NEUME_SUCCESS) == (model != NULL));
  CHECK_MSG(!failed || !strcmp(message, "out of memory"), "%s", message);
  neume_model_free(model);
  heap.on = false;
  CHECK_MSG(!heap.live, "%zu bytes leaked", heap.live);
  return !failed;
}

static void test_each(const uint8_t* bytes, size_t n_bytes)
{
  heap.budget  = SIZE_MAX;
  heap.fail_at = 1;
  while (!load(bytes, n_bytes)) {
    ++heap.fail_at;
  }

  // Header, model, provenance, tensors, their bytes, and a probe per JSON text
  CHECK_MSG(heap.fail_at == 12U, "%zu", heap.fail_at);
  heap.fail_at = 0;
}

static void test_budget(const uint8_t* bytes, size_t n_bytes)
{
  unsigned n_failures = 0;
  heap.budget         = 0;
  while (!load(bytes, n_bytes)) {
    CHECK(heap.needed > heap.budget);
    heap.budget = heap.needed; // Just enough to come further
    ++n_failures;
  }
  CHECK_MSG(n_failures >= 3U, "%u", n_failures);
  heap.budget = SIZE_MAX;
}

/** What JSON costs most stays within what the loader makes sure of. */
static void test_bound(void)
{
  static const char* const units[] = {
    "[],",   "{},",        "0,",         "\"\",",      "[[]],",
    "[{}],", "{\"a\":0},", "{\"\":{}},", "{\"\":[0]},"
  };
  enum { n_text = 60000 };

  for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); ++i) {
    const size_t   n_unit = strlen(units[i]);
    uint8_t* const bytes  = (uint8_t*)calloc(1, n_text + 64U);
    char* const    text   = (char*)bytes + 8;
    size_t         n      = (size_t)sprintf(text, "{\"a\":[");
    while (n + n_unit + 8U < n_text) {
      memcpy(text + n, units[i], n_unit);
      n += n_unit;
    }
    n += (size_t)sprintf(text + n, "0]}");
    bytes[0] = (uint8_t)(n & 0xFFU);
    bytes[1] = (uint8_t)(n >> 8U);

    NeumeModel* model                      = NULL;
    char        message[NEUME_MESSAGE_MAX] = "";
    heap.largest                           = 0;
    heap.json                              = 0;
    heap.json_peak                         = 0;
    heap.budget                            = SIZE_MAX;
    heap.on                                = true;
    CHECK(neume_model_parse(bytes, n + 8U, &model, message));
    heap.on = false;

    CHECK(!strcmp(message, "__metadata__: missing"));
    CHECK_MSG(heap.json_peak > n && heap.json_peak < heap.largest,
              "%s: %zu of %zu",
              units[i],
              heap.json_peak,
              heap.largest);
    free(bytes);
  }
}

/** Load a file that reads as `reading` says. */
static void load_file(const char* path, NeumeStatus expected, const char* said)
{
  NeumeModel* model                      = &not_null;
  char        message[NEUME_MESSAGE_MAX] = "";
  reading.n                              = 0;
  CHECK(neume_model_load(path, &model, message) == expected);
  CHECK((expected == NEUME_SUCCESS) == (model != NULL));
  CHECK_MSG(strstr(message, said), "'%s'", message);
  neume_model_free(model);
}

static void test_reading(const uint8_t* bytes, size_t n_bytes)
{
  static const char path[] = "test_model_faults.safetensors";
  FILE* const       file   = fopen(path, "wb");
  CHECK(file && fwrite(bytes, 1, n_bytes, file) == n_bytes && !fclose(file));

  reading.end = SIZE_MAX;
  load_file(path, NEUME_SUCCESS, "");
  CHECK(reading.n == 3U); // Length, header, tensors

  reading.most  = 7;
  reading.again = true;
  load_file(path, NEUME_SUCCESS, "");
  CHECK(reading.n > 2U * (n_bytes / 7U));

  for (reading.end = 0; reading.end < 200U; ++reading.end) {
    reading.error = EIO;
    load_file(path, NEUME_ERR_FILE, "can't read: ");
    reading.error = 0;
    load_file(path, NEUME_ERR_FILE, "can't read: the file shrinks");
  }
  (void)remove(path);
}

int main(void)
{
  json_set_alloc_funcs(json_malloc, json_release);

  size_t         n     = 0;
  uint8_t* const bytes = model_builder_bytes(model_builder_small(1, 1), &n);
  test_each(bytes, n);
  test_budget(bytes, n);
  test_reading(bytes, n);
  free(bytes);
  test_bound();
  return test_report();
}
