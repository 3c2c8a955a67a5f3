// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#include "command.h"
#include "csv.h"

#include "../test.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char path[] = "test_csv.XXXXXX";

static bool read_text(const char* text, NoteList* list, char* message)
{
  FILE* const stream = fopen(path, "wb");
  CHECK(stream);
  fputs(text, stream);
  fclose(stream);
  return csv_read_notes(path, list, message);
}

static void test_what_is_written_is_read(void)
{
  Note           notes[] = { { 0.0, 0.123456, 45.0, 1.0, 0.25 },
                             { 1.5, 3601.000001, 83.0, 127.0, 1.0 } };
  const NoteList list    = { notes, 2, 2 };
  FILE* const    stream  = fopen(path, "wb");
  CHECK(stream);
  csv_write_notes(stream, &list);
  fclose(stream);

  char     message[COMMAND_MESSAGE_MAX] = "";
  NoteList read;
  CHECK_MSG(csv_read_notes(path, &read, message), "%s", message);
  CHECK(read.size == 2);
  for (size_t i = 0; i < read.size; ++i) {
    CHECK(fabs(read.notes[i].onset - notes[i].onset) < 1e-6);
    CHECK(fabs(read.notes[i].offset - notes[i].offset) < 1e-6);
    CHECK(read.notes[i].midi == notes[i].midi);
    CHECK(read.notes[i].velocity == notes[i].velocity);
    CHECK(read.notes[i].confidence == notes[i].confidence);
  }
  note_list_free(&read);
}

static void test_frames_text(void)
{
  const Frame frames[] = { { 0.0123456789, 25, 69, -12.34f, 0.98764f },
                           { 0.0435956789, 0, 0, 0.0f, 0.5f } };
  FILE* const stream   = fopen(path, "wb");
  CHECK(stream);
  csv_write_frames(stream, frames, 2);
  fclose(stream);

  char         text[200] = "";
  FILE* const  again     = fopen(path, "rb");
  const size_t n         = fread(text, 1, sizeof(text) - 1, again);
  fclose(again);
  text[n] = '\0';
  CHECK_MSG(!strcmp(text,
                    "time,note,midi,cents,confidence\n"
                    "0.012346,25,69,-12.3,0.9876\n"
                    "0.043596,0,0,0.0,0.5000\n"),
            "%s",
            text);
}

static void test_columns_in_any_order(void)
{
  char     message[COMMAND_MESSAGE_MAX] = "";
  NoteList list;
  CHECK(read_text("flag,midi,offset,f0_midi,onset\r\n"
                  "ok,60,2.5,60.1,2\r\n"
                  "\r\n"
                  "off,61.5,1.5,,1\r\n",
                  &list,
                  message));
  CHECK(list.size == 2);
  CHECK(list.notes[0].onset == 1.0 && list.notes[0].midi == 61.5);
  CHECK(list.notes[1].onset == 2.0 && list.notes[1].offset == 2.5);
  note_list_free(&list);
  CHECK(read_text("onset,offset,midi,velocity,confidence\n"
                  "0,1,60,,n/a\n"
                  "1,2,60,nan,0.5\n"
                  "2,3,60\n",
                  &list,
                  message));
  CHECK(list.size == 3);
  for (size_t i = 0; i < list.size; ++i) {
    CHECK(list.notes[i].velocity == 64.0);
    CHECK(list.notes[i].confidence == (i == 1 ? 0.5 : 1.0));
  }
  note_list_free(&list);
  CHECK(read_text("onset,offset,midi\n", &list, message) && !list.size);
}

/** What spreadsheets write: a byte order mark, quotes, blanks. */
static void test_what_others_write(void)
{
  char     message[COMMAND_MESSAGE_MAX] = "";
  NoteList list;
  CHECK_MSG(read_text("\xEF\xBB\xBF\"onset\", \"offset\" ,midi\n"
                      " \"1.5\",2 ,\t60\n",
                      &list,
                      message),
            "%s",
            message);
  CHECK(list.size == 1 && list.notes[0].onset == 1.5);
  CHECK(list.size == 1 && list.notes[0].offset == 2.0);
  CHECK(list.size == 1 && list.notes[0].midi == 60.0);
  note_list_free(&list);
  CHECK(!read_text("onset,offset,midi\n1,2,\"\"\n", &list, message));
  CHECK(!read_text("\",offset,midi\n1,2,60\n", &list, message));
}

static void test_what_is_wrong_is_said(void)
{
  static const char* const texts[][2] = {
    { "", "line 1" },
    { "onset,midi\n", "'offset'" },
    { "onset,offset,midi\n1,2,60\n1,2\n", "line 3" },
    { "onset,offset,midi\n1,2,sixty\n", "'sixty'" },
    { "onset,offset,midi\n1,nan,60\n", "line 2" },
    { "onset,offset,midi\n2,1,60\n", "line 2" },
    { "onset,offset,midi\n-1,1,60\n", "line 2: onset is negative" },
    { "onset,offset,midi\n1,2,128\n", "line 2" },
    { "onset,offset,midi\n1,2,60 x\n", "'60 x'" },
    { "onset,offset,midi\r1,2,60\r", "line 1: holds a carriage return" },
    { "onset,offset,midi\n1,2,60\r1,3,60\n", "line 2: holds a carriage" },
  };
  for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); ++i) {
    char     message[COMMAND_MESSAGE_MAX] = "";
    NoteList list;
    CHECK_MSG(!read_text(texts[i][0], &list, message), "text %zu", i);
    CHECK_MSG(strstr(message, texts[i][1]), "text %zu: %s", i, message);
    CHECK(!list.notes && !list.size);
  }

  char     message[COMMAND_MESSAGE_MAX] = "";
  NoteList list;
  CHECK(!csv_read_notes("no such folder/x.csv", &list, message));
  CHECK(*message);

  char* const line = malloc(10000);
  memset(line, ',', 9999);
  memcpy(line, "onset,offset,midi\n", 18);
  line[9999] = '\0';
  CHECK(!read_text(line, &list, message));
  CHECK_MSG(strstr(message, "line 2: is too long"), "%s", message);
  line[17] = ',';
  CHECK(!read_text(line, &list, message));
  CHECK_MSG(strstr(message, "line 1: is too long"), "%s", message);
  free(line);
}

static void test_names(void)
{
  char name[NOTE_NAME_MAX];
  CHECK(!strcmp(note_name(45.0, name), "A2"));
  CHECK(!strcmp(note_name(60.4, name), "C4"));
  CHECK(!strcmp(note_name(60.6, name), "C#4"));
  CHECK(!strcmp(note_name(83.0, name), "B5"));
  CHECK(!strcmp(note_name(0.0, name), "C-1"));
  CHECK(!strcmp(note_name((double)NAN, name), "?"));
  CHECK(!strcmp(note_name(128.0, name), "?"));
}

int main(void)
{
  const int fd = mkstemp(path);
  CHECK(fd >= 0);
  close(fd);
  test_what_is_written_is_read();
  test_frames_text();
  test_columns_in_any_order();
  test_what_others_write();
  test_what_is_wrong_is_said();
  test_names();
  unlink(path);
  return test_report();
}
