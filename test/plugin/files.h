// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#ifndef NEUME_TEST_FILES_H
#define NEUME_TEST_FILES_H

#include "host.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/** A temporary folder with model files, good and bad. */
typedef struct {
  char folder[256];    ///< Removed at the end
  char good[320];      ///< A copy of the bundled model
  char other[320];     ///< Another one
  char truncated[320]; ///< The first half of it
  char text[320];      ///< Not a model at all
  char missing[320];   ///< Not there
} Files;

static inline void write_file(const char* path, const char* data, size_t size)
{
  FILE* const file = fopen(path, "wb");
  if (!file || fwrite(data, 1, size, file) != size || fclose(file)) {
    abort();
  }
}

/** Make the files, from the model in the bundle at `bundle`. */
static inline void files_init(Files* files, const char* bundle)
{
  const char* const tmp = getenv("TMPDIR");
  snprintf(files->folder,
           sizeof(files->folder),
           "%s/neume-test-XXXXXX",
           tmp ? tmp : "/tmp");
  if (!mkdtemp(files->folder)) {
    abort();
  }

  char        path[4096];
  struct stat info;
  snprintf(path, sizeof(path), "%s/live.safetensors", bundle);
  FILE* const live = fopen(path, "rb");
  if (!live || fstat(fileno(live), &info)) {
    abort();
  }
  const size_t size  = (size_t)info.st_size;
  char* const  bytes = (char*)malloc(size);
  if (!bytes || fread(bytes, 1, size, live) != size || fclose(live)) {
    abort();
  }

  char* const paths[] = {
    files->good, files->other, files->truncated, files->text, files->missing
  };
  static const char* const names[] = {
    "good", "other", "truncated", "text", "missing"
  };
  for (uint32_t i = 0; i < 5U; ++i) {
    snprintf(paths[i],
             sizeof(files->good),
             "%s/%s.safetensors",
             files->folder,
             names[i]);
  }
  write_file(files->good, bytes, size);
  write_file(files->other, bytes, size);
  write_file(files->truncated, bytes, size / 2U);
  write_file(files->text, "not a model\n", 12U);
  free(bytes);
}

/** Remove a folder and the files in it. */
static inline void remove_folder(const char* path)
{
  DIR* const dir = opendir(path);
  if (!dir) {
    return;
  }
  for (const struct dirent* e = readdir(dir); e; e = readdir(dir)) {
    char entry[1024];
    snprintf(entry, sizeof(entry), "%s/%s", path, e->d_name);
    if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0) {
      unlink(entry);
    }
  }
  closedir(dir);
  rmdir(path);
}

static inline void files_clear(const Files* files)
{
  unlink(files->good);
  unlink(files->other);
  unlink(files->truncated);
  unlink(files->text);
  rmdir(files->folder);
}

#endif // NEUME_TEST_FILES_H
