// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#ifndef NEUME_SEQUENCE_H
#define NEUME_SEQUENCE_H

#include "attributes.h"

#include <lv2/atom/atom.h>
#include <lv2/urid/urid.h>

#include <stdbool.h>
#include <stdint.h>

/** An atom sequence being written to an output port, never past its end.

    Hosts connect optional atom ports to nothing, to buffers too small for a
    sequence, and (lv2apply) to a lone float.  Such a port is not touched.
*/
typedef struct {
  LV2_Atom_Sequence* seq;      ///< The port's buffer, NULL = not writable
  uint32_t           capacity; ///< Bytes of the buffer, header included
} NeumeSequence;

/** Begin an empty sequence in `port` and return whether it is writable.

    `port->atom.size` is what the host says that it holds, and is read only if
    `type`, the URID of atom:Sequence, is not 0.  Whether hosts count the
    buffer's first 8 bytes differs: here they count.  Realtime-safe.
*/
bool neume_sequence_begin(NeumeSequence*     sequence,
                          LV2_Atom_Sequence* port,
                          LV2_URID           type) NEUME_REALTIME;

/** Add an event of `size` bytes from `body` at `frame`.

    Frames must not decrease.  Returns false, with nothing written, if it does
    not fit.  Realtime-safe.
*/
bool neume_sequence_add(NeumeSequence* sequence,
                        uint32_t       frame,
                        LV2_URID       type,
                        const void*    body,
                        uint32_t       size) NEUME_REALTIME;

#endif // NEUME_SEQUENCE_H
