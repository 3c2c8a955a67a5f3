// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#ifndef NEUME_MAPPED_H
#define NEUME_MAPPED_H

#include <stddef.h>

/** As calloc(), for memory that the audio thread writes: every page is there.

    Pages of calloc() are mapped by the system when they are first written,
    which would be in run().  NULL if there is not enough; free() it.  Not
    realtime-safe; any thread.
*/
void* neume_mapped_calloc(size_t n, size_t size);

#endif // NEUME_MAPPED_H
