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

/** The file that `name` stands for: a path, the name of bundled weights, or
    nothing for the standard ones.  Too long a path is cut, and not found. */
static void find(const NeumeLoader* loader, const char* name, char* path)
{
  if (strchr(name, '/')) {
    snprintf(path, NEUME_PATH_MAX, "%s", name);
  } else {
    snprintf(path,
             NEUME_PATH_MAX,
             "%s%s%s",
             loader->folder,
             name[0] ? name : standard,
             suffix);
  }
}

bool neume_loader_init(NeumeLoader*               loader,
                       const char*                bundle_path,
                       double                     rate,
                       const LV2_Worker_Schedule* schedule,
                       const LV2_Log_Logger*      logger)
{
  char         message[NEUME_MESSAGE_MAX] = { 0 };
  char         path[NEUME_PATH_MAX];
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

  find(loader, "", path);
  loader->engine = neume_engine_new(path, rate, message);
  if (!loader->engine) {
    lv2_log_error(&loader->logger, "neume: %s: %s\n", path, message);
  }
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
                    NeumeLoaderSlot** requested)
{
  for (uint32_t i = 0; i < NEUME_LOADER_SLOTS; ++i) {
    NeumeLoaderSlot* const slot = &loader->slots[i];
    if (claim(slot, NEUME_SLOT_FREE)) {
      slot->serial = 1U + atomic_fetch_add(&loader->serial, 1U);
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
  NeumeLoaderSlot* slot = NULL;
  if (!loader->has_wanted || !request(loader, loader->wanted, true, &slot)) {
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

/** What the slot asks for is what will be saved, unless that is newer.  Worker.
 */
static void keep(NeumeLoader* loader, const NeumeLoaderSlot* slot)
{
  pthread_mutex_lock(&loader->lock);
  if (newer(slot->serial, loader->saved_serial)) {
    loader->saved_serial = slot->serial;
    memcpy(loader->saved, slot->path, strlen(slot->path) + 1U);
  }
  pthread_mutex_unlock(&loader->lock);
}

/** Load what the slot asks for; it is BUSY and ours.  Worker. */
static bool load(NeumeLoader* loader, NeumeLoaderSlot* slot)
{
  char message[NEUME_MESSAGE_MAX] = { 0 };
  char path[NEUME_PATH_MAX];
  shorten(loader, slot->path);
  find(loader, slot->path, path);
  slot->engine = neume_engine_new(path, loader->rate, message);
  if (!slot->engine) {
    lv2_log_error(&loader->logger, "neume: %s: %s\n", path, message);
    if (!slot->user) { // A session's, whose disk may only be elsewhere today
      keep(loader, slot);
    }
    release(slot, NEUME_SLOT_FAILED);
    return false;
  }

  keep(loader, slot);
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

/** Of the engines that no run() came for, free all but the newest. */
static void drop_untaken(NeumeLoader* loader)
{
  NeumeLoaderSlot* newest = NULL;
  for (uint32_t i = 0; i < NEUME_LOADER_SLOTS; ++i) {
    NeumeLoaderSlot* slot = &loader->slots[i];
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
  const char* const wanted = path ? path : "";

  neume_loader_reclaim(loader);
  if (strlen(wanted) >= NEUME_PATH_MAX) {
    return false;
  }
  if (!request(loader, wanted, false, &slot)) {
    drop_untaken(loader);
    if (!request(loader, wanted, false, &slot)) {
      return false;
    }
  }

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
