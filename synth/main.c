// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#include "singer.h"

#include <sndfile.h>

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/// Exit codes
enum { EXIT_OK = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

/// Most samples to write: an hour at 48 kHz
static const double max_samples = 3600.0 * 48000.0;

/// The demo phrase: degrees above the tonic in semitones, and beats
static const struct {
  int    degree; ///< Semitones above the tonic
  double beats;  ///< Length
} phrase[] = { { 4, 1 }, { 4, 1 }, { 5, 1 },   { 7, 1 },   { 7, 1 },
               { 5, 1 }, { 4, 1 }, { 2, 1 },   { 0, 1 },   { 0, 1 },
               { 2, 1 }, { 4, 1 }, { 4, 1.5 }, { 2, 0.5 }, { 2, 2 },
               { 4, 1 }, { 4, 1 }, { 5, 1 },   { 7, 1 },   { 7, 1 },
               { 5, 1 }, { 4, 1 }, { 2, 1 },   { 0, 1 },   { 0, 1 },
               { 2, 1 }, { 4, 1 }, { 2, 1.5 }, { 0, 0.5 }, { 0, 2 } };

enum { PHRASE_NOTES = sizeof(phrase) / sizeof(phrase[0]) };

/// What the command line asks for
typedef struct {
  uint64_t    seed;    ///< Of everything
  double      seconds; ///< Length; 0 = what the phrase takes, or 30
  double      rate;    ///< Sample rate, Hz
  double      low;     ///< Lowest note, MIDI
  double      high;    ///< Highest note, MIDI
  double      tempo;   ///< Beats per minute
  bool        scale;   ///< Sing the demo phrase
  const char* notes;   ///< Where to write the notes, or NULL
  const char* out;     ///< Where to write the sound
} Options;

/// Sound and notes
typedef struct {
  SynthNote* notes;   ///< The melody
  float*     samples; ///< The sound
  uint32_t   n_notes; ///< Number of notes
  uint32_t   n;       ///< Number of samples
} Song;

static void print_usage(FILE* stream)
{
  fputs("Usage: neume-sing [OPTION]... OUT.wav\n"
        "Sing a random melody with a synthetic voice.\n\n"
        "  --seed N        what follows from N is always the same (1)\n"
        "  --seconds S     length, 0.5 to 3600 (30)\n"
        "  --rate HZ       sample rate, 8000 to 48000 (48000)\n"
        "  --low MIDI      lowest note, 36 to 96 (52)\n"
        "  --high MIDI     highest note, 36 to 96 (76)\n"
        "  --tempo BPM     beats per minute, 20 to 400 (100; 150 for --scale)\n"
        "  --scale         sing the first eight bars of the Ode to Joy\n"
        "  --notes FILE    write the true notes: onset,offset,midi\n"
        "  --help          show this and exit\n",
        stream);
}

/** Read a number from lowest to highest; says what is wrong with it. */
static int read_number(const char* option,
                       const char* text,
                       double      lowest,
                       double      highest,
                       bool        whole,
                       double*     value)
{
  char* end = NULL;
  errno     = 0;
  *value    = text ? strtod(text, &end) : 0.0;
  if (!text || end == text || *end || errno ||
      !(*value >= lowest && *value <= highest) ||
      (whole && *value != floor(*value))) {
    fprintf(stderr,
            "neume-sing: %s needs a %snumber from %.10g to %.10g\n",
            option,
            whole ? "whole " : "",
            lowest,
            highest);
    return -1;
  }
  return 0;
}

/** Read the seed: any whole number of 64 bits. */
static int read_seed(const char* text, uint64_t* seed)
{
  char* end = NULL;
  errno     = 0;
  *seed     = text ? strtoull(text, &end, 10) : 0U;
  if (!text || *text < '0' || *text > '9' || *end || errno) {
    fputs("neume-sing: --seed needs a whole number from 0\n", stderr);
    return -1;
  }
  return 0;
}

/** Read option argv[*i] and its value. */
static int read_option(Options* o, char** argv, int* i)
{
  const char* const name  = argv[*i];
  const char* const value = argv[*i + 1];
  if (!strcmp(name, "--scale")) {
    o->scale = true;
    return 0;
  }
  ++*i;
  if (!strcmp(name, "--seed")) {
    return read_seed(value, &o->seed);
  }
  if (!strcmp(name, "--seconds")) {
    return read_number(name, value, 0.5, 3600.0, false, &o->seconds);
  }
  if (!strcmp(name, "--rate")) {
    return read_number(name, value, 8000.0, 48000.0, true, &o->rate);
  }
  if (!strcmp(name, "--low")) {
    return read_number(name, value, 36.0, 96.0, true, &o->low);
  }
  if (!strcmp(name, "--high")) {
    return read_number(name, value, 36.0, 96.0, true, &o->high);
  }
  if (!strcmp(name, "--tempo")) {
    return read_number(name, value, 20.0, 400.0, false, &o->tempo);
  }
  if (!strcmp(name, "--notes")) {
    o->notes = value;
    if (!value) {
      fputs("neume-sing: --notes needs a file name\n", stderr);
    }
    return value ? 0 : -1;
  }
  fprintf(stderr, "neume-sing: unknown option %s\n", name);
  return -1;
}

static int read_options(Options* o, int argc, char** argv)
{
  bool options = true;
  for (int i = 1; i < argc; ++i) {
    if (options && !strcmp(argv[i], "--")) {
      options = false;
    } else if (options && argv[i][0] == '-' && argv[i][1]) {
      if (read_option(o, argv, &i)) {
        return -1;
      }
    } else if (o->out) {
      fprintf(stderr, "neume-sing: one output only, not %s too\n", argv[i]);
      return -1;
    } else {
      o->out = argv[i];
    }
  }
  if (!o->out || !o->out[0]) {
    fputs("neume-sing: where to? Give a WAV file to write\n", stderr);
    return -1;
  }
  if (o->low > o->high) {
    fputs("neume-sing: --low is above --high\n", stderr);
    return -1;
  }
  if (o->scale && o->high - o->low < 7.0) {
    fputs("neume-sing: --scale needs a range of at least 7 semitones\n",
          stderr);
    return -1;
  }
  return 0;
}

/** Lay out the demo phrase in the middle of the range; returns its end. */
static double write_phrase(const Options* o, SynthNote* notes)
{
  const double beat  = 60.0 / (o->tempo > 0.0 ? o->tempo : 150.0);
  const double tonic = floor((0.5 * (o->low + o->high)) - 3.5);
  double       t     = 0.5;
  for (unsigned i = 0; i < PHRASE_NOTES; ++i) {
    const double span = phrase[i].beats * beat;
    const bool   same =
      i + 1U < PHRASE_NOTES && phrase[i + 1U].degree == phrase[i].degree;
    const bool   end = i == 14U || i + 1U == PHRASE_NOTES;
    const double gap = end ? 0.25 : (same ? 0.15 : (i % 3U == 2U ? 0.12 : 0.0));
    notes[i].onset   = t;
    notes[i].offset  = t + span - (gap * fmin(span, 0.6));
    notes[i].midi    = tonic + phrase[i].degree;
    notes[i].loudness = (i % 4U) ? 0.0 : 1.5;
    t += span;
  }
  return t + 0.5;
}

/** Write the melody and sing it. */
static int sing(const Options* o, Song* song)
{
  double       seconds = o->seconds > 0.0 ? o->seconds : 30.0;
  const double most = o->scale ? (double)PHRASE_NOTES : 2.0 + (seconds / 0.08);
  const uint32_t room = (uint32_t)most;
  song->notes         = calloc(room, sizeof(SynthNote));
  if (!song->notes) {
    return -1;
  }
  if (o->scale) {
    const double end = write_phrase(o, song->notes);
    song->n_notes    = PHRASE_NOTES;
    seconds          = o->seconds > 0.0 ? o->seconds : end;
    while (song->n_notes && song->notes[song->n_notes - 1U].offset > seconds) {
      --song->n_notes;
    }
  } else {
    const SynthMelody melody = {
      (int)o->low, (int)o->high, o->tempo > 0.0 ? o->tempo : 100.0, 0.2, 0.5
    };
    song->n_notes =
      synth_melody_random(o->seed, &melody, seconds, song->notes, room);
  }

  song->n       = (uint32_t)fmin(seconds * o->rate, max_samples);
  song->samples = calloc(song->n, sizeof(float));
  if (!song->samples) {
    return -1;
  }
  const SynthVoice voice =
    synth_voice_random(o->seed, 0.5 * (o->low + o->high));
  return synth_sing(o->seed,
                    &voice,
                    song->notes,
                    song->n_notes,
                    o->rate,
                    song->samples,
                    NULL,
                    song->n);
}

/** `path` with a suffix for the time until it is complete. */
static char* temporary_name(const char* path)
{
  static const char suffix[] = ".part";
  const size_t      size     = strlen(path) + sizeof(suffix);
  char* const       name     = malloc(size);
  if (name) {
    (void)snprintf(name, size, "%s%s", path, suffix);
  }
  return name;
}

/** Put a complete file in place, or remove it after a failure. */
static int settle_file(const char* temporary, const char* path, bool good)
{
  if (good && !rename(temporary, path)) {
    return 0;
  }
  fprintf(stderr,
          "neume-sing: cannot write %s: %s\n",
          path,
          errno ? strerror(errno) : "write error");
  (void)remove(temporary);
  return -1;
}

static int write_sound(const Options* o, const Song* song)
{
  char* const temporary = temporary_name(o->out);
  if (!temporary) {
    fputs("neume-sing: out of memory\n", stderr);
    return -1;
  }
  SF_INFO info    = { 0 };
  info.channels   = 1;
  info.samplerate = (int)o->rate;
  info.format     = SF_FORMAT_WAV | SF_FORMAT_PCM_24;
  errno           = 0;
  SNDFILE* file   = sf_open(temporary, SFM_WRITE, &info);
  bool     good   = file != NULL;
  if (file) {
    const sf_count_t n = (sf_count_t)song->n;
    good               = sf_writef_float(file, song->samples, n) == n;
    good               = !sf_close(file) && good;
  }
  const int st = settle_file(temporary, o->out, good);
  free(temporary);
  return st;
}

static int write_notes(const Options* o, const Song* song)
{
  if (!o->notes) {
    return 0;
  }
  char* const temporary = temporary_name(o->notes);
  if (!temporary) {
    fputs("neume-sing: out of memory\n", stderr);
    return -1;
  }
  errno            = 0;
  FILE* const out  = fopen(temporary, "w");
  bool        good = out != NULL;
  if (out) {
    good = fputs("onset,offset,midi\n", out) >= 0;
    for (uint32_t i = 0; i < song->n_notes; ++i) {
      const SynthNote* const note = &song->notes[i];
      good =
        fprintf(
          out, "%.4f,%.4f,%.0f\n", note->onset, note->offset, note->midi) > 0 &&
        good;
    }
    good = !fclose(out) && good;
  }
  const int st = settle_file(temporary, o->notes, good);
  free(temporary);
  return st;
}

int main(int argc, char** argv)
{
  for (int i = 1; i < argc; ++i) {
    if (!strcmp(argv[i], "--help")) {
      print_usage(stdout);
      return EXIT_OK;
    }
  }
  Options options = { 1U, 0.0, 48000.0, 52.0, 76.0, 0.0, false, NULL, NULL };
  if (read_options(&options, argc, argv)) {
    print_usage(stderr);
    return EXIT_USAGE;
  }

  Song song   = { NULL, NULL, 0, 0 };
  int  status = EXIT_FAILED;
  if (sing(&options, &song)) {
    fputs("neume-sing: out of memory\n", stderr);
  } else if (!write_sound(&options, &song) && !write_notes(&options, &song)) {
    status = EXIT_OK;
  }
  free(song.samples);
  free(song.notes);
  return status;
}
