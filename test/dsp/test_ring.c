// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#include "ring.h"
#include "test.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#define RECORDS       100000U
#define RECORDS_LEAST 2000U
#define SECONDS       15.0 // Enough for all where anything is idle
#define MAX_BODY      57U

/** What precedes a record's body in the ring. */
typedef struct {
  uint32_t number; ///< Counts from 0
  uint32_t size;   ///< Bytes of body that follow, at most MAX_BODY
  uint32_t sum;    ///< Checksum of the body
} Head;

/** One side of a threaded test, and what it saw. */
typedef struct {
  NeumeRing*   ring;   ///< Shared
  atomic_bool* failed; ///< Shared: the reader has given up
  atomic_uint* total;  ///< Shared: records in all, UINT32_MAX until it is known
  unsigned     errors; ///< Records that were not as expected
  unsigned     waits;  ///< Times that the ring was full, or empty
} Side;

static uint32_t next_random(uint32_t* state)
{
  *state = *state * 1664525U + 1013904223U;
  return *state >> 8U;
}

/** FNV-1a. */
static uint32_t checksum(const unsigned char* data, uint32_t size)
{
  uint32_t sum = 2166136261U;
  for (uint32_t i = 0; i < size; ++i) {
    sum = (sum ^ data[i]) * 16777619U;
  }
  return sum;
}

static void test_sizes(void)
{
  neume_ring_free(NULL);
  CHECK(!neume_ring_new(1U << 31U));
  CHECK(!neume_ring_new(UINT32_MAX));

  NeumeRing* const nothing = neume_ring_new(0);
  char             byte    = 'a';
  CHECK(nothing);
  if (nothing) {
    CHECK(neume_ring_capacity(nothing) == 0);
    CHECK(neume_ring_write_space(nothing) == 0);
    CHECK(neume_ring_read_space(nothing) == 0);
    CHECK(!neume_ring_write(nothing, &byte, 1));
    CHECK(!neume_ring_read(nothing, &byte, 1));
    neume_ring_free(nothing);
  }

  const uint32_t sizes[] = { 1, 2, 3, 4, 7, 8, 1000, 4095, 4096, 1000000 };
  for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); ++i) {
    NeumeRing* const ring = neume_ring_new(sizes[i]);
    CHECK(ring);
    if (ring) {
      const uint32_t capacity = neume_ring_capacity(ring);
      CHECK_MSG(capacity >= sizes[i], "%u, asked for %u", capacity, sizes[i]);
      CHECK(((capacity + 1U) & capacity) == 0); // Storage is a power of two
      CHECK(neume_ring_write_space(ring) == capacity);
      neume_ring_free(ring);
    }
  }
}

/** Fill to the brim, at every position of the heads. */
static void test_edges(void)
{
  NeumeRing* const ring = neume_ring_new(15);
  CHECK(ring && neume_ring_capacity(ring) == 15);
  if (!ring) {
    return;
  }

  const char* const text = "abcdefghijklmnop";
  for (unsigned start = 0; start < 40; ++start) {
    char read[17] = { 0 };
    CHECK(neume_ring_write(ring, text, 15) == 15);
    CHECK(neume_ring_write_space(ring) == 0);
    CHECK(neume_ring_read_space(ring) == 15);
    CHECK(neume_ring_write(ring, text, 1) == 0);
    CHECK(neume_ring_peek(ring, read, 16) == 0);
    CHECK(neume_ring_read(ring, read, 16) == 0);
    CHECK(neume_ring_skip(ring, 16) == 0);
    CHECK(!read[0]);
    CHECK(neume_ring_peek(ring, read, 15) == 15);
    CHECK(!memcmp(read, text, 15));
    CHECK(neume_ring_read_space(ring) == 15);
    CHECK(neume_ring_skip(ring, 5) == 5);
    CHECK(neume_ring_write_space(ring) == 5);
    CHECK(neume_ring_read(ring, read, 10) == 10);
    CHECK(!memcmp(read, text + 5, 10));
    CHECK(neume_ring_read(ring, read, 1) == 0);

    // Move the heads on by one place
    CHECK(neume_ring_write(ring, text, 2) == 2);
    CHECK(neume_ring_skip(ring, 2) == 2);
  }

  CHECK(neume_ring_write(ring, text, 3) == 3);
  neume_ring_reset(ring);
  CHECK(neume_ring_read_space(ring) == 0);
  CHECK(neume_ring_write_space(ring) == 15);
  neume_ring_free(ring);
}

static void test_transaction(void)
{
  NeumeRing* const ring = neume_ring_new(15);
  CHECK(ring);
  if (!ring) {
    return;
  }

  for (unsigned start = 0; start < 40; ++start) {
    char read[16] = { 0 };

    // Nothing is seen before it is committed
    NeumeRingTransaction tx = neume_ring_begin_write(ring);
    CHECK(neume_ring_amend_write(ring, &tx, "1234", 4) == 4);
    CHECK(neume_ring_read_space(ring) == 0);
    CHECK(neume_ring_amend_write(ring, &tx, "567890AB", 8) == 8);
    CHECK(neume_ring_read_space(ring) == 0);

    // What does not fit changes nothing
    const NeumeRingTransaction before = tx;
    CHECK(neume_ring_amend_write(ring, &tx, "wxyz", 4) == 0);
    CHECK(tx.write_head == before.write_head);
    CHECK(tx.read_head == before.read_head);
    CHECK(neume_ring_amend_write(ring, &tx, "CDE", 3) == 3);
    neume_ring_commit_write(ring, &tx);
    CHECK(neume_ring_read(ring, read, 15) == 15);
    CHECK(!strcmp(read, "1234567890ABCDE"));

    // One that is dropped leaves no trace
    tx = neume_ring_begin_write(ring);
    CHECK(neume_ring_amend_write(ring, &tx, "dropped", 7) == 7);
    CHECK(neume_ring_write(ring, "kept", 4) == 4);
    CHECK(neume_ring_read_space(ring) == 4);
    CHECK(neume_ring_read(ring, read, 4) == 4);
    CHECK(!memcmp(read, "kept", 4));
  }
  neume_ring_free(ring);
}

/** Seconds on a clock that only goes forward. */
static double now(void)
{
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/** Write numbered records of random size, some of them dropped half-way: all,
    or as many as there is time for where processors are busy elsewhere. */
static void* write_records(void* data)
{
  Side* const  side   = (Side*)data;
  const double end    = now() + SECONDS;
  uint32_t     random = 1;
  uint32_t     number = 0;
  while (number < RECORDS && (number < RECORDS_LEAST || now() < end)) {
    unsigned char body[MAX_BODY];
    const Head    head = { number, next_random(&random) % (MAX_BODY + 1U), 0 };
    for (uint32_t i = 0; i < head.size; ++i) {
      body[i] = (unsigned char)next_random(&random);
    }

    Head summed = head;
    summed.sum  = checksum(body, head.size);

    // In three parts, the body in two
    const uint32_t       half = head.size / 2U;
    const uint32_t       rest = head.size - half;
    NeumeRingTransaction tx   = neume_ring_begin_write(side->ring);
    if (!neume_ring_amend_write(side->ring, &tx, &summed, sizeof(summed)) ||
        (half && !neume_ring_amend_write(side->ring, &tx, body, half)) ||
        (rest && !neume_ring_amend_write(side->ring, &tx, body + half, rest))) {
      ++side->waits;
      if (atomic_load_explicit(side->failed, memory_order_relaxed)) {
        break;
      }
      sched_yield();
      continue;
    }
    if (next_random(&random) % 16U) {
      neume_ring_commit_write(side->ring, &tx);
      ++number;
    }
  }
  atomic_store_explicit(side->total, number, memory_order_relaxed);
  return NULL;
}

static void* read_records(void* data)
{
  Side* const side   = (Side*)data;
  uint32_t    number = 0;
  while (number < atomic_load_explicit(side->total, memory_order_relaxed)) {
    Head          head = { 0, 0, 0 };
    unsigned char body[MAX_BODY];
    if (!neume_ring_peek(side->ring, &head, sizeof(head))) {
      ++side->waits;
      sched_yield();
      continue;
    }

    // The body is there as soon as its head is
    const bool ok =
      head.number == number && head.size <= MAX_BODY &&
      neume_ring_read_space(side->ring) >= sizeof(head) + head.size &&
      neume_ring_skip(side->ring, sizeof(head)) == sizeof(head) &&
      neume_ring_read(side->ring, body, head.size) == head.size &&
      checksum(body, head.size) == head.sum;
    if (!ok) {
      ++side->errors;
      atomic_store_explicit(side->failed, true, memory_order_relaxed);
      break; // Out of step: the rest would be noise
    }
    ++number;
  }
  return NULL;
}

static void test_threads(uint32_t size)
{
  NeumeRing* const ring = neume_ring_new(size);
  CHECK(ring);
  if (!ring) {
    return;
  }

  atomic_bool failed = false;
  atomic_uint total  = UINT32_MAX;
  Side        writer = { ring, &failed, &total, 0, 0 };
  Side        reader = { ring, &failed, &total, 0, 0 };
  pthread_t   thread;
  CHECK(!pthread_create(&thread, NULL, write_records, &writer));
  read_records(&reader);
  CHECK(!pthread_join(thread, NULL));
  CHECK_MSG(!reader.errors, "%u errors", reader.errors);
  CHECK(neume_ring_read_space(ring) == 0);
  fprintf(stderr,
          "ring of %u: %u records, full %u times, empty %u times\n",
          neume_ring_capacity(ring),
          atomic_load(&total),
          writer.waits,
          reader.waits);
  neume_ring_free(ring);
}

int main(void)
{
  test_sizes();
  test_edges();
  test_transaction();
  test_threads(100);
  test_threads(4096);
  return test_report();
}
