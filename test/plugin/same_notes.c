// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

// same_notes [--tone] PHRASE.wav TAKE.csv MS SAMPLES: whether the notes that a
// host took down from the plugin are those that the command finds in the phrase
//
// A live host has run the plugin for a while when the phrase starts, so the
// steps of the plugin fall elsewhere in the phrase than those of the command.
// By how much is seen from the first note, as precisely as the take knows its
// times: to SAMPLES.  The command then hears the phrase after that much
// silence, and all notes must lie within MS milliseconds.
//
// With --tone the take was made from the monitor tone, which tells no velocity,
// and nothing of a note that follows another one on the same pitch.

#include "audio.h"
#include "command.h"
#include "constants.h"
#include "listen.h"
#include "model_store.h"
#include "neume.h"
#include "weights.h"

#include <sndfile.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/** What is compared, and how. */
typedef struct {
  const NeumeModel* model;  ///< The bundled one
  const char*       phrase; ///< WAV file
  double            rate;   ///< Of the phrase, Hz
  double            delay;  ///< Of the plugin's decisions, seconds
  NoteList          take;   ///< What the host took down
  double            ms;     ///< How far apart two times may lie
  long        slack;  ///< Samples by which all times of the take may be wrong
  bool        tone;   ///< The take was made from the tone
  const char* padded; ///< WAV file that may be written
} Case;

/** What the command finds in a file. */
static bool transcribe(const Case* c, const char* path, Transcript* transcript)
{
  const ListenOptions options = {
    c->model, neume_defaults(), NEUME_INTERLEAVE, NEUME_BATCH, false, true
  };
  char message[COMMAND_MESSAGE_MAX];
  if (!listen(path, &options, NULL, transcript, message)) {
    fprintf(stderr, "%s\n", message);
    return false;
  }
  return true;
}

/** Write the phrase after `silence` samples, and before a second of them: as
    in the take, notes may end after the phrase. */
static bool pad(const Case* c, long silence)
{
  static float   block[AUDIO_BLOCK];
  char           message[COMMAND_MESSAGE_MAX] = "the file can't be written";
  const SF_INFO  format                       = { .channels   = 1,
                                                  .samplerate = (int)lround(c->rate),
                                                  .format     = SF_FORMAT_WAV | SF_FORMAT_FLOAT };
  SF_INFO        info                         = format;
  Audio* const   audio                        = audio_open(c->phrase, message);
  SNDFILE* const file = sf_open(c->padded, SFM_WRITE, &info);
  bool           good = audio && file;
  for (long i = 0; good && i < silence; ++i) {
    good = sf_write_float(file, block, 1) == 1;
  }
  for (uint32_t n = 1; good && n;) {
    good = audio_read(audio, block, &n, message) &&
           sf_write_float(file, block, n) == (sf_count_t)n;
  }
  memset(block, 0, sizeof(block));
  for (uint32_t i = 0; good && i < (uint32_t)c->rate; ++i) {
    good = sf_write_float(file, block, 1) == 1;
  }
  if (!good) {
    fprintf(stderr, "%s\n", message);
  }
  audio_close(audio);
  return file && !sf_close(file) && good;
}

/** Samples of silence after which the command's steps fall as in the take. */
static long silence_before(const Case* c, const NoteList* alone)
{
  const double step = 0.125 / NEUME_INTERLEAVE;
  const double early =
    alone->notes[0].onset + c->delay - c->take.notes[0].onset;
  return lround((early - step * floor(early / step)) * c->rate);
}

static void print(const char* title, const NoteList* list)
{
  char name[NOTE_NAME_MAX];
  printf("%-22s", title);
  for (size_t i = 0; i < list->size; ++i) {
    printf(" %s", note_name(list->notes[i].midi, name));
  }
  printf("\n");
}

/** Make one note of those that follow each other on one pitch. */
static void merge(NoteList* list)
{
  size_t n = 0;
  for (size_t i = 0; i < list->size; ++i) {
    Note* const       last = n ? &list->notes[n - 1U] : NULL;
    const Note* const note = &list->notes[i];
    // Shorter gaps than the tone's ramps are not silent
    if (last && last->midi == note->midi &&
        note->onset - last->offset < 0.0099) {
      last->offset = note->offset;
    } else {
      list->notes[n++] = *note;
    }
  }
  list->size = n;
}

/** Whether the take has the notes of `found`; `later` is added to their times.

    If not, says in `message` why.
*/
static bool agree(const Case*     c,
                  const NoteList* found,
                  double          later,
                  char*           message)
{
  if (found->size != c->take.size) {
    command_message(message, "%zu notes, not %zu", c->take.size, found->size);
    return false;
  }
  double worst = 0.0;
  for (size_t i = 0; i < found->size; ++i) {
    const Note* const a = &found->notes[i];
    const Note* const b = &c->take.notes[i];
    if (a->midi != b->midi || (!c->tone && a->velocity != b->velocity)) {
      command_message(message,
                      "note %zu: %g, velocity %g, not %g, velocity %g",
                      i + 1U,
                      b->midi,
                      b->velocity,
                      a->midi,
                      a->velocity);
      return false;
    }
    worst = fmax(worst, fabs(a->onset + later - b->onset));
    worst = fmax(worst, fabs(a->offset + later - b->offset));
  }
  command_message(
    message, "%zu notes, at most %.3f ms apart", found->size, worst * 1e3);
  return worst * 1e3 <= c->ms;
}

/** Let the command hear the phrase after so many samples, and compare. */
static bool try_after(const Case* c, long silence, char* message)
{
  Transcript transcript = { 0 };
  command_message(message, "the phrase can't be heard");
  bool good = pad(c, silence) && transcribe(c, c->padded, &transcript);
  if (good) {
    if (c->tone) {
      merge(&transcript.notes);
    }
    good = agree(
      c, &transcript.notes, c->delay - (double)silence / c->rate, message);
  }
  remove(c->padded);
  transcript_free(&transcript);
  return good;
}

static bool compare(const Case* c)
{
  char       message[COMMAND_MESSAGE_MAX] = { 0 };
  Transcript alone                        = { 0 };
  if (!transcribe(c, c->phrase, &alone)) {
    return false;
  }
  print("neume transcribe:", &alone.notes);
  print("the host:", &c->take);
  const bool enough = alone.notes.size > 5U && c->take.size > 5U;
  const long seen   = enough ? silence_before(c, &alone.notes) : 0;
  transcript_free(&alone);
  if (!enough) {
    fprintf(stderr, "too few notes\n");
    return false;
  }

  // The nearest first; before the first sample means a step later
  const long step = lround(0.125 / NEUME_INTERLEAVE * c->rate);
  for (long i = 0; i <= 2 * c->slack; ++i) {
    const long off     = i % 2 ? (i + 1) / 2 : -i / 2;
    const long silence = seen + off < 0 ? seen + off + step : seen + off;
    if (try_after(c, silence, message)) {
      printf(
        "the phrase began %ld samples after a step: %s\n", silence, message);
      return true;
    }
  }
  fprintf(stderr, "%ld samples after a step: %s\n", seen, message);
  return false;
}

/** Ask the phrase for its rate, and the chain for its delay at that rate. */
static bool measure(Case* c)
{
  char         message[COMMAND_MESSAGE_MAX];
  Audio* const audio = audio_open(c->phrase, message);
  if (!audio) {
    fprintf(stderr, "%s\n", message);
    return false;
  }
  c->rate = audio_rate(audio);
  audio_close(audio);

  Neume* neume = NULL;
  if (neume_new(c->model, c->rate, NEUME_INTERLEAVE, 1, &neume)) {
    return false;
  }
  c->delay = neume_delay(neume) / c->rate;
  neume_free(neume);
  return true;
}

int main(int argc, char** argv)
{
  char       message[COMMAND_MESSAGE_MAX];
  char       padded[4096];
  const bool tone  = argc == 6 && !strcmp(argv[1], "--tone");
  char**     words = argv + (tone ? 2 : 1);
  if (argc != 5 && !tone) {
    fprintf(stderr,
            "Usage: same_notes [--tone] PHRASE.wav TAKE.csv MS SAMPLES\n");
    return EXIT_USAGE;
  }
  snprintf(padded, sizeof(padded), "%s.wav", words[1]);
  Case c = { .model  = weights_load(NULL, 0.0),
             .phrase = words[0],
             .ms     = strtod(words[2], NULL),
             .slack  = strtol(words[3], NULL, 10),
             .tone   = tone,
             .padded = padded };

  bool good = c.model != NULL;
  if (good && !csv_read_notes(words[1], &c.take, message)) {
    fprintf(stderr, "%s\n", message);
    good = false;
  }
  good = good && measure(&c) && compare(&c);
  note_list_free(&c.take);
  neume_model_release(c.model);
  return good ? EXIT_OK : EXIT_FAILED;
}
