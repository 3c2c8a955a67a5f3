// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#include "json_read.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/** More than Jansson allocates for one byte of JSON: the worst is "{}," with
    about 80, list entry and allocator overhead included. */
#define PARSE_BYTES_PER_BYTE 128U

/** Refuse what the parser would take but nobody needs: deep nesting, for it
    recurses, and control characters, of which it lets NUL pass after numbers.
 */
static bool scan(const char* text,
                 size_t      n_bytes,
                 const char* where,
                 NeumeFault* fault)
{
  unsigned depth     = 0;
  bool     in_string = false;
  for (size_t i = 0; i < n_bytes; ++i) {
    const unsigned char c = (unsigned char)text[i];
    if (c < 0x20U && (in_string || (c != '\t' && c != '\n' && c != '\r'))) {
      return neume_fault(fault,
                         NEUME_ERR_FORMAT,
                         "%s: control character 0x%02x at byte %zu",
                         where,
                         (unsigned)c,
                         i);
    }

    if (c == '"') {
      in_string = !in_string;
    } else if (in_string) {
      i += (c == '\\'); // Skips what is escaped
    } else if (c == '{' || c == '[') {
      if (++depth > NEUME_JSON_DEPTH_MAX) {
        return neume_fault(fault,
                           NEUME_ERR_FORMAT,
                           "%s: nested deeper than %d at byte %zu",
                           where,
                           NEUME_JSON_DEPTH_MAX,
                           i);
      }
    } else if ((c == '}' || c == ']') && depth) {
      --depth;
    }
  }
  return true;
}

/** See that there is memory to parse `n_bytes`.

    Jansson does not notice when the buffer of a token can't grow: it goes on
    with a character lost, and past the end of a string whose closing quote is
    lost.  So it is never started without the memory that it could need.
*/
static bool memory_suffices(size_t n_bytes)
{
  // Volatile, or the compiler may take the allocation to be of no use
  void* volatile probe = malloc((n_bytes + 64U) * PARSE_BYTES_PER_BYTE);
  if (!probe) {
    return false;
  }

  free(probe);
  return true;
}

json_t* neume_json_parse(const char* text,
                         size_t      n_bytes,
                         const char* where,
                         NeumeFault* fault)
{
  if (!scan(text, n_bytes, where, fault)) {
    return NULL;
  }

  if (!memory_suffices(n_bytes)) {
    neume_fault_memory(fault);
    return NULL;
  }

  json_error_t  error = { 0 };
  json_t* const json =
    json_loadb(text, n_bytes, JSON_REJECT_DUPLICATES, &error);
  if (!json && !error.text[0]) {
    neume_fault_memory(fault); // The only failure without a word
  } else if (!json) {
    neume_fault(fault,
                NEUME_ERR_FORMAT,
                "%s: not JSON: %s at byte %d",
                where,
                error.text,
                error.position);
  }
  return json;
}

bool neume_json_keys(json_t*            object,
                     const char*        where,
                     const char* const* known,
                     NeumeFault*        fault)
{
  if (!json_is_object(object)) {
    return neume_fault(
      fault, NEUME_ERR_FORMAT, "%s: must be a JSON object", where);
  }

  const char* key = NULL;
  json_t*     value;
  json_object_foreach(object, key, value)
  {
    const char* const* k = known;
    while (*k && strcmp(*k, key) != 0) {
      ++k;
    }
    if (!*k) {
      return neume_fault(
        fault, NEUME_ERR_FORMAT, "%s.%s: unknown field", where, key);
    }
  }
  return true;
}

const json_t* neume_json_get(const json_t* object,
                             const char*   where,
                             const char*   key,
                             NeumeFault*   fault)
{
  const json_t* const value = json_object_get(object, key);
  if (!value) {
    neume_fault(fault, NEUME_ERR_FORMAT, "%s.%s: missing", where, key);
  }
  return value;
}

bool neume_json_string(const json_t* object,
                       const char*   where,
                       const char*   key,
                       size_t        max,
                       const char**  value,
                       NeumeFault*   fault)
{
  const json_t* const json = neume_json_get(object, where, key, fault);
  if (!json) {
    return false;
  }

  const char* const text = json_string_value(json);
  if (!text) {
    return neume_fault(
      fault, NEUME_ERR_FORMAT, "%s.%s: must be a string", where, key);
  }

  const size_t length = json_string_length(json);
  if (!length || length > max) {
    return neume_fault(fault,
                       NEUME_ERR_RANGE,
                       "%s.%s: is %zu bytes long, must be 1 to %zu",
                       where,
                       key,
                       length,
                       max);
  }

  for (size_t i = 0; i < length; ++i) {
    const unsigned char c = (unsigned char)text[i];
    if (c < 0x20U || c == 0x7FU ||
        (c == 0xC2U && (unsigned char)text[i + 1U] < 0xA0U)) {
      return neume_fault(fault,
                         NEUME_ERR_FORMAT,
                         "%s.%s: control character at byte %zu",
                         where,
                         key,
                         i);
    }
  }

  *value = text;
  return true;
}

/** Check one integer; `where` and `key` name it. */
static bool to_u32(const json_t* json,
                   const char*   where,
                   const char*   key,
                   uint32_t      min,
                   uint32_t      max,
                   uint32_t*     value,
                   NeumeFault*   fault)
{
  if (!json_is_integer(json)) {
    return neume_fault(
      fault, NEUME_ERR_FORMAT, "%s.%s: must be an integer", where, key);
  }

  const int64_t i = json_integer_value(json);
  if (i < (int64_t)min || i > (int64_t)max) {
    return min == max ? neume_fault(fault,
                                    NEUME_ERR_RANGE,
                                    "%s.%s: is %" PRId64 ", must be %" PRIu32,
                                    where,
                                    key,
                                    i,
                                    min)
                      : neume_fault(fault,
                                    NEUME_ERR_RANGE,
                                    "%s.%s: is %" PRId64 ", must be %" PRIu32
                                    " to %" PRIu32,
                                    where,
                                    key,
                                    i,
                                    min,
                                    max);
  }

  *value = (uint32_t)i;
  return true;
}

bool neume_json_u32(const json_t* object,
                    const char*   where,
                    const char*   key,
                    uint32_t      min,
                    uint32_t      max,
                    uint32_t*     value,
                    NeumeFault*   fault)
{
  const json_t* const json = neume_json_get(object, where, key, fault);
  return json && to_u32(json, where, key, min, max, value, fault);
}

bool neume_json_pair(const json_t* object,
                     const char*   where,
                     const char*   key,
                     uint32_t      min,
                     uint32_t      max,
                     uint32_t      value[2],
                     NeumeFault*   fault)
{
  const json_t* const json = neume_json_get(object, where, key, fault);
  if (!json) {
    return false;
  }

  if (json_array_size(json) != 2U) {
    return neume_fault(fault,
                       NEUME_ERR_FORMAT,
                       "%s.%s: must be an array of two integers",
                       where,
                       key);
  }

  const json_t* const a = json_array_get(json, 0);
  const json_t* const b = json_array_get(json, 1);
  return to_u32(a, where, key, min, max, &value[0], fault) &&
         to_u32(b, where, key, min, max, &value[1], fault);
}

bool neume_json_float(const json_t* object,
                      const char*   where,
                      const char*   key,
                      float*        value,
                      NeumeFault*   fault)
{
  const json_t* const json = neume_json_get(object, where, key, fault);
  if (!json) {
    return false;
  }

  if (!json_is_number(json)) {
    return neume_fault(
      fault, NEUME_ERR_FORMAT, "%s.%s: must be a number", where, key);
  }

  const double number = json_number_value(json);
  if (!(fabs(number) <= 1e30)) {
    return neume_fault(
      fault, NEUME_ERR_RANGE, "%s.%s: %g is too large", where, key, number);
  }

  *value = (float)number;
  return true;
}
