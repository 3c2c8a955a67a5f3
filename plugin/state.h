// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#ifndef NEUME_STATE_H
#define NEUME_STATE_H

#include "learn.h"
#include "model_loader.h"
#include "uris.h"

#include <lv2/core/lv2.h>
#include <lv2/state/state.h>

/** Store the model's path, unless it is the bundled one, and what was learned,
    if anything was.

    Not realtime-safe; may run at the same time as run().
*/
LV2_State_Status neume_state_save(NeumeLoader*              loader,
                                  const NeumeLearn*         learn,
                                  const NeumeUris*          uris,
                                  LV2_State_Store_Function  store,
                                  LV2_State_Handle          handle,
                                  const LV2_Feature* const* features);

/** Load the model whose path is stored, and take over what was learned.

    No path means the bundled weights; what is not stored was not learned.
    Either of the two that is no good is refused, and what is in force stays;
    but a model that can't be loaded now is still the one that will be saved.
    While `active`, the worker loads if `features` offers one.  Not
    realtime-safe; may run at the same time as run().
*/
LV2_State_Status neume_state_restore(NeumeLoader*                loader,
                                     NeumeLearn*                 learn,
                                     const NeumeUris*            uris,
                                     bool                        active,
                                     LV2_State_Retrieve_Function retrieve,
                                     LV2_State_Handle            handle,
                                     const LV2_Feature* const*   features);

#endif // NEUME_STATE_H
