// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

// Another model in a running plugin: patch messages, worker, swap

#include "files.h"
#include "host.h"

#include "test.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define RATE  16000.0
#define BLOCK 512U
#define TOTAL 65536U

static float in[TOTAL];

/** Run `n` blocks of the phrase from where the host stands. */
static void run(Host* host, uint32_t n)
{
  for (uint32_t i = 0; i < n; ++i) {
    host_run(host, in + host->position % TOTAL, NULL, BLOCK);
  }
}

/** Run until a note sounds. */
static void run_into_note(Host* host)
{
  for (uint32_t i = 0; i < 200U && host_events_sound(host, false); ++i) {
    run(host, 1);
  }
  CHECK(!host_events_sound(host, false));
}

/** Ask for the model `path`, and run `n` blocks with it. */
static void run_with(Host* host, const char* path, uint32_t n)
{
  host_patch_set(host, path);
  run(host, 1);
  host_work(host);
  host_respond(host);
  run(host, n);
  CHECK(!strcmp(host->path, path));
}

static void test_get(const char* bundled)
{
  Host* const host = host_started(RATE, HOST_ALL);
  run(host, 1);
  CHECK(!host->n_told);
  host_patch_get(host);
  run(host, 2);
  CHECK(host->n_told == 1U);
  CHECK_MSG(!strcmp(host->path, bundled), "%s", host->path);
  CHECK(!host->n_state_changed);
  host_free(host);
}

static void test_set(const Files* files, const char* bundled)
{
  Host* const host = host_started(RATE, HOST_ALL);
  Host* const calm = host_started(RATE, HOST_ALL);
  run_into_note(host);

  host_patch_set(host, files->good);
  run(host, 1);
  CHECK(host->n_jobs == 1U);
  CHECK(!host->n_told);
  host_work(host);
  const uint64_t swapped = host->position;
  const uint32_t before  = host->n_events;
  host_respond(host);
  run(host, 1);
  CHECK(host->n_told == 1U && !strcmp(host->path, files->good));
  CHECK(host->n_state_changed == 1U);
  CHECK(host->events[before].bytes[0] == 0x80U);
  CHECK(host->events[before].position == swapped);
  CHECK(host->n_jobs == 1U); // The old one is to be freed
  host_work(host);
  CHECK(!host->n_replies);

  // A new chain hears everything from its own beginning
  host->position = 0;
  run(host, 100);
  run(calm, 100);
  host_patch_get(host);
  run(host, 1);
  CHECK(host->n_told == 2U && !strcmp(host->path, files->good));
  CHECK(calm->n_events > 4U);
  CHECK(host_events_sound(host, true));

  // An empty path asks for the bundled model
  host_patch_set(host, "");
  run(host, 1);
  host_work(host);
  run(host, 1); // A response that never comes is not missed
  CHECK_MSG(!strcmp(host->path, bundled), "%s", host->path);

  host_free(host);
  host_free(calm);
}

/** A new model obeys the controls that the one before it did. */
static void test_controls(const Files* files)
{
  Host* const host                     = host_started(RATE, HOST_ALL);
  host->controls[NEUME_PORT_THRESHOLD] = 1.0f;
  run(host, 100);
  CHECK(!host->n_events);
  run_with(host, files->good, 100);
  CHECK_MSG(!host->n_events, "%u events", host->n_events);

  host->controls[NEUME_PORT_THRESHOLD] = 0.5f;
  run(host, 100);
  CHECK(host->n_events > 4U);
  host_free(host);
}

static void test_bad(const char* path, const char* bundled)
{
  Host* const host = host_started(RATE, HOST_ALL);
  Host* const calm = host_started(RATE, HOST_ALL);
  run_into_note(host);
  run(calm, (uint32_t)(host->position / BLOCK));

  host_patch_set(host, path);
  run(host, 1);
  host_work(host);
  host_respond(host);
  CHECK_MSG(host->n_logged == 1U, "%s", path);
  CHECK_MSG(strstr(host->logged, path) != NULL, "%s", host->logged);
  run(host, 49);
  run(calm, 50);
  CHECK(host->n_told == 1U && !strcmp(host->path, bundled));
  CHECK(!host->n_state_changed);
  CHECK(host_events_equal(host, calm));

  host_free(host);
  host_free(calm);
}

/** The last of several requests wins, in whatever order they are served. */
static void test_many(const Files* files)
{
  Host* const host = host_started(RATE, HOST_ALL);
  for (uint32_t i = 0; i < 40U; ++i) {
    host_patch_set(host, i % 2U ? files->good : files->missing);
    if (i % 3U == 0) {
      run(host, 1);
    }
    if (i % 11U == 10U) {
      host_work(host);
    }
    if (i % 13U == 12U) {
      host_respond(host);
    }
  }
  host_patch_set(host, files->other);
  for (uint32_t i = 0; i < 10U; ++i) {
    run(host, 1);
    host_work(host);
    host_respond(host);
  }
  CHECK_MSG(!strcmp(host->path, files->other), "%s", host->path);
  run(host, 100);
  CHECK(host->n_events > 2U);
  CHECK(host_events_sound(host, true));
  host_free(host);
}

/** Workers that answer at once, never have room, or are not there. */
static void test_workers(const Files* files, const char* bundled)
{
  Host* host = host_started(RATE, HOST_MAP | HOST_WORKER_INLINE | HOST_LOG);
  run_into_note(host);
  const uint64_t at     = host->position;
  const uint32_t before = host->n_events;
  host_patch_set(host, files->text);
  host_patch_set(host, files->good);
  run(host, 1);
  CHECK(host->n_events > before && host->events[before].position == at);
  CHECK(!strcmp(host->path, files->good));
  CHECK(host->n_logged == 1U);
  run(host, 100);
  CHECK(host_events_sound(host, true));
  host_free(host);

  host = host_started(RATE, HOST_MAP | HOST_WORKER_FULL);
  host_patch_set(host, files->good);
  run(host, 20);
  CHECK(!host->n_told);
  host->features = HOST_MAP | HOST_WORKER; // Room at last
  run(host, 1);
  CHECK(host->n_jobs == 1U);
  host_work(host);
  host_respond(host);
  run(host, 1);
  CHECK(!strcmp(host->path, files->good));
  host_free(host);

  host = host_started(RATE, HOST_MAP);
  host_patch_set(host, files->good);
  run(host, 2);
  CHECK(host->n_told == 1U && !strcmp(host->path, bundled));
  host_free(host);
}

/** Messages lost, repeated, and out of order, and an end at any point. */
static void test_racy(const Files* files)
{
  const char* const paths[] = {
    files->good, files->text, files->other, files->missing, ""
  };
  for (uint64_t seed = 0; seed < 40U; ++seed) {
    uint64_t    state = seed;
    Host* const host  = host_started(RATE, HOST_ALL);
    for (uint32_t i = 0; i < 40U; ++i) {
      const uint32_t what = host_random(&state) % 10U;
      if (what < 3U) {
        host_patch_set(host, paths[host_random(&state) % 5U]);
      } else if (what == 3U) {
        host_work(host);
      } else if (what == 4U) {
        host_respond(host);
      } else if (what == 5U) {
        host->n_replies = 0; // Lost
      } else if (what == 6U && host->n_jobs) {
        host->jobs[0][0] ^= 0xFFU; // Garbled
        const uint32_t n = host->n_jobs;
        host_work(host);
        host->n_jobs = n; // Repeated
      } else if (what == 7U) {
        host_deactivate(host);
        host_activate(host);
      } else {
        run(host, 1);
      }
    }
    CHECK(host_events_sound(host, true));

    if (seed % 2U) {
      host_patch_set(host, files->other);
      for (uint32_t i = 0; i < 12U; ++i) {
        run(host, 1);
        host_work(host);
        host_respond(host);
      }
      CHECK_MSG(!strcmp(host->path, files->other), "%s", host->path);
    }
    host_free(host);
  }
}

/** Malformed and foreign messages are not acted on. */
static void test_messages(void)
{
  Host* const host  = host_started(RATE, HOST_ALL);
  uint64_t    state = 9;
  for (uint32_t i = 0; i < 3000U; ++i) {
    host_patch_set(host, "/");
    LV2_Atom_Sequence* const seq = (LV2_Atom_Sequence*)(void*)host->control;
    const uint32_t           n =
      seq->atom.size - (uint32_t)sizeof(LV2_Atom_Sequence_Body);
    for (uint32_t k = 1U + host_random(&state) % 4U; k; --k) {
      host->control[sizeof(LV2_Atom_Sequence) + host_random(&state) % n] =
        (uint8_t)host_random(&state);
    }
    seq->atom.size -= host_random(&state) % n;
    host_run(host, in, NULL, 1);
    host_work(host);
    host_respond(host);
  }
  CHECK(host->n_state_changed == 0);
  host_free(host);
}

/** A bundle without its model passes audio, and takes another model. */
static void test_missing(const Files* files, const char* bundle)
{
  static const char* const names[] = { "manifest.ttl",
                                       "neume.ttl",
                                       "neume.so" };
  char                     folder[300];
  char                     from[4200];
  char                     to[400];
  float                    out[BLOCK];

  snprintf(folder, sizeof(folder), "%s/bare.lv2/", files->folder);
  if (mkdir(folder, 0700)) {
    abort();
  }
  for (uint32_t i = 0; i < 3U; ++i) {
    snprintf(from, sizeof(from), "%s%s", bundle, names[i]);
    snprintf(to, sizeof(to), "%s%s", folder, names[i]);
    CHECK(!symlink(from, to));
  }

  Host* const host = host_new_bundle(folder, RATE, HOST_ALL);
  CHECK(host->n_logged == 1U);
  host_activate(host);
  for (uint32_t i = 0; i < 64U; ++i) {
    host_run(host, in + (size_t)i * BLOCK, out, BLOCK);
    CHECK(host_same_bits(in + (size_t)i * BLOCK, out, sizeof(out)));
  }
  CHECK(!host->n_events);
  CHECK(host->controls[NEUME_PORT_NOTE] == 0.0f);
  host_patch_get(host);
  run(host, 1);
  CHECK(host->n_told == 1U && !host->path[0]);

  run_with(host, files->good, 100);
  CHECK(host->n_events > 2U);
  host_free(host);

  for (uint32_t i = 0; i < 3U; ++i) {
    snprintf(to, sizeof(to), "%s%s", folder, names[i]);
    unlink(to);
  }
  rmdir(folder);
}

/** A rate that the chain can't do passes audio too. */
static void test_bad_rates(void)
{
  static const double rates[] = { 1.0, 7999.0, 400000.0 };
  float               out[BLOCK];
  for (uint32_t i = 0; i < 3U; ++i) {
    Host* const host = host_new(rates[i], HOST_ALL);
    CHECK(host->n_logged == 1U);
    host_activate(host);
    host->controls[NEUME_PORT_MONITOR] = 0.0f;
    host_run(host, in, out, BLOCK);
    CHECK(host_same_bits(in, out, sizeof(out)));
    host_free(host);
  }
}

int main(void)
{
  host_phrase(in, TOTAL, RATE);

  Host* const host   = host_new(RATE, HOST_ALL);
  char* const bundle = host_bundle_path(host);
  char        bundled[4200];
  Files       files;
  snprintf(bundled, sizeof(bundled), "%slive.safetensors", bundle);
  files_init(&files, bundle);
  host_free(host);

  test_get(bundled);
  test_set(&files, bundled);
  test_controls(&files);
  test_bad(files.missing, bundled);
  test_bad(files.text, bundled);
  test_bad(files.truncated, bundled);
  test_bad(files.folder, bundled);
  test_many(&files);
  test_workers(&files, bundled);
  test_racy(&files);
  test_messages();
  test_missing(&files, bundle);
  test_bad_rates();

  lilv_free(bundle);
  files_clear(&files);
  return test_report();
}
