// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#ifndef NEUME_CNN_WEIGHTS_H
#define NEUME_CNN_WEIGHTS_H

#include "model.h"
#include "status.h"

#include <stdint.h>

/** A model's weights in the order in which kernels read them.

    Immutable once made and the same for every engine of a model, so that
    engines may share it.  What a layer lacks is NULL.
*/
typedef struct NeumeCnnWeights {
  const float* weight[NEUME_LAYERS_MAX]; ///< [panels][kernel_time][kernel_freq]
                                         ///< [in_channels][NEUME_PANEL]
  const uint16_t* half[NEUME_LAYERS_MAX]; ///< The same in half precision, of
                                          ///< layers of a single row whose
                                          ///< weights all are such numbers
  const float* bias[NEUME_LAYERS_MAX];    ///< [panels][NEUME_PANEL]
  float*       memory;                    ///< Owns all
} NeumeCnnWeights;

/** Pack the weights of `model`, which is not needed afterwards.

    Fails with NEUME_ERR_MEMORY, or with NEUME_ERR_RANGE if they are too large,
    and then sets `*weights` to NULL.  Not realtime-safe; any thread.
*/
NeumeStatus neume_cnn_weights_new(const NeumeModel* model,
                                  NeumeCnnWeights** weights);

/** Free `weights`, which may be NULL.  No engine may use them any more. */
void neume_cnn_weights_free(NeumeCnnWeights* weights);

#endif // NEUME_CNN_WEIGHTS_H
