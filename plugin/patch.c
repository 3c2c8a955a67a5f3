// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#include "patch.h"

#include <lv2/atom/util.h>

#include <stddef.h>
#include <string.h>

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

static void handle(const LV2_Atom*  atom,
                   const NeumeUris* uris,
                   NeumeLoader*     loader,
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
  if ((m.subject && !is_urid(m.subject, uris, uris->neume_plugin)) ||
      (m.property && !is_urid(m.property, uris, uris->neume_model))) {
    return;
  }

  if (type == uris->patch_Get) {
    loader->announce = true;
  } else if (type == uris->patch_Set && m.property && m.value &&
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
    handle(atom, uris, loader, speed);
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

void neume_patch_write(NeumeSequence*   notify,
                       const NeumeUris* uris,
                       NeumeLoader*     loader)
{
  Object object;

  if (loader->announce && notify->seq) {
    const char* const path = loader->engine ? loader->engine->path : "";
    object_begin(&object, uris->patch_Set);
    object_add(&object,
               uris->patch_subject,
               uris->atom_URID,
               &uris->neume_plugin,
               sizeof(LV2_URID));
    object_add(&object,
               uris->patch_property,
               uris->atom_URID,
               &uris->neume_model,
               sizeof(LV2_URID));
    object_add(&object,
               uris->patch_value,
               uris->atom_Path,
               path,
               (uint32_t)strlen(path) + 1U);
    loader->announce = !neume_sequence_add(
      notify, 0, uris->atom_Object, object.bytes, object.size);
  }

  if (loader->changed && notify->seq) {
    object_begin(&object, uris->state_StateChanged);
    loader->changed = !neume_sequence_add(
      notify, 0, uris->atom_Object, object.bytes, object.size);
  }
}
