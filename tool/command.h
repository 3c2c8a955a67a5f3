// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#ifndef NEUME_COMMAND_H
#define NEUME_COMMAND_H

#include "attributes.h"

#include <stdbool.h>
#include <stdint.h>

/** What the process returns. */
enum {
  EXIT_OK     = 0, ///< All was done
  EXIT_FAILED = 1, ///< A file could not be read or written
  EXIT_USAGE  = 2  ///< The command line makes no sense; nothing was done
};

/** Bytes of a buffer for one line of explanation. */
#define COMMAND_MESSAGE_MAX 512

/** Print "neume: ..." and a newline to stderr, as one write.  Thread-safe. */
void command_error(const char* format, ...) NEUME_PRINTF(1, 2);

/** Print an error and a hint at `--help` of `command`; returns EXIT_USAGE. */
int command_usage(const char* command, const char* format, ...)
  NEUME_PRINTF(2, 3);

/** Write a line of at most COMMAND_MESSAGE_MAX bytes to `message`. */
void command_message(char* message, const char* format, ...) NEUME_PRINTF(2, 3);

/** Read a whole argument as a number from `low` to `high`.

    On failure prints what `option` of `command` takes and returns false.
*/
bool command_number(const char* command,
                    const char* option,
                    const char* text,
                    double      low,
                    double      high,
                    double*     value);

/** The same for a whole number. */
bool command_integer(const char* command,
                     const char* option,
                     const char* text,
                     uint32_t    low,
                     uint32_t    high,
                     uint32_t*   value);

/** Read an argument of --interleave: 1, 2, 4 or 8. */
bool command_interleave(const char* command, const char* text, uint32_t* value);

/** Say what getopt_long(), with an option string that starts with ':', found
    wrong when it returned `result`; returns EXIT_USAGE. */
int command_bad_option(const char* command, int result, char** argv);

/** Print `text`, a command's help, to stdout; returns an exit code. */
int command_help(const char* text);

/** Flush stdout; EXIT_FAILED if anything was lost, with a message unless nobody
    reads it. */
int command_flush(void);

/** Run one command: `argv[0]` is its name.  Returns an exit code. */
int command_transcribe(int argc, char** argv);
int command_features(int argc, char** argv);
int command_info(int argc, char** argv);
int command_compare(int argc, char** argv);
int command_mono(int argc, char** argv);

#endif // NEUME_COMMAND_H
