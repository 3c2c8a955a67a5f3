// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#ifndef NEUME_URIS_H
#define NEUME_URIS_H

#include <lv2/atom/atom.h>
#include <lv2/midi/midi.h>
#include <lv2/patch/patch.h>
#include <lv2/state/state.h>
#include <lv2/time/time.h>
#include <lv2/urid/urid.h>

#include <string.h>

#define NEUME_URI                 "urn:neume:voice-to-midi"
#define NEUME_URI__learnedGate    NEUME_URI "#learnedGate"
#define NEUME_URI__learnedHighest NEUME_URI "#learnedHighest"
#define NEUME_URI__learnedLevel   NEUME_URI "#learnedLevel"
#define NEUME_URI__learnedLowest  NEUME_URI "#learnedLowest"
#define NEUME_URI__model          NEUME_URI "#model"

/** Identifiers of this host; all 0 where it has no urid:map. */
typedef struct {
  LV2_URID atom_Float;
  LV2_URID atom_Int;
  LV2_URID atom_Object;
  LV2_URID atom_Path;
  LV2_URID atom_Sequence;
  LV2_URID atom_String;
  LV2_URID atom_URID;
  LV2_URID midi_MidiEvent;
  LV2_URID neume_learned_gate;
  LV2_URID neume_learned_highest;
  LV2_URID neume_learned_level;
  LV2_URID neume_learned_lowest;
  LV2_URID neume_model;
  LV2_URID neume_plugin;
  LV2_URID patch_Get;
  LV2_URID patch_Set;
  LV2_URID patch_property;
  LV2_URID patch_subject;
  LV2_URID patch_value;
  LV2_URID state_StateChanged;
  LV2_URID time_Position;
  LV2_URID time_speed;
} NeumeUris;

/** Map them; `map` may be NULL.  Instantiation only. */
static inline void neume_uris_init(NeumeUris* uris, const LV2_URID_Map* map)
{
  memset(uris, 0, sizeof(*uris));
  if (map) {
    uris->atom_Float         = map->map(map->handle, LV2_ATOM__Float);
    uris->atom_Int           = map->map(map->handle, LV2_ATOM__Int);
    uris->atom_Object        = map->map(map->handle, LV2_ATOM__Object);
    uris->atom_Path          = map->map(map->handle, LV2_ATOM__Path);
    uris->atom_Sequence      = map->map(map->handle, LV2_ATOM__Sequence);
    uris->atom_String        = map->map(map->handle, LV2_ATOM__String);
    uris->atom_URID          = map->map(map->handle, LV2_ATOM__URID);
    uris->midi_MidiEvent     = map->map(map->handle, LV2_MIDI__MidiEvent);
    uris->neume_learned_gate = map->map(map->handle, NEUME_URI__learnedGate);
    uris->neume_learned_highest =
      map->map(map->handle, NEUME_URI__learnedHighest);
    uris->neume_learned_level = map->map(map->handle, NEUME_URI__learnedLevel);
    uris->neume_learned_lowest =
      map->map(map->handle, NEUME_URI__learnedLowest);
    uris->neume_model        = map->map(map->handle, NEUME_URI__model);
    uris->neume_plugin       = map->map(map->handle, NEUME_URI);
    uris->patch_Get          = map->map(map->handle, LV2_PATCH__Get);
    uris->patch_Set          = map->map(map->handle, LV2_PATCH__Set);
    uris->patch_property     = map->map(map->handle, LV2_PATCH__property);
    uris->patch_subject      = map->map(map->handle, LV2_PATCH__subject);
    uris->patch_value        = map->map(map->handle, LV2_PATCH__value);
    uris->state_StateChanged = map->map(map->handle, LV2_STATE__StateChanged);
    uris->time_Position      = map->map(map->handle, LV2_TIME__Position);
    uris->time_speed         = map->map(map->handle, LV2_TIME__speed);
  }
}

#endif // NEUME_URIS_H
