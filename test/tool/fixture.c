// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#include "fixture.h"

#include "constants.h"
#include "midi_file.h"
#include "model_builder.h"

#include <math.h>
#include <sndfile.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PI 3.14159265358979323846

#define BANDS (NEUME_CLASSES - 1) ///< One for each note

static const double gain     = 4.0;  ///< Logit for a factor e in power
static const double loudness = 0.05; ///< Power from which a sine is a voice
static const double floor_   = 1e-6; ///< Power that counts as silence

static bool fail(const char* path, const char* what)
{
  fprintf(stderr, "%s: %s\n", path, what);
  return false;
}

static double midi_hz(double midi)
{
  return 440.0 * exp2((midi - 69.0) / 12.0);
}

bool fixture_model(const char* path)
{
  static float weight[NEUME_CLASSES * BANDS];
  static float bias[NEUME_CLASSES];
  for (size_t k = 1; k < NEUME_CLASSES; ++k) {
    weight[k * BANDS + k - 1] = (float)gain;
  }
  bias[0] = (float)(gain * log1p(loudness / floor_));

  // With a break of 1 Hz the mel scale is the logarithm: equal semitones
  const NeumeFrontEnd fe  = { .window      = 1024,
                              .fft         = 2048,
                              .bands       = BANDS,
                              .low_hz      = (float)midi_hz(NEUME_MIDI_MIN - 1),
                              .high_hz     = (float)midi_hz(NEUME_MIDI_MAX + 1),
                              .break_hz    = 1.0f,
                              .floor       = (float)floor_,
                              .scale       = 1.0f,
                              .label_delay = 512,
                              .rise        = 512,
                              .stack       = 1 };
  const NeumeLayer    out = { .type         = NEUME_LAYER_DENSE,
                              .out_channels = NEUME_CLASSES,
                              .weight       = weight,
                              .bias         = bias };
  ModelBuilder* const b   = model_builder_new(0, &fe);
  model_builder_set(b, "name", "sines");
  model_builder_set(b, "doubt", NULL);
  model_builder_edit(b, "provenance", "none", "by hand");
  model_builder_add(b, "out", &out);
  return model_builder_write(b, path) || fail(path, "can't be written");
}

bool fixture_notes(NoteList* notes)
{
  static const double melody[][2] = { { 0.50, 60 }, { 1.00, 64 }, { 1.50, 67 },
                                      { 2.25, 72 }, { 2.75, 71 }, { 3.25, 69 },
                                      { 4.00, 65 }, { 5.00, 57 } };

  *notes  = (NoteList){ NULL, 0, 0 };
  bool ok = true;
  for (size_t i = 0; i < sizeof(melody) / sizeof(melody[0]); ++i) {
    const Note note = { melody[i][0], melody[i][0] + 0.5, melody[i][1], 80, 1 };
    ok              = ok && note_list_push(notes, &note);
  }
  return ok;
}

static void sing(float* out, size_t n, int rate)
{
  NoteList notes;
  memset(out, 0, n * sizeof(float));
  if (fixture_notes(&notes)) {
    for (size_t k = 0; k < notes.size; ++k) {
      const size_t first = (size_t)(notes.notes[k].onset * rate);
      const size_t last  = (size_t)(notes.notes[k].offset * rate);
      const double step  = 2.0 * PI * midi_hz(notes.notes[k].midi) / rate;
      for (size_t i = first; i < last && i < n; ++i) {
        out[i] = (float)(0.3 * sin(step * (double)(i - first)));
      }
    }
  }
  note_list_free(&notes);
}

static bool write_audio(const char*  path,
                        const float* samples,
                        size_t       n,
                        int          rate,
                        int          channels,
                        int          format)
{
  SF_INFO info = { .samplerate = rate, .channels = channels, .format = format };
  SNDFILE* const file = sf_open(path, SFM_WRITE, &info);
  if (!file) {
    return fail(path, sf_strerror(NULL));
  }
  const bool ok =
    sf_writef_float(file, samples, (sf_count_t)n) == (sf_count_t)n;
  return !sf_close(file) && ok;
}

bool fixture_melody(const char* path, int rate, int channels)
{
  const size_t n     = (size_t)(FIXTURE_SECONDS * rate);
  float* const voice = calloc(n, sizeof(float));
  float* const all   = calloc(n * (size_t)channels, sizeof(float));
  bool         ok    = voice && all;
  if (ok) {
    sing(voice, n, rate);
    for (size_t i = 0; i < n * (size_t)channels; ++i) {
      // The first channel alone has it, as loud as the mean needs
      const float share = (channels == 1)               ? 1.0f
                          : (i % (size_t)channels == 0) ? 2.0f
                                                        : 0.0f;
      all[i]            = share * voice[i / (size_t)channels];
    }
    ok = write_audio(
      path, all, n, rate, channels, SF_FORMAT_WAV | SF_FORMAT_PCM_16);
  }
  free(voice);
  free(all);
  return ok;
}

bool fixture_blips(const char* path)
{
  enum { RATE = 16000, LENGTH = 6 * RATE, SILENCE = 9 * RATE / 10 };
  float* const all = calloc(LENGTH, sizeof(float));
  for (size_t i = 0; all && i < LENGTH; ++i) {
    const bool   sounds = i / RATE < 5U && i % RATE > SILENCE;
    const double angle  = 2.0 * PI * midi_hz(60.0) * (double)i / RATE;
    all[i]              = sounds ? (float)(0.3 * sin(angle)) : 0.0f;
  }
  const bool ok =
    all &&
    write_audio(path, all, LENGTH, RATE, 1, SF_FORMAT_WAV | SF_FORMAT_PCM_16);
  free(all);
  return ok;
}

bool fixture_not_a_number(const char* path)
{
  const int    rate = 16000;
  const size_t n    = (size_t)(FIXTURE_SECONDS * rate);
  float* const all  = calloc(n, sizeof(float));
  float* const both = calloc(2 * n, sizeof(float));
  bool         ok   = all && both;
  if (ok) {
    sing(all, n, rate);
    for (size_t i = 0; i < n; ++i) {
      both[2 * i]     = all[i];
      both[2 * i + 1] = (float)NAN;
    }
    for (size_t i = 100; i < 600; i += 3) {
      both[2 * i]       = (float)NAN;
      both[2 * (i + 1)] = (float)INFINITY;
      both[2 * (i + 2)] = -3e38f;
    }
    ok = write_audio(path, both, n, rate, 2, SF_FORMAT_WAV | SF_FORMAT_FLOAT);
  }
  free(both);
  free(all);
  return ok;
}

bool fixture_endless(const char* path)
{
  static const uint32_t frames     = 1440000000;
  static const uint8_t  header[44] = {
     'R', 'I', 'F', 'F', 0x24, 0xA8, 0xD4, 0x55, 'W',  'A',  'V',
     'E', 'f', 'm', 't', ' ',  16,   0,    0,    0,    1,    0,
     1,   0,   64,  31,  0,    0,    64,   31,   0,    0,    1,
     0,   8,   0,   'd', 'a',  't',  'a',  0x00, 0xA8, 0xD4, 0x55
  };
  FILE* const stream = fopen(path, "wb");
  const bool  ok     = stream &&
                  fwrite(header, 1, sizeof(header), stream) == sizeof(header) &&
                  !fflush(stream) &&
                  !ftruncate(fileno(stream), (off_t)(sizeof(header) + frames));
  return (stream && !fclose(stream) && ok) || fail(path, "can't be written");
}

bool fixture_silence(const char* path, double seconds)
{
  const int    rate = 8000;
  const size_t n    = (size_t)(seconds * rate);
  float* const all  = calloc(n + 1, sizeof(float));
  const bool   ok   = all && write_audio(path,
                                     all,
                                     n,
                                     rate,
                                     1,
                                     n ? SF_FORMAT_FLAC | SF_FORMAT_PCM_16
                                           : SF_FORMAT_WAV | SF_FORMAT_PCM_16);
  free(all);
  return ok;
}

bool fixture_rate(const char* path, int rate)
{
  float* const all = calloc((size_t)rate, sizeof(float));
  const bool   ok =
    all &&
    write_audio(
      path, all, (size_t)rate, rate, 1, SF_FORMAT_WAV | SF_FORMAT_PCM_U8);
  free(all);
  return ok;
}

/** A MIDI file being read. */
typedef struct {
  const uint8_t* data; ///< Bytes of the file
  size_t         size; ///< How many
  size_t         at;   ///< Next one
} Reader;

static uint32_t get(Reader* r, unsigned bytes)
{
  uint32_t value = 0;
  for (unsigned i = 0; i < bytes; ++i) {
    value = (value << 8U) | (r->at < r->size ? r->data[r->at] : 0U);
    ++r->at;
  }
  return value;
}

static uint32_t get_variable(Reader* r)
{
  uint32_t value = 0;
  uint32_t byte  = 0;
  do {
    byte  = get(r, 1);
    value = (value << 7U) | (byte & 0x7FU);
  } while (byte & 0x80U);
  return value;
}

/** Read the events; returns what is wrong, or NULL. */
static const char* read_track(Reader* r, NoteList* notes, double* seconds)
{
  uint64_t tick     = 0;
  uint32_t tempo    = 0;
  bool     sounding = false;
  Note     open     = { 0, 0, 0, 0, 1 };
  while (r->at < r->size) {
    tick += get_variable(r);
    const uint32_t status = get(r, 1);
    const double   time   = (double)tick * tempo * 1e-6 / MIDI_FILE_PPQ;
    if (status == 0xFFU) {
      const uint32_t type   = get(r, 1);
      const uint32_t length = get_variable(r);
      if (type == 0x2FU) {
        *seconds = time;
        return length             ? "end of track with data"
               : sounding         ? "a note is not closed"
               : r->at != r->size ? "bytes after the end of track"
                                  : NULL;
      }
      if (type == 0x51U) {
        tempo = get(r, 3);
      } else {
        r->at += length;
      }
    } else if (status == 0x90U) {
      open.onset    = time;
      open.midi     = get(r, 1);
      open.velocity = get(r, 1);
      if (sounding || open.velocity < 1.0 || !tempo) {
        return "a note starts wrongly";
      }
      sounding = true;
    } else if (status == 0x80U) {
      const uint32_t key = get(r, 1);
      get(r, 1);
      open.offset = time;
      if (!sounding || key != (uint32_t)open.midi ||
          !note_list_push(notes, &open)) {
        return "a note ends wrongly";
      }
      sounding = false;
    } else {
      return "unknown event";
    }
  }
  return "no end of track";
}

bool fixture_read_midi(const char* path, NoteList* notes, double* seconds)
{
  static uint8_t bytes[1U << 20U];
  *notes             = (NoteList){ NULL, 0, 0 };
  FILE* const stream = fopen(path, "rb");
  if (!stream) {
    return fail(path, "can't be read");
  }
  Reader r = { bytes, fread(bytes, 1, sizeof(bytes), stream), 0 };
  fclose(stream);
  // The name and length of the header, format 0, one track
  static const uint32_t header[] = { 0x4D54U, 0x6864U, 0, 6, 0, 1 };
  for (size_t i = 0; i < sizeof(header) / sizeof(header[0]); ++i) {
    if (get(&r, 2) != header[i]) {
      return fail(path, "wrong header");
    }
  }
  if (get(&r, 2) != MIDI_FILE_PPQ) {
    return fail(path, "wrong division");
  }
  const uint32_t name   = get(&r, 4);
  const uint32_t length = get(&r, 4);
  if (name != 0x4D54726BU || length != r.size - r.at) {
    return fail(path, "wrong track header");
  }
  const char* const wrong = read_track(&r, notes, seconds);
  return wrong ? fail(path, wrong) : true;
}
