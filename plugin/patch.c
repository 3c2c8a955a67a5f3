// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#include "patch.h"

#include "learned.h"

#include <lv2/atom/util.h>

#include <limits.h>
#include <stddef.h>
#include <string.h>

enum { UNTOLD = INT_MIN }; ///< No value that is learned

/** The parts of a message that matter here; NULL where absent. */
typedef struct {
  const LV2_Atom* subject;  ///< What it is about
  const LV2_Atom* property; ///< Which property
  const LV2_Atom* value;    ///< Its value
  const LV2_Atom* speed;    ///< The transport's
} Message;

/** The atom at `body + offset`, or NULL if it reaches beyond `size`. */
static const LV2_Atom* atom_at(const uint8_t* body,
                               uint32_t       size,
                               uint32_t       offset)
{
  if (offset > size || size - offset < sizeof(LV2_Atom)) {
    return NULL;
  }
  const LV2_Atom* const atom = (const LV2_Atom*)(const void*)(body + offset);
  return atom->size <= size - offset - sizeof(LV2_Atom) ? atom : NULL;
}

/** Find the properties of an object that is known to be whole. */
static Message parse(const LV2_Atom* object, const NeumeUris* uris)
{
  const uint32_t       value_at = offsetof(LV2_Atom_Property_Body, value);
  const uint8_t* const body     = (const uint8_t*)(object + 1);
  Message              message  = { NULL, NULL, NULL, NULL };

  uint32_t offset = sizeof(LV2_Atom_Object_Body);
  while (offset < object->size) {
    const LV2_Atom* const value =
      atom_at(body, object->size, offset + value_at);
    if (!value) {
      break;
    }

    uint32_t key = 0;
    memcpy(&key, body + offset, sizeof(key));
    if (key == uris->patch_subject) {
      message.subject = value;
    } else if (key == uris->patch_property) {
      message.property = value;
    } else if (key == uris->patch_value) {
      message.value = value;
    } else if (key == uris->time_speed) {
      message.speed = value;
    }
    offset +=
      lv2_atom_pad_size(value_at + (uint32_t)sizeof(LV2_Atom) + value->size);
  }

  return message;
}

static bool is_urid(const LV2_Atom* atom, const NeumeUris* uris, LV2_URID urid)
{
  return atom->type == uris->atom_URID && atom->size == sizeof(LV2_URID) &&
         ((const LV2_Atom_URID*)(const void*)atom)->body == urid;
}

/** Tell again what is asked for: a property, or all where it is NULL. */
static void handle_get(const LV2_Atom*  property,
                       const NeumeUris* uris,
                       NeumeLoader*     loader,
                       NeumeLearned*    told)
{
  NeumeLearnedValue list[NEUME_N_LEARNED];
  neume_learned_list(uris, told, list);
  for (uint32_t i = 0; i < NEUME_N_LEARNED; ++i) {
    if (!property || is_urid(property, uris, list[i].key)) {
      *list[i].value = UNTOLD;
    }
  }
  if (!property || is_urid(property, uris, uris->neume_model)) {
    loader->announce = true;
  }
}

static void handle(const LV2_Atom*  atom,
                   const NeumeUris* uris,
                   NeumeLoader*     loader,
                   NeumeLearned*    told,
                   float*           speed)
{
  if (atom->type != uris->atom_Object ||
      atom->size < sizeof(LV2_Atom_Object_Body)) {
    return;
  }

  const LV2_URID type = ((const LV2_Atom_Object*)(const void*)atom)->body.otype;
  const Message  m    = parse(atom, uris);
  if (type == uris->time_Position) {
    if (m.speed && m.speed->type == uris->atom_Float &&
        m.speed->size == sizeof(float)) {
      memcpy(speed, m.speed + 1, sizeof(float));
    }
    return;
  }
  if (m.subject && !is_urid(m.subject, uris, uris->neume_plugin)) {
    return;
  }

  if (type == uris->patch_Get) {
    handle_get(m.property, uris, loader, told);
  } else if (type == uris->patch_Set && m.property && m.value &&
             is_urid(m.property, uris, uris->neume_model) &&
             (m.value->type == uris->atom_Path ||
              m.value->type == uris->atom_String)) {
    const char* const path = (const char*)(m.value + 1);
    const char* const end  = (const char*)memchr(path, 0, m.value->size);
    if (end) {
      neume_loader_want(loader, path, (uint32_t)(end - path));
    }
  }
}

void neume_patch_read(const LV2_Atom_Sequence* control,
                      const NeumeUris*         uris,
                      NeumeLoader*             loader,
                      NeumeLearned*            told,
                      float*                   speed)
{
  if (!control || !uris->atom_Sequence ||
      control->atom.type != uris->atom_Sequence) {
    return;
  }

  const uint8_t* const body    = (const uint8_t*)&control->body;
  const uint32_t       atom_in = offsetof(LV2_Atom_Event, body);
  const LV2_Atom*      atom    = NULL;

  uint32_t offset = sizeof(LV2_Atom_Sequence_Body);
  while ((atom = atom_at(body, control->atom.size, offset + atom_in))) {
    handle(atom, uris, loader, told, speed);
    offset += lv2_atom_pad_size((uint32_t)sizeof(LV2_Atom_Event) + atom->size);
  }
}

/** An object with its properties, as it stands in memory. */
typedef struct {
  uint8_t  bytes[NEUME_PATH_MAX + 128U]; ///< The body
  uint32_t size;                         ///< Bytes used
} Object;

static void object_begin(Object* object, LV2_URID type)
{
  const LV2_Atom_Object_Body body = { 0, type };
  memcpy(object->bytes, &body, sizeof(body));
  object->size = sizeof(body);
}

static void object_add(Object*     object,
                       LV2_URID    key,
                       LV2_URID    type,
                       const void* value,
                       uint32_t    size)
{
  const LV2_Atom_Property_Body property = { key, 0, { size, type } };
  const uint32_t               end      = (uint32_t)sizeof(property) + size;
  const uint32_t               padded   = lv2_atom_pad_size(end);
  uint8_t* const               to       = object->bytes + object->size;
  memcpy(to, &property, sizeof(property));
  memcpy(to + sizeof(property), value, size);
  memset(to + end, 0, padded - end);
  object->size += padded;
}

/** Tell the value of a property; false if there is no room for it. */
static bool tell(NeumeSequence*   notify,
                 const NeumeUris* uris,
                 LV2_URID         property,
                 LV2_URID         type,
                 const void*      value,
                 uint32_t         size)
{
  const uint32_t of = sizeof(LV2_URID);
  Object         object;
  object_begin(&object, uris->patch_Set);
  object_add(
    &object, uris->patch_subject, uris->atom_URID, &uris->neume_plugin, of);
  object_add(&object, uris->patch_property, uris->atom_URID, &property, of);
  object_add(&object, uris->patch_value, type, value, size);
  return neume_sequence_add(
    notify, 0, uris->atom_Object, object.bytes, object.size);
}

void neume_patch_write(NeumeSequence*      notify,
                       const NeumeUris*    uris,
                       NeumeLoader*        loader,
                       const NeumeLearned* learned,
                       NeumeLearned*       told)
{
  if (!notify->seq) {
    return;
  }

  if (loader->announce) {
    const char* const path = loader->engine ? loader->engine->path : "";
    const uint32_t    size = (uint32_t)strlen(path) + 1U;
    loader->announce =
      !tell(notify, uris, uris->neume_model, uris->atom_Path, path, size);
  }

  NeumeLearned      now = *learned;
  NeumeLearnedValue values[NEUME_N_LEARNED];
  NeumeLearnedValue olds[NEUME_N_LEARNED];
  neume_learned_list(uris, &now, values);
  neume_learned_list(uris, told, olds);
  for (uint32_t i = 0; i < NEUME_N_LEARNED && uris->atom_Int; ++i) {
    const int32_t  value = *values[i].value;
    const LV2_URID key   = values[i].key;
    const uint32_t size  = sizeof(value);
    if (*olds[i].value != value &&
        tell(notify, uris, key, uris->atom_Int, &value, size)) {
      *olds[i].value = value;
    }
  }

  if (loader->changed) {
    Object object;
    object_begin(&object, uris->state_StateChanged);
    loader->changed = !neume_sequence_add(
      notify, 0, uris->atom_Object, object.bytes, object.size);
  }
}
