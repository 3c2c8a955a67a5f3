// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#include "fault.h"

#include "text.h"

#include <stdarg.h>
#include <stdio.h>

bool neume_fault(NeumeFault* fault, NeumeStatus status, const char* format, ...)
{
  va_list args;
  va_start(args, format);
  (void)vsnprintf(fault->message, sizeof(fault->message), format, args);
  va_end(args);

  neume_text_clean(fault->message);
  fault->status = status;
  return false;
}

bool neume_fault_memory(NeumeFault* fault)
{
  return neume_fault(fault, NEUME_ERR_MEMORY, "out of memory");
}
