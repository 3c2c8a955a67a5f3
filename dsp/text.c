// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#include "text.h"

#include <stdbool.h>
#include <stddef.h>

/** Bytes that a UTF-8 character starting with `lead` has, 0 if it can't. */
static size_t utf8_length(unsigned char lead)
{
  return lead < 0x80U   ? 1U
         : lead < 0xC2U ? 0U
         : lead < 0xE0U ? 2U
         : lead < 0xF0U ? 3U
         : lead < 0xF5U ? 4U
                        : 0U;
}

void neume_text_clean(char* text)
{
  unsigned char* p = (unsigned char*)text;
  while (*p) {
    const size_t length = utf8_length(*p);
    size_t       n      = 1;
    while (n < length && (p[n] & 0xC0U) == 0x80U) {
      ++n;
    }

    if (n < length && !p[n]) {
      *p = '\0'; // Cut off within a character
      return;
    }

    // C0, DEL, C1 (which terminals obey too) and broken sequences
    const bool control =
      *p < 0x20U || *p == 0x7FU || (*p == 0xC2U && n == 2U && p[1] < 0xA0U);
    if (control || n != length) {
      for (size_t i = 0; i < n; ++i) {
        p[i] = '?';
      }
    }
    p += n;
  }
}
