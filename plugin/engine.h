// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#ifndef NEUME_ENGINE_H
#define NEUME_ENGINE_H

#include "model_store.h"
#include "neume.h"

#define NEUME_PATH_MAX 4096U ///< Bytes of the longest path, its NUL included

/** A model file with a chain that runs it: what is swapped as one. */
typedef struct {
  const NeumeModel* model; ///< The network, shared by the process
  Neume*            neume; ///< The chain; uses `model`
  char              path[NEUME_PATH_MAX]; ///< Where the model came from
} NeumeEngine;

/** Load the model at `path` and make a chain for `rate` Hz.

    Engines of one file share the model, see neume_model_acquire().
    Returns NULL and writes one line to `message` (NEUME_MESSAGE_MAX bytes) on
    failure.  Not realtime-safe; any thread.
*/
NeumeEngine* neume_engine_new(const char* path, double rate, char* message);

/** Free `engine`, which may be NULL.  Not realtime-safe. */
void neume_engine_free(NeumeEngine* engine);

#endif // NEUME_ENGINE_H
