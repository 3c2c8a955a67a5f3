// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#include "player.h"

#include "denormals.h"
#include "patch.h"
#include "range.h"
#include "sequence.h"

#include <math.h>

static const float level_min = -120.0f; // What `level` shows of silence, dBFS
static const float level_max = 20.0f;   // Its other end

/** Steps of the longest stretch, at the lowest rate, at most. */
#define STEPS_MAX                                                              \
  (2U + NEUME_WRITE_MAX * NEUME_RATE * NEUME_INTERLEAVE_MAX / NEUME_STEP *     \
          (uint32_t)NEUME_A4_MAX / (uint32_t)NEUME_A4 /                        \
          (uint32_t)NEUME_RATE_MIN)

_Static_assert(NEUME_MIDI_QUEUE >= 4U * (STEPS_MAX + NEUME_STEP_QUEUE_SIZE),
               "all that a stretch plays may wait");

/** Nothing is sung, or nobody knows. */
static void show_nothing(NeumePlayer* player)
{
  const NeumeShown nothing = { 0.0f, 0.0f, 0.0f, level_min, 0.0f };
  player->shown            = nothing;
  neume_monitor_note(&player->monitor, 0, 0);
}

/** The chain is at input sample 0: end what sounds, show nothing. */
static void forget(NeumePlayer* player)
{
  neume_expression_silence(&player->expression, &player->midi);
  show_nothing(player);
  neume_step_queue_reset(&player->queue);
  player->written    = 0;
  player->stopped    = 0;
  player->has_params = false;
}

/** Begin at input sample 0. */
static void rewind_chain(NeumePlayer* player)
{
  forget(player);
  if (player->loader.engine) {
    neume_reset(player->loader.engine->neume);
  }
}

void neume_player_restart(NeumePlayer* player)
{
  rewind_chain(player);
  neume_learn_restart(&player->learn);
}

/** The value of a control port, or `fallback` if it says nothing. */
static float control(const float* port, float fallback)
{
  return (port && !isnan(*port)) ? *port : fallback;
}

static int whole(const float* port, int fallback)
{
  const float value = control(port, (float)fallback);
  return (int)lroundf(neume_within(value, -1000.0f, 1000.0f));
}

/** A choice 0..n - 1, or 0 if the port says anything else. */
static int choice(const float* port, int n)
{
  const int value = whole(port, 0);
  return value >= 0 && value < n ? value : 0;
}

/** Start or end learning; what is learned by now. */
static NeumeLearned read_learn(NeumePlayer* player)
{
  const bool up = control(player->ports.learn, 0.0f) > 0.5f;
  if (neume_learn_set(&player->learn, up, player->written)) {
    player->loader.changed = true;
  }
  return neume_learn_get(&player->learn);
}

/** The controls that say how notes become MIDI, within what was learned. */
static void read_expression(NeumePlayer* player, const NeumeLearned* learned)
{
  const NeumePorts* const     ports = &player->ports;
  const NeumeExpressionParams wide  = {
     .transpose  = whole(ports->transpose, 0),
     .channel    = whole(ports->channel, 1),
     .velocity   = whole(ports->velocity, 0),
     .dynamics   = control(ports->dynamics, 1.0f),
     .bend_range = control(ports->bend_range, 0.0f),
     .pressure   = (NeumePressure)choice(ports->pressure, NEUME_N_PRESSURES),
     .notes      = (NeumeNotes)choice(ports->notes, NEUME_N_NOTES),
     .key        = whole(ports->key, 0),
     .scale      = (NeumeScale)choice(ports->scale, NEUME_N_SCALES),
     .lowest     = whole(ports->lowest, NEUME_MIDI_MIN),
     .highest    = whole(ports->highest, NEUME_MIDI_MAX),
     .louder     = (float)(NEUME_LEARNED_LEVEL - learned->level),
  };

  // Where the two ranges have nothing in common, the controls' is the one
  NeumeExpressionParams p = wide;
  p.lowest  = p.lowest > learned->lowest ? p.lowest : learned->lowest;
  p.highest = p.highest < learned->highest ? p.highest : learned->highest;
  if (p.lowest > p.highest) {
    p.lowest  = wide.lowest;
    p.highest = wide.highest;
  }
  neume_expression_set(&player->expression, &player->midi, &p);

  const bool panicking = control(ports->panic, 0.0f) > 0.5f;
  if (panicking && !player->panicking) {
    neume_expression_panic(&player->expression, &player->midi);
  }
  player->panicking = panicking;
}

/** Hand the controls on to where they act. */
static void read_controls(NeumePlayer* player)
{
  const NeumePorts* const ports = &player->ports;
  const NeumeLearned      l     = read_learn(player);
  const NeumeParams       d     = neume_defaults();
  const float             gate  = control(ports->gate, d.gate_db);
  const float             least = neume_within(
    control(ports->min_note, d.min_note_ms), 0.0f, NEUME_MIN_NOTE_MAX_MS);
  const NeumeParams p = { control(ports->lookahead, d.lookahead_ms),
                          control(ports->threshold, d.threshold),
                          fmaxf(gate, (float)l.gate),
                          least,
                          control(ports->a4, d.a4_hz),
                          control(ports->follow, 0.0f) > 0.5f };

  const bool resting = control(ports->enabled, 1.0f) <= 0.5f;
  if (resting && !player->resting) {
    neume_player_restart(player);
  }
  player->resting = resting;
  read_expression(player, &l); // Panic may have more to say than that

  const float mix = neume_within(control(ports->monitor, 0.0f), 0.0f, 1.0f);
  neume_monitor_tune(&player->monitor,
                     (double)neume_within(p.a4_hz, NEUME_A4_MIN, NEUME_A4_MAX));
  neume_monitor_set(&player->monitor, resting ? 0.0f : mix);

  if (player->loader.engine &&
      (!player->has_params || p.lookahead_ms != player->params.lookahead_ms ||
       p.threshold != player->params.threshold ||
       p.gate_db != player->params.gate_db ||
       p.min_note_ms != player->params.min_note_ms ||
       p.a4_hz != player->params.a4_hz || p.follow != player->params.follow)) {
    neume_set(player->loader.engine->neume, &p);
    player->params     = p;
    player->has_params = true;

    const double   late = neume_delay(player->loader.engine->neume);
    const uint32_t most = player->most - player->hold;
    player->late        = late < most ? (uint32_t)lround(late) : most;
  }

  const bool aligned = control(ports->aligned, 0.0f) > 0.5f;
  player->delay =
    aligned && player->loader.engine ? player->late + player->hold : 0;
}

/** Act on a decision of the chain, `frame` samples into the block. */
static void decide(NeumePlayer* player, const NeumeStep* step, uint32_t frame)
{
  NeumeStep played = *step;
  if (player->stopped && step->onset < (double)player->stopped) {
    played.on = 0; // The transport's stop ended it before it was heard of
  }
  neume_expression_step(&player->expression, &player->midi, &played, frame);
  neume_learn_hear(
    &player->learn, step, (int64_t)step->position - player->late);
  if (played.on || player->midi.note != player->monitor.midi) {
    neume_monitor_note(
      &player->monitor, player->midi.note, player->midi.velocity);
  }

  const NeumeShown shown = { (float)step->note,
                             neume_within(step->cents, -50.0f, 50.0f),
                             neume_within(step->confidence, 0.0f, 1.0f),
                             neume_within(step->level, level_min, level_max),
                             neume_offset(player->loader.engine->neume) };
  player->shown          = shown;

  const NeumeDisplayStep drawn = { step->note, step->confidence, step->level };
  neume_display_add(&player->display, &drawn);
}

/** Make the samples of `out` from `start` to `end`. */
static void play(NeumePlayer* player, uint32_t start, uint32_t end)
{
  const NeumePorts* const ports = &player->ports;
  if (ports->in && ports->out && end > start) {
    float* const out = ports->out + start;
    neume_delay_line_run(
      &player->line, player->delay, ports->in + start, out, end - start);
    neume_monitor_run(&player->monitor, out, out, end - start);
  }
}

/** A stretch of a block. */
typedef struct {
  uint32_t start;  ///< First sample
  uint32_t n;      ///< Samples
  uint32_t played; ///< The first that is not yet in `out`
} Stretch;

/** Act on a decision at input sample `due`. */
static void act(NeumePlayer*     player,
                Stretch*         stretch,
                const NeumeStep* step,
                uint64_t         due)
{
  const uint64_t ahead = due > player->written ? due - player->written : 0U;
  const uint32_t last  = stretch->n - 1U;
  const uint32_t frame =
    stretch->start + (ahead < last ? (uint32_t)ahead : last);
  play(player, stretch->played, frame);
  stretch->played = frame;
  decide(player, step, frame);
}

/** Act on the decisions that are due before input sample `end`. */
static void act_until(NeumePlayer* player, Stretch* stretch, uint64_t end)
{
  NeumeStep step;
  uint64_t  due = 0;
  while (neume_step_queue_pop(&player->queue, end, &step, &due)) {
    act(player, stretch, &step, due);
  }
}

/** When to act on a decision, aligned: as long after the sample that it speaks
    of as `out` comes after `in`, or at once if that is over. */
static uint64_t due_at(const NeumePlayer* player, const NeumeStep* step)
{
  const double soonest = (double)step->position;
  const double latest  = soonest + 2.0 * player->hold;
  const double due     = step->on ? step->onset + player->delay
                                  : soonest + player->delay - player->late;
  return (uint64_t)llround(fmin(fmax(due, soonest), latest));
}

/** How long after a note's beginning another begins, or it ends, aligned. */
static uint64_t apart(const NeumePlayer* player, const NeumeStep* step)
{
  const uint64_t least = player->hold / 4U;
  const double   note  = 0.001 * (double)player->params.min_note_ms;
  const uint64_t held  = (uint64_t)llround(note * player->loader.rate);
  return step->on || held < least ? least : held;
}

/** Take a decision that was just made. */
static void take(NeumePlayer* player, Stretch* stretch, const NeumeStep* step)
{
  if (!player->delay) {
    act(player, stretch, step, step->position);
    return;
  }
  act_until(player, stretch, step->position);
  const uint64_t due = due_at(player, step);
  if (!neume_step_queue_push(&player->queue, step, due, apart(player, step))) {
    neume_step_queue_hurry(&player->queue, step->position);
    act_until(player, stretch, step->position + 1U);
    act(player, stretch, step, step->position);
  }
}

/** Analyse and play at most NEUME_WRITE_MAX samples from `start`. */
static void process(NeumePlayer* player, uint32_t start, uint32_t n)
{
  Stretch stretch = { start, n, start };
  if (player->ports.in && player->loader.engine && !player->resting) {
    Neume* const neume = player->loader.engine->neume;
    NeumeStep    step;

    if (!player->delay) { // No longer, perhaps
      neume_step_queue_hurry(&player->queue, player->written);
      act_until(player, &stretch, player->written + 1U);
    }

    // All of it is in the chain before `out`, perhaps the same, is written
    neume_write(neume, player->ports.in + start, n);
    while (neume_analyse(neume, &step)) {
      take(player, &stretch, &step);
    }
    act_until(player, &stretch, player->written + n);
    player->written += n;
  }

  play(player, stretch.played, start + n);
}

static void write_float(float* port, float value)
{
  if (port) {
    *port = value;
  }
}

void neume_player_run(NeumePlayer* player, uint32_t n_samples)
{
  const NeumePorts* const ports = &player->ports;
  const NeumeUris* const  uris  = &player->uris;
  const NeumeFloatMode    mode  = neume_denormals_off();
  NeumeSequence           notify;
  NeumeSequence           midi_out;

  // Messages come first: a worker may answer at once, and change the engine
  float speed = player->rolling ? 1.0f : 0.0f;
  neume_patch_read(
    ports->control, uris, &player->loader, &player->told, &speed);
  neume_loader_update(&player->loader);
  if (player->n_swaps != player->loader.n_swaps) {
    player->n_swaps = player->loader.n_swaps;
    forget(player);
    neume_learn_restart(&player->learn);
  }

  if (player->rolling && speed == 0.0f) { // The transport stops
    neume_expression_silence(&player->expression, &player->midi);
    neume_monitor_note(&player->monitor, 0, 0);
    player->stopped = player->written;
  }
  if (!player->rolling && speed != 0.0f) { // It starts
    rewind_chain(player);
    neume_learn_rewind(&player->learn);
  }
  player->rolling = speed != 0.0f;

  read_controls(player);
  neume_sequence_begin(&notify, ports->notify, uris->atom_Sequence);
  neume_sequence_begin(&midi_out, ports->midi_out, uris->atom_Sequence);

  for (uint32_t start = 0; start < n_samples;) {
    const uint32_t left = n_samples - start;
    const uint32_t size = left < NEUME_WRITE_MAX ? left : NEUME_WRITE_MAX;
    process(player, start, size);
    neume_midi_out_flush(&player->midi, &midi_out, uris->midi_MidiEvent);
    start += size;
  }

  neume_midi_out_end_block(&player->midi);
  if (n_samples) {
    const NeumeLearned learned = neume_learn_get(&player->learn);
    neume_patch_write(&notify, uris, &player->loader, &learned, &player->told);
    neume_display_tick(&player->display, n_samples);
  }

  write_float(ports->note, player->shown.note);
  write_float(ports->midi_note, (float)player->midi.note);
  write_float(ports->cents, player->shown.cents);
  write_float(ports->confidence, player->shown.confidence);
  write_float(ports->level, player->shown.level);
  write_float(ports->offset, player->shown.offset);
  write_float(ports->latency, (float)player->delay);
  neume_denormals_restore(mode);
}
