// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#include "model_loader.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char* const standard = "live";         ///< Weights if none asked
static const char* const suffix   = ".safetensors"; ///< Of bundled weights

/** Change the state of a slot if it is `from`: the new owner is the caller. */
static bool claim(NeumeLoaderSlot* slot, NeumeSlotState from)
{
  int expected = (int)from;
  return atomic_compare_exchange_strong_explicit(&slot->state,
                                                 &expected,
                                                 NEUME_SLOT_BUSY,
                                                 memory_order_acq_rel,
                                                 memory_order_relaxed);
}

static void release(NeumeLoaderSlot* slot, NeumeSlotState to)
{
  atomic_store_explicit(&slot->state, (int)to, memory_order_release);
}

/** True if request `a` came after request `b`, across the wrap of serials. */
static bool newer(unsigned a, unsigned b)
{
  return a != b && a - b < (1U << 31U);
}

/** The name of the bundled weights at `path`, if it is such a path or name, in
    place. */
static void shorten(const NeumeLoader* loader, char* path)
{
  const size_t folder = strlen(loader->folder);
  const size_t length = strlen(path);
  const size_t end    = strlen(suffix);
  const bool   inside = !strncmp(path, loader->folder, folder) &&
                      !strchr(path + folder, '/') && length > folder + end &&
                      !strcmp(path + length - end, suffix);
  if (inside) {
    memmove(path, path + folder, length - folder - end);
    path[length - folder - end] = '\0';
  }
  if (!strcmp(path, standard)) {
    path[0] = '\0';
  }
}

/** Write the file that `name` stands for, a path, the name of bundled weights
   or nothing for the standard ones, to `path`; false if it is too long. */
static bool find(const NeumeLoader* loader, const char* name, char* path)
{
  const bool  whole = strchr(name, '/') != NULL;
  const char* given = whole || name[0] ? name : standard;
  const int   n     = snprintf(path,
                         NEUME_PATH_MAX,
                         "%s%s%s",
                         whole ? "" : loader->folder,
                         given,
                         whole ? "" : suffix);
  return n >= 0 && n < (int)NEUME_PATH_MAX;
}

/** A new engine of what `name` stands for; NULL, which is logged, if there is
    none. */
static NeumeEngine* open_engine(NeumeLoader* loader, const char* name)
{
  char         message[NEUME_MESSAGE_MAX] = "the path is too long";
  char         path[NEUME_PATH_MAX];
  NeumeEngine* engine = NULL;
  if (find(loader, name, path)) {
    engine = neume_engine_new(path, loader->rate, message);
  }
  if (!engine) {
    lv2_log_error(&loader->logger, "neume: %s: %s\n", path, message);
  }
  return engine;
}

bool neume_loader_init(NeumeLoader*               loader,
                       const char*                bundle_path,
                       double                     rate,
                       const LV2_Worker_Schedule* schedule,
                       const LV2_Log_Logger*      logger)
{
  const char*  folder = bundle_path ? bundle_path : "";
  const size_t length = strlen(folder);
  const bool   slash  = length && folder[length - 1U] == '/';

  memset(loader, 0, sizeof(*loader));
  loader->rate   = rate;
  loader->logger = *logger;
  loader->folder = (char*)malloc(length + 2U);
  if (!loader->folder) {
    return false;
  }
  snprintf(loader->folder, length + 2U, "%s%s", folder, slash ? "" : "/");
  if (pthread_mutex_init(&loader->lock, NULL)) {
    free(loader->folder);
    return false;
  }
  if (schedule) {
    loader->schedule = *schedule;
  }
  atomic_init(&loader->serial, 0);
  for (uint32_t i = 0; i < NEUME_LOADER_SLOTS; ++i) {
    atomic_init(&loader->slots[i].state, NEUME_SLOT_FREE);
  }

  loader->engine = open_engine(loader, "");
  return true;
}

void neume_loader_clear(NeumeLoader* loader)
{
  for (uint32_t i = 0; i < NEUME_LOADER_SLOTS; ++i) {
    neume_engine_free(loader->slots[i].engine);
  }
  neume_engine_free(loader->engine);
  pthread_mutex_destroy(&loader->lock);
  free(loader->folder);
}

static bool call_worker(const LV2_Worker_Schedule* schedule)
{
  // The body says nothing, but a message must have one
  const uint32_t look = 0;
  return schedule->schedule_work &&
         !schedule->schedule_work(schedule->handle, sizeof(look), &look);
}

/** Put a request into a slot; false if none is free.  Any thread. */
static bool request(NeumeLoader*      loader,
                    const char*       path,
                    bool              user,
                    NeumeLoaderSlot** requested,
                    unsigned*         serial)
{
  for (uint32_t i = 0; i < NEUME_LOADER_SLOTS; ++i) {
    NeumeLoaderSlot* const slot = &loader->slots[i];
    if (claim(slot, NEUME_SLOT_FREE)) {
      *serial      = 1U + atomic_fetch_add(&loader->serial, 1U);
      slot->serial = *serial;
      slot->user   = user;
      memcpy(slot->path, path, strlen(path) + 1U);
      release(slot, NEUME_SLOT_REQUESTED);
      *requested = slot;
      return true;
    }
  }
  return false;
}

/** Ask the worker for what is wanted, if there is a slot for it. */
static void send_wanted(NeumeLoader* loader)
{
  NeumeLoaderSlot* slot   = NULL;
  unsigned         serial = 0;
  if (!loader->has_wanted ||
      !request(loader, loader->wanted, true, &slot, &serial)) {
    return;
  }

  loader->has_wanted = false;
  if (!call_worker(&loader->schedule) && claim(slot, NEUME_SLOT_REQUESTED)) {
    loader->has_wanted = true;
    release(slot, NEUME_SLOT_FREE);
  }
}

void neume_loader_want(NeumeLoader* loader, const char* path, uint32_t size)
{
  if (size < NEUME_PATH_MAX && loader->schedule.schedule_work) {
    memcpy(loader->wanted, path, size);
    loader->wanted[size] = '\0';
    loader->has_wanted   = true;
    send_wanted(loader);
  } else {
    loader->announce = true;
  }
}

/** Whether `engine` is as the one in use: the same file, unchanged. */
static bool in_use(const NeumeLoader* loader, const NeumeEngine* engine)
{
  const NeumeEngine* const used = loader->engine;
  return used && used->model == engine->model &&
         !strcmp(used->path, engine->path);
}

/** A load succeeded: swap, unless a newer one was swapped in before, or it is
    what is in use, which then goes on undisturbed. */
static void take_over(NeumeLoader* loader, NeumeLoaderSlot* slot)
{
  if (newer(slot->serial, loader->applied)) {
    loader->applied  = slot->serial;
    loader->announce = true;
    loader->changed  = loader->changed || slot->user;
    if (!in_use(loader, slot->engine)) {
      NeumeEngine* const old = loader->engine;
      loader->engine         = slot->engine;
      slot->engine           = old;
      ++loader->n_swaps;
    }
  }

  slot->scheduled = false;
  release(slot, slot->engine ? NEUME_SLOT_RETIRED : NEUME_SLOT_FREE);
}

void neume_loader_update(NeumeLoader* loader)
{
  for (uint32_t i = 0; i < NEUME_LOADER_SLOTS; ++i) {
    NeumeLoaderSlot* const slot = &loader->slots[i];
    if (claim(slot, NEUME_SLOT_DONE)) {
      take_over(loader, slot);
    } else if (claim(slot, NEUME_SLOT_FAILED)) {
      loader->announce = true;
      release(slot, NEUME_SLOT_FREE);
    }

    if (atomic_load_explicit(&slot->state, memory_order_acquire) ==
          NEUME_SLOT_RETIRED &&
        !slot->scheduled) {
      // Before the call, since the worker may run, and end, inside it
      slot->scheduled = true;
      slot->scheduled = call_worker(&loader->schedule);
    }
  }

  send_wanted(loader);
}

/** What request `serial` asks for is what will be saved, unless that is newer.
    Worker. */
static void keep(NeumeLoader* loader, const char* path, unsigned serial)
{
  pthread_mutex_lock(&loader->lock);
  if (newer(serial, loader->saved_serial)) {
    loader->saved_serial = serial;
    memcpy(loader->saved, path, strlen(path) + 1U);
  }
  pthread_mutex_unlock(&loader->lock);
}

/** Load what the slot asks for; it is BUSY and ours.  Worker. */
static bool load(NeumeLoader* loader, NeumeLoaderSlot* slot)
{
  shorten(loader, slot->path);
  slot->engine = open_engine(loader, slot->path);
  if (!slot->engine) {
    release(slot, NEUME_SLOT_FAILED);
    return false;
  }

  keep(loader, slot->path, slot->serial);
  release(slot, NEUME_SLOT_DONE);
  return true;
}

void neume_loader_reclaim(NeumeLoader* loader)
{
  for (uint32_t i = 0; i < NEUME_LOADER_SLOTS; ++i) {
    NeumeLoaderSlot* const slot = &loader->slots[i];
    if (claim(slot, NEUME_SLOT_RETIRED)) {
      neume_engine_free(slot->engine);
      slot->engine = NULL;
      release(slot, NEUME_SLOT_FREE);
    }
  }
}

LV2_Worker_Status neume_loader_work(NeumeLoader*                loader,
                                    LV2_Worker_Respond_Function respond,
                                    LV2_Worker_Respond_Handle   handle)
{
  const uint32_t look  = 0;
  bool           found = false;

  neume_loader_reclaim(loader);
  for (uint32_t i = 0; i < NEUME_LOADER_SLOTS; ++i) {
    NeumeLoaderSlot* const slot = &loader->slots[i];
    if (claim(slot, NEUME_SLOT_REQUESTED)) {
      load(loader, slot);
      found = true;
    }
  }

  // Should there be no room for it, the next run() looks anyway
  if (found && respond) {
    respond(handle, sizeof(look), &look);
  }
  return LV2_WORKER_SUCCESS;
}

/** Of the loads that no run() came for, forget all but the newest engine. */
static void drop_untaken(NeumeLoader* loader)
{
  NeumeLoaderSlot* newest = NULL;
  for (uint32_t i = 0; i < NEUME_LOADER_SLOTS; ++i) {
    NeumeLoaderSlot* slot = &loader->slots[i];
    if (claim(slot, NEUME_SLOT_FAILED)) {
      release(slot, NEUME_SLOT_FREE);
    }
    if (!claim(slot, NEUME_SLOT_DONE)) {
      continue;
    }
    if (!newest || newer(slot->serial, newest->serial)) {
      NeumeLoaderSlot* const older = newest;
      newest                       = slot;
      slot                         = older;
    }
    if (slot) {
      neume_engine_free(slot->engine);
      slot->engine = NULL;
      release(slot, NEUME_SLOT_FREE);
    }
  }
  if (newest) {
    release(newest, NEUME_SLOT_DONE);
  }
}

bool neume_loader_restore(NeumeLoader*               loader,
                          const char*                path,
                          const LV2_Worker_Schedule* schedule)
{
  NeumeLoaderSlot*  slot   = NULL;
  unsigned          serial = 0;
  const char* const name   = path ? path : "";
  char              wanted[NEUME_PATH_MAX];

  neume_loader_reclaim(loader);
  if (strlen(name) >= NEUME_PATH_MAX) {
    return false;
  }
  memcpy(wanted, name, strlen(name) + 1U);
  shorten(loader, wanted);
  if (!request(loader, wanted, false, &slot, &serial)) {
    drop_untaken(loader);
    if (!request(loader, wanted, false, &slot, &serial)) {
      lv2_log_error(
        &loader->logger, "neume: %s: too many loads at once\n", name);
      return false;
    }
  }

  // Before it is loaded, and if it is not: a disk may only be elsewhere today
  keep(loader, wanted, serial);
  if (schedule && call_worker(schedule)) {
    return true;
  }
  return !claim(slot, NEUME_SLOT_REQUESTED) || load(loader, slot);
}

void neume_loader_saved(NeumeLoader* loader, char* path)
{
  pthread_mutex_lock(&loader->lock);
  memcpy(path, loader->saved, NEUME_PATH_MAX);
  pthread_mutex_unlock(&loader->lock);
}
