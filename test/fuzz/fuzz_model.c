// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#include "constants.h"
#include "model.h"

#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int    LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);
size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t max_size);
size_t LLVMFuzzerCustomMutator(uint8_t*     data,
                               size_t       size,
                               size_t       max_size,
                               unsigned int seed);

#define PREFIX 8U ///< Bytes of the header's length

static void require(int condition)
{
  if (!condition) {
    abort();
  }
}

/** What an engine relies on holds for every file that is let through. */
static void check_model(const NeumeModel* m)
{
  uint32_t rows     = m->front_end.bands;
  uint32_t channels = m->front_end.stack;
  uint64_t macs     = 0;
  require(neume_front_end_check(&m->front_end, NULL) == NEUME_SUCCESS);
  require(m->n_layers >= 1U && m->n_layers <= NEUME_LAYERS_MAX);
  require(m->left + m->right < NEUME_CONTEXT);
  for (uint32_t i = 0; i < m->n_layers; ++i) {
    const NeumeLayer* const l = &m->layers[i];
    require(l->in_rows == rows && l->in_channels == channels);
    require(l->out_rows && l->out_channels);
    rows     = l->out_rows;
    channels = l->out_channels;

    uint64_t depth = 0;
    if (l->type == NEUME_LAYER_CONV) {
      depth = (uint64_t)l->in_channels * l->kernel_freq * l->kernel_time;
      require(l->left + l->right == (l->kernel_time - 1U) * l->dilation);
      require(!(l->left % l->dilation) && !(l->right % l->dilation));
      require(l->out_rows + l->kernel_freq ==
              l->in_rows + l->pad_low + l->pad_high + 1U);
    } else if (l->type == NEUME_LAYER_DENSE) {
      depth = (uint64_t)l->in_channels * l->in_rows;
      require(l->out_rows == 1U);
    } else {
      require(l->out_rows == l->in_rows / l->size);
      require(l->out_channels == l->in_channels);
      continue;
    }

    macs += depth * l->out_rows * l->out_channels;
    for (uint64_t j = 0; j < depth * l->out_channels; ++j) {
      require(isfinite(l->weight[j]));
    }
    for (uint32_t j = 0; j < l->out_channels; ++j) {
      require(isfinite(l->bias[j]));
    }
  }
  require(macs == m->macs);
  require(rows == 1U);
  require(channels == (m->tells_onsets ? NEUME_CLASSES + 1U : NEUME_CLASSES));
  require(memchr(m->name, 0, sizeof(m->name)) != NULL);
  require(memchr(m->version, 0, sizeof(m->version)) != NULL);
  require(m->provenance && m->values);
}

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size)
{
  char              message[NEUME_MESSAGE_MAX];
  NeumeModel*       model  = NULL;
  const NeumeStatus status = neume_model_parse(data, size, &model, message);
  require((status == NEUME_SUCCESS) == (model != NULL));
  if (model) {
    check_model(model);
  } else {
    const char* c = message;
    require(memchr(message, 0, sizeof(message)) && *c);
    for (; *c; ++c) {
      require((unsigned char)*c >= 0x20U && *c != 0x7F);
    }
  }
  neume_model_free(model);
  return 0;
}

/** Mutate one of the header's strings, without its escapes, and put them back.

    The JSON within JSON, where most of the format is, would hardly survive
    otherwise.  `header` has room for `most` bytes; returns its new length.
*/
static size_t mutate_string(uint8_t* header, size_t n, size_t most, unsigned r)
{
  // Back to the quote that opens the string at a random place, which makes
  // long strings likelier
  size_t begin = r % n;
  while (begin &&
         (header[begin] != '"' || !strchr("{,:", header[begin - 1U]))) {
    --begin;
  }
  if (!begin) {
    return n;
  }

  const size_t   room = most - n; // For the mutation and for its escapes
  uint8_t* const text = (uint8_t*)malloc(2U * most + 1U);
  require(text != NULL);
  size_t length = 0;
  size_t end    = begin + 1U;
  for (; end < n && header[end] != '"'; ++end) {
    end += (header[end] == '\\' && end + 1U < n);
    text[length++] = header[end];
  }

  if (length + room / 2U) {
    length = LLVMFuzzerMutate(text, length, length + room / 2U);
  }
  uint8_t* const out = text + most;
  size_t         m   = 0;
  for (size_t i = 0; i < length && m + 2U <= most; ++i) {
    if (text[i] == '"' || text[i] == '\\') {
      out[m++] = '\\';
    }
    out[m++] = text[i];
  }

  const size_t rest = end < n ? n - end : 0;
  if (begin + 1U + m + rest <= most) {
    memmove(header + begin + 1U + m, header + end, rest);
    memcpy(header + begin + 1U, out, m);
    n = begin + 1U + m + rest;
  }
  free(text);
  return n;
}

/** Mutate the header alone in most cases, and mend its length, or hardly any
    mutant would get past the first eight bytes. */
size_t LLVMFuzzerCustomMutator(uint8_t*     data,
                               size_t       size,
                               size_t       max_size,
                               unsigned int seed)
{
  uint64_t n = 0;
  for (unsigned i = 0; size >= PREFIX && i < PREFIX; ++i) {
    n |= (uint64_t)data[i] << (8U * i);
  }
  if (!(seed % 8U) || size < PREFIX || !n || n > size - PREFIX) {
    return LLVMFuzzerMutate(data, size, max_size);
  }

  // A copy, for a header that grows would run into the tensors
  const size_t   n_data = size - PREFIX - (size_t)n;
  const size_t   most   = max_size - PREFIX - n_data;
  uint8_t* const header = (uint8_t*)malloc(most);
  require(header != NULL);
  memcpy(header, data + PREFIX, (size_t)n);
  const size_t m = seed % 2U
                     ? mutate_string(header, (size_t)n, most, seed / 16U)
                     : LLVMFuzzerMutate(header, (size_t)n, most);
  memmove(data + PREFIX + m, data + PREFIX + n, n_data);
  memcpy(data + PREFIX, header, m);
  free(header);
  for (unsigned i = 0; i < PREFIX; ++i) {
    data[i] = (uint8_t)((uint64_t)m >> (8U * i));
  }
  return PREFIX + m + n_data;
}
