// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#ifndef NEUME_WEIGHTS_H
#define NEUME_WEIGHTS_H

#include "model_store.h"

/** Load weights from `path`: a file, or the name of weights of ours.  NULL is
    what the environment variable NEUME_MODEL says, or else "accurate" where
    `lookahead_ms` is a frame of a context (125 ms) or more, and "live" below.

    Ours are NAME.safetensors in the first of these that has it: share/neume/
    beside the bin/ that holds this program; weights/ beside its folder (a build
    tree); and the data folder chosen when Neume was built.

    On failure prints why and returns NULL.  Release with
    neume_model_release().
*/
const NeumeModel* weights_load(const char* path, double lookahead_ms);

#endif // NEUME_WEIGHTS_H
