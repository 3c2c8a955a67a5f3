// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#include "text.h"

#include "test.h"

#include <stdio.h>
#include <string.h>

/** Text, and what may be printed of it. */
static const char* const pairs[][2] = {
  { "", "" },
  { "plain", "plain" },
  { "caf\xC3\xA9 \xE2\x99\xAA \xF0\x9F\x8E\xB5",
    "caf\xC3\xA9 \xE2\x99\xAA \xF0\x9F\x8E\xB5" },
  { "\x1B]0;title\x07\x1B[2J", "?]0;title??[2J" },
  { "a\nb\tc\x7F", "a?b?c?" },
  { "C1 \xC2\x9B\x32J", "C1 ??2J" },             // CSI in one character
  { "\xC2\xA0", "\xC2\xA0" },                    // The first that is no control
  { "\x80 \xFF \xC3( \xE2\x99x", "? ? ?( ??x" }, // No characters
  { "cut \xE2\x99", "cut " },                    // Off within one
};

int main(void)
{
  for (unsigned i = 0; i < sizeof(pairs) / sizeof(*pairs); ++i) {
    char text[64];
    snprintf(text, sizeof(text), "%s", pairs[i][0]);
    neume_text_clean(text);
    CHECK_MSG(!strcmp(text, pairs[i][1]), "%u: %s", i, text);
  }
  return test_report();
}
