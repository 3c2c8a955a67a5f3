// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#include "weights.h"

#include "command.h"
#include "constants.h"
#include "output.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_BYTES 4096

static const char* const live     = "live";
static const char* const accurate = "accurate"; ///< Where it may look ahead

static const double frame_ms = 1000.0 * NEUME_STEP / NEUME_RATE;

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

/** Whether `path` is there, and no folder. */
static bool is_file(const char* path)
{
  struct stat st;
  return !stat(path, &st) && !S_ISDIR(st.st_mode);
}

/** The file that a file or name of ours means. */
static const char* find_weights(char path[PATH_BYTES], const char* wanted)
{
  if (strchr(wanted, '/') || is_file(wanted)) {
    return wanted;
  }
  const char* const found = find_named(path, wanted);
  return found ? found : wanted;
}

/** Load a file, which is not written over then; NULL, and prints why, if it
    can't be. */
static const NeumeModel* load_file(const char* path)
{
  char              message[NEUME_MESSAGE_MAX] = "";
  const NeumeModel* model                      = NULL;
  if (neume_model_acquire(path, &model, message)) {
    command_error("%s: %s", path, message);
    return NULL;
  }
  if (!output_protect(path)) {
    command_error("out of memory");
    neume_model_release(model);
    return NULL;
  }
  return model;
}

/** Load ours that suit a look-ahead. */
static const NeumeModel* load_ours(double lookahead_ms)
{
  char path[PATH_BYTES];
  if ((lookahead_ms >= frame_ms && find_named(path, accurate)) ||
      find_named(path, live)) {
    return load_file(path);
  }
  command_error("no weights found: name a file with --model or NEUME_MODEL");
  return NULL;
}

const NeumeModel* weights_load(const char* path, double lookahead_ms)
{
  const char* const named  = getenv("NEUME_MODEL");
  const char* const wanted = path ? path : (named && *named ? named : NULL);
  char              found[PATH_BYTES];
  return wanted ? load_file(find_weights(found, wanted))
                : load_ours(lookahead_ms);
}
