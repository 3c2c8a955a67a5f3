// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#include "command.h"

#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void print_error(const char* format, va_list args)
{
  char line[2 * COMMAND_MESSAGE_MAX];
  vsnprintf(line, sizeof(line), format, args);
  fprintf(stderr, "neume: %s\n", line);
}

void command_error(const char* format, ...)
{
  va_list args;
  va_start(args, format);
  print_error(format, args);
  va_end(args);
}

int command_usage(const char* command, const char* format, ...)
{
  va_list args;
  va_start(args, format);
  print_error(format, args);
  va_end(args);
  fprintf(stderr,
          "Try 'neume %s%s--help'.\n",
          command ? command : "",
          command ? " " : "");
  return EXIT_USAGE;
}

void command_message(char* message, const char* format, ...)
{
  va_list args;
  va_start(args, format);
  vsnprintf(message, COMMAND_MESSAGE_MAX, format, args);
  va_end(args);
}

bool command_number(const char* command,
                    const char* option,
                    const char* text,
                    double      low,
                    double      high,
                    double*     value)
{
  char* end          = NULL;
  errno              = 0;
  const double given = strtod(text, &end);
  if (end == text || *end || errno || !isfinite(given) || given < low ||
      given > high) {
    command_usage(command,
                  "%s takes a number from %g to %g, not '%s'",
                  option,
                  low,
                  high,
                  text);
    return false;
  }
  *value = given;
  return true;
}

bool command_integer(const char* command,
                     const char* option,
                     const char* text,
                     uint32_t    low,
                     uint32_t    high,
                     uint32_t*   value)
{
  double given = 0.0;
  if (!command_number(command, option, text, low, high, &given)) {
    return false;
  }
  if (given != floor(given)) {
    command_usage(command, "%s takes a whole number, not '%s'", option, text);
    return false;
  }
  *value = (uint32_t)given;
  return true;
}

bool command_interleave(const char* command, const char* text, uint32_t* value)
{
  uint32_t given = 0;
  if (!command_integer(command, "--interleave", text, 1, 8, &given)) {
    return false;
  }
  if (given & (given - 1U)) {
    command_usage(command, "--interleave takes 1, 2, 4 or 8, not '%s'", text);
    return false;
  }
  *value = given;
  return true;
}

int command_bad_option(const char* command, int result, char** argv)
{
  const char* const option = argv[optind - 1];
  if (result == '?' && optopt && strncmp(option, "--", 2) != 0) {
    // One of several letters: `optind` is still at all of them
    return command_usage(command, "there is no option '-%c'", optopt);
  }
  return (result == ':')
           ? command_usage(command, "%s needs a value", option)
           : command_usage(command, "there is no option '%s'", option);
}

int command_help(const char* text)
{
  fputs(text, stdout);
  return command_flush();
}

int command_flush(void)
{
  if (fflush(stdout) || ferror(stdout)) {
    if (errno != EPIPE) { // Who reads no more knows
      command_error("standard output: %s", strerror(errno));
    }
    return EXIT_FAILED;
  }
  return EXIT_OK;
}
