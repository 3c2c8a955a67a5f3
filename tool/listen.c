// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#include "listen.h"

#include "audio.h"
#include "command.h"
#include "resampler.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/** Silence after the end beyond the delay, so that a last note can end. */
static const double tail_seconds = 1.0;

/** A file being listened to. */
typedef struct {
  Audio*      audio;          ///< Owned
  Neume*      neume;          ///< Owned
  Transcript* out;            ///< Filled as steps come
  double      delay;          ///< Of a decision, input samples
  double      middle;         ///< From a window's middle to it, seconds
  uint64_t    length;         ///< Samples of the file so far
  double      least;          ///< A note lasts so long at least, seconds
  Note        open;           ///< The note that sounds, if `sounding`
  bool        sounding;       ///< A note-on came without its note-off
  double      confidence_sum; ///< Over the steps of the open note
  uint32_t    open_steps;     ///< Steps of the open note
} Listener;

static bool close_note(Listener* l, double time)
{
  l->sounding        = false;
  l->open.offset     = fmax(time, l->open.onset + l->least);
  l->open.confidence = l->confidence_sum / l->open_steps;
  return note_list_push(&l->out->notes, &l->open);
}

/** When a note begins that was heard to do so at `time`: a step after the note
    before it at least, which ends there if it lasted longer or is `joined`. */
static double begin_note(Listener* l, double time, bool joined)
{
  NoteList* const notes = &l->out->notes;
  if (!notes->size) {
    return time;
  }
  Note* const  last  = &notes->notes[notes->size - 1U];
  const double onset = fmax(time, last->onset + l->out->step);
  last->offset       = joined ? onset : fmin(last->offset, onset);
  return onset;
}

static bool keep_frame(Transcript* out, double time, const NeumeStep* step)
{
  void*      data = out->frames;
  const bool ok =
    list_grow(&data, out->n_frames, &out->frame_capacity, sizeof(Frame));
  out->frames = data;
  if (ok) {
    out->frames[out->n_frames++] =
      (Frame){ time, step->note, step->midi, step->cents, step->confidence };
  }
  return ok;
}

/** Keep the features of a step; `time` is the middle of their window. */
static bool keep_features(Transcript* out, const float* features, double time)
{
  const size_t bytes = out->bands * sizeof(float);
  void*        data  = out->features;
  void*        times = out->times;
  const bool   ok =
    list_grow(&data, out->n_columns, &out->column_capacity, bytes) &&
    list_grow(&times, out->n_columns, &out->time_capacity, sizeof(double));
  out->features = data;
  out->times    = times;
  if (ok) {
    memcpy(out->features + out->n_columns * out->bands, features, bytes);
    out->times[out->n_columns++] = time;
  }
  return ok;
}

static bool take_step(Listener*            l,
                      const NeumeStep*     step,
                      const ListenOptions* options)
{
  const double time = ((double)step->position - l->delay) / l->out->rate;
  bool         ok   = true;

  if (step->off && l->sounding) {
    ok = close_note(l, time);
  }
  if (step->on) {
    const bool   joined = step->off != 0;
    const double onset  = options->decided
                            ? time
                            : begin_note(l, step->onset / l->out->rate, joined);
    l->open =
      (Note){ onset, onset, (double)step->on, (double)step->velocity, 0.0 };
    l->sounding       = true;
    l->confidence_sum = 0.0;
    l->open_steps     = 0;
  }
  if (l->sounding) {
    l->confidence_sum += (double)step->confidence;
    ++l->open_steps;
  }
  if (time >= 0.0) {
    ok = keep_frame(l->out, time, step) && ok;
  }
  if (options->keep_features) {
    const double middle = (double)step->position / l->out->rate - l->middle;
    ok = keep_features(l->out, neume_features(l->neume), middle) && ok;
  }
  return ok;
}

/** Take what is decided so far. */
static bool take_steps(Listener* l, const ListenOptions* options)
{
  NeumeStep step;
  while (neume_analyse(l->neume, &step)) {
    if (!take_step(l, &step, options)) {
      return false;
    }
  }
  return true;
}

static bool feed(Listener*            l,
                 const float*         samples,
                 uint32_t             n,
                 const ListenOptions* options)
{
  bool ok = true;
  for (uint32_t done = 0; ok && done < n;) {
    done += neume_write(l->neume, samples + done, n - done);
    ok = take_steps(l, options);
  }
  return ok;
}

/** Cut what was found to 0..seconds. */
static void trim(Transcript* out)
{
  size_t kept = 0;
  for (size_t i = 0; i < out->notes.size; ++i) {
    Note note   = out->notes.notes[i];
    note.onset  = fmax(note.onset, 0.0);
    note.offset = fmin(note.offset, out->seconds);
    if (note.offset > note.onset) {
      out->notes.notes[kept++] = note;
    }
  }
  out->notes.size = kept;

  while (out->n_frames && out->frames[out->n_frames - 1].time >= out->seconds) {
    --out->n_frames;
  }
}

static bool feed_file(Listener*            l,
                      const ListenOptions* options,
                      Progress*            progress,
                      float*               block,
                      char*                message)
{
  uint32_t n = 0;
  do {
    if (!audio_read(l->audio, block, &n, message)) {
      return false;
    }
    if (!feed(l, block, n, options)) {
      command_message(message, "out of memory");
      return false;
    }
    l->length += n;
    if (progress) {
      atomic_store_explicit(&progress->done, l->length, memory_order_relaxed);
    }
  } while (n);

  memset(block, 0, AUDIO_BLOCK * sizeof(float));
  uint64_t tail = (uint64_t)ceil(l->delay + tail_seconds * l->out->rate);
  while (tail) {
    n = (tail < AUDIO_BLOCK) ? (uint32_t)tail : AUDIO_BLOCK;
    if (!feed(l, block, n, options)) {
      command_message(message, "out of memory");
      return false;
    }
    tail -= n;
  }
  neume_flush(l->neume);
  if (!take_steps(l, options)) {
    command_message(message, "out of memory");
    return false;
  }
  return true;
}

/** How long after the middle of its window a frame is decided on. */
static bool place_columns(Listener* l, const ListenOptions* options)
{
  NeumeResampler* resampler = NULL;
  if (neume_resampler_new(l->out->rate, &resampler)) {
    return false;
  }
  const double window = options->model->front_end.window;
  const double tuning = (double)options->params.a4_hz / NEUME_A4;
  const double heard =
    0.5 * window / NEUME_RATE + neume_resampler_delay(resampler);
  l->middle     = NEUME_PASS_SECONDS + heard / tuning;
  l->out->bands = options->model->front_end.bands;
  l->out->step  = (double)NEUME_STEP / options->interleave / NEUME_RATE;
  neume_resampler_free(resampler);
  return true;
}

static bool run(Listener*            l,
                const ListenOptions* options,
                Progress*            progress,
                char*                message)
{
  l->out->rate = audio_rate(l->audio);
  if (progress) {
    atomic_store(&progress->total, audio_length_hint(l->audio));
    atomic_store(&progress->rate, (uint64_t)l->out->rate);
  }

  const NeumeStatus st = neume_new(options->model,
                                   l->out->rate,
                                   options->interleave,
                                   options->batch,
                                   &l->neume);
  if (st) {
    command_message(message,
                    "%s%s",
                    st == NEUME_ERR_RATE ? "" : "of the weights: ",
                    neume_strerror(st));
    return false;
  }
  neume_set(l->neume, &options->params);
  l->delay = neume_delay(l->neume);
  // Dated as decided, it was held so long already
  l->least =
    options->decided ? 0.0 : 0.001 * (double)options->params.min_note_ms;

  float* const block = malloc(AUDIO_BLOCK * sizeof(float));
  if (!block || !place_columns(l, options)) {
    command_message(message, "out of memory");
    free(block);
    return false;
  }
  bool ok = feed_file(l, options, progress, block, message);
  free(block);
  l->out->seconds = (double)l->length / l->out->rate;
  if (ok && l->sounding && !close_note(l, l->out->seconds)) {
    command_message(message, "out of memory");
    ok = false;
  }
  trim(l->out);
  return ok;
}

bool listen(const char*          path,
            const ListenOptions* options,
            Progress*            progress,
            Transcript*          transcript,
            char*                message)
{
  memset(transcript, 0, sizeof(*transcript));
  Listener l = { .out = transcript };
  l.audio    = audio_open(path, message);
  if (!l.audio) {
    return false;
  }
  const bool ok = run(&l, options, progress, message);
  neume_free(l.neume);
  audio_close(l.audio);
  if (!ok) {
    transcript_free(transcript);
  }
  return ok;
}

void transcript_free(Transcript* transcript)
{
  note_list_free(&transcript->notes);
  free(transcript->frames);
  free(transcript->features);
  free(transcript->times);
  memset(transcript, 0, sizeof(*transcript));
}
