// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#include "neume.h"

#include "cnn.h"
#include "denormals.h"
#include "kernels.h"
#include "logmel.h"
#include "mapped.h"
#include "pitch.h"
#include "range.h"
#include "resampler.h"
#include "ring.h"
#include "tracker.h"
#include "tuning.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/** Most samples that one look into the ring takes. */
#define CHUNK 512U

/** Steps within the longest look-ahead at the largest P, the one now, and those
    that wait for it in a batch. */
#define PAST_MAX (NEUME_LAG_MAX + NEUME_BATCH_MAX)

/** What is kept of a frame until it is decided. */
typedef struct {
  uint64_t due;      ///< Input samples with which its pass is over
  float    level;    ///< dBFS
  float    edge;     ///< The same, of its end
  float*   features; ///< Mel bands
  float*   power;    ///< Power spectrum, fft / 2 + 1 bins
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
  uint32_t          batch;      ///< Frames that a network pass waits for

  NeumeRing*      ring;      ///< Audio from the writing thread
  NeumeResampler* resampler; ///< To NEUME_RATE
  NeumeLogmel*    logmel;    ///< Features and spectrum of a frame
  NeumeCnn*       cnn;       ///< Posteriors of a frame
  NeumeTracker*   tracker;   ///< Notes

  float*   history; ///< Last `window` samples at NEUME_RATE, twice over
  uint32_t head;    ///< Where the next one goes, 0..window - 1
  uint32_t until;   ///< Samples at NEUME_RATE until the next step's frame

  float*   frames;  ///< Ring of `n_frames` of features, [frame][band]
  uint32_t last;    ///< Index of the newest one
  float*   columns; ///< What the network gets, [step][band][stack]

  uint64_t position; ///< Input samples analysed
  uint32_t waiting;  ///< Steps in `columns`, whose pass has not begun
  uint32_t passing;  ///< Steps before them whose pass has, not yet decided
  uint32_t begun;    ///< Steps of that pass
  uint32_t ahead;    ///< Steps that it looks ahead
  uint32_t answer;   ///< Which of its pass's the last step was

  NeumeTuning tuning; ///< The singer's

  uint32_t lookahead;      ///< Steps between a frame and what it decides
  uint32_t lag;            ///< Steps that the tracker waits
  uint32_t n_past;         ///< Frames in `past`
  uint32_t newest;         ///< Index of the newest step's in `past`
  uint32_t decided;        ///< Index of the last decided step's
  uint64_t n_decided;      ///< Steps decided so far
  Past     silence;        ///< What was before the first step
  float*   past_memory;    ///< Owns features and spectra of `past`
  Past     past[PAST_MAX]; ///< Ring of frames
};

static const float level_min = -120.0f;
static const float gate_min  = -90.0f; ///< dBFS; here the gate is off

NeumeParams neume_defaults(void)
{
  const NeumeParams params = {
    0.0f, 0.5f, -90.0f, 60.0f, (float)NEUME_A4, false
  };
  return params;
}

static size_t n_bins(const NeumeFrontEnd* fe)
{
  return fe->fft / 2U + 1U;
}

/** Floats of a frame that is kept. */
static size_t past_size(const NeumeFrontEnd* fe)
{
  return fe->bands + n_bins(fe);
}

static bool alloc_buffers(Neume* n, const NeumeFrontEnd* fe)
{
  n->history =
    (float*)neume_mapped_calloc((size_t)fe->window * 2U, sizeof(float));
  n->frames =
    (float*)neume_mapped_calloc((size_t)n->n_frames * fe->bands, sizeof(float));
  n->columns = (float*)neume_mapped_calloc(
    (size_t)n->batch * fe->bands * fe->stack, sizeof(float));
  n->past_memory = (float*)neume_mapped_calloc(
    (n->n_past + (size_t)1U) * past_size(fe), sizeof(float));
  if (!n->history || !n->frames || !n->columns || !n->past_memory) {
    return false;
  }
  for (uint32_t i = 0; i <= n->n_past; ++i) {
    Past* const past = i < n->n_past ? &n->past[i] : &n->silence;
    past->features   = n->past_memory + i * past_size(fe);
    past->power      = past->features + fe->bands;
    past->level      = level_min;
    past->edge       = level_min;
  }
  return true;
}

NeumeStatus neume_new(const NeumeModel* model,
                      double            rate,
                      uint32_t          interleave,
                      uint32_t          batch,
                      Neume**           neume)
{
  *neume = NULL;
  if (!(rate >= NEUME_RATE_MIN && rate <= NEUME_RATE_MAX)) {
    return NEUME_ERR_RATE;
  }
  if (!interleave || interleave > NEUME_INTERLEAVE_MAX ||
      NEUME_STEP % interleave || !batch || batch > NEUME_BATCH_MAX) {
    return NEUME_ERR_RANGE;
  }

  Neume* const n = (Neume*)neume_mapped_calloc(1, sizeof(Neume));
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
  n->batch             = batch;
  n->n_past            = NEUME_LAG_MAX + batch;
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
    st = neume_cnn_new(model, interleave, batch, neume_kernels_best(), &n->cnn);
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
    free(neume->past_memory);
    free(neume->columns);
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
  return (double)neume->params.a4_hz / NEUME_A4 * exp2(offset / 1200.0);
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
  neume->last      = 0;
  neume->head      = 0;
  neume->until     = neume->step;
  neume->position  = 0;
  neume->waiting   = 0;
  neume->passing   = 0;
  neume->begun     = 0;
  neume->ahead     = 0;
  neume->answer    = 0;
  neume->newest    = 0;
  neume->decided   = 0;
  neume->n_decided = 0;
}

void neume_set(Neume* neume, const NeumeParams* params)
{
  const NeumeParams  d = neume_defaults();
  NeumeParams* const p = &neume->params;
  p->lookahead_ms      = neume_within_or(
    params->lookahead_ms, 0.0f, NEUME_LOOKAHEAD_MAX_MS, d.lookahead_ms);
  p->threshold   = neume_within_or(params->threshold, 0.0f, 1.0f, d.threshold);
  p->gate_db     = neume_within_or(params->gate_db, gate_min, 0.0f, d.gate_db);
  p->min_note_ms = neume_within_or(
    params->min_note_ms, 0.0f, NEUME_MIN_NOTE_MAX_MS, d.min_note_ms);
  p->a4_hz =
    neume_within_or(params->a4_hz, NEUME_A4_MIN, NEUME_A4_MAX, d.a4_hz);
  p->follow = params->follow;
  if (!p->follow) {
    neume_tuning_reset(&neume->tuning);
  }
  tune(neume);

  // The network takes whole frames of the look-ahead, the tracker the rest
  const float    step_ms = 1000.0f * (float)neume->step / NEUME_RATE;
  const uint32_t steps   = (uint32_t)lroundf(p->lookahead_ms / step_ms);
  const uint32_t right   = neume->model->right;
  const uint32_t whole   = steps / neume->interleave;
  const uint32_t frames  = whole < right ? whole : right;
  neume_cnn_set_lookahead(neume->cnn, frames);
  neume->lookahead = steps;
  neume->lag       = steps - frames * neume->interleave;

  // Steps come sooner the higher the tuning, and the singer who is followed,
  // is; a hair less is as long
  const float    sharp  = p->follow ? NEUME_OFFSET_MAX : 0.0f;
  const float    tuning = p->a4_hz / (float)NEUME_A4 * exp2f(sharp / 1200.0f);
  const uint32_t least =
    (uint32_t)ceilf(fmaxf(p->min_note_ms * tuning / step_ms - 1e-3f, 0.0f));

  const NeumeTrackerParams tracker = { p->threshold,
                                       p->gate_db > gate_min ? p->gate_db
                                                             : NEUME_GATE_OFF,
                                       least,
                                       neume->lag,
                                       !steps };
  neume_tracker_set(neume->tracker, &tracker);
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

/** Level of the last `n` of a window of `size` samples, dB re the RMS of a
    full-scale sine (AES17). */
static float end_level(const float* window, uint32_t size, uint32_t n)
{
  n                    = size < n ? size : n;
  const float* samples = window + (size - n);
  float        sum     = 1e-30f;
  for (uint32_t i = 0; i < n; ++i) {
    sum += samples[i] * samples[i];
  }
  return fmaxf(level_min, 10.0f * log10f(2.0f * sum / (float)n));
}

/** Put what the network sees of the frames behind the columns that wait. */
static void stack_frames(Neume* n)
{
  const NeumeFrontEnd* const fe    = &n->model->front_end;
  const uint32_t             apart = n->n_frames / fe->stack;
  float* const column = n->columns + (size_t)n->waiting * fe->bands * fe->stack;
  for (uint32_t j = 0; j < fe->stack; ++j) {
    const uint32_t     i = (n->last + n->n_frames - j * apart) % n->n_frames;
    const float* const frame = n->frames + (size_t)i * fe->bands;
    for (uint32_t b = 0; b < fe->bands; ++b) {
      column[b * fe->stack + j] = frame[b];
    }
  }
}

/** Begin the pass of the steps that wait. */
static void begin_pass(Neume* n)
{
  neume_cnn_begin(n->cnn, n->columns, n->waiting);
  n->ahead   = neume_cnn_lookahead(n->cnn) * n->interleave;
  n->begun   = n->waiting;
  n->passing = n->waiting;
  n->waiting = 0;
}

/** Begin a step with the newest frame, of `window`. */
static void begin_step(Neume* n, const float* window)
{
  const NeumeFrontEnd* const fe = &n->model->front_end;

  n->until         = n->step;
  n->newest        = (n->newest + 1U) % n->n_past;
  Past* const past = &n->past[n->newest];
  past->due        = n->position + n->pass;
  past->level      = end_level(window, fe->window, NEUME_LEVEL_SAMPLES);
  past->edge       = end_level(window, fe->window, NEUME_EDGE_SAMPLES);
  memcpy(past->features,
         n->frames + (size_t)n->last * fe->bands,
         fe->bands * sizeof(float));
  memcpy(
    past->power, neume_logmel_power(n->logmel), n_bins(fe) * sizeof(float));
  stack_frames(n);
  ++n->waiting;

  // Who follows hears each step before the next sample
  if (n->waiting == n->batch || n->params.follow) {
    begin_pass(n);
  }
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

/** The frame `back` steps before that of the last decided step. */
static const Past* past_frame(const Neume* n, uint32_t back)
{
  return back < n->n_decided
           ? &n->past[(n->decided + n->n_past - back) % n->n_past]
           : &n->silence;
}

/** Whether a step is due whose pass is finished. */
static bool is_answered(const Neume* n)
{
  const uint32_t next = (n->decided + 1U) % n->n_past;
  return n->passing && n->past[next].due <= n->position &&
         neume_cnn_advance(n->cnn, 0);
}

/** Seconds, as the analysis counts them, from a step's label point to its
    decision, without the pass. */
static double step_seconds(const Neume* n)
{
  const double frames = (double)n->lookahead * n->step;
  const double label  = n->model->front_end.label_delay;
  return (frames + label) / NEUME_RATE + neume_resampler_delay(n->resampler);
}

/** The same from the moment that a decision speaks of, on average. */
static double mean_seconds(const Neume* n)
{
  const bool   ahead = n->lookahead > n->lag; // The network, from its next pass
  const double doubt = (double)n->model->doubt_ms[ahead ? 1 : 0] / 1000.0;
  return step_seconds(n) + doubt + neume_tracker_delay(n->tracker);
}

/** Input samples from the onset of the note of `d` to its decision. */
static double onset_delay(const Neume* n, const NeumeDecision* d)
{
  const double since = (double)d->since + (double)n->model->onset_ms / 1000.0;
  const double seconds =
    isnan(since) ? mean_seconds(n) : step_seconds(n) + since;
  return seconds / tuned(n) * n->rate + n->pass;
}

/** Decide the next step, whose pass is finished. */
static void decide(Neume* n, NeumeStep* step)
{
  n->decided = (n->decided + 1U) % n->n_past;
  n->answer  = n->begun - n->passing--;
  ++n->n_decided;
  const NeumeObservation o = { neume_log_probabilities(n),
                               past_frame(n, n->ahead)->level,
                               neume_onset(n),
                               past_frame(n, n->ahead)->edge };
  const NeumeDecision    d = neume_tracker_step(n->tracker, &o);

  step->position   = past_frame(n, 0)->due - 1U;
  step->note       = d.note;
  step->midi       = class_to_midi(d.note);
  step->confidence = d.confidence;
  step->level      = d.level;
  step->off        = class_to_midi(d.off);
  step->on         = class_to_midi(d.on);
  step->velocity   = d.velocity;
  step->cents      = 0.0f;
  step->bend       = 0.0f;
  step->onset      = (double)step->position - (d.on ? onset_delay(n, &d) : 0.0);
  if (step->midi) {
    const float* const power = past_frame(n, n->ahead + n->lag)->power;
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
  if (n->passing) {
    const uint64_t left = n->past[n->newest].due - n->position;
    size                = left < size ? (uint32_t)left : size;
  }
  return size;
}

/** Work on the pass as far as its newest frame's time for it is over. */
static void advance_pass(Neume* n)
{
  const uint64_t slices = neume_cnn_slices(n->cnn);
  const uint64_t left   = n->past[n->newest].due - n->position;
  neume_cnn_advance(n->cnn, (uint32_t)(slices * (n->pass - left) / n->pass));
}

/** Work for the step to come as far as the rest of this one's time is over. */
static void prepare_pass(Neume* n)
{
  const uint32_t pass = (uint32_t)(NEUME_PASS_SECONDS * NEUME_RATE) + 1U;
  const uint32_t gone = n->step - n->until;
  const uint32_t rest = n->step - n->step / 16U - pass;
  if (gone > pass) {
    const uint64_t slices = neume_cnn_early_slices(n->cnn);
    neume_cnn_prepare(n->cnn, (uint32_t)(slices * (gone - pass) / rest));
  }
}

bool neume_analyse(Neume* neume, NeumeStep* step)
{
  Neume* const         n       = neume;
  const NeumeFloatMode mode    = neume_denormals_off();
  bool                 decided = is_answered(n);
  float                chunk[CHUNK];

  for (uint32_t size = 0; !decided && (size = chunk_size(n));) {
    float sample = 0.0f;
    neume_ring_read(n->ring, chunk, size * (uint32_t)sizeof(float));
    n->position += size;
    if (n->passing) {
      advance_pass(n);
    } else {
      prepare_pass(n);
    }
    if (neume_resampler_push(n->resampler, chunk, size, &sample)) {
      analysis_sample(n, sample);
    }
    decided = is_answered(n);
  }
  if (decided) {
    decide(n, step); // May tune the resampler, for the samples to come
  }

  neume_denormals_restore(mode);
  return decided;
}

void neume_flush(Neume* neume)
{
  const NeumeFloatMode mode = neume_denormals_off();
  if (!neume->passing && neume->waiting) {
    begin_pass(neume);
  }
  neume_cnn_advance(neume->cnn, UINT32_MAX);
  neume_denormals_restore(mode);
}

double neume_delay(const Neume* neume)
{
  const double tuning = (double)neume->params.a4_hz / NEUME_A4;
  return mean_seconds(neume) / tuning * neume->rate + neume->pass;
}

float neume_offset(const Neume* neume)
{
  return neume->tuning.offset;
}

const float* neume_features(const Neume* neume)
{
  return past_frame(neume, 0)->features;
}

const float* neume_log_probabilities(const Neume* neume)
{
  return neume_cnn_output(neume->cnn, neume->answer);
}

float neume_onset(const Neume* neume)
{
  return neume_cnn_onset(neume->cnn, neume->answer);
}
