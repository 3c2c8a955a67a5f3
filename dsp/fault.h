// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#ifndef NEUME_FAULT_H
#define NEUME_FAULT_H

#include "attributes.h"
#include "model.h"
#include "status.h"

#include <stdbool.h>

/** What is wrong with a weights file.

    Functions that read one return false and fill this in, once.
*/
typedef struct {
  NeumeStatus status;                     ///< Never NEUME_SUCCESS once set
  char        message[NEUME_MESSAGE_MAX]; ///< One line of UTF-8
} NeumeFault;

/** Fill in `fault`; returns false, for `return neume_fault(...)`.

    Text from a file may be in the arguments: control characters become '?',
    and what does not fit is cut off between two characters.  Any thread.
*/
bool neume_fault(NeumeFault* fault, NeumeStatus status, const char* format, ...)
  NEUME_PRINTF(3, 4);

/** neume_fault() for an allocation that failed. */
bool neume_fault_memory(NeumeFault* fault);

#endif // NEUME_FAULT_H
