// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#include "state.h"

#include "host_features.h"

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

LV2_State_Status neume_state_save(NeumeLoader*              loader,
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

  char* const       mapped = map ? map->abstract_path(map->handle, path) : NULL;
  const char* const stored = mapped ? mapped : path;

  const LV2_State_Status st = store(handle,
                                    uris->neume_model,
                                    stored,
                                    strlen(stored) + 1U,
                                    uris->atom_Path,
                                    LV2_STATE_IS_POD);
  if (mapped) {
    free_path(freer, mapped);
  }
  return st;
}

LV2_State_Status neume_state_restore(NeumeLoader*                loader,
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
  if (!uris->neume_model) {
    return LV2_STATE_ERR_NO_FEATURE;
  }

  size_t            size  = 0;
  uint32_t          type  = 0;
  uint32_t          flags = 0;
  const char* const stored =
    (const char*)retrieve(handle, uris->neume_model, &size, &type, &flags);
  if (stored && type != uris->atom_Path) {
    return LV2_STATE_ERR_BAD_TYPE;
  }
  if (stored && (!size || !memchr(stored, 0, size))) {
    return LV2_STATE_ERR_UNKNOWN;
  }

  char* const mapped =
    (stored && map) ? map->absolute_path(map->handle, stored) : NULL;
  const bool loaded = neume_loader_restore(
    loader, mapped ? mapped : stored, active ? schedule : NULL);
  if (mapped) {
    free_path(freer, mapped);
  }
  return loaded ? LV2_STATE_SUCCESS : LV2_STATE_ERR_UNKNOWN;
}
