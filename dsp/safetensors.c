// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#include "safetensors.h"

#include "json_read.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define METADATA "__metadata__"

bool neume_safetensors_prefix(const uint8_t* prefix,
                              uint64_t       n_file,
                              size_t*        n_header,
                              NeumeFault*    fault)
{
  uint64_t n = 0;
  for (unsigned i = 0; i < NEUME_PREFIX_BYTES; ++i) {
    n |= (uint64_t)prefix[i] << (8U * i);
  }

  const uint64_t rest = n_file - NEUME_PREFIX_BYTES;
  if (n > rest) {
    return neume_fault(fault,
                       NEUME_ERR_FORMAT,
                       "byte 0: header length %" PRIu64 " exceeds the %" PRIu64
                       " bytes that follow: not a "
                       "safetensors file, or cut short",
                       n,
                       rest);
  }
  if (n < 2U || n > NEUME_HEADER_BYTES_MAX) {
    return neume_fault(fault,
                       NEUME_ERR_FORMAT,
                       "byte 0: header length is %" PRIu64 ", must be 2 to %u",
                       n,
                       NEUME_HEADER_BYTES_MAX);
  }

  *n_header = (size_t)n;
  return true;
}

static bool check_metadata(json_t* metadata, NeumeFault* fault)
{
  if (!metadata) {
    return neume_fault(fault, NEUME_ERR_FORMAT, METADATA ": missing");
  }
  if (!json_is_object(metadata)) {
    return neume_fault(
      fault, NEUME_ERR_FORMAT, METADATA ": must be a JSON object");
  }

  const char* key = NULL;
  json_t*     value;
  json_object_foreach(metadata, key, value)
  {
    if (!json_is_string(value)) {
      return neume_fault(
        fault, NEUME_ERR_FORMAT, METADATA ".%s: must be a string", key);
    }
  }
  return true;
}

/** Read "shape": sets shape, n_dims and count.  `n_data` bounds the count. */
static bool read_shape(const json_t* object,
                       const char*   where,
                       uint64_t      n_data,
                       NeumeTensor*  tensor,
                       NeumeFault*   fault)
{
  const json_t* const shape = neume_json_get(object, where, "shape", fault);
  if (!shape) {
    return false;
  }
  if (!json_is_array(shape) || json_array_size(shape) > NEUME_DIMS_MAX) {
    return neume_fault(fault,
                       NEUME_ERR_FORMAT,
                       "%s.shape: must be an array of at most %d integers",
                       where,
                       NEUME_DIMS_MAX);
  }

  tensor->n_dims = (uint32_t)json_array_size(shape);
  tensor->count  = 1;
  for (uint32_t i = 0; i < NEUME_DIMS_MAX; ++i) {
    tensor->shape[i] = 1;
    if (i >= tensor->n_dims) {
      continue;
    }

    const json_t* const axis = json_array_get(shape, i);
    if (!json_is_integer(axis)) {
      return neume_fault(fault,
                         NEUME_ERR_FORMAT,
                         "%s.shape[%" PRIu32 "]: must be an integer",
                         where,
                         i);
    }

    // The running product never exceeds n_data, so it can't overflow
    const int64_t  length = json_integer_value(axis);
    const uint64_t most   = n_data / tensor->size / tensor->count;
    if (length < 1 || (uint64_t)length > most) {
      return neume_fault(fault,
                         NEUME_ERR_RANGE,
                         "%s.shape[%" PRIu32 "]: is %" PRId64
                         ", must be 1 to %" PRIu64 " to fit into the %" PRIu64
                         " bytes of data",
                         where,
                         i,
                         length,
                         most,
                         n_data);
    }
    tensor->shape[i] = (uint64_t)length;
    tensor->count *= (uint64_t)length;
  }
  return true;
}

/** Read "data_offsets": sets begin. */
static bool read_offsets(const json_t* object,
                         const char*   where,
                         uint64_t      n_data,
                         NeumeTensor*  tensor,
                         NeumeFault*   fault)
{
  const json_t* const offsets =
    neume_json_get(object, where, "data_offsets", fault);
  if (!offsets) {
    return false;
  }

  const json_t* const begin = json_array_get(offsets, 0);
  const json_t* const end   = json_array_get(offsets, 1);
  if (json_array_size(offsets) != 2U || !json_is_integer(begin) ||
      !json_is_integer(end)) {
    return neume_fault(fault,
                       NEUME_ERR_FORMAT,
                       "%s.data_offsets: must be an array of two integers",
                       where);
  }

  const int64_t b = json_integer_value(begin);
  const int64_t e = json_integer_value(end);
  if (b < 0 || e < b || (uint64_t)e > n_data) {
    return neume_fault(fault,
                       NEUME_ERR_RANGE,
                       "%s.data_offsets: [%" PRId64 ", %" PRId64
                       "] does not lie in the %" PRIu64 " bytes of data",
                       where,
                       b,
                       e,
                       n_data);
  }
  if (b % (int64_t)tensor->size) {
    return neume_fault(fault,
                       NEUME_ERR_FORMAT,
                       "%s.data_offsets: %" PRId64
                       " is not a multiple of %" PRIu32,
                       where,
                       b,
                       tensor->size);
  }
  if ((uint64_t)(e - b) != tensor->count * tensor->size) {
    return neume_fault(fault,
                       NEUME_ERR_FORMAT,
                       "%s.data_offsets: hold %" PRId64
                       " bytes, the shape needs %" PRIu64,
                       where,
                       e - b,
                       tensor->count * tensor->size);
  }

  tensor->begin = (uint64_t)b;
  return true;
}

static bool read_tensor(const char*  name,
                        json_t*      object,
                        uint64_t     n_data,
                        NeumeTensor* tensor,
                        NeumeFault*  fault)
{
  static const char* const known[] = { "dtype", "shape", "data_offsets", NULL };

  char where[96];
  (void)snprintf(where, sizeof(where), "tensor '%s'", name);

  const char* dtype = NULL;
  if (!neume_json_keys(object, where, known, fault) ||
      !neume_json_string(object, where, "dtype", 16, &dtype, fault)) {
    return false;
  }
  const bool half = !strcmp(dtype, "F16");
  if (!half && strcmp(dtype, "F32") != 0) {
    return neume_fault(fault,
                       NEUME_ERR_FORMAT,
                       "%s.dtype: is '%s', must be 'F32' or 'F16'",
                       where,
                       dtype);
  }

  tensor->size = half ? 2U : 4U;
  tensor->name = name;
  tensor->used = false;
  return read_shape(object, where, n_data, tensor, fault) &&
         read_offsets(object, where, n_data, tensor, fault);
}

static int compare(const void* a, const void* b)
{
  const uint64_t x = ((const NeumeTensor*)a)->begin;
  const uint64_t y = ((const NeumeTensor*)b)->begin;
  return (x > y) - (x < y);
}

/** Sort the tensors, number their values, and see that they fill the data from
    end to end. */
static bool check_cover(NeumeSafetensors* st,
                        uint64_t          n_data,
                        NeumeFault*       fault)
{
  qsort(st->tensors, st->n_tensors, sizeof(st->tensors[0]), compare);

  uint64_t end = 0;
  for (size_t i = 0; i < st->n_tensors; ++i) {
    NeumeTensor* const t = &st->tensors[i];
    t->first             = st->n_values;
    st->n_values += t->count;
    if (t->begin < end) {
      return neume_fault(fault,
                         NEUME_ERR_FORMAT,
                         "tensor '%s' at data byte %" PRIu64
                         " overlaps tensor '%s', which ends at %" PRIu64,
                         t->name,
                         t->begin,
                         st->tensors[i - 1U].name,
                         end);
    }
    if (t->begin > end) {
      return neume_fault(fault,
                         NEUME_ERR_FORMAT,
                         "data bytes %" PRIu64 " to %" PRIu64
                         " before tensor '%s' belong to no tensor",
                         end,
                         t->begin,
                         t->name);
    }
    end += t->count * t->size;
  }

  return end == n_data ? true
                       : neume_fault(fault,
                                     NEUME_ERR_FORMAT,
                                     "data bytes %" PRIu64 " to %" PRIu64
                                     " at the end belong to no tensor",
                                     end,
                                     n_data);
}

static bool read_tensors(NeumeSafetensors* st,
                         uint64_t          n_data,
                         NeumeFault*       fault)
{
  const char* name = NULL;
  json_t*     value;
  json_object_foreach(st->header, name, value)
  {
    if (!strcmp(name, METADATA)) {
      continue;
    }
    if (st->n_tensors == NEUME_TENSORS_MAX) {
      return neume_fault(fault,
                         NEUME_ERR_RANGE,
                         "header: more than %zu tensors",
                         NEUME_TENSORS_MAX);
    }
    if (!read_tensor(name, value, n_data, &st->tensors[st->n_tensors], fault)) {
      return false;
    }
    ++st->n_tensors;
  }

  return check_cover(st, n_data, fault);
}

bool neume_safetensors_read(const char*       header,
                            size_t            n_header,
                            uint64_t          n_data,
                            NeumeSafetensors* st,
                            NeumeFault*       fault)
{
  st->n_tensors = 0;
  st->n_values  = 0;
  st->metadata  = NULL;
  st->header    = NULL;

  if (header[0] != '{') {
    return neume_fault(
      fault, NEUME_ERR_FORMAT, "header: must begin with '{' at byte 8");
  }

  st->header = neume_json_parse(header, n_header, "header", fault);
  if (!st->header) {
    return false;
  }

  json_t* const metadata = json_object_get(st->header, METADATA);
  st->metadata           = metadata;
  if (!check_metadata(metadata, fault) || !read_tensors(st, n_data, fault)) {
    neume_safetensors_clear(st);
    return false;
  }
  return true;
}

NeumeTensor* neume_safetensors_find(NeumeSafetensors* st, const char* name)
{
  for (size_t i = 0; i < st->n_tensors; ++i) {
    if (!strcmp(st->tensors[i].name, name)) {
      return &st->tensors[i];
    }
  }
  return NULL;
}

void neume_safetensors_clear(NeumeSafetensors* st)
{
  json_decref(st->header);
  st->header    = NULL;
  st->metadata  = NULL;
  st->n_tensors = 0;
}
