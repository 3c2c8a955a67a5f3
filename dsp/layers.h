// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#ifndef NEUME_LAYERS_H
#define NEUME_LAYERS_H

#include "fault.h"
#include "model.h"

#include <jansson.h>

#include <stdbool.h>
#include <stdint.h>

/** Bounds on a network.  (One whose kernels reach far back may still be more
    than an engine will hold: NEUME_ERR_SIZE.) */
#define NEUME_CHANNELS_MAX 4096U         ///< Channels of a column
#define NEUME_MACS_MAX     (1ULL << 30U) ///< Multiply-adds for one column
#define NEUME_STATE_BYTES_MAX                                                  \
  (256ULL << 20U)                  ///< NEUME_CONTEXT columns of
                                   ///< every layer
#define NEUME_LAYER_NAME_BYTES 48U ///< Longest name of a layer

/** A layer's name, within the JSON that it was read from; NULL for pooling. */
typedef const char* NeumeLayerName;

/** Read the JSON array of layers into `model`, shapes and all.

    Sets everything of `model` that the layers and the front end decide, the
    tensors excepted.  `names` has NEUME_LAYERS_MAX entries, which belong to
    `json`.
*/
bool neume_layers_read(const json_t*   json,
                       NeumeModel*     model,
                       NeumeLayerName* names,
                       NeumeFault*     fault);

/** Number of floats that each output channel weighs. */
uint64_t neume_layer_depth(const NeumeLayer* layer);

/** See that no input within 0..`peak` makes any layer's output infinite.

    The weights must be finite.
*/
bool neume_layers_bounded(const NeumeModel*     model,
                          const NeumeLayerName* names,
                          double                peak,
                          NeumeFault*           fault);

#endif // NEUME_LAYERS_H
