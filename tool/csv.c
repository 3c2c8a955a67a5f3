// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#include "csv.h"

#include "command.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ONSET, OFFSET, MIDI, VELOCITY, CONFIDENCE, N_FIELDS };

static const char* const field_names[N_FIELDS] = { "onset",
                                                   "offset",
                                                   "midi",
                                                   "velocity",
                                                   "confidence" };

#define LINE_BYTES_MAX 4096 ///< Longest line that is read
#define COLUMNS_MAX    64   ///< Most columns that are looked at

void csv_write_notes(FILE* stream, const NoteList* list)
{
  fputs("onset,offset,midi,velocity,confidence\n", stream);
  for (size_t i = 0; i < list->size; ++i) {
    const Note* const note = &list->notes[i];
    fprintf(stream,
            "%.6f,%.6f,%.0f,%.0f,%.4f\n",
            note->onset,
            note->offset,
            note->midi,
            note->velocity,
            note->confidence);
  }
}

void csv_write_frames(FILE* stream, const Frame* frames, size_t n)
{
  fputs("time,note,midi,cents,confidence\n", stream);
  for (size_t i = 0; i < n; ++i) {
    const Frame* const frame = &frames[i];
    fprintf(stream,
            "%.6f,%u,%u,%.1f,%.4f\n",
            frame->time,
            frame->note,
            frame->midi,
            (double)frame->cents,
            (double)frame->confidence);
  }
}

static const char byte_order_mark[] = "\xEF\xBB\xBF"; ///< Of UTF-8

/** `text` without blanks around it, and without quotes around that; in place.
 */
static char* bare(char* text)
{
  static const char* const blanks = " \t";
  text += strspn(text, blanks);
  size_t n = strlen(text);
  while (n && strchr(blanks, text[n - 1U])) {
    text[--n] = '\0';
  }
  if (n > 1 && text[0] == '"' && text[n - 1U] == '"') {
    text[n - 1U] = '\0';
    ++text;
  }
  return text;
}

/** Cut `line` at its commas, in place; returns the number of columns. */
static size_t split(char* line, char* columns[COLUMNS_MAX])
{
  line[strcspn(line, "\r\n")] = '\0';

  size_t n = 0;
  for (char* at = line; at && n < COLUMNS_MAX;) {
    char* const comma = strchr(at, ',');
    if (comma) {
      *comma = '\0';
    }
    columns[n++] = bare(at);
    at           = comma ? comma + 1 : NULL;
  }
  return n;
}

/** Read the header line: which column holds which field, SIZE_MAX if none. */
static bool read_header(char* line, size_t where[N_FIELDS], char* message)
{
  char*        columns[COLUMNS_MAX];
  const size_t n = split(line, columns);
  for (int f = 0; f < N_FIELDS; ++f) {
    where[f] = SIZE_MAX;
    for (size_t c = 0; c < n; ++c) {
      if (!strcmp(columns[c], field_names[f])) {
        where[f] = c;
      }
    }
    if (where[f] == SIZE_MAX && f <= MIDI) {
      command_message(
        message, "line 1: there is no column '%s'", field_names[f]);
      return false;
    }
  }
  return true;
}

static bool read_note(char*        line,
                      const size_t where[N_FIELDS],
                      size_t       line_number,
                      Note*        note,
                      char*        message)
{
  static const double absent[N_FIELDS] = { 0.0, 0.0, 0.0, 64.0, 1.0 };

  double values[N_FIELDS];
  memcpy(values, absent, sizeof(values));
  char*        columns[COLUMNS_MAX];
  const size_t n = split(line, columns);
  for (int f = 0; f < N_FIELDS; ++f) {
    if (where[f] == SIZE_MAX) {
      continue;
    }
    char*             end  = NULL;
    const char* const text = (where[f] < n) ? columns[where[f]] : "";
    values[f]              = strtod(text, &end);
    const bool is_number   = end != text && !*end && isfinite(values[f]);
    if (!is_number && f > MIDI) {
      values[f] = absent[f]; // Nobody asked for it to be there
    } else if (!is_number) {
      command_message(message,
                      "line %zu: %s is not a number: '%.40s'",
                      line_number,
                      field_names[f],
                      text);
      return false;
    }
  }
  if (values[ONSET] < 0.0) {
    command_message(message, "line %zu: onset is negative", line_number);
    return false;
  }
  if (values[OFFSET] < values[ONSET]) {
    command_message(
      message, "line %zu: a note ends before it starts", line_number);
    return false;
  }
  if (values[MIDI] < 0.0 || values[MIDI] > 127.0) {
    command_message(message, "line %zu: midi is outside 0..127", line_number);
    return false;
  }
  *note = (Note){ values[ONSET],
                  values[OFFSET],
                  values[MIDI],
                  values[VELOCITY],
                  values[CONFIDENCE] };
  return true;
}

static int by_onset(const void* a, const void* b)
{
  const double x = ((const Note*)a)->onset;
  const double y = ((const Note*)b)->onset;
  return (x > y) - (x < y);
}

/** Whether a line that was read is whole, and ends as lines do. */
static bool check_line(const char* line,
                       FILE*       stream,
                       size_t      number,
                       char*       message)
{
  const size_t end = strcspn(line, "\n");
  if (!line[end] && !feof(stream)) {
    command_message(message, "line %zu: is too long", number);
    return false;
  }
  const size_t text = strcspn(line, "\r");
  if (text + strspn(line + text, "\r") < end) {
    command_message(message, "line %zu: holds a carriage return", number);
    return false;
  }
  return true;
}

static bool read_stream(FILE* stream, NoteList* list, char* message)
{
  char   line[LINE_BYTES_MAX];
  size_t where[N_FIELDS];
  if (!fgets(line, sizeof(line), stream)) {
    command_message(message, "line 1: there is no header");
    return false;
  }
  const size_t mark = strncmp(line, byte_order_mark, 3) ? 0U : 3U;
  if (!check_line(line, stream, 1, message) ||
      !read_header(line + mark, where, message)) {
    return false;
  }
  for (size_t number = 2; fgets(line, sizeof(line), stream); ++number) {
    if (!check_line(line, stream, number, message)) {
      return false;
    }
    if (!line[strspn(line, " \t\r\n")]) {
      continue;
    }
    Note note;
    if (!read_note(line, where, number, &note, message)) {
      return false;
    }
    if (!note_list_push(list, &note)) {
      command_message(message, "out of memory");
      return false;
    }
  }
  return true;
}

bool csv_read_notes(const char* path, NoteList* list, char* message)
{
  *list              = (NoteList){ NULL, 0, 0 };
  FILE* const stream = fopen(path, "r");
  if (!stream) {
    command_message(message, "%s", strerror(errno));
    return false;
  }
  errno   = 0;
  bool ok = read_stream(stream, list, message);
  if (ferror(stream)) {
    command_message(message, "%s", strerror(errno ? errno : EIO));
    ok = false;
  }
  fclose(stream);
  if (!ok) {
    note_list_free(list);
  } else if (list->size) {
    qsort(list->notes, list->size, sizeof(Note), by_onset);
  }
  return ok;
}
