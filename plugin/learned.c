// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#include "learned.h"

#include <string.h>

void neume_learned_list(const NeumeUris*  uris,
                        NeumeLearned*     learned,
                        NeumeLearnedValue list[NEUME_N_LEARNED])
{
  const NeumeLearnedValue all[NEUME_N_LEARNED] = {
    { uris->neume_learned_gate, &learned->gate },
    { uris->neume_learned_lowest, &learned->lowest },
    { uris->neume_learned_highest, &learned->highest },
    { uris->neume_learned_level, &learned->level },
  };
  memcpy(list, all, sizeof(all));
}
