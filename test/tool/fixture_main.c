// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

// What test_command.sh needs and a shell has not: files to feed the command
// with, and a look into what it wrote

#include "command.h"
#include "csv.h"
#include "fixture.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/** Whether two note files agree within `apart` seconds, note by note. */
static bool same_notes(const char* a_path, const char* b_path, double apart)
{
  char     message[COMMAND_MESSAGE_MAX];
  NoteList a;
  NoteList b;
  if (!csv_read_notes(a_path, &a, message) ||
      !csv_read_notes(b_path, &b, message)) {
    fprintf(stderr, "%s or %s: %s\n", a_path, b_path, message);
    return false;
  }
  bool same = a.size == b.size && a.size;
  for (size_t i = 0; i < a.size && same; ++i) {
    same = fabs(a.notes[i].onset - b.notes[i].onset) <= apart &&
           fabs(a.notes[i].offset - b.notes[i].offset) <= apart &&
           a.notes[i].midi == b.notes[i].midi;
    if (!same) {
      fprintf(stderr, "note %zu differs\n", i);
    }
  }
  note_list_free(&a);
  note_list_free(&b);
  return same;
}

static bool print_midi(const char* path)
{
  NoteList   notes;
  double     seconds = 0.0;
  const bool ok      = fixture_read_midi(path, &notes, &seconds);
  if (ok) {
    csv_write_notes(stdout, &notes);
    fprintf(stderr, "%.3f\n", seconds);
  }
  note_list_free(&notes);
  return ok;
}

static bool print_notes(void)
{
  NoteList   notes;
  const bool ok = fixture_notes(&notes);
  csv_write_notes(stdout, &notes);
  note_list_free(&notes);
  return ok;
}

static double number(const char* text)
{
  return strtod(text, NULL);
}

int main(int argc, char** argv)
{
  const char* const what = argc > 1 ? argv[1] : "";
  bool              ok   = false;
  if (!strcmp(what, "notes") && argc == 2) {
    ok = print_notes();
  } else if (!strcmp(what, "model") && argc == 3) {
    ok = fixture_model(argv[2]);
  } else if (!strcmp(what, "melody") && argc == 5) {
    ok = fixture_melody(argv[2], (int)number(argv[3]), (int)number(argv[4]));
  } else if (!strcmp(what, "nan") && argc == 3) {
    ok = fixture_not_a_number(argv[2]);
  } else if (!strcmp(what, "endless") && argc == 3) {
    ok = fixture_endless(argv[2]);
  } else if (!strcmp(what, "silence") && argc == 4) {
    ok = fixture_silence(argv[2], number(argv[3]));
  } else if (!strcmp(what, "rate") && argc == 4) {
    ok = fixture_rate(argv[2], (int)number(argv[3]));
  } else if (!strcmp(what, "midi") && argc == 3) {
    ok = print_midi(argv[2]);
  } else if (!strcmp(what, "same") && argc == 5) {
    ok = same_notes(argv[2], argv[3], number(argv[4]));
  } else {
    fprintf(stderr, "unknown: %s\n", what);
  }
  return ok ? 0 : 1;
}
