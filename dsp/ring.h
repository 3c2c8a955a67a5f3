// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#ifndef NEUME_RING_H
#define NEUME_RING_H

#include "attributes.h"

#include <stdint.h>

/** A lock-free ring of bytes for one writing and one reading thread.

    Sizes are bytes.  Reads and writes are all or nothing, so that a record
    written whole is read whole.
*/
typedef struct NeumeRing NeumeRing;

/** A write in progress, seen by the reader only once it is committed. */
typedef struct {
  uint32_t read_head;  ///< Read head when the transaction began
  uint32_t write_head; ///< Write head, with what was amended so far
} NeumeRingTransaction;

/** A new ring that holds at least `size` bytes, or NULL.

    `size` is rounded up so that the ring's storage is a power of two, at most
    2^31 bytes.  Allocates: not realtime-safe.
*/
NeumeRing* neume_ring_new(uint32_t size);

/** Free `ring`, which may be NULL.  No thread may use it any more. */
void neume_ring_free(NeumeRing* ring);

/** Empty `ring`.  NOT thread-safe: neither side may be using it. */
void neume_ring_reset(NeumeRing* ring);

/** Most bytes that can be in `ring` at once.  Realtime-safe. */
uint32_t neume_ring_capacity(const NeumeRing* ring) NEUME_REALTIME;

/** Bytes ready to be read.  Realtime-safe, read thread only. */
uint32_t neume_ring_read_space(const NeumeRing* ring) NEUME_REALTIME;

/** Bytes free to be written.  Realtime-safe, write thread only. */
uint32_t neume_ring_write_space(const NeumeRing* ring) NEUME_REALTIME;

/** Copy `size` bytes to `dst` and leave them in the ring.

    Returns `size`, or 0 if fewer are there.  Realtime-safe, read thread only.
*/
uint32_t neume_ring_peek(const NeumeRing* ring,
                         void*            dst,
                         uint32_t         size) NEUME_REALTIME;

/** Copy `size` bytes to `dst` and remove them.

    Returns `size`, or 0 if fewer are there.  Realtime-safe, read thread only.
*/
uint32_t neume_ring_read(NeumeRing* ring,
                         void*      dst,
                         uint32_t   size) NEUME_REALTIME;

/** Remove `size` bytes unread.

    Returns `size`, or 0 if fewer are there.  Realtime-safe, read thread only.
*/
uint32_t neume_ring_skip(NeumeRing* ring, uint32_t size) NEUME_REALTIME;

/** Write `size` bytes from `src`.

    Returns `size`, or 0 if they do not fit.  Realtime-safe, write thread only.
*/
uint32_t neume_ring_write(NeumeRing*  ring,
                          const void* src,
                          uint32_t    size) NEUME_REALTIME;

/** Begin a write of several parts.  Realtime-safe, write thread only. */
NeumeRingTransaction neume_ring_begin_write(const NeumeRing* ring)
  NEUME_REALTIME;

/** Add `size` bytes from `src` to a write that was begun.

    Returns `size`, or 0 if they do not fit; the transaction is then as before,
    and may be dropped by not committing it.  Realtime-safe, write thread only.
*/
uint32_t neume_ring_amend_write(NeumeRing*            ring,
                                NeumeRingTransaction* tx,
                                const void*           src,
                                uint32_t              size) NEUME_REALTIME;

/** Show the reader all that was amended.  Realtime-safe, write thread only. */
void neume_ring_commit_write(NeumeRing*                  ring,
                             const NeumeRingTransaction* tx) NEUME_REALTIME;

#endif // NEUME_RING_H
