// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#include "model_builder.h"

#include "attributes.h"
#include "constants.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/** Text that grows. */
typedef struct {
  char*  s; ///< Terminated, or NULL while empty
  size_t n; ///< Length
} Text;

/** One key of the metadata. */
typedef struct {
  const char* key;  ///< Belongs to whoever set it
  Text        text; ///< Not yet escaped
} Entry;

#define ENTRIES_MAX 16

struct ModelBuilder {
  Entry    entries[ENTRIES_MAX]; ///< Metadata
  unsigned n_entries;            ///< Number of `entries`
  Text     tensors;              ///< Header's entries for the tensors
  float*   data;                 ///< Values of all tensors
  size_t   n_data;               ///< Number of `data`
  uint32_t rows;                 ///< Rows that the last layer writes
  uint32_t channels;             ///< Channels that the last layer writes
  uint64_t random;               ///< State of the generator
};

static void* check(void* pointer)
{
  if (!pointer) {
    abort();
  }
  return pointer;
}

static void NEUME_PRINTF(2, 3) append(Text* text, const char* format, ...)
{
  va_list args;
  va_start(args, format);
  const int n = vsnprintf(NULL, 0, format, args);
  va_end(args);

  const size_t room = (size_t)n + 1U;
  text->s           = (char*)check(realloc(text->s, text->n + room));
  va_start(args, format);
  (void)vsnprintf(text->s + text->n, room, format, args);
  va_end(args);
  text->n += (size_t)n;
}

static Entry* find(ModelBuilder* b, const char* key)
{
  for (unsigned i = 0; i < b->n_entries; ++i) {
    if (!strcmp(b->entries[i].key, key)) {
      return &b->entries[i];
    }
  }
  return NULL;
}

void model_builder_set(ModelBuilder* builder, const char* key, const char* text)
{
  Entry* entry = find(builder, key);
  if (!entry) {
    entry  = &builder->entries[builder->n_entries++];
    *entry = (Entry){ key, { NULL, 0 } };
  }

  free(entry->text.s);
  entry->text = (Text){ NULL, 0 };
  if (text) {
    append(&entry->text, "%s", text);
  } else {
    *entry = builder->entries[--builder->n_entries];
  }
}

/** `s` with the first `from` replaced; to be freed. */
static char* replaced(const char* s, const char* from, const char* to)
{
  const char* const at   = (const char*)check(strstr(s, from));
  Text              text = { NULL, 0 };
  append(&text, "%.*s%s%s", (int)(at - s), s, to, at + strlen(from));
  return text.s;
}

void model_builder_edit(ModelBuilder* builder,
                        const char*   key,
                        const char*   from,
                        const char*   to)
{
  Entry* const entry = (Entry*)check(find(builder, key));
  char* const  text  = replaced(entry->text.s, from, to);
  model_builder_set(builder, key, text);
  free(text);
}

NeumeFrontEnd model_front_end_small(void)
{
  const NeumeFrontEnd fe = { .window      = 512,
                             .fft         = 512,
                             .bands       = 24,
                             .low_hz      = 60.0f,
                             .high_hz     = 2000.0f,
                             .break_hz    = 700.0f,
                             .floor       = 1e-6f,
                             .scale       = 0.25f,
                             .label_delay = 128,
                             .rise        = 256,
                             .stack       = 1 };
  return fe;
}

ModelBuilder* model_builder_new(uint32_t seed, const NeumeFrontEnd* front_end)
{
  ModelBuilder* const b = (ModelBuilder*)check(calloc(1, sizeof(ModelBuilder)));
  b->rows               = front_end->bands;
  b->channels           = front_end->stack;
  b->random             = seed;

  model_builder_set(b, "format", "neume-1");
  model_builder_set(b, "name", "tiny");
  model_builder_set(b, "version", "test");
  model_builder_set(b, "doubt", "{\"ms\": 30, \"ahead_ms\": 10}");
  model_builder_set(b, "layers", "[]");
  model_builder_set(b,
                    "provenance",
                    "{\"command\": \"none\", \"seed\": 0, "
                    "\"data\": \"none\", \"commit\": \"none\"}");

  Text text = { NULL, 0 };
  append(&text,
         "{\"rate\": %d, \"step\": %d, \"window\": %" PRIu32
         ", \"fft\": %" PRIu32 ", \"bands\": %" PRIu32,
         NEUME_RATE,
         NEUME_STEP,
         front_end->window,
         front_end->fft,
         front_end->bands);
  append(&text,
         ", \"low_hz\": %.9g, \"high_hz\": %.9g, \"break_hz\": %.9g, "
         "\"floor\": %.9g, \"scale\": %.9g, \"label_delay\": %" PRIu32
         ", \"rise\": %" PRIu32 ", \"stack\": %" PRIu32 "}",
         (double)front_end->low_hz,
         (double)front_end->high_hz,
         (double)front_end->break_hz,
         (double)front_end->floor,
         (double)front_end->scale,
         front_end->label_delay,
         front_end->rise,
         front_end->stack);
  model_builder_set(b, "front_end", text.s);

  text.n = 0;
  append(&text,
         "{\"classes\": %d, \"midi_min\": %d}",
         NEUME_CLASSES,
         NEUME_MIDI_MIN);
  model_builder_set(b, "labels", text.s);
  free(text.s);
  return b;
}

void model_builder_free(ModelBuilder* builder)
{
  if (builder) {
    for (unsigned i = 0; i < builder->n_entries; ++i) {
      free(builder->entries[i].text.s);
    }
    free(builder->tensors.s);
    free(builder->data);
    free(builder);
  }
}

/** Uniform in -1..1 (SplitMix64, Steele, Lea and Flood 2014). */
static float uniform(ModelBuilder* b)
{
  uint64_t z = (b->random += 0x9E3779B97F4A7C15U);
  z          = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9U;
  z          = (z ^ (z >> 27U)) * 0x94D049BB133111EBU;
  z ^= z >> 31U;
  return (float)((double)(z >> 11U) * 0x1p-52 - 1.0);
}

/** Append a tensor; random within +-`scale` where `values` is NULL. */
static void add_tensor(ModelBuilder* b,
                       const char*   layer,
                       const char*   part,
                       const char*   shape,
                       size_t        count,
                       const float*  values,
                       float         scale)
{
  b->data =
    (float*)check(realloc(b->data, (b->n_data + count) * sizeof(float)));
  for (size_t i = 0; i < count; ++i) {
    b->data[b->n_data + i] = values ? values[i] : scale * uniform(b);
  }

  append(&b->tensors,
         ",\"%s.%s\":{\"dtype\":\"F32\",\"shape\":[%s],"
         "\"data_offsets\":[%zu,%zu]}",
         layer,
         part,
         shape,
         b->n_data * sizeof(float),
         (b->n_data + count) * sizeof(float));
  b->n_data += count;
}

void model_builder_add(ModelBuilder*     builder,
                       const char*       name,
                       const NeumeLayer* layer)
{
  static const char* const activations[] = { "linear", "relu", "leaky_relu" };

  ModelBuilder* const b     = builder;
  const NeumeLayer    l     = *layer;
  Text                json  = { NULL, 0 };
  Text                shape = { NULL, 0 };
  size_t              depth = 0;
  append(&json, "%s", find(b, "layers")->text.n > 2U ? ", " : "");

  switch (l.type) {
    case NEUME_LAYER_CONV:
      append(&json,
             "{\"type\": \"conv\", \"name\": \"%s\", \"out_channels\": %" PRIu32
             ", \"kernel\": [%" PRIu32 ", %" PRIu32 "], \"dilation\": %" PRIu32
             ", \"left\": %" PRIu32 ", \"right\": %" PRIu32
             ", \"pad\": [%" PRIu32 ", %" PRIu32 "]",
             name,
             l.out_channels,
             l.kernel_freq,
             l.kernel_time,
             l.dilation,
             l.left,
             l.right,
             l.pad_low,
             l.pad_high);
      append(&shape,
             "%" PRIu32 ",%" PRIu32 ",%" PRIu32 ",%" PRIu32,
             l.out_channels,
             b->channels,
             l.kernel_freq,
             l.kernel_time);
      depth = (size_t)b->channels * l.kernel_freq * l.kernel_time;
      b->rows += l.pad_low + l.pad_high + 1U - l.kernel_freq;
      b->channels = l.out_channels;
      break;
    case NEUME_LAYER_MAX_POOL:
    case NEUME_LAYER_AVG_POOL:
      append(&json,
             "{\"type\": \"%s\", \"size\": %" PRIu32 "}",
             l.type == NEUME_LAYER_MAX_POOL ? "max_pool" : "avg_pool",
             l.size);
      b->rows /= l.size;
      break;
    case NEUME_LAYER_DENSE:
      append(&json,
             "{\"type\": \"dense\", \"name\": \"%s\", \"out\": %" PRIu32,
             name,
             l.out_channels);
      depth = (size_t)b->channels * b->rows;
      append(&shape, "%" PRIu32 ",%zu", l.out_channels, depth);
      b->rows     = 1;
      b->channels = l.out_channels;
      break;
  }

  if (depth) {
    append(&json,
           ", \"activation\": \"%s\", \"slope\": %.9g}",
           activations[l.activation],
           (double)l.slope);

    // He et al. 2015: keeps the variance from layer to layer
    const float scale = sqrtf(6.0f / (float)depth);
    add_tensor(
      b, name, "weight", shape.s, l.out_channels * depth, l.weight, scale);

    shape.n = 0;
    append(&shape, "%" PRIu32, l.out_channels);
    add_tensor(b, name, "bias", shape.s, l.out_channels, l.bias, 0.1f);
  }

  // Before the bracket that ends the array
  append(&json, "]");
  Text* const layers = &find(b, "layers")->text;
  --layers->n;
  append(layers, "%s", json.s);
  free(json.s);
  free(shape.s);
}

/** Append `s` as a JSON string. */
static void append_quoted(Text* text, const char* s)
{
  append(text, "\"");
  for (; *s; ++s) {
    if ((unsigned char)*s < 0x20U) {
      append(text, "\\u%04x", (unsigned)*s);
    } else {
      append(text, "%s%c", (*s == '"' || *s == '\\') ? "\\" : "", *s);
    }
  }
  append(text, "\"");
}

/** A file of `header` and `n_data` bytes. */
static uint8_t* assemble(const char*    header,
                         size_t         n_header,
                         const uint8_t* data,
                         size_t         n_data,
                         size_t*        n_bytes)
{
  uint8_t* const bytes = (uint8_t*)check(malloc(8U + n_header + n_data));
  for (unsigned i = 0; i < 8U; ++i) {
    bytes[i] = (uint8_t)((uint64_t)n_header >> (8U * i));
  }

  memcpy(bytes + 8U, header, n_header);
  if (n_data) {
    memcpy(bytes + 8U + n_header, data, n_data);
  }
  *n_bytes = 8U + n_header + n_data;
  return bytes;
}

uint8_t* model_builder_finish(const ModelBuilder* builder, size_t* n_bytes)
{
  Text header = { NULL, 0 };
  append(&header, "{\"__metadata__\":{");
  for (unsigned i = 0; i < builder->n_entries; ++i) {
    append(&header, "%s\"%s\":", i ? "," : "", builder->entries[i].key);
    append_quoted(&header, builder->entries[i].text.s);
  }
  append(&header, "}%s}", builder->tensors.s ? builder->tensors.s : "");
  while (header.n % 8U) {
    append(&header, " ");
  }

  const size_t   n_data = builder->n_data * sizeof(float);
  uint8_t* const data   = (uint8_t*)check(malloc(n_data + 1U));
  for (size_t i = 0; i < builder->n_data; ++i) {
    uint32_t bits = 0;
    memcpy(&bits, &builder->data[i], sizeof(bits));
    for (unsigned j = 0; j < 4U; ++j) {
      data[4U * i + j] = (uint8_t)(bits >> (8U * j));
    }
  }

  uint8_t* const bytes = assemble(header.s, header.n, data, n_data, n_bytes);
  free(data);
  free(header.s);
  return bytes;
}

uint8_t* model_bytes_edit(const uint8_t* bytes,
                          size_t*        n_bytes,
                          const char*    from,
                          const char*    to)
{
  size_t n_header = 0;
  for (unsigned i = 0; i < 8U; ++i) {
    n_header |= (size_t)bytes[i] << (8U * i);
  }

  Text old = { NULL, 0 };
  append(&old, "%.*s", (int)n_header, (const char*)bytes + 8U);
  char* const    header = replaced(old.s, from, to);
  const size_t   at     = 8U + n_header;
  uint8_t* const edited =
    assemble(header, strlen(header), bytes + at, *n_bytes - at, n_bytes);
  free(header);
  free(old.s);
  return edited;
}

static NeumeLayer conv(uint32_t        out_channels,
                       uint32_t        kernel_freq,
                       uint32_t        kernel_time,
                       uint32_t        right,
                       uint32_t        pad,
                       NeumeActivation activation)
{
  const NeumeLayer layer = {
    .type         = NEUME_LAYER_CONV,
    .activation   = activation,
    .slope        = activation == NEUME_LEAKY_RELU ? 0.01f : 0.0f,
    .out_channels = out_channels,
    .kernel_freq  = kernel_freq,
    .kernel_time  = kernel_time,
    .dilation     = 1,
    .pad_low      = pad,
    .pad_high     = pad,
    .left         = kernel_time - 1U - right,
    .right        = right,
  };
  return layer;
}

/** model_builder_stacked() with `outputs` in the last layer. */
static ModelBuilder* small_network(uint32_t seed,
                                   uint32_t right,
                                   uint32_t stack,
                                   uint32_t outputs)
{
  NeumeFrontEnd fe         = model_front_end_small();
  fe.stack                 = stack;
  const NeumeLayer    c1   = conv(4, 3, 3, right, 1, NEUME_LEAKY_RELU);
  const NeumeLayer    pool = { .type = NEUME_LAYER_MAX_POOL, .size = 2 };
  const NeumeLayer    c2   = conv(8, 5, 3, right, 0, NEUME_RELU);
  const NeumeLayer    last = { .type         = NEUME_LAYER_DENSE,
                               .out_channels = outputs };
  ModelBuilder* const b    = model_builder_new(seed, &fe);
  model_builder_add(b, "conv1", &c1);
  model_builder_add(b, NULL, &pool);
  model_builder_add(b, "conv2", &c2);
  model_builder_add(b, "dense", &last);
  return b;
}

ModelBuilder* model_builder_stacked(uint32_t seed,
                                    uint32_t right,
                                    uint32_t stack)
{
  return small_network(seed, right, stack, NEUME_CLASSES);
}

ModelBuilder* model_builder_onsets(uint32_t seed,
                                   uint32_t right,
                                   uint32_t stack)
{
  return small_network(seed, right, stack, NEUME_CLASSES + 1U);
}

ModelBuilder* model_builder_small(uint32_t seed, uint32_t right)
{
  return model_builder_stacked(seed, right, 1);
}

ModelBuilder* model_builder_reference(uint32_t seed, int causal)
{
  const uint32_t   r    = causal ? 0 : 1;
  const NeumeLayer p    = { .type = NEUME_LAYER_MAX_POOL, .size = 2 };
  const NeumeLayer c1   = conv(32, 3, 3, r, 1, NEUME_LEAKY_RELU);
  const NeumeLayer c5   = conv(64, 3, 3, r, 1, NEUME_LEAKY_RELU);
  const NeumeLayer c7   = conv(128, 12, 9, 4U * r, 0, NEUME_RELU);
  const NeumeLayer c8   = conv(128, 1, 1, 0, 0, NEUME_LINEAR);
  const NeumeLayer a    = { .type = NEUME_LAYER_AVG_POOL, .size = 13 };
  const NeumeLayer d    = { .type         = NEUME_LAYER_DENSE,
                            .out_channels = NEUME_CLASSES };
  NeumeFrontEnd    fe   = model_front_end_small();
  fe.bands              = 96;
  ModelBuilder* const b = model_builder_new(seed, &fe);
  model_builder_set(b, "name", "reference");
  model_builder_add(b, "conv1", &c1);
  model_builder_add(b, "conv2", &c1);
  model_builder_add(b, "conv3", &c1);
  model_builder_add(b, "conv4", &c1);
  model_builder_add(b, NULL, &p);
  model_builder_add(b, "conv5", &c5);
  model_builder_add(b, "conv6", &c5);
  model_builder_add(b, NULL, &p);
  model_builder_add(b, "conv7", &c7);
  model_builder_add(b, "conv8", &c8);
  model_builder_add(b, NULL, &a);
  model_builder_add(b, "dense", &d);
  return b;
}

uint8_t* model_builder_bytes(ModelBuilder* builder, size_t* n_bytes)
{
  uint8_t* const bytes = model_builder_finish(builder, n_bytes);
  model_builder_free(builder);
  return bytes;
}

bool model_builder_write(ModelBuilder* builder, const char* path)
{
  size_t         n_bytes = 0;
  uint8_t* const bytes   = model_builder_bytes(builder, &n_bytes);
  FILE* const    file    = fopen(path, "wb");
  bool           good    = file && fwrite(bytes, 1, n_bytes, file) == n_bytes;
  if (file && fclose(file)) {
    good = false;
  }
  free(bytes);
  return good;
}
