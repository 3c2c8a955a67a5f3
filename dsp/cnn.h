// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#ifndef NEUME_CNN_H
#define NEUME_CNN_H

#include "attributes.h"
#include "kernels.h"
#include "model.h"
#include "status.h"

#include <stdbool.h>
#include <stdint.h>

/** A streaming network: each frame costs only the columns that it changes.

    A frame here is a whole column of features, see model.h.

    P contexts share one engine: frame t belongs to context t mod P, and two
    frames that are neighbours in a context are P frames apart here, which
    equals dilating the network by P in time.

    With look-ahead L (frames of one context), the output after frame t is
    that for frame t - L * P, from a window whose last frame is t.  It equals
    the full-window network with zeros after its last frame (see model.h).

    A pass is cut into slices of nearly equal cost, to be spread over the
    samples that follow a frame.  What sums over frames that are there already
    can be made before, while one waits for the frame: about half of the work,
    so that the answer comes sooner.  It is the same in every bit.

    Where nobody waits for an answer, a pass can take several frames at once.
    Then weights are read once for all of them, and layers of one row are matrix
    products.  The answers are the same, in every bit.
*/
typedef struct NeumeCnn NeumeCnn;

/** Make an engine for `model`, which must outlive it.

    It reads the weights that the model shares, if it does, else its own copy.
    `interleave` is P, 1..NEUME_INTERLEAVE_MAX.  `batch` is the most frames of
    a pass, 1..NEUME_BATCH_MAX.  `kernels` is usually neume_kernels_best().
    Fails with NEUME_ERR_MEMORY, NEUME_ERR_RANGE or NEUME_ERR_SIZE and then sets
    `*cnn` to NULL.  Not realtime-safe; any thread.
*/
NeumeStatus neume_cnn_new(const NeumeModel*   model,
                          uint32_t            interleave,
                          uint32_t            batch,
                          const NeumeKernels* kernels,
                          NeumeCnn**          cnn);

/** Free `cnn`, which may be NULL.  Not realtime-safe. */
void neume_cnn_free(NeumeCnn* cnn);

/** Forget all frames, also in the middle of a pass: the past is silence.
    Realtime-safe: costs an answer, not the columns that are forgotten. */
void neume_cnn_reset(NeumeCnn* cnn) NEUME_REALTIME;

/** Set the look-ahead to min(`frames`, model->right) frames of a context.

    It holds from the next frame on.  Realtime-safe; between passes.
*/
void neume_cnn_set_lookahead(NeumeCnn* cnn, uint32_t frames) NEUME_REALTIME;

/** Look-ahead in force, frames of one context.  Realtime-safe. */
uint32_t neume_cnn_lookahead(const NeumeCnn* cnn) NEUME_REALTIME;

/** Begin a pass with `n` new columns, 1..batch, finite features (copied).

    `columns` is [n][front_end.bands][front_end.stack], the oldest first: of
    each band, lowest first, the feature in the newest frame, then in those
    before.  A pass that was not finished is finished first.  Realtime-safe.
*/
void neume_cnn_begin(NeumeCnn*    cnn,
                     const float* columns,
                     uint32_t     n) NEUME_REALTIME;

/** Slices in the pass under way, or of one: at least 1, and no more in an
   engine that takes several frames at once.  Realtime-safe. */
uint32_t neume_cnn_slices(const NeumeCnn* cnn) NEUME_REALTIME;

/** Work on the pass until `slices` of it are done in all (at most
    neume_cnn_slices()); true once it is finished.  Realtime-safe. */
bool neume_cnn_advance(NeumeCnn* cnn, uint32_t slices) NEUME_REALTIME;

/** Slices of what can be made before a frame, at the look-ahead in force: at
    least 1.  Realtime-safe. */
uint32_t neume_cnn_early_slices(const NeumeCnn* cnn) NEUME_REALTIME;

/** Between passes, work for the frame to come until `slices` are done in all
   (at most neume_cnn_early_slices()).  A pass that begins before they all are
   does without.  Nothing in an engine that takes several frames at once.
    Realtime-safe. */
void neume_cnn_prepare(NeumeCnn* cnn, uint32_t slices) NEUME_REALTIME;

/** Log-probabilities after frame `i` of the last finished pass, NEUME_CLASSES
    floats.

    Before the first pass, the answer to silence, of one frame.  Realtime-safe.
*/
const float* neume_cnn_output(const NeumeCnn* cnn, uint32_t i) NEUME_REALTIME;

/** Probability, 0..1, that a note has just begun, after frame `i` of the last
    finished pass: in the 62.5 ms up to the label point of the frame that the
    output is for.

    0 from a network that does not tell onsets.  Before the first pass, the
    answer to silence.  Realtime-safe.
*/
float neume_cnn_onset(const NeumeCnn* cnn, uint32_t i) NEUME_REALTIME;

#endif // NEUME_CNN_H
