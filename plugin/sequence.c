// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#include "sequence.h"

#include <lv2/atom/util.h>

#include <string.h>

bool neume_sequence_begin(NeumeSequence*     sequence,
                          LV2_Atom_Sequence* port,
                          LV2_URID           type)
{
  sequence->seq      = NULL;
  sequence->capacity = 0;
  if (!port || !type || port->atom.size < sizeof(LV2_Atom_Sequence)) {
    return false;
  }

  sequence->seq      = port;
  sequence->capacity = port->atom.size;
  port->atom.type    = type;
  port->atom.size    = sizeof(LV2_Atom_Sequence_Body);
  port->body.unit    = 0;
  port->body.pad     = 0;
  return true;
}

bool neume_sequence_add(NeumeSequence* sequence,
                        uint32_t       frame,
                        LV2_URID       type,
                        const void*    body,
                        uint32_t       size)
{
  LV2_Atom_Sequence* const seq = sequence->seq;
  if (!seq || size > sequence->capacity) {
    return false;
  }

  const uint32_t event = (uint32_t)sizeof(LV2_Atom_Event) + size;
  const uint32_t used  = (uint32_t)sizeof(LV2_Atom) + seq->atom.size;
  const uint32_t pad   = lv2_atom_pad_size(event) - event;
  if (event + pad > sequence->capacity - used) {
    return false;
  }

  const LV2_Atom_Event header = { { frame }, { size, type } };
  uint8_t* const       end    = (uint8_t*)seq + used;
  memcpy(end, &header, sizeof(header));
  memcpy(end + sizeof(header), body, size);
  memset(end + event, 0, pad);
  seq->atom.size += event + pad;
  return true;
}
