// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#include "weights.h"

#include "command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define WEIGHTS_NAME "live.safetensors"
#define PATH_BYTES   4096

/** Write the folder of this program to `folder`; false where it is not known.
 */
static bool program_folder(char folder[PATH_BYTES])
{
  const ssize_t n = readlink("/proc/self/exe", folder, PATH_BYTES - 1);
  if (n <= 0) {
    return false;
  }
  folder[n]         = '\0';
  char* const slash = strrchr(folder, '/');
  if (!slash) {
    return false;
  }
  *slash = '\0';
  return true;
}

static bool is_there(char        path[PATH_BYTES],
                     const char* folder,
                     const char* rest)
{
  const int n = snprintf(path, PATH_BYTES, "%s/%s", folder, rest);
  return n > 0 && n < PATH_BYTES && !access(path, F_OK);
}

static const char* find_weights(char path[PATH_BYTES])
{
  const char* const named = getenv("NEUME_MODEL");
  if (named && *named) {
    return named;
  }
  char folder[PATH_BYTES];
  if (program_folder(folder) &&
      (is_there(path, folder, "../share/neume/" WEIGHTS_NAME) ||
       is_there(path, folder, "../weights/" WEIGHTS_NAME))) {
    return path;
  }
  return is_there(path, NEUME_DATADIR, "neume/" WEIGHTS_NAME) ? path : NULL;
}

const NeumeModel* weights_load(const char* path)
{
  char              found[PATH_BYTES];
  const char* const chosen = path ? path : find_weights(found);
  if (!chosen) {
    command_error("no weights found: name a file with --model or NEUME_MODEL");
    return NULL;
  }
  char              message[NEUME_MESSAGE_MAX] = "";
  const NeumeModel* model                      = NULL;
  if (neume_model_acquire(chosen, &model, message)) {
    command_error("%s: %s", chosen, message);
    return NULL;
  }
  return model;
}
