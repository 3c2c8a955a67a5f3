// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

// Files that appear whole or not at all

#include "command.h"
#include "output.h"

#include "../test.h"

#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char folder[] = "test_output.XXXXXX";
static char path[64];

/** Number of entries in the folder. */
static unsigned count_files(void)
{
  unsigned             n   = 0;
  DIR* const           dir = opendir(folder);
  const struct dirent* e   = NULL;
  while (dir && (e = readdir(dir))) {
    n += strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0;
  }
  if (dir) {
    closedir(dir);
  }
  return n;
}

static bool holds(const char* expected)
{
  char        text[64] = "";
  FILE* const stream   = fopen(path, "rb");
  if (!stream) {
    return false;
  }
  text[fread(text, 1, sizeof(text) - 1, stream)] = '\0';
  fclose(stream);
  return !strcmp(text, expected);
}

static bool write_whole(const char* text)
{
  char   message[COMMAND_MESSAGE_MAX] = "";
  Output output;
  if (!output_open(&output, path, message)) {
    fprintf(stderr, "%s\n", message);
    return false;
  }
  fputs(text, output.stream);
  return output_close(&output, message) && output_commit(&output, message);
}

static void test_appears_at_the_end(void)
{
  char   message[COMMAND_MESSAGE_MAX] = "";
  Output output;
  CHECK(output_open(&output, path, message));
  fputs("one", output.stream);
  fflush(output.stream);
  CHECK(access(path, F_OK) && count_files() == 1);
  CHECK(output_close(&output, message));
  CHECK(access(path, F_OK) && count_files() == 1);
  CHECK(output_commit(&output, message));
  CHECK(holds("one") && count_files() == 1);

  struct stat  st;
  const mode_t mask = umask(0);
  umask(mask);
  CHECK(!stat(path, &st) && (st.st_mode & 0777U) == (0666U & ~mask));
}

static void test_replaces_or_leaves_alone(void)
{
  char   message[COMMAND_MESSAGE_MAX] = "";
  Output output;
  CHECK(write_whole("two") && holds("two"));
  CHECK(output_open(&output, path, message));
  fputs("three", output.stream);
  output_drop(&output);
  CHECK(holds("two") && count_files() == 1);
  output_drop(&output);

  CHECK(output_open(&output, path, message));
  CHECK(output_close(&output, message));
  output_drop(&output);
  CHECK(holds("two") && count_files() == 1);
}

static void test_a_full_disk_leaves_nothing(void)
{
  char          message[COMMAND_MESSAGE_MAX] = "";
  Output        output;
  struct rlimit before;
  CHECK(!getrlimit(RLIMIT_FSIZE, &before));
  const struct rlimit small = { 4096, before.rlim_max };
  signal(SIGXFSZ, SIG_IGN);

  CHECK(output_open(&output, path, message));
  CHECK(!setrlimit(RLIMIT_FSIZE, &small));
  for (int i = 0; i < 100000; ++i) {
    fputc('x', output.stream);
  }
  CHECK(!output_close(&output, message));
  CHECK(!setrlimit(RLIMIT_FSIZE, &before));
  CHECK_MSG(strstr(message, strerror(EFBIG)), "%s", message);
  CHECK(holds("two") && count_files() == 1);
}

static void test_where_nothing_can_be_written(void)
{
  char   message[COMMAND_MESSAGE_MAX] = "";
  Output output;
  CHECK(!output_open(&output, "no such folder/x", message));
  CHECK_MSG(strstr(message, strerror(ENOENT)), "%s", message);
  CHECK(!output_open(&output, folder, message));
  CHECK_MSG(strstr(message, "not a regular file"), "%s", message);
  CHECK(!output_open(&output, "/dev/null", message));

  char below[80];
  snprintf(below, sizeof(below), "%s/x", path);
  CHECK(!output_open(&output, below, message));
  CHECK(!output_folder(path, message));
  CHECK(!output_folder(below, message));
  snprintf(below, sizeof(below), "%s/new", folder);
  CHECK(output_folder(below, message) && output_folder(below, message));
  CHECK(!rmdir(below));
}

/** Open and commit or drop many outputs; whether all went well. */
static void* churn(void* data)
{
  const unsigned thread = *(const unsigned*)data;
  char           mine[80];
  char           message[COMMAND_MESSAGE_MAX] = "";
  snprintf(mine, sizeof(mine), "%s/%u", folder, thread);
  for (unsigned i = 0; i < 200; ++i) {
    Output output;
    if (!output_open(&output, mine, message)) {
      return NULL;
    }
    fprintf(output.stream, "%u", i);
    if (i % 3 == 0) {
      output_drop(&output);
    } else if (!output_close(&output, message) ||
               !output_commit(&output, message)) {
      return NULL;
    }
  }
  return data;
}

static void test_many_threads(void)
{
  pthread_t threads[4];
  unsigned  numbers[4];
  for (unsigned i = 0; i < 4; ++i) {
    numbers[i] = i;
    CHECK(!pthread_create(&threads[i], NULL, churn, &numbers[i]));
  }
  for (unsigned i = 0; i < 4; ++i) {
    void* result = NULL;
    pthread_join(threads[i], &result);
    CHECK(result);
    char mine[80];
    snprintf(mine, sizeof(mine), "%s/%u", folder, i);
    CHECK(!unlink(mine));
  }
  CHECK(count_files() == 1);
}

/** Run by a child: have files open and get a signal. */
static void be_killed(int number)
{
  char   message[COMMAND_MESSAGE_MAX] = "";
  Output outputs[2];
  bool   ok = output_init();
  ok        = output_open(&outputs[0], path, message) && ok;
  ok        = output_open(&outputs[1], path, message) && ok;
  ok        = output_close(&outputs[1], message) && ok;
  ok        = count_files() == 3 && ok;
  kill(getpid(), ok ? number : SIGKILL);
  for (;;) {
    pause();
  }
}

static void test_signals_clean_up(void)
{
  static const int numbers[] = { SIGTERM, SIGINT, SIGHUP };
  for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); ++i) {
    int         status = 0;
    const pid_t child  = fork();
    if (!child) {
      be_killed(numbers[i]);
    }
    CHECK(waitpid(child, &status, 0) == child);
    CHECK_MSG(WIFSIGNALED(status) && WTERMSIG(status) == numbers[i],
              "status %d",
              status);
    CHECK(holds("two") && count_files() == 1);
  }
}

int main(void)
{
  signal(SIGHUP, SIG_DFL); // Ignored where the tests run under nohup
  CHECK(mkdtemp(folder));
  snprintf(path, sizeof(path), "%s/file", folder);
  test_appears_at_the_end();
  test_replaces_or_leaves_alone();
  test_a_full_disk_leaves_nothing();
  test_where_nothing_can_be_written();
  test_many_threads();
  test_signals_clean_up();
  unlink(path);
  CHECK(!rmdir(folder));
  return test_report();
}
