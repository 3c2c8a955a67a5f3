// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#ifndef NEUME_STATE_H
#define NEUME_STATE_H

#include "model_loader.h"
#include "uris.h"

#include <lv2/core/lv2.h>
#include <lv2/state/state.h>

/** Store the model's path, unless it is the bundled one.  Not realtime-safe;
    may run at the same time as run(). */
LV2_State_Status neume_state_save(NeumeLoader*              loader,
                                  const NeumeUris*          uris,
                                  LV2_State_Store_Function  store,
                                  LV2_State_Handle          handle,
                                  const LV2_Feature* const* features);

/** Load the model whose path is stored; no path means the bundled weights.

    While `active`, the worker does it if `features` offers one.  Not
    realtime-safe; may run at the same time as run().
*/
LV2_State_Status neume_state_restore(NeumeLoader*                loader,
                                     const NeumeUris*            uris,
                                     bool                        active,
                                     LV2_State_Retrieve_Function retrieve,
                                     LV2_State_Handle            handle,
                                     const LV2_Feature* const*   features);

#endif // NEUME_STATE_H
