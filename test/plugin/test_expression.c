// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#include "expression.h"

#include "test.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

/** Something that turns decisions into messages, and what it sent. */
typedef struct {
  NeumeExpression expression;
  NeumeMidiOut    midi;
} Voice;

static const NeumeExpressionParams plain = { 0,
                                             1,
                                             0,
                                             1.0f,
                                             0.0f,
                                             NEUME_PRESSURE_NONE,
                                             NEUME_NOTES_RETRIGGER,
                                             0,
                                             NEUME_SCALE_CHROMATIC,
                                             45,
                                             83,
                                             0.0f };

static Voice start(const NeumeExpressionParams* params)
{
  Voice voice;
  memset(&voice, 0, sizeof(voice));
  neume_expression_init(&voice.expression);
  neume_expression_set(&voice.expression, &voice.midi, params);
  return voice;
}

/** A decision: `note` sounds, `before` did. */
static void decide(Voice*   v,
                   uint32_t before,
                   uint32_t note,
                   float    cents,
                   float    level)
{
  const bool      moves = note != before;
  const NeumeStep step  = { 0,
                           note ? note - 44U : 0U,
                            note,
                            cents,
                            cents,
                            0.9f,
                            level,
                           moves ? before : 0U,
                           moves ? note : 0U,
                           moves && note ? 71U : 0U,
                            0.0 };
  neume_expression_step(&v->expression, &v->midi, &step, 7);
}

/** Whether message `i` in the queue is these bytes. */
static bool is(const Voice* v,
               uint32_t     i,
               unsigned     status,
               unsigned     a,
               unsigned     b)
{
  const uint8_t* const bytes = v->midi.queue[i].bytes;
  return i < v->midi.n_queued && bytes[0] == status && bytes[1] == a &&
         bytes[2] == b;
}

/** The bend in message `i`, or -1. */
static int bend_of(const Voice* v, uint32_t i)
{
  const uint8_t* const bytes = v->midi.queue[i].bytes;
  return i < v->midi.n_queued && (bytes[0] & 0xF0U) == 0xE0U
           ? bytes[1] + 128 * bytes[2]
           : -1;
}

static void test_notes(void)
{
  Voice v = start(&plain);
  decide(&v, 0, 60, 20.0f, -20.0f);
  decide(&v, 60, 60, 30.0f, -15.0f);
  decide(&v, 60, 62, 0.0f, -20.0f);
  decide(&v, 62, 0, 0.0f, -40.0f);
  CHECK(v.midi.n_queued == 4U);
  CHECK(is(&v, 0, 0x90, 60, 71) && is(&v, 1, 0x80, 60, 0));
  CHECK(is(&v, 2, 0x90, 62, 71) && is(&v, 3, 0x80, 62, 0));
  CHECK(v.midi.queue[3].frame == 7U);
}

static void test_transpose_and_channel(void)
{
  NeumeExpressionParams p = plain;
  p.transpose             = -12;
  p.channel               = 10;
  Voice v                 = start(&p);
  decide(&v, 0, 60, 0.0f, -20.0f);
  CHECK(is(&v, 0, 0x99, 48, 71));

  // Moved while it sounds: ended where it began, as what it was
  p.transpose = 7;
  p.channel   = 2;
  neume_expression_set(&v.expression, &v.midi, &p);
  CHECK(is(&v, 1, 0x89, 48, 0));
  decide(&v, 60, 62, 0.0f, -20.0f);
  CHECK(v.midi.n_queued == 3U && is(&v, 2, 0x91, 69, 71));

  // Beyond MIDI: not sent
  p.transpose = 36;
  neume_expression_set(&v.expression, &v.midi, &p);
  decide(&v, 62, 83, 0.0f, -20.0f);
  CHECK(is(&v, 3, 0x81, 69, 0) && is(&v, 4, 0x91, 119, 71));
  p.transpose = 1000;
  p.channel   = -5;
  neume_expression_set(&v.expression, &v.midi, &p);
  CHECK(v.expression.params.transpose == 36 &&
        v.expression.params.channel == 1);
}

static void test_velocity(void)
{
  NeumeExpressionParams p = plain;
  static const struct {
    int      fixed;
    float    dynamics;
    unsigned velocity;
  } cases[] = { { 99, 1.0f, 99 }, { 0, 1.0f, 71 },    { 0, 0.0f, 100 },
                { 0, 2.0f, 50 },  { 500, 1.0f, 127 }, { 0, NAN, 100 } };
  for (unsigned i = 0; i < sizeof(cases) / sizeof(*cases); ++i) {
    p.velocity = cases[i].fixed;
    p.dynamics = cases[i].dynamics;
    Voice v    = start(&p);
    decide(&v, 0, 60, 0.0f, -20.0f);
    CHECK_MSG(is(&v, 0, 0x90, 60, cases[i].velocity),
              "%u: %u",
              i,
              v.midi.queue[0].bytes[2]);
  }
}

/** A voice that is taken for a louder or a softer one. */
static void test_louder(void)
{
  static const struct {
    float    louder;
    float    level;
    unsigned velocity;
    unsigned pressure;
  } cases[] = { { 9.0f, -20.0f, 119, 124 }, { -9.0f, -2.0f, 119, 124 },
                { 20.0f, -40.0f, 71, 95 },  { 40.0f, -20.0f, 127, 127 },
                { -500.0f, -20.0f, 1, 0 },  { 500.0f, -120.0f, 71, 95 },
                { NAN, -20.0f, 1, 0 } };
  for (unsigned i = 0; i < sizeof(cases) / sizeof(*cases); ++i) {
    NeumeExpressionParams p = plain;
    p.louder                = cases[i].louder;
    p.pressure              = NEUME_PRESSURE_CHANNEL;
    Voice v                 = start(&p);
    decide(&v, 0, 60, 0.0f, cases[i].level);
    CHECK_MSG(is(&v, 0, 0xD0, cases[i].pressure, 0) &&
                is(&v, 1, 0x90, 60, cases[i].velocity),
              "%u: %u %u",
              i,
              v.midi.queue[0].bytes[1],
              v.midi.queue[1].bytes[2]);
  }
}

static void test_bend(void)
{
  NeumeExpressionParams p = plain;
  p.bend_range            = 2.0f;
  Voice v                 = start(&p);

  // The bend stands before its note; a full bend is two semitones
  decide(&v, 0, 60, 50.0f, -20.0f);
  CHECK(bend_of(&v, 0) == 8192 + 2048);
  CHECK(is(&v, 1, 0x90, 60, 71));

  // Nothing is sent while nothing moves
  decide(&v, 60, 60, 50.0f, -20.0f);
  decide(&v, 60, 60, 48.0f, -20.0f);
  CHECK(v.midi.n_queued == 2U);
  decide(&v, 60, 60, -50.0f, -20.0f);
  CHECK(v.midi.n_queued == 3U && bend_of(&v, 2) == 8192 - 2048);

  // But a note starts where the voice is, to the cent
  decide(&v, 60, 62, -48.0f, -20.0f);
  CHECK(bend_of(&v, 3) == 8192 - 1966 && v.midi.n_queued == 6U);

  // Off: the receiver is put straight
  p.bend_range = 0.0f;
  neume_expression_set(&v.expression, &v.midi, &p);
  CHECK(v.midi.n_queued == 7U && bend_of(&v, 6) == 8192);
  decide(&v, 62, 62, 20.0f, -20.0f);
  CHECK(v.midi.n_queued == 7U);

  // A range smaller than the deviation is used up to its ends
  p.bend_range = 0.25f;
  neume_expression_set(&v.expression, &v.midi, &p);
  decide(&v, 62, 62, 50.0f, -20.0f);
  decide(&v, 62, 62, -50.0f, -20.0f);
  CHECK(bend_of(&v, 7) == 16383 && bend_of(&v, 8) == 0);
}

/** A minute of a voice that never stands still: no flood. */
static void test_thinned(void)
{
  NeumeExpressionParams p = plain;
  p.bend_range            = 2.0f;
  p.pressure              = NEUME_PRESSURE_CHANNEL;
  Voice    v              = start(&p);
  unsigned n              = 0;
  for (unsigned i = 0; i < 32U * 60U; ++i) {
    const float swing = sinf((float)i);
    decide(&v, i ? 60 : 0, 60, 50.0f * swing, -30.0f + 5.0f * swing);
    n += v.midi.n_queued;
    v.midi.n_queued = 0;
  }
  CHECK_MSG(n > 3000U && n <= 64U * 60U + 1U, "%u messages", n);
}

static void test_pressure(void)
{
  NeumeExpressionParams p = plain;
  p.pressure              = NEUME_PRESSURE_CHANNEL;
  Voice v                 = start(&p);
  decide(&v, 0, 60, 0.0f, 0.0f);
  CHECK(is(&v, 0, 0xD0, 127, 0) && v.midi.queue[0].size == 2U);
  decide(&v, 60, 60, 0.0f, 0.0f);
  decide(&v, 60, 60, 0.0f, -90.0f);
  CHECK(v.midi.n_queued == 3U && is(&v, 2, 0xD0, 0, 0));

  p.pressure = NEUME_PRESSURE_CONTROLLER;
  neume_expression_set(&v.expression, &v.midi, &p);
  CHECK(is(&v, 3, 0xD0, 0, 0));
  decide(&v, 60, 60, 0.0f, -30.0f);
  CHECK(is(&v, 4, 0xB0, 11, 64));
  neume_expression_silence(&v.expression, &v.midi);
  CHECK(v.midi.n_queued == 0); // None of it was sent
  v.midi.pressed = 0xB0;       // As if it had been
  neume_expression_silence(&v.expression, &v.midi);
  neume_expression_silence(&v.expression, &v.midi);
  CHECK(v.midi.n_queued == 1U && is(&v, 0, 0xB0, 11, 127));
}

/** Only the voice that a note came of colours it. */
static void test_colours_what_sounds(void)
{
  NeumeExpressionParams p = plain;
  p.bend_range            = 2.0f;
  p.pressure              = NEUME_PRESSURE_CHANNEL;
  p.highest               = 60;
  Voice v                 = start(&p);
  decide(&v, 0, 61, 40.0f, -20.0f); // Too high to be sent
  decide(&v, 61, 61, -40.0f, -30.0f);
  CHECK(v.midi.n_queued == 0);
  decide(&v, 61, 60, 40.0f, -20.0f);
  CHECK(v.midi.n_queued == 3U && is(&v, 2, 0x90, 60, 71));

  neume_expression_silence(&v.expression, &v.midi); // The transport stops
  decide(&v, 60, 60, -40.0f, -30.0f);
  CHECK(v.midi.n_queued == 0);

  p.notes = NEUME_NOTES_HOLD;
  v       = start(&p);
  decide(&v, 0, 60, 40.0f, -20.0f);
  decide(&v, 60, 61, -40.0f, -30.0f); // 60 sounds on
  CHECK(v.midi.n_queued == 4U && bend_of(&v, 3) == 8192);
  decide(&v, 61, 61, -20.0f, -40.0f);
  decide(&v, 61, 0, 0.0f, -90.0f);
  CHECK(v.midi.n_queued == 4U && v.midi.note == 60U);

  // 60 is sung anew, and so struck anew
  decide(&v, 0, 61, -40.0f, -30.0f);
  decide(&v, 61, 60, 0.0f, -20.0f);
  CHECK(v.midi.n_queued == 6U && is(&v, 4, 0x80, 60, 0) &&
        is(&v, 5, 0x90, 60, 71));
}

/** The pitch of a voice that dies away, or of a consonant, bends nothing; one
   that grows softer slowly goes on bending. */
static void test_dying(void)
{
  NeumeExpressionParams p = plain;
  p.bend_range            = 2.0f;
  Voice v                 = start(&p);
  decide(&v, 0, 60, 0.0f, -20.0f);
  decide(&v, 60, 60, 150.0f, -34.0f);
  CHECK(v.midi.n_queued == 1U);
  decide(&v, 60, 60, 40.0f, -22.0f); // It was a consonant
  CHECK(v.midi.n_queued == 2U && bend_of(&v, 1) > 9000);
  for (unsigned i = 0; i < 100U; ++i) { // A second and a half
    decide(&v, 60, 60, i % 2U ? 40.0f : -40.0f, -22.0f - 0.3f * (float)i);
  }
  CHECK_MSG(v.midi.n_queued == 102U, "%u", v.midi.n_queued);

  // A soft note after a loud one has its own
  v = start(&p);
  decide(&v, 0, 60, 0.0f, -10.0f);
  decide(&v, 60, 62, 40.0f, -40.0f);
  CHECK(v.midi.n_queued == 4U && bend_of(&v, 1) > 9000);
}

/** A voice that dies away takes what is held neither out of tune nor down. */
static void test_held(void)
{
  NeumeExpressionParams p = plain;
  p.notes                 = NEUME_NOTES_HOLD;
  p.bend_range            = 2.0f;
  p.pressure              = NEUME_PRESSURE_CONTROLLER;
  Voice v                 = start(&p);
  decide(&v, 0, 60, 40.0f, -20.0f);
  const unsigned struck = v.midi.queue[1].bytes[2];
  CHECK(is(&v, 1, 0xB0, 11, struck) && struck > 90U);
  decide(&v, 60, 60, 150.0f, -48.0f);
  CHECK(v.expression.pressure < 10U);
  decide(&v, 60, 0, 0.0f, -90.0f);
  CHECK(v.midi.n_queued == 6U && v.midi.note == 60U);
  CHECK(bend_of(&v, 4) == 8192 && is(&v, 5, 0xB0, 11, struck));
}

static void test_legato_and_hold(void)
{
  NeumeExpressionParams p = plain;
  p.notes                 = NEUME_NOTES_LEGATO;
  Voice v                 = start(&p);
  decide(&v, 0, 60, 0.0f, -20.0f);
  decide(&v, 60, 62, 0.0f, -20.0f);
  decide(&v, 62, 0, 0.0f, -20.0f);
  CHECK(v.midi.n_queued == 4U && is(&v, 1, 0x90, 62, 71));
  CHECK(is(&v, 2, 0x80, 60, 0) && is(&v, 3, 0x80, 62, 0));

  p.notes = NEUME_NOTES_HOLD;
  v       = start(&p);
  decide(&v, 0, 60, 0.0f, -20.0f);
  decide(&v, 60, 0, 0.0f, -20.0f);
  CHECK(v.midi.n_queued == 1U); // It sounds on
  decide(&v, 0, 62, 0.0f, -20.0f);
  CHECK(is(&v, 1, 0x80, 60, 0) && is(&v, 2, 0x90, 62, 71));
  p.notes = NEUME_NOTES_RETRIGGER;
  neume_expression_set(&v.expression, &v.midi, &p);
  CHECK(v.midi.n_queued == 4U && is(&v, 3, 0x80, 62, 0));
}

static void test_scale_and_range(void)
{
  NeumeExpressionParams p = plain;
  p.key                   = 2; // D major
  p.scale                 = NEUME_SCALE_MAJOR;
  p.transpose             = 12;
  Voice v                 = start(&p);
  decide(&v, 0, 60, 30.0f, -20.0f); // C: leans to C sharp
  decide(&v, 60, 61, 0.0f, -20.0f); // The same by now
  CHECK(v.midi.n_queued == 1U && is(&v, 0, 0x90, 73, 71));
  decide(&v, 61, 60, -30.0f, -20.0f); // Leans to B
  CHECK(is(&v, 1, 0x80, 73, 0) && is(&v, 2, 0x90, 71, 71));
  decide(&v, 60, 0, 0.0f, -20.0f);
  decide(&v, 0, 59, 0.0f, -20.0f); // After a rest it is a new note
  CHECK(is(&v, 3, 0x80, 71, 0) && is(&v, 4, 0x90, 71, 71));

  p         = plain;
  p.lowest  = 50;
  p.highest = 60;
  v         = start(&p);
  decide(&v, 0, 49, 0.0f, -20.0f);
  CHECK(v.midi.n_queued == 0);
  decide(&v, 49, 50, 0.0f, -20.0f);
  decide(&v, 50, 61, 0.0f, -20.0f); // Out of it: nothing sounds
  CHECK(v.midi.n_queued == 2U && is(&v, 1, 0x80, 50, 0));
}

static void test_panic(void)
{
  Voice v = start(&plain);
  decide(&v, 0, 60, 0.0f, -20.0f);
  v.midi.n_queued         = 0; // As if it had been sent
  v.midi.sounding[0].note = 60;
  neume_expression_panic(&v.expression, &v.midi);
  CHECK(is(&v, 0, 0x80, 60, 0) && is(&v, 1, 0xB0, 123, 0));
  CHECK(is(&v, 2, 0xB0, 120, 0) && bend_of(&v, 4) == 8192);
  CHECK(!v.midi.note);
}

/** A note that is as bent and as loud as the last that was sent. */
static void again(Voice* v)
{
  v->midi.n_queued = 0; // As if it had been sent
  decide(v, 0, 60, 20.0f, -30.0f);
}

/** Where bend and level were taken back, the next note brings its own, though
    they are those of the last. */
static void test_brings_its_own(void)
{
  NeumeExpressionParams p = plain;
  p.bend_range            = 2.0f;
  p.pressure              = NEUME_PRESSURE_CHANNEL;
  Voice v                 = start(&p);
  again(&v);
  CHECK(v.midi.n_queued == 3U && bend_of(&v, 0) > 8192);
  again(&v); // Known by now
  CHECK(v.midi.n_queued == 2U && v.midi.queue[1].bytes[0] == 0x90U);

  neume_expression_silence(&v.expression, &v.midi);
  again(&v);
  CHECK(v.midi.n_queued == 3U && bend_of(&v, 0) > 8192);
  CHECK(v.midi.queue[1].bytes[0] == 0xD0U);

  neume_expression_panic(&v.expression, &v.midi);
  again(&v);
  CHECK(v.midi.n_queued == 3U && bend_of(&v, 0) > 8192);
  CHECK(v.midi.queue[1].bytes[0] == 0xD0U);

  v.midi.lost = true;
  again(&v);
  CHECK(v.midi.n_queued == 4U && bend_of(&v, 0) > 8192);
  CHECK(v.midi.queue[1].bytes[0] == 0xD0U);
  again(&v); // Once is enough
  CHECK(v.midi.n_queued == 2U);

  // So does the first on another channel
  p.channel = 3;
  neume_expression_set(&v.expression, &v.midi, &p);
  again(&v);
  CHECK(v.midi.n_queued == 3U && bend_of(&v, 0) > 8192);
  CHECK(v.midi.queue[1].bytes[0] == 0xD2U);
}

/** What a host sets beyond the ranges is taken for their ends. */
static void test_clamped(void)
{
  NeumeExpressionParams p = plain;
  p.velocity              = -5;
  p.key                   = -1;
  p.bend_range            = -1.0f;
  Voice v                 = start(&p);
  CHECK(v.expression.params.velocity == 0 && v.expression.params.key == 0);
  CHECK(v.expression.params.bend_range == 0.0f);
  p.velocity   = 300;
  p.key        = 14;
  p.bend_range = 30.0f;
  p.dynamics   = 3.0f;
  neume_expression_set(&v.expression, &v.midi, &p);
  CHECK(v.expression.params.velocity == 127 && v.expression.params.key == 11);
  CHECK(v.expression.params.bend_range == 24.0f);
  CHECK(v.expression.params.dynamics == 2.0f);
}

int main(void)
{
  test_brings_its_own();
  test_clamped();
  test_notes();
  test_transpose_and_channel();
  test_velocity();
  test_louder();
  test_bend();
  test_thinned();
  test_pressure();
  test_colours_what_sounds();
  test_dying();
  test_held();
  test_legato_and_hold();
  test_scale_and_range();
  test_panic();
  return test_report();
}
