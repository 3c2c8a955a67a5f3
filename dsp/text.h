// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#ifndef NEUME_TEXT_H
#define NEUME_TEXT_H

/** Make text out of a file safe to print on a terminal, and valid as UTF-8.

    Control characters and broken sequences become '?'; a character that is cut
    off at the end goes.  In place; any thread.
*/
void neume_text_clean(char* text);

#endif // NEUME_TEXT_H
