// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#include "engine.h"

#include "files.h"
#include "host.h"

#include "test.h"

#include <lilv/lilv.h>

#include <string.h>

/** Engines of one file share its model, at any rate; those of another don't. */
static void test_sharing(const Files* files)
{
  char               message[NEUME_MESSAGE_MAX] = "";
  NeumeEngine* const a = neume_engine_new(files->good, 48000.0, message);
  NeumeEngine* const b = neume_engine_new(files->good, 44100.0, message);
  NeumeEngine* const c = neume_engine_new(files->other, 48000.0, message);
  CHECK_MSG(a && b && c, "%s", message);
  if (a && b && c) {
    CHECK(a->model == b->model && a->neume != b->neume);
    CHECK(a->model != c->model);
    CHECK(a->model->packed);
    CHECK(!strcmp(a->path, files->good));
  }
  neume_engine_free(a);
  neume_engine_free(b);
  neume_engine_free(c);
  neume_engine_free(NULL);
}

static void test_failures(const Files* files)
{
  const char* const bad[] = { files->truncated, files->text, files->missing };
  for (unsigned i = 0; i < 6U; ++i) {
    char message[NEUME_MESSAGE_MAX] = "";
    CHECK(!neume_engine_new(bad[i % 3U], 48000.0, message));
    CHECK(message[0]);
  }

  char message[NEUME_MESSAGE_MAX] = "";
  CHECK(!neume_engine_new(files->good, 1.0, message));
  CHECK_MSG(!strcmp(message, neume_strerror(NEUME_ERR_RATE)), "%s", message);

  char long_path[NEUME_PATH_MAX + 1U];
  memset(long_path, 'a', NEUME_PATH_MAX);
  long_path[NEUME_PATH_MAX] = '\0';
  CHECK(!neume_engine_new(long_path, 48000.0, message));
  CHECK_MSG(strstr(message, "too long"), "%s", message);
}

int main(void)
{
  Files       files;
  Host* const host   = host_new(48000.0, HOST_ALL);
  char* const bundle = host_bundle_path(host);
  files_init(&files, bundle);
  lilv_free(bundle);
  host_free(host);

  test_sharing(&files);
  test_failures(&files);
  files_clear(&files);
  return test_report();
}
