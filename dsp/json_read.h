// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#ifndef NEUME_JSON_READ_H
#define NEUME_JSON_READ_H

#include "fault.h"

#include <jansson.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** JSON that nobody vouches for.

    `where` names the value at hand in messages, such as "layers[3]".  All
    functions return false (NULL) and fill in `fault` on failure.  Not
    realtime-safe; any thread.
*/

#define NEUME_JSON_DEPTH_MAX 16 ///< Deepest nesting that is read

/** Parse a JSON object or array, UTF-8, without repeated keys.

    The result belongs to the caller: json_decref().
*/
json_t* neume_json_parse(const char* text,
                         size_t      n_bytes,
                         const char* where,
                         NeumeFault* fault);

/** Refuse an `object` that is none, or has a key not in `known` (ends in NULL).
 */
bool neume_json_keys(json_t*            object,
                     const char*        where,
                     const char* const* known,
                     NeumeFault*        fault);

/** The value of a key that must be there. */
const json_t* neume_json_get(const json_t* object,
                             const char*   where,
                             const char*   key,
                             NeumeFault*   fault);

/** A string of 1 to `max` bytes without control characters; it belongs to
    `object`. */
bool neume_json_string(const json_t* object,
                       const char*   where,
                       const char*   key,
                       size_t        max,
                       const char**  value,
                       NeumeFault*   fault);

/** An integer, `min` to `max`. */
bool neume_json_u32(const json_t* object,
                    const char*   where,
                    const char*   key,
                    uint32_t      min,
                    uint32_t      max,
                    uint32_t*     value,
                    NeumeFault*   fault);

/** An array of two integers, each `min` to `max`. */
bool neume_json_pair(const json_t* object,
                     const char*   where,
                     const char*   key,
                     uint32_t      min,
                     uint32_t      max,
                     uint32_t      value[2],
                     NeumeFault*   fault);

/** A number that is finite as a float. */
bool neume_json_float(const json_t* object,
                      const char*   where,
                      const char*   key,
                      float*        value,
                      NeumeFault*   fault);

#endif // NEUME_JSON_READ_H
