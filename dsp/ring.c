// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#include "ring.h"

#include "mapped.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define LINE     64U         // Bytes that one core owns when it writes
#define MAX_SIZE (1U << 31U) // Storage, so that heads wrap with 32 bits

/** Heads count bytes, always below `size`; one byte of the storage stays free
    to tell a full ring from an empty one.

    Each side publishes its head with release order and reads the other's with
    acquire order, so that a byte is written before it is seen and read before
    its place is written again.
*/
struct NeumeRing {
  _Alignas(LINE) _Atomic uint32_t write_head; ///< Stored by the writer only
  _Alignas(LINE) _Atomic uint32_t read_head;  ///< Stored by the reader only
  _Alignas(LINE) uint32_t size;               ///< Bytes of storage, 2^k
  uint32_t mask;                              ///< size - 1
  char*    buffer;                            ///< Storage
};

static uint32_t next_power_of_two(uint32_t n)
{
  uint32_t power = 1;
  while (power < n) {
    power *= 2;
  }
  return power;
}

NeumeRing* neume_ring_new(uint32_t size)
{
  if (size >= MAX_SIZE) {
    return NULL;
  }

  NeumeRing* const ring =
    (NeumeRing*)aligned_alloc(_Alignof(NeumeRing), sizeof(NeumeRing));
  if (!ring) {
    return NULL;
  }

  ring->size   = next_power_of_two(size + 1U);
  ring->mask   = ring->size - 1U;
  ring->buffer = (char*)neume_mapped_calloc(ring->size, 1);
  if (!ring->buffer) {
    free(ring);
    return NULL;
  }

  neume_ring_reset(ring);
  return ring;
}

void neume_ring_free(NeumeRing* ring)
{
  if (ring) {
    free(ring->buffer);
    free(ring);
  }
}

void neume_ring_reset(NeumeRing* ring)
{
  atomic_store_explicit(&ring->write_head, 0, memory_order_relaxed);
  atomic_store_explicit(&ring->read_head, 0, memory_order_relaxed);
}

uint32_t neume_ring_capacity(const NeumeRing* ring)
{
  return ring->mask;
}

static uint32_t used(const NeumeRing* ring, uint32_t read, uint32_t write)
{
  return (write - read) & ring->mask;
}

static uint32_t unused(const NeumeRing* ring, uint32_t read, uint32_t write)
{
  return ring->mask - used(ring, read, write);
}

uint32_t neume_ring_read_space(const NeumeRing* ring)
{
  const uint32_t read =
    atomic_load_explicit(&ring->read_head, memory_order_relaxed);
  const uint32_t write =
    atomic_load_explicit(&ring->write_head, memory_order_acquire);

  return used(ring, read, write);
}

uint32_t neume_ring_write_space(const NeumeRing* ring)
{
  const NeumeRingTransaction tx = neume_ring_begin_write(ring);

  return unused(ring, tx.read_head, tx.write_head);
}

/** Copy out of the storage, from `head` on and round its end. */
static void copy_out(const NeumeRing* ring,
                     uint32_t         head,
                     void*            dst,
                     uint32_t         size)
{
  const uint32_t to_end = ring->size - head;
  const uint32_t first  = size < to_end ? size : to_end;

  memcpy(dst, ring->buffer + head, first);
  memcpy((char*)dst + first, ring->buffer, size - first);
}

uint32_t neume_ring_peek(const NeumeRing* ring, void* dst, uint32_t size)
{
  if (!size || size > neume_ring_read_space(ring)) {
    return 0;
  }

  const uint32_t read =
    atomic_load_explicit(&ring->read_head, memory_order_relaxed);

  copy_out(ring, read, dst, size);
  return size;
}

uint32_t neume_ring_read(NeumeRing* ring, void* dst, uint32_t size)
{
  return neume_ring_peek(ring, dst, size) ? neume_ring_skip(ring, size) : 0;
}

uint32_t neume_ring_skip(NeumeRing* ring, uint32_t size)
{
  if (size > neume_ring_read_space(ring)) {
    return 0;
  }

  const uint32_t read =
    atomic_load_explicit(&ring->read_head, memory_order_relaxed);

  atomic_store_explicit(
    &ring->read_head, (read + size) & ring->mask, memory_order_release);
  return size;
}

uint32_t neume_ring_write(NeumeRing* ring, const void* src, uint32_t size)
{
  NeumeRingTransaction tx = neume_ring_begin_write(ring);
  if (!neume_ring_amend_write(ring, &tx, src, size)) {
    return 0;
  }

  neume_ring_commit_write(ring, &tx);
  return size;
}

NeumeRingTransaction neume_ring_begin_write(const NeumeRing* ring)
{
  const NeumeRingTransaction tx = {
    atomic_load_explicit(&ring->read_head, memory_order_acquire),
    atomic_load_explicit(&ring->write_head, memory_order_relaxed)
  };

  return tx;
}

uint32_t neume_ring_amend_write(NeumeRing*            ring,
                                NeumeRingTransaction* tx,
                                const void*           src,
                                uint32_t              size)
{
  if (!size || size > unused(ring, tx->read_head, tx->write_head)) {
    return 0;
  }

  const uint32_t to_end = ring->size - tx->write_head;
  const uint32_t first  = size < to_end ? size : to_end;

  memcpy(ring->buffer + tx->write_head, src, first);
  memcpy(ring->buffer, (const char*)src + first, size - first);
  tx->write_head = (tx->write_head + size) & ring->mask;
  return size;
}

void neume_ring_commit_write(NeumeRing* ring, const NeumeRingTransaction* tx)
{
  atomic_store_explicit(
    &ring->write_head, tx->write_head, memory_order_release);
}
