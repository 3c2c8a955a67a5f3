// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#ifndef NEUME_MODEL_REFUSE_H
#define NEUME_MODEL_REFUSE_H

#include "model.h"
#include "test.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/** Parse; see that status, model and message agree. */
static inline NeumeModel* model_parse(const uint8_t* bytes,
                                      size_t         n_bytes,
                                      NeumeStatus*   status,
                                      char*          message)
{
  NeumeModel* model = NULL;
  memset(message, '~', NEUME_MESSAGE_MAX);
  *status = neume_model_parse(bytes, n_bytes, &model, message);
  CHECK((*status == NEUME_SUCCESS) == (model != NULL));
  if (*status) {
    size_t n = 0;
    while (n < NEUME_MESSAGE_MAX && (unsigned char)message[n] >= 0x20U &&
           message[n] != 0x7F) {
      ++n;
    }
    CHECK_MSG(n && n < NEUME_MESSAGE_MAX && !message[n],
              "'%.*s'",
              NEUME_MESSAGE_MAX,
              message);
  }
  return model;
}

/** Parse bytes that must be refused with `expected` in the message. */
static inline void model_refuse(const char*    label,
                                const uint8_t* bytes,
                                size_t         n_bytes,
                                NeumeStatus    expected_status,
                                const char*    expected)
{
  NeumeStatus       status = NEUME_SUCCESS;
  char              message[NEUME_MESSAGE_MAX];
  NeumeModel* const model = model_parse(bytes, n_bytes, &status, message);
  CHECK_MSG(status == expected_status, "%s: status %d", label, (int)status);
  CHECK_MSG(model || strstr(message, expected),
            "%s: expected '%s', got '%s'",
            label,
            expected,
            message);
  neume_model_free(model);
}

#endif // NEUME_MODEL_REFUSE_H
