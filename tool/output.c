// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#include "output.h"

#include "command.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define OPEN_MAX_FILES 4096 ///< Most temporary files at one time

/** Temporary files that a signal must remove, NULL where a slot is free.

    The lock is held by whoever makes, renames or removes one, and by the
    signal thread until the process ends, so that none is made after it looked.
*/
static struct {
  pthread_mutex_t lock;                  ///< Guards all below
  char*           paths[OPEN_MAX_FILES]; ///< Owned by their outputs
  unsigned        made;                  ///< Temporary files made so far
} files = { PTHREAD_MUTEX_INITIALIZER, { NULL }, 0 };

/** Files that are read, and must not be written over. */
static struct {
  struct stat* files; ///< What they are
  size_t       n;     ///< How many
} inputs;

static void* wait_for_signal(void* data)
{
  const sigset_t* const signals = data;
  int                   number  = 0;
  while (sigwait(signals, &number)) {
  }

  pthread_mutex_lock(&files.lock);
  for (unsigned i = 0; i < OPEN_MAX_FILES; ++i) {
    if (files.paths[i]) {
      unlink(files.paths[i]);
    }
  }

  // End as the signal would have ended us, so that a shell sees it
  sigset_t one;
  sigemptyset(&one);
  sigaddset(&one, number);
  signal(number, SIG_DFL);
  pthread_sigmask(SIG_UNBLOCK, &one, NULL);
  kill(getpid(), number);
  for (;;) {
    pause();
  }
  return NULL;
}

/** Add `number` to `signals` unless our parent chose to ignore it. */
static void add_signal(sigset_t* signals, int number)
{
  struct sigaction action;
  if (!sigaction(number, NULL, &action) && action.sa_handler != SIG_IGN) {
    sigaddset(signals, number);
  }
}

bool output_init(void)
{
  // What can't be written fails, and is told; the other files go on
  signal(SIGPIPE, SIG_IGN);
  signal(SIGXFSZ, SIG_IGN);

  static sigset_t signals;
  sigemptyset(&signals);
  add_signal(&signals, SIGINT);
  add_signal(&signals, SIGTERM);
  add_signal(&signals, SIGHUP);

  pthread_t thread;
  if (pthread_sigmask(SIG_BLOCK, &signals, NULL)) {
    return false;
  }
  if (pthread_create(&thread, NULL, wait_for_signal, &signals)) {
    pthread_sigmask(SIG_UNBLOCK, &signals, NULL);
    return false;
  }
  pthread_detach(thread);
  return true;
}

char* output_path(const char* folder, const char* name, const char* suffix)
{
  const size_t size = strlen(folder) + strlen(name) + strlen(suffix) + 2;
  char* const  path = malloc(size);
  if (path) {
    snprintf(path, size, "%s/%s%s", folder, name, suffix);
  }
  return path;
}

/** Create the temporary file next to output->path; with the lock held. */
static int create_temporary(Output* output)
{
  unsigned slot = 0;
  while (slot < OPEN_MAX_FILES && files.paths[slot]) {
    ++slot;
  }
  if (slot == OPEN_MAX_FILES) {
    errno = EMFILE;
    return -1;
  }

  const char* const slash  = strrchr(output->path, '/');
  const size_t      prefix = slash ? (size_t)(slash - output->path) + 1U : 0U;
  const size_t      size   = prefix + 64U;
  output->temporary        = malloc(size);
  if (!output->temporary) {
    return -1;
  }
  int fd = -1;
  do {
    snprintf(output->temporary,
             size,
             "%.*s.neume-%ld-%u.tmp",
             (int)prefix,
             output->path,
             (long)getpid(),
             ++files.made);
    fd = open(output->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  } while (fd < 0 && errno == EEXIST);

  if (fd < 0) {
    const int error = errno;
    free(output->temporary);
    output->temporary = NULL;
    errno             = error;
    return -1;
  }
  output->slot      = (int)slot;
  files.paths[slot] = output->temporary;
  return fd;
}

bool output_protect(const char* path)
{
  struct stat st;
  if (stat(path, &st)) {
    return true;
  }
  struct stat* const more =
    realloc(inputs.files, (inputs.n + 1) * sizeof(struct stat));
  if (!more) {
    return false;
  }
  inputs.files             = more;
  inputs.files[inputs.n++] = st;
  return true;
}

static bool is_protected(const struct stat* st)
{
  size_t i = 0;
  while (i < inputs.n && (inputs.files[i].st_dev != st->st_dev ||
                          inputs.files[i].st_ino != st->st_ino)) {
    ++i;
  }
  return i < inputs.n;
}

bool output_open(Output* output, const char* path, char* message)
{
  *output = (Output){ NULL, NULL, NULL, 0 };
  struct stat st;
  if (!stat(path, &st)) {
    if (!S_ISREG(st.st_mode)) {
      command_message(message, "'%s' is not a regular file", path);
      return false;
    }
    if (is_protected(&st)) {
      command_message(message, "'%s' is read, and is not written over", path);
      return false;
    }
  }
  output->path = strdup(path);
  if (!output->path) {
    command_message(message, "out of memory");
    return false;
  }

  pthread_mutex_lock(&files.lock);
  const int fd    = create_temporary(output);
  int       error = errno;
  pthread_mutex_unlock(&files.lock);

  if (fd >= 0) {
    output->stream = fdopen(fd, "wb");
    if (output->stream) {
      return true;
    }
    error = errno;
    close(fd);
  }
  command_message(message, "can't write '%s': %s", path, strerror(error));
  output_drop(output);
  return false;
}

bool output_failed(const Output* output, char* message)
{
  command_message(message,
                  "can't write '%s': %s",
                  output->path,
                  strerror(errno ? errno : EIO));
  return false;
}

bool output_close(Output* output, char* message)
{
  errno             = 0;
  const bool lost   = ferror(output->stream);
  const bool failed = fclose(output->stream) || lost;
  output->stream    = NULL;
  if (failed) {
    output_failed(output, message);
    output_drop(output);
  }
  return !failed;
}

bool output_commit(Output* output, char* message)
{
  pthread_mutex_lock(&files.lock);
  const bool ok    = !rename(output->temporary, output->path);
  const int  error = errno;
  if (ok) {
    files.paths[output->slot] = NULL;
    free(output->temporary);
    output->temporary = NULL;
  }
  pthread_mutex_unlock(&files.lock);

  if (!ok) {
    command_message(
      message, "can't write '%s': %s", output->path, strerror(error));
  }
  output_drop(output);
  return ok;
}

void output_drop(Output* output)
{
  if (output->stream) {
    fclose(output->stream);
  }
  if (output->temporary) {
    pthread_mutex_lock(&files.lock);
    unlink(output->temporary);
    files.paths[output->slot] = NULL;
    pthread_mutex_unlock(&files.lock);
    free(output->temporary);
  }
  free(output->path);
  *output = (Output){ NULL, NULL, NULL, 0 };
}

bool output_folder(const char* path, char* message)
{
  struct stat st;
  if (mkdir(path, 0777) && errno != EEXIST) {
    command_message(
      message, "can't make the folder '%s': %s", path, strerror(errno));
    return false;
  }
  if (stat(path, &st) || !S_ISDIR(st.st_mode)) {
    command_message(message, "'%s' is not a folder", path);
    return false;
  }
  return true;
}
