// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#ifndef NEUME_PATCH_H
#define NEUME_PATCH_H

#include "attributes.h"
#include "learn.h"
#include "model_loader.h"
#include "sequence.h"
#include "uris.h"

#include <lv2/atom/atom.h>

/** Act on the messages in `control`, which may be NULL.

    A patch:Set of the model is handed to `loader`; a patch:Get makes it
    announce the path, and forgets what was `told` of what is learned.  (Of one
    property, or of all where it names none.)  A time:Position that tells the
    transport's speed sets `*speed`.  Everything else is skipped, and so is what
    is longer than its container says.  Realtime-safe.
*/
void neume_patch_read(const LV2_Atom_Sequence* control,
                      const NeumeUris*         uris,
                      NeumeLoader*             loader,
                      NeumeLearned*            told,
                      float*                   speed) NEUME_REALTIME;

/** Tell the host the model's path, if `loader` is to announce it, and what of
    `learned` it has not been `told`.

    What does not fit into `notify` is told in a later block.  Realtime-safe.
*/
void neume_patch_write(NeumeSequence*      notify,
                       const NeumeUris*    uris,
                       NeumeLoader*        loader,
                       const NeumeLearned* learned,
                       NeumeLearned*       told) NEUME_REALTIME;

#endif // NEUME_PATCH_H
