// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#ifndef NEUME_MODEL_STORE_H
#define NEUME_MODEL_STORE_H

#include "model.h"
#include "status.h"

/** The models in use in this process, one for each weights file.

    A file is told by what the file system says of it (device, inode, size,
    and when it was last modified and changed), not by its path.  So links to
    one file share a model, and a file that was written anew is read anew,
    while those who hold the old model keep it.
*/

/** Take the model of the weights file at `path`.

    Reads the file and packs its weights (`(*model)->packed`) if nobody holds
    its model yet.  Fails as neume_model_load() does; a failure is not
    remembered.  Each success asks for one neume_model_release().  Not
    realtime-safe (locks, reads); any thread.
*/
NeumeStatus neume_model_acquire(const char*        path,
                                const NeumeModel** model,
                                char*              message);

/** Give back `model`, which may be NULL; the last to do so frees it.

    The caller's engines that use it must have been freed.  Not realtime-safe;
    any thread.
*/
void neume_model_release(const NeumeModel* model);

#endif // NEUME_MODEL_STORE_H
