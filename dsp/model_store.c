// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#include "model_store.h"

#include "cnn_weights.h"
#include "model.h"
#include "status.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/** A model that someone holds. */
typedef struct Entry {
  struct Entry*    next;    ///< Another one, or NULL
  struct stat      file;    ///< What it was read from, as it was before that
  uint64_t         users;   ///< How often it was acquired and not released
  NeumeModel*      model;   ///< Owned
  NeumeCnnWeights* weights; ///< Owned, what model->packed points at
} Entry;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; ///< Guards the rest
static Entry*          entries;                          ///< In no order

static bool same_time(const struct timespec a, const struct timespec b)
{
  return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

static bool same_file(const struct stat* const a, const struct stat* const b)
{
  return a->st_dev == b->st_dev && a->st_ino == b->st_ino &&
         a->st_size == b->st_size && same_time(a->st_mtim, b->st_mtim) &&
         same_time(a->st_ctim, b->st_ctim);
}

/** Count one more user of `file`'s model; NULL if nobody has it.  Locked. */
static const NeumeModel* join(const struct stat* const file)
{
  for (Entry* entry = entries; entry; entry = entry->next) {
    if (same_file(&entry->file, file)) {
      ++entry->users;
      return entry->model;
    }
  }
  return NULL;
}

/** Say what went wrong; returns `status`. */
static NeumeStatus fail(const NeumeStatus status,
                        const char* const what,
                        char* const       message)
{
  if (message) {
    (void)snprintf(message, NEUME_MESSAGE_MAX, "%s", what);
  }
  return status;
}

static void free_entry(Entry* const entry)
{
  if (entry) {
    neume_cnn_weights_free(entry->weights);
    neume_model_free(entry->model);
    free(entry);
  }
}

/** Read the file that `fd` is at the start of, for one user.  Not locked: a
    slow file holds up nobody who wants another one. */
static NeumeStatus new_entry(const int                fd,
                             const struct stat* const file,
                             Entry** const            entry,
                             char* const              message)
{
  Entry* const made = (Entry*)calloc(1, sizeof(Entry));
  if (!made) {
    return fail(NEUME_ERR_MEMORY, "out of memory", message);
  }

  NeumeStatus status = neume_model_read(fd, &made->model, message);
  if (!status) {
    status = neume_cnn_weights_new(made->model, &made->weights);
    if (status) {
      fail(status,
           status == NEUME_ERR_MEMORY ? "out of memory"
                                      : "too many weights, once packed",
           message);
    }
  }
  if (status) {
    free_entry(made);
    return status;
  }

  made->model->packed = made->weights;
  made->users         = 1;
  made->file          = *file;
  *entry              = made;
  return NEUME_SUCCESS;
}

/** neume_model_acquire() of an open file. */
static NeumeStatus acquire(const int                fd,
                           const NeumeModel** const model,
                           char* const              message)
{
  struct stat file;
  Entry*      entry = NULL;
  if (fstat(fd, &file)) {
    return fail(NEUME_ERR_FILE, strerror(errno), message);
  }

  (void)pthread_mutex_lock(&lock);
  *model = join(&file);
  (void)pthread_mutex_unlock(&lock);
  if (*model) {
    return NEUME_SUCCESS;
  }

  const NeumeStatus status = new_entry(fd, &file, &entry, message);
  if (status) {
    return status;
  }

  // Another thread may have read the same file meanwhile
  (void)pthread_mutex_lock(&lock);
  *model = join(&file);
  if (!*model) {
    *model      = entry->model;
    entry->next = entries;
    entries     = entry;
    entry       = NULL;
  }
  (void)pthread_mutex_unlock(&lock);
  free_entry(entry);
  return NEUME_SUCCESS;
}

NeumeStatus neume_model_acquire(const char* const        path,
                                const NeumeModel** const model,
                                char* const              message)
{
  int fd                   = -1;
  *model                   = NULL;
  const NeumeStatus opened = neume_model_open(path, &fd, message);
  if (opened) {
    return opened;
  }

  const NeumeStatus status = acquire(fd, model, message);
  (void)close(fd);
  return status;
}

void neume_model_release(const NeumeModel* const model)
{
  Entry* unused = NULL;
  (void)pthread_mutex_lock(&lock);
  for (Entry** at = &entries; *at; at = &(*at)->next) {
    if ((*at)->model == model) {
      if (!--(*at)->users) {
        unused = *at;
        *at    = unused->next;
      }
      break;
    }
  }
  (void)pthread_mutex_unlock(&lock);
  free_entry(unused);
}
