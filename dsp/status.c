// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#include "status.h"

const char* neume_strerror(NeumeStatus status)
{
  switch (status) {
    case NEUME_SUCCESS:
      return "Success";
    case NEUME_ERR_MEMORY:
      return "Out of memory";
    case NEUME_ERR_RATE:
      return "Sample rate is not between 8 and 384 kHz";
    case NEUME_ERR_FILE:
      return "File can't be read";
    case NEUME_ERR_FORMAT:
      return "File is not a valid weights file";
    case NEUME_ERR_RANGE:
      return "Value is out of range";
    case NEUME_ERR_SIZE:
      return "The network would take more than 1 GiB of memory";
    case NEUME_ERR_INTERNAL:
      return "A library call failed";
  }
  return "Unknown error";
}
