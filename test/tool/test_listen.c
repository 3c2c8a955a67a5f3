// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

// A whole file through the chain: the right notes at the right times, the
// same as a host would see, and the same features as `neume features` writes

#include "command.h"
#include "compare.h"
#include "fixture.h"
#include "listen.h"
#include "model_builder.h"
#include "npy.h"

#include "../test.h"

#include <math.h>
#include <pthread.h>
#include <sndfile.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char folder[] = "test_listen.XXXXXX";
static char model_path[64];
static char audio_path[64];
static char npy_path[64];

static NeumeModel* model;
static unsigned    heard; ///< Notes that were dated by what was heard

static ListenOptions make_options(float lookahead_ms, uint32_t interleave)
{
  ListenOptions options = { model,      neume_defaults(),
                            interleave, NEUME_BATCH,
                            true,       false };

  options.params.lookahead_ms = lookahead_ms;
  return options;
}

static Transcript hear(const ListenOptions* options)
{
  char       message[COMMAND_MESSAGE_MAX] = "";
  Transcript t;
  CHECK_MSG(listen(audio_path, options, NULL, &t, message), "%s", message);
  return t;
}

static void test_melody(int rate, int channels, float lookahead, uint32_t p)
{
  const ListenOptions options = make_options(lookahead, p);
  NoteList            truth;
  Comparison          c;
  CHECK(fixture_melody(audio_path, rate, channels));
  CHECK(fixture_notes(&truth));
  Transcript t = hear(&options);
  CHECK(fabs(t.seconds - FIXTURE_SECONDS) < 1e-9 && t.rate == rate);
  CHECK(compare_notes(&truth, &t.notes, 0.1, &c));
  CHECK_MSG(c.count[MATCH_RIGHT] == truth.size && c.size == truth.size,
            "%d Hz, %d channels, %g ms, P %u: %zu of %zu rows right",
            rate,
            channels,
            (double)lookahead,
            p,
            c.count[MATCH_RIGHT],
            c.size);

  const double step = 0.125 / p;
  for (size_t i = 0; i < t.notes.size; ++i) {
    const Note* const note = &t.notes.notes[i];
    CHECK(note->onset >= 0.0 && note->offset <= t.seconds);
    CHECK(!i || note->onset >= note[-1].offset);
    CHECK_MSG(note->confidence > 0.5 && note->confidence <= 1.0,
              "%g",
              note->confidence);
  }
  CHECK(t.n_frames && t.frames[0].time >= 0.0 && t.frames[0].time < step);
  CHECK(t.frames[t.n_frames - 1].time >= t.seconds - step - 1e-4);
  CHECK(t.frames[t.n_frames - 1].time < t.seconds);
  for (size_t i = 1; i < t.n_frames; ++i) {
    const double apart = t.frames[i].time - t.frames[i - 1].time;
    CHECK_MSG(fabs(apart - step) < 2.0 / rate, "%zu: %g", i, apart);
  }
  comparison_free(&c);
  note_list_free(&truth);
  transcript_free(&t);
}

/** The chain fed one sample at a time gives the events that listen() told. */
static void test_same_as_a_host(float threshold, bool decided)
{
  const int     rate       = 16000;
  ListenOptions options    = make_options(93.75f, 4);
  options.decided          = decided;
  options.params.threshold = threshold;
  CHECK(fixture_melody(audio_path, rate, 1));
  Transcript t = hear(&options);

  SF_INFO        info = { 0 };
  SNDFILE* const file = sf_open(audio_path, SFM_READ, &info);
  const uint32_t n    = (uint32_t)info.frames;
  float* const   all  = calloc(n + (uint32_t)rate, sizeof(float));
  CHECK(file && all && sf_read_float(file, all, n) == n);
  sf_close(file);

  Neume* neume = NULL;
  CHECK(!neume_new(model, rate, 4, 1, &neume));
  neume_set(neume, &options.params);
  NeumeStep step;
  size_t    on     = 0;
  size_t    off    = 0;
  double    before = -HUGE_VAL; // Onset of the last note
  for (uint32_t i = 0; i < n + (uint32_t)rate; ++i) {
    CHECK(neume_write(neume, &all[i], 1) == 1);
    while (neume_analyse(neume, &step)) {
      const double time   = ((double)step.position - neume_delay(neume)) / rate;
      double       begins = time;
      if (step.on && !decided) {
        begins = fmax(step.onset / rate, before + t.step);
        before = begins;
        heard += fabs(begins - time) > 0.01;
      }
      if (step.off && off < t.notes.size) {
        const double end  = step.on ? begins : time;
        const double told = t.notes.notes[off].offset;
        CHECK(fabs(told - end) < 1.0 / rate || (!step.on && told < end));
        ++off;
      }
      if (step.on && on < t.notes.size) {
        const Note* const note = &t.notes.notes[on];
        CHECK(fabs(note->onset - fmax(begins, 0.0)) < 1.0 / rate);
        CHECK(note->midi == step.on && note->velocity == step.velocity);
        ++on;
      }
    }
  }
  CHECK_MSG(on == t.notes.size && off == t.notes.size,
            "%zu on, %zu off, %zu notes",
            on,
            off,
            t.notes.size);
  CHECK(on > 0);
  neume_free(neume);
  free(all);
  transcript_free(&t);
}

/** A note lasts as long as it must, unless another comes or the file ends; of a
    network that is sure of ends sooner than of onsets, too. */
static void test_lasts(void)
{
  model->doubt_ms[0]         = 200.0f;
  ListenOptions options      = make_options(0.0f, 4);
  options.params.threshold   = 0.0f; // Sure of nothing
  options.params.min_note_ms = 500.0f;
  CHECK(fixture_melody(audio_path, 16000, 1));
  Transcript t     = hear(&options);
  unsigned   alone = 0;
  for (size_t i = 0; i < t.notes.size; ++i) {
    const Note* const note  = &t.notes.notes[i];
    const double      until = i + 1U < t.notes.size ? note[1].onset : t.seconds;
    CHECK_MSG(note->offset >= fmin(note->onset + 0.5, until) - 1e-9,
              "%f to %f",
              note->onset,
              note->offset);
    alone += note->offset < until;
  }
  CHECK_MSG(alone > 0, "%u", alone);
  model->doubt_ms[0] = 0.0f;
  transcript_free(&t);
}

/** Steps in which a network that hears a voice in everything shows a note, of a
    second at a level of `level` dBFS, or of digital silence. */
static unsigned shown(const double level, const float gate)
{
  const uint32_t rate   = 8000;
  const double   peak   = level > -HUGE_VAL ? pow(10.0, level / 20.0) : 0.0;
  NeumeParams    params = neume_defaults();
  Neume*         neume  = NULL;
  NeumeStep      step;
  unsigned       count = 0;
  params.threshold     = 0.0f;
  params.gate_db       = gate;
  CHECK(!neume_new(model, rate, 8, 1, &neume));
  neume_set(neume, &params);
  for (uint32_t i = 0; i < rate; ++i) {
    const float x = (float)(peak * sin(0.25 * i));
    CHECK(neume_write(neume, &x, 1) == 1);
    while (neume_analyse(neume, &step)) {
      count += step.midi != 0;
    }
  }
  neume_free(neume);
  return count;
}

/** Where a note would be shorter, it lasts as long as was asked for, whatever
    the tuning, and hardly longer. */
static void test_min_note(float least_ms, float a4, bool follow)
{
  ListenOptions options      = make_options(0.0f, 8);
  options.decided            = true;
  options.params.min_note_ms = least_ms;
  options.params.a4_hz       = a4;
  options.params.follow      = follow;
  CHECK(fixture_blips(audio_path));
  Transcript t = hear(&options);
  CHECK_MSG(t.notes.size == 5U, "%zu", t.notes.size);
  for (size_t i = 0; i < t.notes.size; ++i) {
    const Note* const note = &t.notes.notes[i];
    const double over = note->offset - note->onset - 1e-3 * (double)least_ms;
    CHECK_MSG(over > -2.0 / t.rate && over < (follow ? 2.2 : 1.1) * t.step,
              "A4 = %g Hz: %g ms beyond %g",
              (double)a4,
              1e3 * over,
              (double)least_ms);
  }
  transcript_free(&t);
}

/** Dated as decided, notes do not overlap, whatever the tuning. */
static void test_decided_apart(void)
{
  ListenOptions options      = make_options(0.0f, 8);
  options.decided            = true;
  options.params.threshold   = 0.0f;
  options.params.min_note_ms = 500.0f;
  options.params.a4_hz       = 466.0f;
  CHECK(fixture_melody(audio_path, 16000, 1));
  Transcript t = hear(&options);
  CHECK_MSG(t.notes.size > 4U, "%zu", t.notes.size);
  for (size_t i = 1; i < t.notes.size; ++i) {
    const Note* const note = &t.notes.notes[i];
    CHECK_MSG(note[-1].offset <= note->onset,
              "%f after %f",
              note[-1].offset,
              note->onset);
  }
  transcript_free(&t);
}

/** Power of a band at a column. */
static double power_at(const Transcript* t, size_t column, uint32_t band)
{
  const double x = (double)t->features[column * t->bands + band];
  return expm1(x / (double)model->front_end.scale);
}

/** The last note's onset, at 5 s, is seen where it is heard: where half of its
    amplitude is in the window. */
static void test_columns(float a4, bool follow)
{
  ListenOptions options = make_options(0.0f, 8);
  options.params.a4_hz  = a4;
  options.params.follow = follow;
  CHECK(fixture_melody(audio_path, 16000, 1));
  Transcript t     = hear(&options);
  size_t     whole = 0;
  while (whole < t.n_columns && t.times[whole] < 5.25) {
    ++whole;
  }
  uint32_t band = 0;
  for (uint32_t b = 1; b < t.bands; ++b) {
    band = power_at(&t, whole, b) > power_at(&t, whole, band) ? b : band;
  }
  size_t half = whole;
  while (half > 0 &&
         power_at(&t, half, band) > 0.25 * power_at(&t, whole, band)) {
    --half;
  }
  CHECK_MSG(whole < t.n_columns && fabs(t.times[half] - 5.0) < 2.5 * t.step,
            "A4 = %g Hz: %f s",
            (double)a4,
            t.times[half]);
  transcript_free(&t);
}

/** Below the gate no note sounds; at the least it lets all pass but silence. */
static void test_gate(void)
{
  CHECK(shown(-60.0, -70.0f) > 30);
  CHECK(!shown(-60.0, -50.0f));
  CHECK(shown(-100.0, -90.0f) > 30);
  CHECK(!shown(-100.0, -89.0f));
  CHECK(!shown(-HUGE_VAL, -90.0f));
}

/** A network that tells onsets dates notes by them. */
static void test_onsets(void)
{
  NeumeModel* const sines                      = model;
  char              message[NEUME_MESSAGE_MAX] = "";
  char              path[80];
  snprintf(path, sizeof(path), "%s/onsets", folder);
  CHECK(model_builder_write(model_builder_onsets(5, 1, 1), path));
  CHECK_MSG(!neume_model_load(path, &model, message), "%s", message);
  const unsigned without = heard;
  test_same_as_a_host(0.0f, false); // Sure of nothing
  CHECK_MSG(heard > 2, "%u notes dated by what was heard", heard);
  heard = 0;
  test_same_as_a_host(0.0f, true);
  CHECK(!heard && !without);
  test_lasts();
  test_gate();
  neume_model_free(model);
  model = sines;
  unlink(path);
}

/** All that is found is the same, in every bit, however many frames the network
    takes at once. */
static void test_batches(float lookahead, bool follow)
{
  ListenOptions options = make_options(lookahead, 8);
  options.params.follow = follow;
  CHECK(fixture_melody(audio_path, 44100, 1));
  options.batch  = 1;
  Transcript one = hear(&options);
  options.batch  = NEUME_BATCH;
  Transcript all = hear(&options);
  CHECK(one.notes.size > 0 && one.notes.size == all.notes.size);
  CHECK(one.n_frames > 0 && one.n_frames == all.n_frames);
  CHECK(one.n_columns > 0 && one.n_columns == all.n_columns);
  bool same = one.notes.size == all.notes.size &&
              one.n_frames == all.n_frames && one.n_columns == all.n_columns;
  for (size_t i = 0; same && i < one.notes.size; ++i) {
    const Note* const x = &one.notes.notes[i];
    const Note* const y = &all.notes.notes[i];
    same                = x->onset == y->onset && x->offset == y->offset &&
           x->midi == y->midi && x->velocity == y->velocity &&
           x->confidence == y->confidence;
  }
  for (size_t i = 0; same && i < one.n_frames; ++i) {
    const Frame* const x = &one.frames[i];
    const Frame* const y = &all.frames[i];
    same = x->time == y->time && x->note == y->note && x->midi == y->midi &&
           x->cents == y->cents && x->confidence == y->confidence;
  }
  for (size_t i = 0; same && i < one.n_columns * one.bands; ++i) {
    same = one.features[i] == all.features[i];
  }
  CHECK_MSG(same, "look-ahead %g ms", (double)lookahead);
  transcript_free(&one);
  transcript_free(&all);
}

/** Listen in a thread of its own. */
static void* hear_alone(void* data)
{
  char                message[COMMAND_MESSAGE_MAX] = "";
  const ListenOptions options                      = make_options(0.0f, 4);
  return listen(audio_path, &options, NULL, data, message) ? data : NULL;
}

/** Several threads share one model and hear the same. */
static void test_threads(void)
{
  pthread_t  threads[3];
  Transcript t[3];
  CHECK(fixture_melody(audio_path, 8000, 1));
  for (int i = 0; i < 3; ++i) {
    CHECK(!pthread_create(&threads[i], NULL, hear_alone, &t[i]));
  }
  for (int i = 0; i < 3; ++i) {
    void* result = NULL;
    CHECK(!pthread_join(threads[i], &result) && result);
    CHECK(t[i].notes.size == t[0].notes.size && t[i].notes.size > 0);
    CHECK(t[i].n_frames == t[0].n_frames);
    for (size_t k = 0; k < t[i].n_frames; ++k) {
      CHECK(t[i].frames[k].confidence == t[0].frames[k].confidence);
    }
  }
  for (int i = 0; i < 3; ++i) {
    transcript_free(&t[i]);
  }
}

/** What `neume features` writes is what the chain's network hears. */
static void test_features(void)
{
  const ListenOptions options = make_options(0.0f, NEUME_INTERLEAVE);
  CHECK(fixture_melody(audio_path, 44100, 1));
  Transcript t = hear(&options);

  char  name[]    = "features";
  char  out[]     = "--out";
  char  with[]    = "--model";
  char* command[] = { name, audio_path, out, npy_path, with, model_path, NULL };
  CHECK(command_features(6, command) == EXIT_OK);

  char        header[NPY_HEADER_BYTES + 1] = "";
  char        shape[64];
  FILE* const stream = fopen(npy_path, "rb");
  CHECK(stream &&
        fread(header, 1, NPY_HEADER_BYTES, stream) == NPY_HEADER_BYTES);
  // 6 s hold so many steps, and each completes with its last sample
  const size_t steps = (size_t)48U * NEUME_INTERLEAVE;
  snprintf(shape, sizeof(shape), "'shape': (%zu, %u), }", steps, t.bands);
  CHECK_MSG(strstr(header + 10, shape), "%s", header + 10);
  CHECK(!memcmp(header, "\x93NUMPY\x01\x00\x76\x00", 10));
  CHECK(header[NPY_HEADER_BYTES - 1] == '\n');

  CHECK(t.n_columns > steps);
  size_t n       = 0;
  float  largest = 0.0f;
  for (float value = 0.0f; fread(&value, sizeof(value), 1, stream) == 1; ++n) {
    CHECK_MSG(value == t.features[n], "value %zu", n);
    largest = fmaxf(largest, value);
  }
  CHECK_MSG(n == steps * t.bands, "%zu", n);
  CHECK(largest > 5.0f);
  fclose(stream);
  unlink(npy_path);
  transcript_free(&t);
}

static void test_silence_and_nothing(void)
{
  static const double lengths[] = { 0.0, 0.001, 3.0 };

  const ListenOptions options = make_options(1250.0f, 4);
  for (int i = 0; i < 3; ++i) {
    CHECK(fixture_silence(audio_path, lengths[i]));
    Transcript t = hear(&options);
    CHECK(!t.notes.size);
    CHECK_MSG(t.n_frames == (size_t)(lengths[i] * 32.0) ||
                t.n_frames == (size_t)(lengths[i] * 32.0) + 1,
              "%zu",
              t.n_frames);
    transcript_free(&t);
  }
}

int main(void)
{
  char message[NEUME_MESSAGE_MAX] = "";
  CHECK(mkdtemp(folder));
  snprintf(model_path, sizeof(model_path), "%s/model", folder);
  snprintf(audio_path, sizeof(audio_path), "%s/audio", folder);
  snprintf(npy_path, sizeof(npy_path), "%s/x.npy", folder);
  CHECK(fixture_model(model_path));
  CHECK_MSG(!neume_model_load(model_path, &model, message), "%s", message);
  if (model) {
    test_melody(8000, 1, 0.0f, 4);
    test_melody(48000, 2, 0.0f, 4);
    test_melody(44100, 3, 250.0f, 4);
    test_melody(48000, 1, 1250.0f, 8);
    test_melody(192000, 1, 0.0f, 4);
    test_same_as_a_host(0.5f, false);
    test_onsets();
    test_min_note(485.0f, 440.0f, false);
    test_min_note(500.0f, 440.0f, false);
    test_min_note(480.0f, 415.0f, false);
    test_min_note(500.0f, 466.0f, false);
    test_min_note(491.0f, 434.0f, true); // Who sings 24 cents sharp
    test_decided_apart();
    test_columns(440.0f, false);
    test_columns(415.0f, false);
    test_columns(466.0f, false);
    test_columns(452.0f, true);
    test_batches(0.0f, false);
    test_batches(1250.0f, false);
    test_batches(125.0f, true);
    test_threads();
    test_features();
    test_silence_and_nothing();
  }
  neume_model_free(model);
  unlink(model_path);
  unlink(audio_path);
  CHECK(!rmdir(folder));
  return test_report();
}
