// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#include "fixture.h"
#include "midi_file.h"

#include "../test.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char path[] = "test_midi_file.XXXXXX";

static bool write_file(const NoteList* notes, double seconds, const char* name)
{
  FILE* const stream = fopen(path, "wb");
  const bool  ok     = stream && midi_file_write(stream, notes, seconds, name);
  return stream && !fclose(stream) && ok;
}

static void test_bytes_of_one_note(void)
{
  // Worked out by hand from the standard: A4 from 0.5 to 1 s, end at 2 s
  static const uint8_t expected[] = {
    'M',  'T',  'h',  'd',  0,   0,    0,    6,    0,    0,    0,    1,    0x01,
    0xE0, 'M',  'T',  'r',  'k', 0,    0,    0,    28,   0,    0xFF, 0x03, 1,
    'x',  0,    0xFF, 0x51, 3,   0x07, 0xA1, 0x20, 0x83, 0x60, 0x90, 69,   100,
    0x83, 0x60, 0x80, 69,   64,  0x87, 0x40, 0xFF, 0x2F, 0
  };

  Note           note = { 0.5, 1.0, 69.0, 100.0, 1.0 };
  const NoteList list = { &note, 1, 1 };
  CHECK(write_file(&list, 2.0, "x"));

  uint8_t     bytes[100];
  FILE* const stream = fopen(path, "rb");
  CHECK(stream);
  const size_t n = fread(bytes, 1, sizeof(bytes), stream);
  fclose(stream);
  // The length in the header is checked by the reader of the next tests
  CHECK_MSG(n == sizeof(expected), "%zu", n);
  CHECK(!memcmp(bytes, expected, 18));
  CHECK_MSG(bytes[21] == n - 22, "%u", bytes[21]);
  CHECK(!memcmp(bytes + 22, expected + 22, sizeof(expected) - 22));
}

static void test_notes_come_back(void)
{
  NoteList notes = { NULL, 0, 0 };
  double   time  = 0.1234;
  for (uint32_t i = 0; i < 2000; ++i) {
    const double length = 0.05 + 0.37 * (i % 7);
    const Note   note = { time, time + length, 45 + i % 39, 1 + i % 127, 0.5 };
    CHECK(note_list_push(&notes, &note));
    time += length + 0.011 * (i % 3);
  }
  CHECK(write_file(&notes, time + 10.0, "many"));

  NoteList read    = { NULL, 0, 0 };
  double   seconds = 0.0;
  CHECK(fixture_read_midi(path, &read, &seconds));
  CHECK_MSG(read.size == notes.size, "%zu", read.size);
  CHECK_MSG(fabs(seconds - time - 10.0) < 0.0006, "%g", seconds);
  for (size_t i = 0; i < read.size; ++i) {
    CHECK_MSG(fabs(read.notes[i].onset - notes.notes[i].onset) < 0.0006 &&
                fabs(read.notes[i].offset - notes.notes[i].offset) < 0.0006 &&
                read.notes[i].midi == notes.notes[i].midi &&
                read.notes[i].velocity == notes.notes[i].velocity,
              "note %zu",
              i);
  }
  note_list_free(&notes);
  note_list_free(&read);
}

static void test_notes_never_overlap(void)
{
  // Shorter than a tick, and starting within the tick of the one before
  Note           notes[] = { { 1.0, 1.0001, 60.0, 64.0, 1.0 },
                             { 1.0001, 1.0002, 60.0, 300.0, 1.0 },
                             { 1.0002, 1.5, 60.0, -4.0, 1.0 } };
  const NoteList list    = { notes, 3, 3 };
  CHECK(write_file(&list, 1.2, ""));

  NoteList read    = { NULL, 0, 0 };
  double   seconds = 0.0;
  CHECK(fixture_read_midi(path, &read, &seconds));
  CHECK(read.size == 3);
  CHECK(read.notes[1].velocity == 127.0 && read.notes[2].velocity == 1.0);
  CHECK_MSG(fabs(seconds - 1.5) < 0.001, "the track ends at %g", seconds);
  note_list_free(&read);
}

static void test_empty_and_endless(void)
{
  const NoteList none = { NULL, 0, 0 };
  CHECK(write_file(&none, 3.0, "a name that is longer than others"));
  NoteList read    = { NULL, 0, 0 };
  double   seconds = 0.0;
  CHECK(fixture_read_midi(path, &read, &seconds));
  CHECK(!read.size && fabs(seconds - 3.0) < 0.001);

  CHECK(!write_file(&none, 1e6, "eleven days"));
}

int main(void)
{
  const int fd = mkstemp(path);
  CHECK(fd >= 0);
  close(fd);
  test_bytes_of_one_note();
  test_notes_come_back();
  test_notes_never_overlap();
  test_empty_and_endless();
  unlink(path);
  return test_report();
}
