// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#include "command.h"
#include "output.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char help[] =
  "Usage: neume COMMAND [OPTION]... [FILE]...\n"
  "Write down the notes of a singing voice.\n"
  "\n"
  "Commands:\n"
  "  transcribe FILE...     Find the notes in recordings\n"
  "  compare TRUTH FOUND    Set two lists of notes side by side\n"
  "  features FILE          Write the log-mel frames that training reads\n"
  "  info [FILE]            Say what a weights file holds\n"
  "  mono FILE              Mix a recording down to one channel\n"
  "\n"
  "  --help                 Show this help ('neume COMMAND --help' for more)\n"
  "  --version              Show the version\n"
  "\n"
  "Exit status: 0 if all went well, 1 if a file could not be read or written,\n"
  "2 if the command line is wrong.\n";

static const struct {
  const char* name;                  ///< As typed
  int (*run)(int argc, char** argv); ///< What it does
} commands[] = { { "transcribe", command_transcribe },
                 { "compare", command_compare },
                 { "features", command_features },
                 { "info", command_info },
                 { "mono", command_mono } };

/** Give a standard stream that the caller closed to nobody, so that no file
    opened later gets its number, and with it what is printed.  Reading and
    writing it still fails. */
static bool reserve_streams(void)
{
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; ++fd) {
    const int flags = fd == STDIN_FILENO ? O_WRONLY : O_RDONLY;
    if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", flags) != fd) {
      return false;
    }
  }
  return true;
}

int main(int argc, char** argv)
{
  if (!reserve_streams()) {
    return EXIT_FAILED; // There is nowhere to say so
  }
  if (argc < 2) {
    return command_usage(NULL, "a command is missing");
  }
  const char* const name = argv[1];
  if (!strcmp(name, "--help") || !strcmp(name, "-h") || !strcmp(name, "help")) {
    return command_help(help);
  }
  if (!strcmp(name, "--version") || !strcmp(name, "-V")) {
    printf("neume %s\n", NEUME_VERSION);
    return command_flush();
  }
  for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); ++i) {
    if (!strcmp(name, commands[i].name)) {
      if (!output_init()) {
        command_error("the system has no thread to give");
        return EXIT_FAILED;
      }
      return commands[i].run(argc - 1, argv + 1);
    }
  }
  return command_usage(NULL, "there is no command '%s'", name);
}
