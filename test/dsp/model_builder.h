// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#ifndef NEUME_MODEL_BUILDER_H
#define NEUME_MODEL_BUILDER_H

#include "logmel.h"
#include "model.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Makes weights files in memory, good ones and, once edited, broken ones.

    Nothing is checked here, since broken files must be possible; but an edit
    that finds nothing to edit, and a failed allocation, abort the test.
*/
typedef struct ModelBuilder ModelBuilder;

/** 24 bands over 60..2000 Hz, windows of 512 samples. */
NeumeFrontEnd model_front_end_small(void);

/** A file without layers; `seed` decides all random weights.  Its network is in
    doubt for 30 ms, and for 10 while it looks ahead. */
ModelBuilder* model_builder_new(uint32_t seed, const NeumeFrontEnd* front_end);

void model_builder_free(ModelBuilder* builder);

/** Append a layer.

    `name` is NULL for pooling.  Of `layer` those fields are read that the
    file states, and `weight` and `bias`: random where they are NULL.  What the
    layer reads is what the layer before it writes.
*/
void model_builder_add(ModelBuilder*     builder,
                       const char*       name,
                       const NeumeLayer* layer);

/** Set the text of a metadata key, such as "front_end"; NULL removes it. */
void model_builder_set(ModelBuilder* builder,
                       const char*   key,
                       const char*   text);

/** Replace the first `from` in the text of a metadata key. */
void model_builder_edit(ModelBuilder* builder,
                        const char*   key,
                        const char*   from,
                        const char*   to);

/** The file, to be freed with free(). */
uint8_t* model_builder_finish(const ModelBuilder* builder, size_t* n_bytes);

/** A copy of a file, with the first `from` in its header replaced and the
    header's length adjusted. */
uint8_t* model_bytes_edit(const uint8_t* bytes,
                          size_t*        n_bytes,
                          const char*    from,
                          const char*    to);

/** A small network: two convolutions, a max-pooling between them, and a dense
    layer.  Each convolution reads 3 frames, `right` (0..2) of them future. */
ModelBuilder* model_builder_small(uint32_t seed, uint32_t right);

/** The same over columns of `stack` frames. */
ModelBuilder* model_builder_stacked(uint32_t seed,
                                    uint32_t right,
                                    uint32_t stack);

/** The same, and it tells onsets. */
ModelBuilder* model_builder_onsets(uint32_t seed,
                                   uint32_t right,
                                   uint32_t stack);

/** The reference network (Korzeniowski and Widmer 2016) at full width over 96
    bands, causal or with as much future as past. */
ModelBuilder* model_builder_reference(uint32_t seed, int causal);

/** model_builder_finish() and model_builder_free(). */
uint8_t* model_builder_bytes(ModelBuilder* builder, size_t* n_bytes);

/** The same, written to a file; false, and errno says why, if it can't be. */
bool model_builder_write(ModelBuilder* builder, const char* path);

#endif // NEUME_MODEL_BUILDER_H
