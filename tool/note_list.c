// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#include "note_list.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

bool list_grow(void** data, size_t size, size_t* capacity, size_t bytes)
{
  if (size < *capacity) {
    return true;
  }
  if (*capacity > SIZE_MAX / bytes / 2) {
    return false;
  }
  const size_t grown = *capacity ? 2 * *capacity : 64;
  void* const  moved = realloc(*data, grown * bytes);
  if (!moved) {
    return false;
  }
  *data     = moved;
  *capacity = grown;
  return true;
}

bool note_list_push(NoteList* list, const Note* note)
{
  void*      data = list->notes;
  const bool ok =
    list_grow(&data, list->size, &list->capacity, sizeof(list->notes[0]));
  list->notes = data;
  if (ok) {
    list->notes[list->size++] = *note;
  }
  return ok;
}

void note_list_free(NoteList* list)
{
  free(list->notes);
  *list = (NoteList){ NULL, 0, 0 };
}

const char* note_name(double midi, char name[NOTE_NAME_MAX])
{
  static const char* const names[] = { "C",  "C#", "D",  "D#", "E",  "F",
                                       "F#", "G",  "G#", "A",  "A#", "B" };

  if (!(midi > -0.5 && midi < 127.5)) {
    snprintf(name, NOTE_NAME_MAX, "?");
  } else {
    const int number = (int)lround(midi);
    snprintf(name, NOTE_NAME_MAX, "%s%d", names[number % 12], number / 12 - 1);
  }
  return name;
}
