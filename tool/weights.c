// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#include "weights.h"

#include "command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PATH_BYTES 4096

static const char* const standard = "live";

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
                     const char* rest,
                     const char* name)
{
  const int n =
    snprintf(path, PATH_BYTES, "%s/%s/%s.safetensors", folder, rest, name);
  return n > 0 && n < PATH_BYTES && !access(path, F_OK);
}

/** The file of the weights called `name`, where ours are; NULL: none there. */
static const char* find_named(char path[PATH_BYTES], const char* name)
{
  char folder[PATH_BYTES];
  if (program_folder(folder) &&
      (is_there(path, folder, "../share/neume", name) ||
       is_there(path, folder, "../weights", name))) {
    return path;
  }
  return is_there(path, NEUME_DATADIR, "neume", name) ? path : NULL;
}

/** What to load for a file or name that was asked for, or NULL. */
static const char* find_weights(char path[PATH_BYTES], const char* wanted)
{
  const char* const named = getenv("NEUME_MODEL");
  if (!wanted && named && *named) {
    wanted = named;
  }
  if (wanted && (strchr(wanted, '/') || !access(wanted, F_OK))) {
    return wanted;
  }
  const char* const found = find_named(path, wanted ? wanted : standard);
  return found ? found : wanted;
}

const NeumeModel* weights_load(const char* path)
{
  char              found[PATH_BYTES];
  const char* const chosen = find_weights(found, path);
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
