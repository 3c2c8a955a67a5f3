// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#include "engine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

NeumeEngine* neume_engine_new(const char* path, double rate, char* message)
{
  const size_t length = strlen(path);
  if (length >= NEUME_PATH_MAX) {
    snprintf(message, NEUME_MESSAGE_MAX, "path is too long");
    return NULL;
  }

  NeumeEngine* const engine = (NeumeEngine*)calloc(1, sizeof(NeumeEngine));
  if (!engine) {
    snprintf(
      message, NEUME_MESSAGE_MAX, "%s", neume_strerror(NEUME_ERR_MEMORY));
    return NULL;
  }

  memcpy(engine->path, path, length + 1U);
  if (neume_model_acquire(path, &engine->model, message)) {
    neume_engine_free(engine);
    return NULL;
  }

  const NeumeStatus st =
    neume_new(engine->model, rate, NEUME_INTERLEAVE, 1, &engine->neume);
  if (st) {
    snprintf(message, NEUME_MESSAGE_MAX, "%s", neume_strerror(st));
    neume_engine_free(engine);
    return NULL;
  }

  return engine;
}

void neume_engine_free(NeumeEngine* engine)
{
  if (engine) {
    neume_free(engine->neume);
    neume_model_release(engine->model);
    free(engine);
  }
}
