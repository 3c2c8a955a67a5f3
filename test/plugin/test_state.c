// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#include "files.h"
#include "host.h"

#include "test.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define RATE 16000.0

static float in[8192];

/** The model that the host is told, after a round of worker and run(). */
static const char* model_of(Host* host)
{
  host_run(host, in, NULL, 512);
  host_work(host);
  host_respond(host);
  host_patch_get(host);
  host_run(host, in, NULL, 512);
  return host->path;
}

static void test_save(const Files* files)
{
  char        path[4096];
  Host* const host = host_new(RATE, HOST_ALL);
  host_activate(host);
  CHECK(!host_save(host, path));
  CHECK(!path[0]); // The bundled weights need no path

  host_patch_set(host, files->good);
  CHECK(!strcmp(model_of(host), files->good));
  CHECK(!host_save(host, path));
  CHECK_MSG(!strcmp(path, files->good), "%s", path);

  host_patch_set(host, files->text); // Fails, so nothing changes
  CHECK(!strcmp(model_of(host), files->good));
  CHECK(!host_save(host, path));
  CHECK(!strcmp(path, files->good));
  host_free(host);
}

static void test_restore(const Files* files, const char* bundled)
{
  for (uint32_t way = 0; way < 8U; ++way) {
    const bool  active = way & 1U;
    const bool  worker = way & 2U;
    Host* const host =
      host_new(RATE, way & 4U ? HOST_ALL : HOST_MAP | HOST_LOG);
    const LV2_URID type = host->urid.atom_Path;
    if (active) {
      host_activate(host);
      host_run(host, in, NULL, 512);
    }
    CHECK(!host_restore(host, files->good, type, worker));
    CHECK(host->n_jobs == ((active && worker) ? 1U : 0U));
    if (!active) {
      host_activate(host);
    }
    CHECK_MSG(!strcmp(model_of(host), files->good), "way %u", way);
    CHECK(!host->n_state_changed);

    // A path that can't be loaded, or is none, leaves the model
    const LV2_State_Status st =
      host_restore(host, files->missing, type, worker);
    CHECK(worker ? !st : st == LV2_STATE_ERR_UNKNOWN);
    CHECK(host_restore(host, files->other, host->urid.atom_URID, worker) ==
          LV2_STATE_ERR_BAD_TYPE);
    host->withheld = 1; // A path that does not end
    CHECK(host_restore(host, files->other, type, worker));
    host->withheld = sizeof(files->other); // Nor begin
    CHECK(host_restore(host, files->other, type, worker));
    host->withheld = 0;
    CHECK(!strcmp(model_of(host), files->good));
    CHECK(host->n_logged == 1U);

    // It may be there the next time; not so what a user asked for in vain
    char path[4096];
    CHECK(!host_save(host, path));
    CHECK_MSG(!strcmp(path, files->missing), "%s", path);
    if (way & 4U) {
      host_patch_set(host, files->text);
      CHECK(!strcmp(model_of(host), files->good));
      CHECK(!host_save(host, path));
      CHECK_MSG(!strcmp(path, files->missing), "%s", path);
    }

    CHECK(!host_restore(host, NULL, 0, worker));
    CHECK(!strcmp(model_of(host), bundled));
    host_free(host);
  }
}

/** Weights of the bundle are saved by their name, however they were asked for.
 */
static void test_names(const Files* files, const char* bundle)
{
  char        accurate[4300];
  char        live[4300];
  char        path[4096];
  Host* const host = host_new(RATE, HOST_ALL);
  snprintf(accurate, sizeof(accurate), "%saccurate.safetensors", bundle);
  snprintf(live, sizeof(live), "%slive.safetensors", bundle);
  host_activate(host);

  const char* const asked[] = { "accurate", accurate };
  for (uint32_t i = 0; i < 2U; ++i) {
    host_patch_set(host, asked[i]);
    CHECK(!strcmp(model_of(host), accurate));
    CHECK(!host_save(host, path));
    CHECK_MSG(!strcmp(path, "accurate"), "%s", path);
    host_patch_set(host, i ? "live" : live);
    CHECK(!strcmp(model_of(host), live));
    CHECK(!host_save(host, path));
    CHECK_MSG(!path[0], "%s", path);
  }

  const LV2_URID string = host->urid.atom_String;
  CHECK(!host_restore(host, "accurate", string, true));
  CHECK(!strcmp(model_of(host), accurate));
  CHECK(host_restore(host, files->good, string, true) ==
        LV2_STATE_ERR_BAD_TYPE);
  CHECK(!host_restore(host, "nothing so called", string, true));
  CHECK(!strcmp(model_of(host), accurate));
  CHECK(host->n_logged == 1U);
  host_free(host);
}

/** More restores than the loader has slots, without a run in between. */
static void test_many(const Files* files)
{
  Host* const host = host_new(RATE, HOST_ALL);
  char        path[4096];
  for (uint32_t i = 0; i < 30U; ++i) {
    CHECK(!host_restore(
      host, i % 2U ? files->good : NULL, host->urid.atom_Path, true));
  }
  CHECK(!host_restore(host, files->other, host->urid.atom_Path, true));
  CHECK(host_restore(host, files->text, host->urid.atom_Path, true));
  CHECK(!host_save(host, path));
  CHECK(!strcmp(path, files->text)); // Not to be lost
  host_activate(host);
  CHECK(!strcmp(model_of(host), files->other));
  host_free(host);
}

/** Files that are not there take up no room for those that are. */
static void test_many_missing(const Files* files)
{
  Host* const host = host_new(RATE, HOST_ALL);
  char        path[4096];
  for (unsigned i = 0; i < 30U; ++i) {
    CHECK(host_restore(host, files->missing, host->urid.atom_Path, true));
  }
  CHECK(host->n_logged == 30U);
  CHECK(!host_restore(host, files->good, host->urid.atom_Path, true));
  CHECK(!host_save(host, path));
  CHECK(!strcmp(path, files->good));
  host_activate(host);
  CHECK(!strcmp(model_of(host), files->good));
  host_free(host);
}

/** A session saved while a worker has yet to load what it asked for. */
static void test_save_soon(const Files* files)
{
  Host* const host = host_new(RATE, HOST_ALL);
  char        path[4096];
  host_activate(host);
  host_run(host, in, NULL, 512);
  CHECK(!host_restore(host, files->good, host->urid.atom_Path, true));
  CHECK(host->n_jobs == 1U && !host_save(host, path));
  CHECK_MSG(!strcmp(path, files->good), "%s", path);
  CHECK(!strcmp(model_of(host), files->good));
  host_free(host);
}

/** How many learned numbers a state has, and whether they are these. */
static uint32_t learned(Host* host, const int* numbers)
{
  char     path[4096];
  uint32_t n = 0;
  CHECK(!host_save(host, path));
  for (uint32_t i = 0; i < HOST_LEARNED; ++i) {
    n += host->learned[i].type != 0;
    CHECK_MSG(host_learned(host, i, numbers[i]) == numbers[i],
              "%u: %d",
              i,
              host_learned(host, i, 0));
  }
  return n;
}

static void set_learned(Host* host, const int* numbers)
{
  for (uint32_t i = 0; i < HOST_LEARNED; ++i) {
    host_set_learned(host, i, numbers[i]);
  }
}

/** Gate, lowest, highest and level: what comes out is what went in. */
static void test_learned(const Files* files)
{
  static const int all[][HOST_LEARNED] = { { -57, 52, 71, -19 },
                                           { 0, 45, 45, -90 },
                                           { -90, 83, 83, 20 },
                                           { -89, 45, 83, -11 } };
  Host* const      host                = host_new(RATE, HOST_ALL);
  static const int nothing[]           = { -90, 45, 83, -11 };
  CHECK(learned(host, nothing) == HOST_LEARNED);
  for (uint32_t i = 0; i < 8U; ++i) {
    if (i == 4U) {
      host_activate(host);
    }
    set_learned(host, all[i % 4U]);
    CHECK(!host_restore(host, NULL, 0, true));
    CHECK(learned(host, all[i % 4U]) == HOST_LEARNED);
    host_run(host, in, NULL, 512);
    CHECK(learned(host, all[i % 4U]) == HOST_LEARNED);
  }

  // Some of it; then a state that does not speak of it
  static const int gate_only[] = { -40, 45, 83, -11 };
  memset(host->learned, 0, sizeof(host->learned));
  host_set_learned(host, 0, -40);
  CHECK(!host_restore(host, NULL, 0, true));
  CHECK(learned(host, gate_only) == HOST_LEARNED);
  memset(host->learned, 0, sizeof(host->learned));
  CHECK(!host_restore(host, NULL, 0, true));
  CHECK(learned(host, gate_only) == HOST_LEARNED);

  // A model that can't be loaded does not take it along
  set_learned(host, all[0]);
  CHECK(host_restore(host, files->missing, host->urid.atom_Path, false));
  CHECK(learned(host, all[0]) == HOST_LEARNED);
  host_free(host);
}

/** What no such plugin saved: refused, and what is in force stays. */
static void test_hostile_learned(const Files* files)
{
  static const int good[]      = { -57, 52, 71, -19 };
  static const int values[][2] = {
    { -91, 1 }, { 44, 84 }, { 44, 84 }, { -91, 21 }
  };
  static const int wild[] = { INT32_MIN, INT32_MAX, 1000, -1000 };
  Host* const      host   = host_new(RATE, HOST_ALL);
  const LV2_URID   path   = host->urid.atom_Path;
  uint32_t         n      = 0;
  host_activate(host);
  set_learned(host, good);
  CHECK(!host_restore(host, NULL, 0, true));

  for (uint32_t i = 0; i < HOST_LEARNED; ++i) {
    for (uint32_t k = 0; k < 10U; ++k) {
      const float    real    = k == 6U ? NAN : -50.0f;
      HostNumber*    number  = &host->learned[i];
      const LV2_URID types[] = { host->urid.atom_Float,
                                 host->urid.atom_Float,
                                 host->urid.atom_Path,
                                 host->urid.atom_Int };
      set_learned(host, good);
      if (k < 2U) {
        host_set_learned(host, i, values[i][k]);
      } else if (k < 6U) {
        host_set_learned(host, i, wild[k - 2U]);
      } else {
        memcpy(number->bytes, &real, sizeof(real));
        number->type = types[k - 6U];
        number->size = k == 9U ? n++ % 4U : sizeof(real);
      }
      // The model beside it is good
      const LV2_State_Status st = host_restore(host, files->good, path, true);
      CHECK_MSG(st == (k < 6U ? LV2_STATE_ERR_UNKNOWN : LV2_STATE_ERR_BAD_TYPE),
                "%u %u",
                i,
                k);
      CHECK(learned(host, good) == HOST_LEARNED);
      CHECK(!strcmp(model_of(host), files->good));
    }
  }

  // Each is within its range, and yet nothing could be sung
  set_learned(host, good);
  host_set_learned(host, 1, 72);
  CHECK(host_restore(host, NULL, 0, true) == LV2_STATE_ERR_UNKNOWN);
  CHECK(learned(host, good) == HOST_LEARNED);
  host_free(host);
}

static void test_bare(void)
{
  char        path[4096];
  Host* const host = host_new(RATE, 0);
  CHECK(!host_save(host, path));
  CHECK(host_restore(host, "/x", host->urid.atom_Path, false) ==
        LV2_STATE_ERR_NO_FEATURE);
  host_free(host);
}

static const void* get_value(const char* symbol,
                             void*       user,
                             uint32_t*   size,
                             uint32_t*   type)
{
  Host* const        host = (Host*)user;
  static const float loud = -33.0f;
  *size                   = sizeof(float);
  *type                   = host->map.map(host->map.handle, LV2_ATOM__Float);
  return strcmp(symbol, "gate") != 0 ? NULL : &loud;
}

static void set_value(const char* symbol,
                      void*       user,
                      const void* value,
                      uint32_t    size,
                      uint32_t    type)
{
  Host* const host = (Host*)user;
  (void)type;
  if (!strcmp(symbol, "gate") && size == sizeof(float)) {
    memcpy(&host->controls[NEUME_PORT_GATE], value, sizeof(float));
  }
}

/** What lilv saves in the folder `saved`, with files it copies to `copies`. */
static LilvState* state_of(Host*        host,
                           const Files* files,
                           const char*  copies,
                           const char*  saved)
{
  return lilv_state_new_from_instance(host->plugin,
                                      host->instance,
                                      &host->map,
                                      files->folder,
                                      copies,
                                      copies,
                                      saved,
                                      get_value,
                                      host,
                                      LV2_STATE_IS_POD,
                                      NULL);
}

/** Through lilv, which copies the model file beside the state. */
static void test_lilv(const Files* files)
{
  char saved[320];
  char copies[320];
  snprintf(saved, sizeof(saved), "%s/saved", files->folder);
  snprintf(copies, sizeof(copies), "%s/copies", files->folder);

  Host* const host = host_new(RATE, HOST_ALL);
  host_activate(host);
  static const int numbers[] = { -57, 52, 71, -19 };
  set_learned(host, numbers);
  CHECK(!host_restore(host, NULL, 0, true));
  host_patch_set(host, files->good);
  CHECK(!strcmp(model_of(host), files->good));

  LilvState* const state = state_of(host, files, copies, saved);
  CHECK(state && lilv_state_get_num_properties(state) == 1U + HOST_LEARNED);
  CHECK(!lilv_state_save(
    host->world, &host->map, &host->unmap, state, NULL, saved, "state.ttl"));
  lilv_state_free(state);
  host_free(host);

  char file[400];
  snprintf(file, sizeof(file), "%s/state.ttl", saved);
  Host* const again = host_new(RATE, HOST_ALL);
  host_activate(again);
  LilvState* const loaded =
    lilv_state_new_from_file(again->world, &again->map, NULL, file);
  CHECK(loaded != NULL);
  if (loaded) {
    const LV2_Feature worker = { LV2_WORKER__schedule, &again->schedule };
    const LV2_Feature* const list[] = { &worker, NULL };
    lilv_state_restore(loaded, again->instance, set_value, again, 0, list);
    CHECK(again->n_jobs == 1U);
    const char* const path = model_of(again);
    CHECK_MSG(
      strstr(path, "good") && strcmp(path, files->good) != 0, "%s", path);
    CHECK(!access(path, R_OK));
    CHECK(again->controls[NEUME_PORT_GATE] == -33.0f);
    CHECK(learned(again, numbers) == HOST_LEARNED);
    lilv_state_free(loaded);
  }
  host_free(again);

  remove_folder(saved);
  remove_folder(copies);
}

/** A session whose weights are missing, saved again by lilv: they are still
    asked for. */
static void test_lilv_missing(const Files* files)
{
  char saved[320];
  snprintf(saved, sizeof(saved), "%s/saved", files->folder);
  Host* const host = host_new(RATE, HOST_ALL);
  CHECK(host_restore(host, files->missing, host->urid.atom_Path, false));
  LilvState* const state = state_of(host, files, NULL, saved);
  CHECK(state && lilv_state_get_num_properties(state) == 1U + HOST_LEARNED);
  char* const text = lilv_state_to_string(
    host->world, &host->map, &host->unmap, state, "urn:neume:state", NULL);
  CHECK_MSG(text && strstr(text, "missing"), "%s", text ? text : "");
  lilv_free(text);
  lilv_state_free(state);
  host_free(host);
}

/** Presets written by hand: with what was learned, and without, which leaves it
    as it is. */
static void test_preset(void)
{
  static const char* const prefixes =
    "@prefix lv2: <http://lv2plug.in/ns/lv2core#> .\n"
    "@prefix pset: <http://lv2plug.in/ns/ext/presets#> .\n"
    "@prefix state: <http://lv2plug.in/ns/ext/state#> .\n"
    "<urn:neume:preset> a pset:Preset ; lv2:appliesTo <" NEUME_URI "> ";
  static const char* const states[] = {
    "; state:state [ <" NEUME_URI__learnedGate "> -57 ; "
    "<" NEUME_URI__learnedLowest "> 52 ] .\n",
    "; lv2:port [ lv2:symbol \"gate\" ; pset:value -33.0 ] .\n"
  };
  static const int numbers[HOST_LEARNED] = { -57, 52, 83, -11 };

  Host* const host = host_new(RATE, HOST_ALL);
  host_activate(host);
  for (uint32_t i = 0; i < 2U; ++i) {
    char text[1024];
    snprintf(text, sizeof(text), "%s%s", prefixes, states[i]);
    LilvState* const state =
      lilv_state_new_from_string(host->world, &host->map, text);
    CHECK(state != NULL);
    if (state) {
      lilv_state_restore(state, host->instance, set_value, host, 0, NULL);
      lilv_state_free(state);
    }
    CHECK(learned(host, numbers) == HOST_LEARNED);
  }
  CHECK(host->controls[NEUME_PORT_GATE] == -33.0f);
  host_free(host);
}

/** The weights in use, restored: the note that sounds goes on. */
static void test_undisturbed(const Files* files)
{
  static const char* const none     = NULL;
  const char* const        models[] = { none, files->good, files->other };
  for (uint32_t i = 0; i < 3U; ++i) {
    Host* const    host = host_new(RATE, HOST_ALL);
    const LV2_URID type = host->urid.atom_Path;
    const uint32_t n    = 65536;
    float* const   sung = host_sung(n, RATE);
    CHECK(!host_restore(host, i ? files->good : NULL, type, false));
    host_activate(host);
    uint32_t at = 0;
    while (at < n / 2U && host_events_sound(host, false)) {
      host_run(host, sung + at, NULL, 256);
      at += 256U;
    }
    CHECK(!host_events_sound(host, false));

    const uint32_t before = host->n_events;
    CHECK(!host_restore(host, models[i], type, true));
    host_work(host);
    host_respond(host);
    host_run(host, sung + at, NULL, 1);
    CHECK(host->n_events == before + (i == 2U)); // Another's ends it
    CHECK(host_events_sound(host, i < 2U));
    host_free(host);
    free(sung);
  }
}

/** The preset that chooses other weights, and one that chooses ours. */
static void test_choice(const char* bundle)
{
  static const char* const names[][2] = { { "accurate", "accurate" },
                                          { "live-voice", "live" },
                                          { "lead-in-mix", "accurate" } };
  Host* const              host       = host_new(RATE, HOST_ALL);
  host_activate(host);
  for (uint32_t i = 0; i < 3U; ++i) {
    char uri[100];
    char wanted[4300];
    snprintf(uri, sizeof(uri), NEUME_URI "#%s", names[i][0]);
    snprintf(wanted, sizeof(wanted), "%s%s.safetensors", bundle, names[i][1]);
    LilvNode* const node = lilv_new_uri(host->world, uri);
    lilv_world_load_resource(host->world, node);
    LilvState* const state =
      lilv_state_new_from_world(host->world, &host->map, node);
    CHECK(state != NULL);
    if (state) {
      lilv_state_restore(state, host->instance, set_value, host, 0, NULL);
      lilv_state_free(state);
    }
    CHECK_MSG(!strcmp(model_of(host), wanted), "%s", host->path);
    lilv_node_free(node);
  }
  host_free(host);
}

int main(void)
{
  Host* const host   = host_new(RATE, HOST_ALL);
  char* const bundle = host_bundle_path(host);
  char        bundled[4200];
  Files       files;
  snprintf(bundled, sizeof(bundled), "%slive.safetensors", bundle);
  files_init(&files, bundle);
  host_free(host);

  test_save(&files);
  test_restore(&files, bundled);
  test_names(&files, bundle);
  test_choice(bundle);
  test_undisturbed(&files);
  test_many(&files);
  test_many_missing(&files);
  test_save_soon(&files);
  test_learned(&files);
  test_hostile_learned(&files);
  test_bare();
  test_lilv(&files);
  test_lilv_missing(&files);
  test_preset();

  lilv_free(bundle);
  files_clear(&files);
  return test_report();
}
