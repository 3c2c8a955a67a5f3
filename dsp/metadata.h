// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#ifndef NEUME_METADATA_H
#define NEUME_METADATA_H

#include "fault.h"
#include "model.h"

#include <jansson.h>

/** Read what the metadata of a weights file says, the layers excepted.

    `metadata` is an object whose values are strings.  Sets `front_end`,
    `doubt_ms`, `onset_ms`, `name`, `version` and `provenance` of `model`, even
   where it fails.  Returns the parsed value of "layers", which belongs to the
   caller, or NULL.  Not realtime-safe; any thread.
*/
json_t* neume_metadata_read(const json_t* metadata,
                            NeumeModel*   model,
                            NeumeFault*   fault);

#endif // NEUME_METADATA_H
