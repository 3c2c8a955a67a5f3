// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#ifndef NEUME_SAFETENSORS_H
#define NEUME_SAFETENSORS_H

#include "fault.h"
#include "model.h"

#include <jansson.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** The safetensors container: eight bytes with the header's length,
    little-endian, the header, JSON, and the tensors' bytes. */

#define NEUME_DIMS_MAX 4 ///< Most axes of a tensor
#define NEUME_TENSORS_MAX                                                      \
  ((size_t)2 * NEUME_LAYERS_MAX) ///< Weight and bias each
#define NEUME_PREFIX_BYTES 8U    ///< Before the header: its length

/** One tensor of floats. */
typedef struct {
  const char* name;                  ///< Belongs to the header
  uint64_t    begin;                 ///< Offset into the data, bytes
  uint64_t    count;                 ///< Number of floats
  uint64_t    first;                 ///< Floats of the tensors before it
  uint32_t    size;                  ///< Bytes of each: 4, F32, or 2, F16
  uint64_t    shape[NEUME_DIMS_MAX]; ///< Length of each axis, 1 past n_dims
  uint32_t    n_dims;                ///< 0 to NEUME_DIMS_MAX
  bool        used;                  ///< Some layer has named it
} NeumeTensor;

/** What a header says. */
typedef struct {
  json_t*       header;                     ///< Owns the rest
  const json_t* metadata;                   ///< Object whose values are strings
  NeumeTensor   tensors[NEUME_TENSORS_MAX]; ///< In the order of their bytes
  size_t        n_tensors;                  ///< Number of `tensors`
  uint64_t      n_values;                   ///< Floats of all of them
} NeumeSafetensors;

/** Length of the header of a file of `n_file` bytes from its first
    NEUME_PREFIX_BYTES bytes. */
bool neume_safetensors_prefix(const uint8_t* prefix,
                              uint64_t       n_file,
                              size_t*        n_header,
                              NeumeFault*    fault);

/** Read a header, before `n_data` bytes of tensors.

    True if the metadata is strings, and the tensors, each F32 or F16, fill the
    data from end to end without a gap or an overlap.  On failure returns false
   and leaves nothing to free.
*/
bool neume_safetensors_read(const char*       header,
                            size_t            n_header,
                            uint64_t          n_data,
                            NeumeSafetensors* st,
                            NeumeFault*       fault);

/** The tensor called `name`, or NULL. */
NeumeTensor* neume_safetensors_find(NeumeSafetensors* st, const char* name);

/** Free what neume_safetensors_read() made. */
void neume_safetensors_clear(NeumeSafetensors* st);

#endif // NEUME_SAFETENSORS_H
