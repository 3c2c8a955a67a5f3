// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#include "state.h"

#include "host_features.h"
#include "learned.h"

#include <lv2/worker/worker.h>

#include <stdlib.h>
#include <string.h>

/** Free a path that the host made. */
static void free_path(const LV2_State_Free_Path* free_feature, char* path)
{
  if (free_feature) {
    free_feature->free_path(free_feature->handle, path);
  } else {
    free(path); // What plugins did before state:freePath
  }
}

static LV2_State_Status save_model(NeumeLoader*              loader,
                                   const NeumeUris*          uris,
                                   LV2_State_Store_Function  store,
                                   LV2_State_Handle          handle,
                                   const LV2_Feature* const* features)
{
  const LV2_State_Map_Path* const map =
    (const LV2_State_Map_Path*)neume_feature(features, LV2_STATE__mapPath);
  const LV2_State_Free_Path* const freer =
    (const LV2_State_Free_Path*)neume_feature(features, LV2_STATE__freePath);

  char path[NEUME_PATH_MAX];
  neume_loader_saved(loader, path);
  if (!path[0]) {
    return LV2_STATE_SUCCESS;
  }
  if (!uris->neume_model) {
    return LV2_STATE_ERR_NO_FEATURE;
  }

  // The name of weights in the bundle is the same everywhere
  const bool  name = !strchr(path, '/');
  char* const mapped =
    map && !name ? map->abstract_path(map->handle, path) : NULL;
  const char* const stored = mapped ? mapped : path;

  const LV2_State_Status st =
    store(handle,
          uris->neume_model,
          stored,
          strlen(stored) + 1U,
          name ? uris->atom_String : uris->atom_Path,
          LV2_STATE_IS_POD | (name ? LV2_STATE_IS_PORTABLE : 0U));
  if (mapped) {
    free_path(freer, mapped);
  }
  return st;
}

static LV2_State_Status restore_model(NeumeLoader*                loader,
                                      const NeumeUris*            uris,
                                      bool                        active,
                                      LV2_State_Retrieve_Function retrieve,
                                      LV2_State_Handle            handle,
                                      const LV2_Feature* const*   features)
{
  const LV2_State_Map_Path* const map =
    (const LV2_State_Map_Path*)neume_feature(features, LV2_STATE__mapPath);
  const LV2_State_Free_Path* const freer =
    (const LV2_State_Free_Path*)neume_feature(features, LV2_STATE__freePath);
  const LV2_Worker_Schedule* const schedule =
    (const LV2_Worker_Schedule*)neume_feature(features, LV2_WORKER__schedule);

  size_t            size  = 0;
  uint32_t          type  = 0;
  uint32_t          flags = 0;
  const char* const stored =
    (const char*)retrieve(handle, uris->neume_model, &size, &type, &flags);
  const bool name = stored && type == uris->atom_String;
  if (stored && !name && type != uris->atom_Path) {
    return LV2_STATE_ERR_BAD_TYPE;
  }
  if (stored && (!size || !memchr(stored, 0, size))) {
    return LV2_STATE_ERR_UNKNOWN;
  }
  if (name && strchr(stored, '/')) {
    return LV2_STATE_ERR_BAD_TYPE; // Hosts map paths, not strings
  }

  char* const mapped =
    (stored && map && !name) ? map->absolute_path(map->handle, stored) : NULL;
  const bool loaded = neume_loader_restore(
    loader, mapped ? mapped : stored, active ? schedule : NULL);
  if (mapped) {
    free_path(freer, mapped);
  }
  return loaded ? LV2_STATE_SUCCESS : LV2_STATE_ERR_UNKNOWN;
}

/** Save what was learned, and also that nothing was: a state without it, such
   as a preset of ours, leaves the room and the singer as they are. */
static LV2_State_Status save_learned(const NeumeLearn*        learn,
                                     const NeumeUris*         uris,
                                     LV2_State_Store_Function store,
                                     LV2_State_Handle         handle)
{
  const NeumeLearned nothing = neume_learned_nothing();
  NeumeLearned       learned = neume_learn_get(learn);
  NeumeLearnedValue  list[NEUME_N_LEARNED];
  if (!uris->atom_Int) {
    return memcmp(&learned, &nothing, sizeof(nothing))
             ? LV2_STATE_ERR_NO_FEATURE
             : LV2_STATE_SUCCESS;
  }

  neume_learned_list(uris, &learned, list);
  LV2_State_Status st = LV2_STATE_SUCCESS;
  for (uint32_t i = 0; !st && i < NEUME_N_LEARNED; ++i) {
    const int32_t value = *list[i].value;
    st                  = store(handle,
               list[i].key,
               &value,
               sizeof(value),
               uris->atom_Int,
               LV2_STATE_IS_POD | LV2_STATE_IS_PORTABLE);
  }
  return st;
}

static LV2_State_Status restore_learned(NeumeLearn*                 learn,
                                        const NeumeUris*            uris,
                                        LV2_State_Retrieve_Function retrieve,
                                        LV2_State_Handle            handle)
{
  NeumeLearned      learned = neume_learned_nothing();
  NeumeLearnedValue list[NEUME_N_LEARNED];
  bool              any = false;
  neume_learned_list(uris, &learned, list);
  for (uint32_t i = 0; i < NEUME_N_LEARNED; ++i) {
    size_t            size  = 0;
    uint32_t          type  = 0;
    uint32_t          flags = 0;
    const void* const stored =
      retrieve(handle, list[i].key, &size, &type, &flags);
    int32_t value = 0;
    if (!stored) {
      continue;
    }
    if (type != uris->atom_Int || size != sizeof(value)) {
      return LV2_STATE_ERR_BAD_TYPE;
    }
    memcpy(&value, stored, sizeof(value));
    *list[i].value = value;
    any            = true;
  }
  return !any || neume_learn_put(learn, &learned) ? LV2_STATE_SUCCESS
                                                  : LV2_STATE_ERR_UNKNOWN;
}

LV2_State_Status neume_state_save(NeumeLoader*              loader,
                                  const NeumeLearn*         learn,
                                  const NeumeUris*          uris,
                                  LV2_State_Store_Function  store,
                                  LV2_State_Handle          handle,
                                  const LV2_Feature* const* features)
{
  const LV2_State_Status model =
    save_model(loader, uris, store, handle, features);
  const LV2_State_Status learned = save_learned(learn, uris, store, handle);
  return model ? model : learned;
}

LV2_State_Status neume_state_restore(NeumeLoader*                loader,
                                     NeumeLearn*                 learn,
                                     const NeumeUris*            uris,
                                     bool                        active,
                                     LV2_State_Retrieve_Function retrieve,
                                     LV2_State_Handle            handle,
                                     const LV2_Feature* const*   features)
{
  if (!uris->neume_model) {
    return LV2_STATE_ERR_NO_FEATURE;
  }
  const LV2_State_Status model =
    restore_model(loader, uris, active, retrieve, handle, features);
  const LV2_State_Status learned =
    restore_learned(learn, uris, retrieve, handle);
  return model ? model : learned;
}
