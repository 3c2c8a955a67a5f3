// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

// The plugin in a host with a worker thread, a state thread and a GUI thread.
// Meant for ThreadSanitizer; what can be checked without it is checked too.

#include "files.h"
#include "host.h"

#include "test.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#define RATE  16000.0
#define BLOCK 256U
#define TOTAL 65536U

static float       in[TOTAL];
static atomic_uint n_scheduled; ///< Jobs for the worker thread
static atomic_bool stopped;     ///< All threads are to end
static Files       files;

static void rest(long microseconds)
{
  const struct timespec time = { 0, microseconds * 1000L };
  nanosleep(&time, NULL);
}

static LV2_Worker_Status schedule_work(LV2_Worker_Schedule_Handle handle,
                                       uint32_t                   size,
                                       const void*                data)
{
  (void)handle;
  (void)size;
  (void)data;
  atomic_fetch_add(&n_scheduled, 1U);
  return LV2_WORKER_SUCCESS;
}

/** Responses get lost; the plugin has to do without. */
static LV2_Worker_Status no_response(LV2_Worker_Respond_Handle handle,
                                     uint32_t                  size,
                                     const void*               data)
{
  (void)handle;
  (void)size;
  (void)data;
  return LV2_WORKER_ERR_NO_SPACE;
}

static void* worker_thread(void* data)
{
  Host* const host = (Host*)data;
  while (!atomic_load(&stopped)) {
    if (atomic_exchange(&n_scheduled, 0U)) {
      host->worker->work(
        lilv_instance_get_handle(host->instance), no_response, NULL, 0, NULL);
    }
    rest(300);
  }
  return NULL;
}

static void* state_thread(void* data)
{
  Host* const host = (Host*)data;
  char        path[4096];
  for (uint32_t i = 0; !atomic_load(&stopped); ++i) {
    host_save(host, path);
    for (uint32_t k = 0; k < HOST_LEARNED; ++k) { // All of it, or none
      HOST_REQUIRE(!host->learned[k].type == !host->learned[0].type);
    }
    host_set_learned(host, 0, i % 4U ? -60 : -95); // No gate is so low
    host_restore(
      host, i % 3U ? files.other : NULL, host->urid.atom_Path, i % 2U);
    rest(3000);
  }
  return NULL;
}

static void* gui_thread(void* data)
{
  Host* const                               host = (Host*)data;
  const LV2_Inline_Display_Interface* const display =
    (const LV2_Inline_Display_Interface*)lilv_instance_get_extension_data(
      host->instance, LV2_INLINEDISPLAY__interface);
  while (!atomic_load(&stopped)) {
    display->render(lilv_instance_get_handle(host->instance), 100, 50);
    rest(2000);
  }
  return NULL;
}

int main(void)
{
  void* (*const bodies[])(void*) = { worker_thread, state_thread, gui_thread };
  pthread_t threads[3];
  host_phrase(in, TOTAL, RATE);

  Host* const first  = host_new(RATE, HOST_ALL);
  char* const bundle = host_bundle_path(first);
  files_init(&files, bundle);
  lilv_free(bundle);
  host_free(first);

  // The message bodies say nothing, so a count of them is a queue; all the
  // plugin's copies of the feature must lead to it
  Host* const host = host_new_scheduling(RATE, HOST_ALL, schedule_work);
  host_activate(host);
  for (uint32_t i = 0; i < 3U; ++i) {
    CHECK(!pthread_create(&threads[i], NULL, bodies[i], host));
  }
  for (uint32_t i = 0; i < 600U; ++i) {
    if (i % 20U == 0) {
      host_patch_set(host, i % 40U ? files.good : files.text);
    }
    host->controls[NEUME_PORT_LEARN] = (float)(i / 200U % 2U == 0);
    host_run(host, in + host->position % TOTAL, NULL, BLOCK);
    rest(500);
  }
  atomic_store(&stopped, true);
  for (uint32_t i = 0; i < 3U; ++i) {
    pthread_join(threads[i], NULL);
  }

  CHECK_MSG(host->n_told > 3U, "%u", host->n_told);
  CHECK(host_events_sound(host, true));
  CHECK(!strcmp(host->path, files.good) || !strcmp(host->path, files.other) ||
        strstr(host->path, "live.safetensors"));
  host_free(host);
  files_clear(&files);
  return test_report();
}
