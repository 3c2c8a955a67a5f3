// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#ifndef NEUME_OUTPUT_H
#define NEUME_OUTPUT_H

#include <stdbool.h>
#include <stdio.h>

/** A file that appears whole or not at all.

    What is written goes to a temporary file in the same folder, which takes
    the final name only when all of it was written.  It is removed when the
    output is dropped, and when the process gets SIGINT, SIGTERM or SIGHUP.
    Several outputs may be open at once, in any threads; each belongs to one.
*/
typedef struct {
  char* path;      ///< Final path, owned
  char* temporary; ///< Path of the temporary file, owned; NULL once it is gone
  FILE* stream;    ///< For the caller to write to; NULL once closed
  int   slot;      ///< Place in the list of files to remove on a signal
} Output;

/** Catch the signals; call once from main() before any thread starts.

    From then on a pipe that nobody reads, or a file that would be too long, is
    an error of what is written, and no signal.  Without it signals end the
    process as usual and leave temporary files.

    Returns false if the system refuses a thread.
*/
bool output_init(void);

/** Never write over the file `path`, whatever it is called then; nothing if
    there is none.

    Returns false without memory.  Call before any output is opened.
*/
bool output_protect(const char* path);

/** Start writing `path`.

    An existing `path` must be a regular file, and not protected.  Returns false
    and writes one line to `message` (COMMAND_MESSAGE_MAX bytes).  All zeros is
    an output that was dropped.
*/
bool output_open(Output* output, const char* path, char* message);

/** Say that something could not be written, and why if `errno` tells; returns
    false. */
bool output_failed(const Output* output, char* message);

/** All is written: close the file, still under its temporary name.

    Returns false, with a message and the temporary file removed, if anything
    was not written (a full disk).
*/
bool output_close(Output* output, char* message);

/** Give a closed output its name, and forget it. */
bool output_commit(Output* output, char* message);

/** Remove the temporary file if there is one, and forget it. */
void output_drop(Output* output);

/** Make the folder `path` unless it is there.

    Its parent must exist.  Returns false with a message.
*/
bool output_folder(const char* path, char* message);

/** Join folder, name and suffix; NULL without memory.  Free the result. */
char* output_path(const char* folder, const char* name, const char* suffix);

#endif // NEUME_OUTPUT_H
