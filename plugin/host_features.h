// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#ifndef NEUME_HOST_FEATURES_H
#define NEUME_HOST_FEATURES_H

#include <lv2/core/lv2.h>

#include <string.h>

/** The data of the feature called `uri`, or NULL.  `features` may be NULL. */
static inline void* neume_feature(const LV2_Feature* const* features,
                                  const char*               uri)
{
  for (; features && *features; ++features) {
    if (!strcmp((*features)->URI, uri)) {
      return (*features)->data;
    }
  }
  return NULL;
}

#endif // NEUME_HOST_FEATURES_H
