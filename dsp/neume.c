// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#include "neume.h"

#include "cnn.h"
#include "denormals.h"
#include "kernels.h"
#include "logmel.h"
#include "pitch.h"
#include "resampler.h"
#include "ring.h"
#include "tracker.h"
#include "tuning.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/** Most samples that one look into the ring takes. */
#define CHUNK 512U

/** Steps within the longest look-ahead at the largest P, and the one now. */
#define N_PAST (NEUME_LAG_MAX + 1U)

/** What is kept of a frame until it is decided. */
typedef struct {
  float  level; ///< dBFS
  float* power; ///< Power spectrum, fft / 2 + 1 bins
} Past;

struct Neume {
  const NeumeModel* model;      ///< Front end and network, not owned
  NeumeParams       params;     ///< In force, within their ranges
  double            rate;       ///< Hz
  uint32_t          interleave; ///< P
  uint32_t          step;       ///< Samples at NEUME_RATE between decisions
  uint32_t          n_frames;   ///< Frames of features in NEUME_STEP
  uint32_t          hop;        ///< Samples at NEUME_RATE between two of them
  uint32_t          pass;       ///< Input samples that a network pass takes

  NeumeRing*      ring;      ///< Audio from the writing thread
  NeumeResampler* resampler; ///< To NEUME_RATE
  NeumeLogmel*    logmel;    ///< Features and spectrum of a frame
  NeumeCnn*       cnn;       ///< Posteriors of a frame
  NeumeTracker*   tracker;   ///< Notes

  float*   history; ///< Last `window` samples at NEUME_RATE, twice over
  uint32_t head;    ///< Where the next one goes, 0..window - 1
  uint32_t until;   ///< Samples at NEUME_RATE until the next step's frame

  float*       frames;   ///< Ring of `n_frames` of features, [frame][band]
  uint32_t     last;     ///< Index of the newest one
  const float* features; ///< The last step's, in `frames`
  float*       column;   ///< What the network gets, [band][stack]

  uint64_t position; ///< Input samples analysed
  uint32_t elapsed;  ///< Input samples since the frame whose pass is running
  bool     running;  ///< A pass is running

  NeumeTuning tuning; ///< The singer's

  uint32_t lag;          ///< Steps that the tracker waits
  uint32_t newest;       ///< Index of the last step's frame in `past`
  float*   spectra;      ///< Owns the power spectra of `past`
  Past     past[N_PAST]; ///< Ring of frames
};

static const float level_min = -120.0f;

/* What a network is late by beyond its label point: it is sure of a change only
   when it has heard some of what follows.  Medians over synthetic clips. */
static const double doubt_seconds       = 0.03;
static const double doubt_ahead_seconds = 0.01; ///< Where it looks ahead

NeumeParams neume_defaults(void)
{
  const NeumeParams params = { 0.0f, 0.5f, -70.0f, 60.0f, 440.0f, false };
  return params;
}

static bool alloc_buffers(Neume* n, const NeumeFrontEnd* fe)
{
  const uint32_t n_bins = fe->fft / 2U + 1U;
  n->history = (float*)calloc((size_t)fe->window * 2U, sizeof(float));
  n->frames  = (float*)calloc((size_t)n->n_frames * fe->bands, sizeof(float));
  n->column  = (float*)calloc((size_t)fe->bands * fe->stack, sizeof(float));
  n->spectra = (float*)calloc((size_t)N_PAST * n_bins, sizeof(float));
  if (!n->history || !n->frames || !n->column || !n->spectra) {
    return false;
  }
  for (uint32_t i = 0; i < N_PAST; ++i) {
    n->past[i].power = n->spectra + (size_t)i * n_bins;
  }
  return true;
}

NeumeStatus neume_new(const NeumeModel* model,
                      double            rate,
                      uint32_t          interleave,
                      Neume**           neume)
{
  *neume = NULL;
  if (!(rate >= NEUME_RATE_MIN && rate <= NEUME_RATE_MAX)) {
    return NEUME_ERR_RATE;
  }
  if (!interleave || interleave > NEUME_INTERLEAVE_MAX ||
      NEUME_STEP % interleave) {
    return NEUME_ERR_RANGE;
  }

  Neume* const n = (Neume*)calloc(1, sizeof(Neume));
  if (!n) {
    return NEUME_ERR_MEMORY;
  }

  const uint32_t stack = model->front_end.stack;
  n->model             = model;
  n->rate              = rate;
  n->interleave        = interleave;
  n->step              = NEUME_STEP / interleave;
  n->n_frames          = interleave > stack ? interleave : stack;
  n->hop               = NEUME_STEP / n->n_frames;
  n->pass              = (uint32_t)(rate * NEUME_PASS_SECONDS);
  n->ring    = neume_ring_new(2U * NEUME_WRITE_MAX * (uint32_t)sizeof(float));
  n->tracker = neume_tracker_new((double)n->step / NEUME_RATE);

  NeumeStatus st =
    (n->ring && n->tracker && alloc_buffers(n, &model->front_end))
      ? NEUME_SUCCESS
      : NEUME_ERR_MEMORY;
  if (!st) {
    st = neume_resampler_new(rate, &n->resampler);
  }
  if (!st) {
    st = neume_logmel_new(&model->front_end, &n->logmel);
  }
  if (!st) {
    st = neume_cnn_new(model, interleave, 1, neume_kernels_best(), &n->cnn);
  }
  if (st) {
    neume_free(n);
    return st;
  }

  const NeumeParams params = neume_defaults();
  neume_set(n, &params);
  neume_reset(n);
  *neume = n;
  return NEUME_SUCCESS;
}

void neume_free(Neume* neume)
{
  if (neume) {
    neume_tracker_free(neume->tracker);
    neume_cnn_free(neume->cnn);
    neume_logmel_free(neume->logmel);
    neume_resampler_free(neume->resampler);
    neume_ring_free(neume->ring);
    free(neume->spectra);
    free(neume->column);
    free(neume->frames);
    free(neume->history);
    free(neume);
  }
}

/** Samples at NEUME_RATE, as they are counted, in 1 / NEUME_RATE: the voice is
    slowed down until it is in tune. */
static double tuned(const Neume* neume)
{
  const double offset = (double)neume->tuning.offset;
  return (double)neume->params.a4_hz / 440.0 * exp2(offset / 1200.0);
}

static void tune(Neume* neume)
{
  neume_resampler_tune(neume->resampler, tuned(neume));
}

void neume_reset(Neume* neume)
{
  const NeumeFrontEnd* const fe = &neume->model->front_end;

  neume_ring_reset(neume->ring);
  neume_resampler_reset(neume->resampler);
  neume_cnn_reset(neume->cnn);
  neume_tracker_reset(neume->tracker);
  neume_tuning_reset(&neume->tuning);
  tune(neume);
  memset(neume->history, 0, (size_t)fe->window * 2U * sizeof(float));
  memset(neume->frames, 0, (size_t)neume->n_frames * fe->bands * sizeof(float));
  neume->last     = 0;
  neume->features = neume->frames;
  neume->head     = 0;
  neume->until    = neume->step;
  neume->position = 0;
  neume->elapsed  = 0;
  neume->running  = false;
  neume->newest   = 0;
  for (uint32_t i = 0; i < N_PAST; ++i) {
    neume->past[i].level = level_min;
    memset(neume->past[i].power, 0, (fe->fft / 2U + 1U) * sizeof(float));
  }
}

static float clamp(float value, float low, float high, float fallback)
{
  return isnan(value) ? fallback : fminf(fmaxf(value, low), high);
}

void neume_set(Neume* neume, const NeumeParams* params)
{
  const NeumeParams  d = neume_defaults();
  NeumeParams* const p = &neume->params;
  p->lookahead_ms =
    clamp(params->lookahead_ms, 0.0f, NEUME_LOOKAHEAD_MAX_MS, d.lookahead_ms);
  p->threshold   = clamp(params->threshold, 0.0f, 1.0f, d.threshold);
  p->gate_db     = clamp(params->gate_db, -90.0f, 0.0f, d.gate_db);
  p->min_note_ms = clamp(params->min_note_ms, 0.0f, 500.0f, d.min_note_ms);
  p->a4_hz       = clamp(params->a4_hz, NEUME_A4_MIN, NEUME_A4_MAX, d.a4_hz);
  p->follow      = params->follow;
  if (!p->follow) {
    neume_tuning_reset(&neume->tuning);
  }
  tune(neume);

  // The network takes whole frames of the look-ahead, the tracker the rest
  const float    step_ms = 1000.0f * (float)neume->step / NEUME_RATE;
  const uint32_t steps   = (uint32_t)lroundf(p->lookahead_ms / step_ms);
  const uint32_t frames  = steps / neume->interleave;
  neume_cnn_set_lookahead(neume->cnn, frames);
  neume->lag = steps - neume_cnn_lookahead(neume->cnn) * neume->interleave;

  const NeumeTrackerParams tracker = { p->threshold,
                                       p->gate_db,
                                       (uint32_t)lroundf(p->min_note_ms /
                                                         step_ms),
                                       neume->lag };
  neume_tracker_set(neume->tracker, &tracker);
}

/** Steps between a frame and the one that is decided with it. */
static uint32_t steps_back(const Neume* neume)
{
  return neume->lag + neume_cnn_lookahead(neume->cnn) * neume->interleave;
}

uint32_t neume_write(Neume* neume, const float* in, uint32_t n)
{
  float          clean[CHUNK];
  const uint32_t space = neume_ring_write_space(neume->ring) / sizeof(float);
  const uint32_t count = n < space ? n : space;

  for (uint32_t done = 0; done < count;) {
    const uint32_t left = count - done;
    const uint32_t size = left < CHUNK ? left : CHUNK;
    for (uint32_t i = 0; i < size; ++i) {
      const float x = in[done + i];
      clean[i]      = isfinite(x) ? fminf(fmaxf(x, -8.0f), 8.0f) : 0.0f;
    }
    neume_ring_write(neume->ring, clean, size * (uint32_t)sizeof(float));
    done += size;
  }

  return count;
}

/** Level at the end of a window of `size` samples, dB re the RMS of a
   full-scale sine (AES17).  It counts the last of them only, so that it has
   risen when a note is named. */
static float end_level(const float* window, uint32_t size)
{
  const uint32_t n = size < NEUME_LEVEL_SAMPLES ? size : NEUME_LEVEL_SAMPLES;
  const float*   samples = window + (size - n);
  float          sum     = 1e-30f;
  for (uint32_t i = 0; i < n; ++i) {
    sum += samples[i] * samples[i];
  }
  return fmaxf(level_min, 10.0f * log10f(2.0f * sum / (float)n));
}

/** Put what the network sees of the frames into `column`. */
static void stack_frames(Neume* n)
{
  const NeumeFrontEnd* const fe    = &n->model->front_end;
  const uint32_t             apart = n->n_frames / fe->stack;
  for (uint32_t j = 0; j < fe->stack; ++j) {
    const uint32_t     i = (n->last + n->n_frames - j * apart) % n->n_frames;
    const float* const frame = n->frames + (size_t)i * fe->bands;
    for (uint32_t b = 0; b < fe->bands; ++b) {
      n->column[b * fe->stack + j] = frame[b];
    }
  }
}

/** Begin a step with the newest frame, of `window`. */
static void begin_step(Neume* n, const float* window)
{
  const NeumeFrontEnd* const fe = &n->model->front_end;

  n->until    = n->step;
  n->elapsed  = 0;
  n->running  = true;
  n->features = n->frames + (size_t)n->last * fe->bands;
  n->newest   = n->newest + 1U < N_PAST ? n->newest + 1U : 0U;
  memcpy(n->past[n->newest].power,
         neume_logmel_power(n->logmel),
         (fe->fft / 2U + 1U) * sizeof(float));
  n->past[n->newest].level = end_level(window, fe->window);
  stack_frames(n);
  neume_cnn_begin(n->cnn, n->column, 1);
}

/** Take in a sample at NEUME_RATE, which may end a frame and begin a step. */
static void analysis_sample(Neume* n, float sample)
{
  const NeumeFrontEnd* const fe = &n->model->front_end;

  n->history[n->head]              = sample;
  n->history[n->head + fe->window] = sample;
  n->head = n->head + 1U < fe->window ? n->head + 1U : 0U;

  // A step is a whole number of hops
  if (--n->until % n->hop) {
    return;
  }
  const float* const window = n->history + n->head;
  n->last                   = n->last + 1U < n->n_frames ? n->last + 1U : 0U;
  neume_logmel_frame(
    n->logmel, window, n->frames + (size_t)n->last * fe->bands);
  if (!n->until) {
    begin_step(n, window);
  }
}

static uint32_t class_to_midi(uint32_t note)
{
  return note ? note + NEUME_MIDI_MIN - 1U : 0U;
}

static const Past* past_frame(const Neume* n, uint32_t back)
{
  return &n->past[(n->newest + N_PAST - back) % N_PAST];
}

/** The network's pass is finished: decide. */
static void finish_pass(Neume* n, NeumeStep* step)
{
  const uint32_t back  = steps_back(n);
  const uint32_t ahead = back - n->lag;

  const NeumeObservation o = { neume_cnn_output(n->cnn, 0),
                               past_frame(n, ahead)->level,
                               neume_cnn_onset(n->cnn, 0) };
  const NeumeDecision    d = neume_tracker_step(n->tracker, &o);

  step->position   = n->position - 1U;
  step->note       = d.note;
  step->midi       = class_to_midi(d.note);
  step->confidence = d.confidence;
  step->level      = d.level;
  step->off        = class_to_midi(d.off);
  step->on         = class_to_midi(d.on);
  step->velocity   = d.velocity;
  step->cents      = 0.0f;
  step->bend       = 0.0f;
  if (step->midi) {
    const float* const power = past_frame(n, back)->power;
    const uint32_t     fft   = n->model->front_end.fft;
    step->cents              = neume_pitch_cents(power, fft, step->midi);
    step->bend               = neume_pitch_bend(power, fft, step->midi);
    if (n->params.follow) {
      const double seconds = (double)n->step / NEUME_RATE;
      neume_tuning_hear(&n->tuning, step->cents, seconds);
      tune(n);
    }
  }
}

/** Samples to take at once: up to an output, the pass's end, or the chunk's. */
static uint32_t chunk_size(const Neume* n)
{
  const uint32_t available =
    neume_ring_read_space(n->ring) / (uint32_t)sizeof(float);
  uint32_t size = available < CHUNK ? available : CHUNK;

  const uint32_t need = neume_resampler_need(n->resampler);
  size                = need < size ? need : size;
  if (n->running && n->pass - n->elapsed < size) {
    size = n->pass - n->elapsed;
  }
  return size;
}

bool neume_analyse(Neume* neume, NeumeStep* step)
{
  Neume* const         n       = neume;
  const NeumeFloatMode mode    = neume_denormals_off();
  bool                 decided = false;
  float                chunk[CHUNK];

  for (uint32_t size = 0; !decided && (size = chunk_size(n));) {
    float sample = 0.0f;
    neume_ring_read(n->ring, chunk, size * (uint32_t)sizeof(float));
    n->position += size;

    if (n->running) {
      n->elapsed += size;
      const uint64_t slices = neume_cnn_slices(n->cnn);
      neume_cnn_advance(n->cnn, (uint32_t)(slices * n->elapsed / n->pass));
      if (n->elapsed == n->pass) {
        n->running = false;
        finish_pass(n, step);
        decided = true;
      }
    }

    if (neume_resampler_push(n->resampler, chunk, size, &sample)) {
      analysis_sample(n, sample);
    }
  }

  neume_denormals_restore(mode);
  return decided;
}

double neume_delay(const Neume* neume)
{
  const NeumeFrontEnd* const fe     = &neume->model->front_end;
  const double               frames = (double)steps_back(neume) * neume->step;
  const double               doubt =
    neume_cnn_lookahead(neume->cnn) ? doubt_ahead_seconds : doubt_seconds;
  const double seconds = (frames + fe->label_delay) / NEUME_RATE + doubt +
                         neume_tracker_delay(neume->tracker) +
                         neume_resampler_delay(neume->resampler);
  return seconds / tuned(neume) * neume->rate + neume->pass;
}

float neume_offset(const Neume* neume)
{
  return neume->tuning.offset;
}

const float* neume_features(const Neume* neume)
{
  return neume->features;
}

const float* neume_log_probabilities(const Neume* neume)
{
  return neume_cnn_output(neume->cnn, 0);
}

float neume_onset(const Neume* neume)
{
  return neume_cnn_onset(neume->cnn, 0);
}
