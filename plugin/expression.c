// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#include "expression.h"

#include "range.h"
#include "tracker.h"

#include <lv2/midi/midi.h>

#include <math.h>

enum {
  BEND_MAX = 16383,
  UNKNOWN  = UINT16_MAX ///< No pressure was sent
};

static const float bend_least     = 3.0f;   ///< Cents that are worth a message
static const float pivot          = 100.0f; ///< Velocity that dynamics keep
static const float pressure_floor = -50.0f; ///< dBFS of pressure 0
static const float pressure_top   = -10.0f; ///< dBFS of pressure 127

/* A voice that falls by so much within a fraction of a second dies away, or is
   a consonant's: what it does to the pitch then is not sung. */
static const float dying    = 12.0f;   ///< dB below what it was
static const float forgives = 0.3125f; ///< dB that fades of it a step: 20 a s

static const NeumeExpressionParams defaults = {
  0,
  1,
  0,
  1.0f,
  0.0f,
  NEUME_PRESSURE_NONE,
  NEUME_NOTES_RETRIGGER,
  0,
  NEUME_SCALE_CHROMATIC,
  NEUME_MIDI_MIN,
  NEUME_MIDI_MAX,
  0.0f,
};

void neume_expression_init(NeumeExpression* expression)
{
  expression->params   = defaults;
  expression->bend     = NEUME_BEND_NONE;
  expression->pressure = UNKNOWN;
  expression->struck   = 0.0f;
  expression->level    = 0.0f;
  expression->sung     = false;
}

/** The receiver has no bend, nor any level, or will have none. */
static void forget(NeumeExpression* e, NeumeMidiOut* midi)
{
  e->bend     = NEUME_BEND_NONE;
  e->pressure = UNKNOWN;
  midi->lost  = false;
}

/** Take back what was sent of the bend and the level. */
static void relax(NeumeExpression* e, NeumeMidiOut* midi)
{
  if (e->bend != NEUME_BEND_NONE) {
    neume_midi_out_bend(midi, 0, NEUME_BEND_NONE);
    e->bend = NEUME_BEND_NONE;
  }
  if (e->pressure != UNKNOWN) {
    if (e->params.pressure == NEUME_PRESSURE_CHANNEL) {
      neume_midi_out_pressure(midi, 0, NEUME_PRESSURE_REST);
    } else {
      neume_midi_out_controller(
        midi, 0, LV2_MIDI_CTL_MSB_EXPRESSION, NEUME_EXPRESSION_REST);
    }
    e->pressure = UNKNOWN;
  }
}

void neume_expression_set(NeumeExpression*             expression,
                          NeumeMidiOut*                midi,
                          const NeumeExpressionParams* params)
{
  NeumeExpressionParams p = *params;
  p.transpose             = neume_int_within(p.transpose, -36, 36);
  p.channel               = neume_int_within(p.channel, 1, 16);
  p.velocity              = neume_int_within(p.velocity, 0, 127);
  p.dynamics              = fminf(fmaxf(p.dynamics, 0.0f), 2.0f);
  p.bend_range            = fminf(fmaxf(p.bend_range, 0.0f), 24.0f);
  p.key                   = neume_int_within(p.key, 0, 11);
  p.louder                = fminf(fmaxf(p.louder, -100.0f), 100.0f);

  const NeumeExpressionParams* const old = &expression->params;
  const bool moves = midi->channel != (uint8_t)(p.channel - 1);
  if (moves) {
    neume_midi_out_off(midi, 0);
  }
  if (moves || (p.bend_range != old->bend_range) ||
      p.pressure != old->pressure) {
    relax(expression, midi);
  }
  if (p.notes != NEUME_NOTES_HOLD && old->notes == NEUME_NOTES_HOLD) {
    neume_midi_out_off(midi, 0); // Whether it is still sung is not known here
  }
  midi->channel      = (uint8_t)(p.channel - 1);
  expression->params = p;
}

/** Velocity of a note at `level` dBFS. */
static uint32_t shaped(const NeumeExpressionParams* p, float level)
{
  if (p->velocity) {
    return (uint32_t)p->velocity;
  }
  const float velocity = (float)neume_tracker_velocity(level + p->louder);
  const float v        = pivot * powf(velocity / pivot, p->dynamics);
  return (uint32_t)fminf(fmaxf(v + 0.5f, 1.0f), 127.0f);
}

/** The MIDI number to send for what is sung, 0 = none. */
static uint32_t placed(const NeumeExpressionParams* p,
                       uint32_t                     sung,
                       float                        cents)
{
  if ((int)sung < p->lowest || (int)sung > p->highest) {
    return 0;
  }
  const uint32_t note =
    neume_scale_nearest(p->scale, (uint32_t)p->key, sung, cents);
  const int sent = (int)note + p->transpose;
  return sent > 0 && sent < 128 ? (uint32_t)sent : 0U;
}

/** Bend to `cents` from the note, if that has moved; at a note's start to the
    cent. */
static void bend(NeumeExpression* e,
                 NeumeMidiOut*    midi,
                 float            cents,
                 uint32_t         frame,
                 bool             starts)
{
  const float    unit = 81.92f / e->params.bend_range; // Steps of a cent
  const float    want = fminf(NEUME_BEND_NONE + cents * unit + 0.5f, BEND_MAX);
  const uint32_t to   = (uint32_t)fmaxf(want, 0.0f);
  const float    away = fabsf((float)to - (float)e->bend);
  if (to != e->bend && (starts || away >= bend_least * unit)) {
    neume_midi_out_bend(midi, frame, to);
    e->bend = to;
  }
}

/** Send the level, if it has moved. */
static void press(NeumeExpression* e,
                  NeumeMidiOut*    midi,
                  float            level,
                  uint32_t         frame)
{
  const float share =
    (level - pressure_floor) / (pressure_top - pressure_floor);
  const uint32_t to =
    (uint32_t)(127.0f * fminf(fmaxf(share, 0.0f), 1.0f) + 0.5f);
  if (to != e->pressure) {
    if (e->params.pressure == NEUME_PRESSURE_CHANNEL) {
      neume_midi_out_pressure(midi, frame, to);
    } else {
      neume_midi_out_controller(midi, frame, LV2_MIDI_CTL_MSB_EXPRESSION, to);
    }
    e->pressure = to;
  }
}

/** What is held sounds on in tune and as loud as it was struck, whatever the
    voice did when it died away. */
static void settle(NeumeExpression* e, NeumeMidiOut* midi, uint32_t frame)
{
  if (e->params.bend_range > 0.0f) {
    bend(e, midi, 0.0f, frame, true);
  }
  if (e->params.pressure != NEUME_PRESSURE_NONE) {
    press(e, midi, e->struck + e->params.louder, frame);
  }
}

/** Whether what is sung goes on as the note that sounds. */
static bool still_sounds(const NeumeExpressionParams* p,
                         const NeumeMidiOut*          midi,
                         const NeumeStep*             step)
{
  return midi->note && step->midi && placed(p, step->midi, step->cents);
}

void neume_expression_step(NeumeExpression* expression,
                           NeumeMidiOut*    midi,
                           const NeumeStep* step,
                           uint32_t         frame)
{
  const NeumeExpressionParams* const p = &expression->params;
  if (midi->lost) {
    forget(expression, midi);
  }

  const uint32_t note = step->on ? placed(p, step->on, step->cents) : 0U;
  const bool     ends = step->off && !note;
  if (ends && p->notes != NEUME_NOTES_HOLD) {
    neume_midi_out_off(midi, frame);
  } else if (ends && midi->note) {
    settle(expression, midi, frame);
  }

  // What the voice does, before the note that it colours
  const float was   = expression->level - forgives;
  expression->level = step->on ? step->level : fmaxf(step->level, was);
  if (note || still_sounds(p, midi, step)) {
    if (p->bend_range > 0.0f && step->level > expression->level - dying) {
      bend(expression, midi, step->bend, frame, step->on);
    }
    if (p->pressure != NEUME_PRESSURE_NONE) {
      press(expression, midi, step->level + p->louder, frame);
    }
  }

  // Two sung notes that the scale makes one are one
  const bool sounds = step->off && expression->sung && note == midi->note;
  if (note && !(sounds && step->off != step->on)) {
    const bool legato = p->notes == NEUME_NOTES_LEGATO;
    neume_midi_out_on(midi, frame, note, shaped(p, step->level), legato);
    expression->struck = step->level;
  }
  if (step->on || step->off) {
    expression->sung = note != 0U;
  }
}

void neume_expression_silence(NeumeExpression* expression, NeumeMidiOut* midi)
{
  neume_midi_out_silence(midi);
  forget(expression, midi);
}

void neume_expression_panic(NeumeExpression* expression, NeumeMidiOut* midi)
{
  neume_midi_out_silence(midi);
  neume_midi_out_controller(midi, 0, LV2_MIDI_CTL_ALL_NOTES_OFF, 0);
  neume_midi_out_controller(midi, 0, LV2_MIDI_CTL_ALL_SOUNDS_OFF, 0);
  neume_midi_out_controller(midi, 0, LV2_MIDI_CTL_RESET_CONTROLLERS, 0);
  neume_midi_out_bend(midi, 0, NEUME_BEND_NONE);
  forget(expression, midi);
}
