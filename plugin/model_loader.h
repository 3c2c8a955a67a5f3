// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#ifndef NEUME_MODEL_LOADER_H
#define NEUME_MODEL_LOADER_H

#include "attributes.h"
#include "engine.h"

#include <lv2/log/logger.h>
#include <lv2/worker/worker.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define NEUME_LOADER_SLOTS 8U ///< Loads that can be in flight at once

/** Where a load stands, and thereby who owns its slot. */
typedef enum {
  NEUME_SLOT_FREE,      ///< Anyone may claim it
  NEUME_SLOT_BUSY,      ///< Owned by who claimed it
  NEUME_SLOT_REQUESTED, ///< The path waits for the worker
  NEUME_SLOT_DONE,      ///< The engine waits for the audio thread
  NEUME_SLOT_FAILED,    ///< No engine; the audio thread has not heard of it
  NEUME_SLOT_RETIRED    ///< The engine waits to be freed
} NeumeSlotState;

/** One load, from the request until its predecessor is freed. */
typedef struct {
  atomic_int   state;                ///< A NeumeSlotState
  unsigned     serial;               ///< Order of requests
  bool         user;                 ///< Asked for in a patch message
  bool         scheduled;            ///< Audio thread: worker was asked to free
  NeumeEngine* engine;               ///< Owned while DONE or RETIRED
  char         path[NEUME_PATH_MAX]; ///< What to load
} NeumeLoaderSlot;

/** Loads models off the audio thread and swaps them in between blocks.

    All that is known of a load stands in its slot; messages to and from the
    worker only say "look at the slots".  So a host that loses, repeats or
    reorders them, answers at once or not at all, or goes away with some in
    flight can't cause a leak, a double free or a stale model.  The newest
    request wins.

    "Audio" functions are realtime-safe and called in the audio class;
    "worker" functions may block, and run on any other thread.
*/
typedef struct {
  double              rate;       ///< Hz
  LV2_Worker_Schedule schedule;   ///< Of the host; schedule_work may be NULL
  LV2_Log_Logger      logger;     ///< To the host, or to stderr
  char*               folder;     ///< Of the bundle, with a slash at its end
  NeumeEngine*        engine;     ///< In use, may be NULL; audio thread
  unsigned            n_swaps;    ///< How often `engine` was replaced; audio
  unsigned            applied;    ///< Serial of `engine`; audio
  bool                announce;   ///< The path should be told; audio
  bool                changed;    ///< A user changed what is saved; audio
  bool                has_wanted; ///< `wanted` waits for a slot; audio
  char                wanted[NEUME_PATH_MAX]; ///< Next path to ask for; audio
  atomic_uint         serial;                 ///< Of the newest request
  NeumeLoaderSlot     slots[NEUME_LOADER_SLOTS]; ///< Loads in flight
  pthread_mutex_t     lock;         ///< Guards `saved`; never taken by audio
  unsigned            saved_serial; ///< Serial of `saved`
  char saved[NEUME_PATH_MAX];       ///< Newest that loaded or was restored, a
                                    ///< path, a name or ""
} NeumeLoader;

/** Load the bundled weights now; a failure is logged and leaves no engine.

    `schedule` may be NULL.  Returns false without memory.  Instantiation only.
*/
bool neume_loader_init(NeumeLoader*               loader,
                       const char*                bundle_path,
                       double                     rate,
                       const LV2_Worker_Schedule* schedule,
                       const LV2_Log_Logger*      logger);

/** Free everything, whatever is in flight.  No other call may follow. */
void neume_loader_clear(NeumeLoader* loader);

/** Ask for the model at `path`, `size` bytes without a NUL.  Audio.

    Without a slash it is the name of weights in the bundle, such as "accurate";
    none at all ask for "live".
*/
void neume_loader_want(NeumeLoader* loader,
                       const char*  path,
                       uint32_t     size) NEUME_REALTIME;

/** Take over what was loaded, and hand on what waits.  Audio.

    Where `n_swaps` has changed, the engine is another one.  It is not if what
    was loaded is the file in use.
*/
void neume_loader_update(NeumeLoader* loader) NEUME_REALTIME;

/** Load the model at `path`, a name in the bundle, or NULL for "live".  Worker.

    With `schedule`, the worker loads it; else this function does.  Either way
    the next neume_loader_update() takes it over.  Returns false on failure: the
    model in use stays, and the one that was asked for is still saved, since its
    file may only be missing now.
*/
bool neume_loader_restore(NeumeLoader*               loader,
                          const char*                path,
                          const LV2_Worker_Schedule* schedule);

/** Copy what to save to `path` (NEUME_PATH_MAX): a path, the name of weights in
    the bundle, or "" for the standard ones.  Worker. */
void neume_loader_saved(NeumeLoader* loader, char* path);

/** Free what was retired and no worker came for.  Worker. */
void neume_loader_reclaim(NeumeLoader* loader);

/** The worker's job: load what was requested, free what was retired. */
LV2_Worker_Status neume_loader_work(NeumeLoader*                loader,
                                    LV2_Worker_Respond_Function respond,
                                    LV2_Worker_Respond_Handle   handle);

#endif // NEUME_MODEL_LOADER_H
