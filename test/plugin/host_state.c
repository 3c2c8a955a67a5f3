// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

// Messages to the plugin, and its state

#include "host.h"

#include <lv2/atom/forge.h>
#include <lv2/atom/util.h>

#include <stdint.h>
#include <stdio.h>
#include <string.h>

/** A message of a property, 0 = none named, with a path, NULL = none. */
static void add_message(Host*       host,
                        LV2_URID    type,
                        LV2_URID    property,
                        const char* path)
{
  LV2_Atom_Forge       forge;
  LV2_Atom_Forge_Frame frame;
  LV2_Atom_Sequence*   seq = (LV2_Atom_Sequence*)(void*)host->control;
  uint8_t              buffer[8192];

  lv2_atom_forge_init(&forge, &host->map);
  lv2_atom_forge_set_buffer(&forge, buffer, sizeof(buffer));
  lv2_atom_forge_frame_time(&forge, 0);
  lv2_atom_forge_object(&forge, &frame, 0, type);
  if (property) {
    lv2_atom_forge_key(&forge, host->urid.patch_property);
    lv2_atom_forge_urid(&forge, property);
  }
  if (path) {
    lv2_atom_forge_key(&forge, host->urid.patch_value);
    lv2_atom_forge_path(&forge, path, (uint32_t)strlen(path));
  }
  lv2_atom_forge_pop(&forge, &frame);
  lv2_atom_sequence_append_event(
    seq, HOST_CONTROL_SIZE, (const LV2_Atom_Event*)(const void*)buffer);
}

void host_patch_set(Host* host, const char* path)
{
  add_message(host, host->urid.patch_Set, host->urid.neume_model, path);
}

void host_patch_get(Host* host)
{
  host_patch_get_of(host, host->urid.neume_model);
}

void host_patch_get_of(Host* host, LV2_URID property)
{
  add_message(host, host->urid.patch_Get, property, NULL);
}

void host_transport(Host* host, float speed)
{
  LV2_Atom_Forge       forge;
  LV2_Atom_Forge_Frame frame;
  uint8_t              buffer[256];

  lv2_atom_forge_init(&forge, &host->map);
  lv2_atom_forge_set_buffer(&forge, buffer, sizeof(buffer));
  lv2_atom_forge_frame_time(&forge, 0);
  lv2_atom_forge_object(&forge, &frame, 0, host->urid.time_Position);
  lv2_atom_forge_key(&forge, host->urid.time_speed);
  lv2_atom_forge_float(&forge, speed);
  lv2_atom_forge_pop(&forge, &frame);
  lv2_atom_sequence_append_event((LV2_Atom_Sequence*)(void*)host->control,
                                 HOST_CONTROL_SIZE,
                                 (const LV2_Atom_Event*)(const void*)buffer);
}

/** A state: a path here, and the host's numbers. */
typedef struct {
  Host*    host;       ///< Whose state it is
  char     path[4096]; ///< "" = none
  LV2_URID type;       ///< Its type
} Stored;

/** The number with key `key`, or NULL. */
static HostNumber* number_of(Host* host, uint32_t key)
{
  const LV2_URID keys[HOST_LEARNED] = { host->urid.neume_learned_gate,
                                        host->urid.neume_learned_lowest,
                                        host->urid.neume_learned_highest,
                                        host->urid.neume_learned_level };
  for (uint32_t i = 0; i < HOST_LEARNED; ++i) {
    if (keys[i] == key) {
      return &host->learned[i];
    }
  }
  return NULL;
}

int host_learned(const Host* host, uint32_t index, int fallback)
{
  int32_t value = fallback;
  if (host->learned[index].type) {
    memcpy(&value, host->learned[index].bytes, sizeof(value));
  }
  return value;
}

void host_set_learned(Host* host, uint32_t index, int value)
{
  const int32_t number = value;
  memcpy(host->learned[index].bytes, &number, sizeof(number));
  host->learned[index].size = sizeof(number);
  host->learned[index].type = host->urid.atom_Int;
}

static LV2_State_Status store(LV2_State_Handle handle,
                              uint32_t         key,
                              const void*      value,
                              size_t           size,
                              uint32_t         type,
                              uint32_t         flags)
{
  Stored* const     stored = (Stored*)handle;
  HostNumber* const number = number_of(stored->host, key);
  if (number) {
    HOST_REQUIRE(type == stored->host->urid.atom_Int);
    HOST_REQUIRE(flags == (LV2_STATE_IS_POD | LV2_STATE_IS_PORTABLE));
    HOST_REQUIRE(size == sizeof(int32_t));
    HOST_REQUIRE(!number->type); // Once
    memcpy(number->bytes, value, sizeof(int32_t));
    number->size = sizeof(int32_t);
    number->type = type;
    return LV2_STATE_SUCCESS;
  }
  HOST_REQUIRE(key == stored->host->urid.neume_model);
  // A path is of this machine; a name is the same on all
  const bool name = type == stored->host->urid.atom_String;
  HOST_REQUIRE(name || type == stored->host->urid.atom_Path);
  HOST_REQUIRE(name == !strchr((const char*)value, '/'));
  HOST_REQUIRE(flags & LV2_STATE_IS_POD);
  HOST_REQUIRE(name == !!(flags & LV2_STATE_IS_PORTABLE));
  HOST_REQUIRE(size == strlen((const char*)value) + 1U);
  snprintf(stored->path, sizeof(stored->path), "%s", (const char*)value);
  return LV2_STATE_SUCCESS;
}

static const void* retrieve(LV2_State_Handle handle,
                            uint32_t         key,
                            size_t*          size,
                            uint32_t*        type,
                            uint32_t*        flags)
{
  const Stored* const     stored = (const Stored*)handle;
  const HostNumber* const number = number_of(stored->host, key);
  if (number && number->type) {
    *size  = number->size;
    *type  = number->type;
    *flags = LV2_STATE_IS_POD | LV2_STATE_IS_PORTABLE;
    return number->bytes;
  }
  if (key != stored->host->urid.neume_model || !stored->path[0]) {
    return NULL;
  }
  const size_t whole = strlen(stored->path) + 1U;
  *size  = whole > stored->host->withheld ? whole - stored->host->withheld : 0U;
  *type  = stored->type;
  *flags = LV2_STATE_IS_POD;
  return stored->path;
}

LV2_State_Status host_save(Host* host, char* path)
{
  Stored stored = { host, "", 0 };
  memset(host->learned, 0, sizeof(host->learned));
  const LV2_Feature* const none[] = { NULL };
  const LV2_State_Status   st =
    host->state->save(lilv_instance_get_handle(host->instance),
                      store,
                      &stored,
                      LV2_STATE_IS_POD,
                      none);
  memcpy(path, stored.path, strlen(stored.path) + 1U);
  return st;
}

LV2_State_Status host_restore(Host*       host,
                              const char* path,
                              LV2_URID    type,
                              bool        with_worker)
{
  const LV2_Feature        worker = { LV2_WORKER__schedule, &host->schedule };
  const LV2_Feature* const list[] = { with_worker ? &worker : NULL, NULL };
  Stored                   stored = { host, "", type };
  if (path) {
    snprintf(stored.path, sizeof(stored.path), "%s", path);
  }
  return host->state->restore(
    lilv_instance_get_handle(host->instance), retrieve, &stored, 0, list);
}
