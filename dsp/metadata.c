// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#include "metadata.h"

#include "constants.h"
#include "json_read.h"
#include "logmel.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define FORMAT_TAG "neume-1"

/** Parse the JSON text that is the value of a metadata key. */
static json_t* parse_value(const json_t* metadata,
                           const char*   key,
                           NeumeFault*   fault)
{
  const json_t* const text =
    neume_json_get(metadata, "__metadata__", key, fault);
  return text ? neume_json_parse(
                  json_string_value(text), json_string_length(text), key, fault)
              : NULL;
}

/** Copy a short string of the metadata; `size` includes the terminator. */
static bool read_text(const json_t* metadata,
                      const char*   key,
                      char*         dst,
                      size_t        size,
                      NeumeFault*   fault)
{
  const char* text = NULL;
  if (!neume_json_string(
        metadata, "__metadata__", key, size - 1U, &text, fault)) {
    return false;
  }

  memcpy(dst, text, strlen(text) + 1U);
  return true;
}

static bool read_format(const json_t* metadata, NeumeFault* fault)
{
  const char* format = NULL;
  if (!neume_json_string(
        metadata, "__metadata__", "format", 64, &format, fault)) {
    return false;
  }
  return !strcmp(format, FORMAT_TAG)
           ? true
           : neume_fault(fault,
                         NEUME_ERR_FORMAT,
                         "__metadata__.format: is '%s', must be '%s'",
                         format,
                         FORMAT_TAG);
}

/** Read a whole number that older files do not have: `value` then. */
static bool read_later(json_t*     json,
                       const char* where,
                       const char* key,
                       uint32_t    max,
                       uint32_t    value,
                       uint32_t*   out,
                       NeumeFault* fault)
{
  *out = value;
  return !json_object_get(json, key) ||
         neume_json_u32(json, where, key, 1, max, out, fault);
}

static bool read_front_end(json_t* json, NeumeModel* model, NeumeFault* fault)
{
  NeumeFrontEnd* const     fe      = &model->front_end;
  static const char* const where   = "front_end";
  static const char* const known[] = {
    "rate",    "step",     "window", "rise",  "fft",         "bands", "low_hz",
    "high_hz", "break_hz", "floor",  "scale", "label_delay", "stack", NULL
  };

  const uint32_t rate  = NEUME_RATE;
  const uint32_t step  = NEUME_STEP;
  uint32_t       fixed = 0;
  if (!neume_json_keys(json, where, known, fault) ||
      !neume_json_u32(json, where, "rate", rate, rate, &fixed, fault) ||
      !neume_json_u32(json, where, "step", step, step, &fixed, fault) ||
      !neume_json_u32(
        json, where, "window", 1, NEUME_WINDOW_MAX, &fe->window, fault) ||
      !neume_json_u32(json, where, "fft", 1, NEUME_FFT_MAX, &fe->fft, fault) ||
      !neume_json_u32(
        json, where, "bands", 1, NEUME_BANDS_MAX, &fe->bands, fault) ||
      !neume_json_float(json, where, "low_hz", &fe->low_hz, fault) ||
      !neume_json_float(json, where, "high_hz", &fe->high_hz, fault) ||
      !neume_json_float(json, where, "break_hz", &fe->break_hz, fault) ||
      !neume_json_float(json, where, "floor", &fe->floor, fault) ||
      !neume_json_float(json, where, "scale", &fe->scale, fault) ||
      !neume_json_u32(json,
                      where,
                      "label_delay",
                      0,
                      NEUME_WINDOW_MAX,
                      &fe->label_delay,
                      fault) ||
      !read_later(json,
                  where,
                  "rise",
                  NEUME_WINDOW_MAX,
                  fe->window / 2U,
                  &fe->rise,
                  fault) ||
      !read_later(
        json, where, "stack", NEUME_STACK_MAX, 1, &fe->stack, fault)) {
    return false;
  }

  if (fe->stack & (fe->stack - 1U)) {
    return neume_fault(fault,
                       NEUME_ERR_RANGE,
                       "%s.stack: is %" PRIu32 ", must be a power of two",
                       where,
                       fe->stack);
  }

  const char* what = NULL;
  if (neume_front_end_check(fe, &what)) {
    return neume_fault(fault, NEUME_ERR_RANGE, "%s.%s", where, what);
  }
  return true;
}

static bool check_labels(json_t* json, NeumeModel* model, NeumeFault* fault)
{
  (void)model;

  static const char* const where   = "labels";
  static const char* const known[] = { "classes", "midi_min", NULL };

  const uint32_t classes  = NEUME_CLASSES;
  const uint32_t midi_min = NEUME_MIDI_MIN;
  uint32_t       fixed    = 0;
  return neume_json_keys(json, where, known, fault) &&
         neume_json_u32(
           json, where, "classes", classes, classes, &fixed, fault) &&
         neume_json_u32(
           json, where, "midi_min", midi_min, midi_min, &fixed, fault);
}

/** What tells of an onset tells of the 62.5 ms after it. */
static const float onset_middle_ms = 31.25f;

/** Read one doubt. */
static bool read_doubt_ms(const json_t* json,
                          const char*   key,
                          float*        ms,
                          NeumeFault*   fault)
{
  static const char* const where = "doubt";
  const int                most  = NEUME_DOUBT_MAX_MS;
  if (!neume_json_float(json, where, key, ms, fault)) {
    return false;
  }
  return (*ms >= 0.0f && *ms <= (float)most)
           ? true
           : neume_fault(fault,
                         NEUME_ERR_RANGE,
                         "%s.%s: is %g, must be 0 to %d",
                         where,
                         key,
                         (double)*ms,
                         most);
}

static bool read_doubt(json_t* json, NeumeModel* model, NeumeFault* fault)
{
  static const char* const known[] = { "ms", "ahead_ms", "onset_ms", NULL };

  if (!neume_json_keys(json, "doubt", known, fault) ||
      !read_doubt_ms(json, "ms", &model->doubt_ms[0], fault)) {
    return false;
  }
  model->doubt_ms[1] = model->doubt_ms[0];
  return (!json_object_get(json, "ahead_ms") ||
          read_doubt_ms(json, "ahead_ms", &model->doubt_ms[1], fault)) &&
         (!json_object_get(json, "onset_ms") ||
          read_doubt_ms(json, "onset_ms", &model->onset_ms, fault));
}

/** See that the provenance tells what it should. */
static bool check_provenance(json_t* json, NeumeModel* model, NeumeFault* fault)
{
  (void)model;
  static const char* const where  = "provenance";
  static const char* const keys[] = { "command", "seed", "data", "commit" };

  if (!json_is_object(json)) {
    return neume_fault(
      fault, NEUME_ERR_FORMAT, "%s: must be a JSON object", where);
  }
  for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); ++i) {
    if (!neume_json_get(json, where, keys[i], fault)) {
      return false;
    }
  }
  return true;
}

/** Parse a value, and let `check` read it into `model`. */
static bool read_value(const json_t* metadata,
                       const char*   key,
                       bool (*check)(json_t*, NeumeModel*, NeumeFault*),
                       NeumeModel* model,
                       NeumeFault* fault)
{
  json_t* const json = parse_value(metadata, key, fault);
  const bool    good = json && check(json, model, fault);
  json_decref(json);
  return good;
}

/** Keep a value's text. */
static char* copy_text(const json_t* value, NeumeFault* fault)
{
  const size_t size = json_string_length(value) + 1U;
  char* const  text = (char*)malloc(size);
  if (text) {
    memcpy(text, json_string_value(value), size);
  } else {
    neume_fault_memory(fault);
  }
  return text;
}

json_t* neume_metadata_read(const json_t* metadata,
                            NeumeModel*   model,
                            NeumeFault*   fault)
{
  model->onset_ms = onset_middle_ms;
  if (!read_format(metadata, fault) ||
      !read_text(metadata, "name", model->name, sizeof(model->name), fault) ||
      !read_text(
        metadata, "version", model->version, sizeof(model->version), fault) ||
      !read_value(metadata, "front_end", read_front_end, model, fault) ||
      !read_value(metadata, "labels", check_labels, model, fault) ||
      (json_object_get(metadata, "doubt") &&
       !read_value(metadata, "doubt", read_doubt, model, fault)) ||
      !read_value(metadata, "provenance", check_provenance, model, fault)) {
    return NULL;
  }

  model->provenance = copy_text(json_object_get(metadata, "provenance"), fault);
  return model->provenance ? parse_value(metadata, "layers", fault) : NULL;
}
