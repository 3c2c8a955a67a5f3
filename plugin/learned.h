// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#ifndef NEUME_LEARNED_H
#define NEUME_LEARNED_H

#include "attributes.h"
#include "learn.h"
#include "uris.h"

#define NEUME_N_LEARNED 4U ///< Values that are learned

/** A value that was learned, and what it is called in states and messages: an
    atom:Int. */
typedef struct {
  LV2_URID key;   ///< The property
  int*     value; ///< Where it is
} NeumeLearnedValue;

/** List the values of `learned`.  Realtime-safe; any thread. */
void neume_learned_list(const NeumeUris*  uris,
                        NeumeLearned*     learned,
                        NeumeLearnedValue list[NEUME_N_LEARNED]) NEUME_REALTIME;

#endif // NEUME_LEARNED_H
