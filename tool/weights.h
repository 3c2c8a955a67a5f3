// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#ifndef NEUME_WEIGHTS_H
#define NEUME_WEIGHTS_H

#include "model_store.h"

/** Load weights, the bundled ones if `path` is NULL.

    The bundled ones are the first that is there of: what the environment
    variable NEUME_MODEL names; share/neume/live.safetensors beside the bin/
    that holds this program; weights/live.safetensors beside its folder (a
    build tree); and the data folder chosen when Neume was built.

    On failure prints why and returns NULL.  Release with
    neume_model_release().
*/
const NeumeModel* weights_load(const char* path);

#endif // NEUME_WEIGHTS_H
