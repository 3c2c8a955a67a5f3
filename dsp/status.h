// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#ifndef NEUME_STATUS_H
#define NEUME_STATUS_H

/** What a function that can fail returns. */
typedef enum {
  NEUME_SUCCESS,     ///< Done
  NEUME_ERR_MEMORY,  ///< Out of memory
  NEUME_ERR_RATE,    ///< Sample rate outside 8 to 384 kHz
  NEUME_ERR_FILE,    ///< File can't be read
  NEUME_ERR_FORMAT,  ///< File is not what it should be
  NEUME_ERR_RANGE,   ///< A value lies outside its range
  NEUME_ERR_SIZE,    ///< Would take far more memory than any network should
  NEUME_ERR_INTERNAL ///< A library call failed that should not
} NeumeStatus;

/** A short English sentence without a full stop.  Thread-safe, realtime-safe.
 */
const char* neume_strerror(NeumeStatus status);

#endif // NEUME_STATUS_H
