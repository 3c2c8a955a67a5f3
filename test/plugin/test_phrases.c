// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

// What a singer does, and the notes that it must be, with the weights that ship

#include "neume.h"
#include "singer.h"

#include "plain_tone.h"
#include "test.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define RATE      16000.0
#define N_SAMPLES 80000U ///< 5 s
#define NOTES_MAX 64U

static const double pi = 3.14159265358979323846;

static const NeumeModel* model;

/** Notes that were found. */
typedef struct {
  uint32_t midi[NOTES_MAX]; ///< In order
  unsigned n;               ///< How many
  double   end;             ///< When the last of them ended, seconds
} Found;

/** A trained singer's steady voice, near MIDI number `centre`. */
static SynthVoice steady(double centre)
{
  SynthVoice v    = synth_voice_random(1, centre);
  v.tract         = centre < 58.0 ? 1.0 : 0.85;
  v.tilt          = -10.0;
  v.breath        = -40.0;
  v.tuning        = 0.0;
  v.vibrato_depth = 0.0;
  v.vibrato_delay = 0.2;
  v.drift         = 12.0;
  v.jitter        = 10.0;
  v.scoop         = 0.0;
  v.portamento    = 0.06;
  v.attack        = 0.03;
  v.release       = 0.05;
  v.consonants    = 0.0;
  v.breaths       = 0.0;
  v.creak         = 0.0;
  v.rough         = 0.0;
  v.hum           = 0.0;
  v.vowels        = 0.0;
  v.overshoot     = 0.0;
  v.fall          = 0.0;
  return v;
}

static Found hear(const float* sound, uint32_t n)
{
  Found     found = { { 0 }, 0, 0.0 };
  Neume*    neume = NULL;
  NeumeStep step;
  if (neume_new(model, RATE, NEUME_INTERLEAVE, 1, &neume)) {
    abort();
  }
  for (uint32_t done = 0; done < n;) {
    done += neume_write(neume, sound + done, n - done);
    while (neume_analyse(neume, &step)) {
      found.end = step.off ? (double)step.position / RATE : found.end;
      if (step.on && found.n < NOTES_MAX) {
        found.midi[found.n++] = step.on;
      }
    }
  }
  neume_free(neume);
  return found;
}

static Found sung(const SynthVoice* voice, const SynthNote* notes, uint32_t n)
{
  float* const sound = (float*)calloc(N_SAMPLES, sizeof(float));
  if (!sound || synth_sing(5, voice, notes, n, RATE, sound, NULL, N_SAMPLES)) {
    abort();
  }
  const Found found = hear(sound, N_SAMPLES);
  free(sound);
  return found;
}

/** Whether the notes found are those sung, no more and no less; tells if not.
 */
static bool is_exact(const char*      what,
                     double           detail,
                     const Found*     found,
                     const SynthNote* notes,
                     uint32_t         n)
{
  bool same = found->n == n;
  for (uint32_t i = 0; same && i < n; ++i) {
    same = (double)found->midi[i] == notes[i].midi;
  }
  if (!same) {
    fprintf(stderr, "%s %g:", what, detail);
    for (uint32_t i = 0; i < found->n; ++i) {
      fprintf(stderr, " %u", found->midi[i]);
    }
    fputs(n ? ", sung:" : ", nothing sung", stderr);
    for (uint32_t i = 0; i < n; ++i) {
      fprintf(stderr, " %g", notes[i].midi);
    }
    fputc('\n', stderr);
  }
  return same;
}

static void test_vibrato(void)
{
  static const double pitches[] = { 50.0, 57.0, 64.0, 72.0 };
  unsigned            wrong     = 0;
  for (unsigned p = 0; p < 4U; ++p) {
    for (unsigned k = 0; k < 15U; ++k) {
      const unsigned  depths = k / 5U;
      const SynthNote note   = { 0.5, 4.0, pitches[p], 0.0 };
      SynthVoice      voice  = steady(pitches[p]);
      voice.vibrato_rate     = 4.0 + k % 5U;
      voice.vibrato_depth    = 50.0 * (1U + depths);
      const Found  found     = sung(&voice, &note, 1);
      const double what      = pitches[p] + voice.vibrato_rate / 10.0;
      wrong += !is_exact("vibrato", what, &found, &note, 1);
    }
  }
  CHECK_MSG(wrong <= 3U, "%u of 60", wrong); // A network is no formula
}

/** A note is held for as long as the singer has breath. */
static void test_held(void)
{
  static const double pitches[] = { 48.0, 53.0, 58.0, 62.0, 67.0, 72.0, 76.0 };
  static const double drifts[]  = { 3.0, 12.0, 25.0 };
  const uint32_t      n         = (uint32_t)(14.0 * RATE);
  float* const        sound     = (float*)calloc(n, sizeof(float));
  unsigned            wrong     = 0;
  if (!sound) {
    abort();
  }
  for (unsigned p = 0; p < 7U; ++p) {
    for (unsigned d = 0; d < 3U; ++d) {
      const SynthNote note = { 0.5, 12.5, pitches[p], 0.0 };
      SynthVoice      v    = steady(pitches[p]);
      v.drift              = drifts[d];
      if (synth_sing(5, &v, &note, 1, RATE, sound, NULL, n)) {
        abort();
      }
      const Found found = hear(sound, n);
      const bool  good  = is_exact("held", drifts[d], &found, &note, 1) &&
                        found.end > note.offset &&
                        found.end < note.offset + 0.3;
      if (!good) {
        fprintf(stderr,
                "held %g, drift %g: until %g\n",
                pitches[p],
                drifts[d],
                found.end);
      }
      wrong += !good;
    }
  }
  free(sound);
  CHECK_MSG(!wrong, "%u of 21", wrong);
}

static void test_glides(void)
{
  static const double steps[] = { -12.0, -7.0, -4.0, -2.0, -1.0,
                                  1.0,   2.0,  4.0,  7.0,  12.0 };
  for (unsigned k = 0; k < 10U; ++k) {
    const SynthNote  notes[] = { { 0.5, 1.8, 62.0, 0.0 },
                                 { 1.8, 3.5, 62.0 + steps[k], 0.0 } };
    const SynthVoice voice   = steady(62.0);
    const Found      found   = sung(&voice, notes, 2);
    CHECK(is_exact("glide", steps[k], &found, notes, 2));
  }
}

static void test_repeated(void)
{
  // Gaps of a consonant; of less, the network makes one note
  for (unsigned g = 0; g < 3U; ++g) {
    for (unsigned k = 0; k < 4U; ++k) {
      const double gap  = 0.12 + 0.04 * g;
      const double midi = 52.0 + 7.0 * k;
      SynthNote    notes[6];
      for (unsigned i = 0; i < 6U; ++i) {
        const double t = 0.5 + 0.6 * i;
        notes[i]       = (SynthNote){ t, t + 0.6 - gap, midi, 0.0 };
      }
      const SynthVoice voice = steady(midi);
      const Found      found = sung(&voice, notes, 6);
      CHECK(is_exact("repeated", midi + gap, &found, notes, 6));
    }
  }
}

static void test_octaves(void)
{
  // Dark and bright, pressed and airy: one note each, and never an octave
  static const double tilts[] = { -6.0, -10.0, -18.0 };
  unsigned            wrong   = 0;
  for (unsigned t = 0; t < 3U; ++t) {
    for (unsigned k = 0; k < 8U; ++k) {
      const double midi     = 46.0 + 5.0 * k;
      SynthVoice   voice    = steady(midi);
      voice.tilt            = tilts[t];
      voice.breath          = t == 2U ? -15.0 : -40.0;
      const SynthNote note  = { 0.5, 4.0, midi, 0.0 };
      const Found     found = sung(&voice, &note, 1);
      wrong += !is_exact("held", midi + tilts[t] / 1000.0, &found, &note, 1);
      for (uint32_t i = 0; i < found.n; ++i) {
        CHECK_MSG((double)found.midi[i] == midi, "%u", found.midi[i]);
      }
    }
  }
  CHECK_MSG(wrong <= 2U, "%u of 24", wrong);
}

/** Leave one of each run of the same note; returns how many went. */
static unsigned merge_strikes(Found* found)
{
  unsigned n = 0;
  for (unsigned i = 0; i < found->n; ++i) {
    if (!n || found->midi[i] != found->midi[n - 1U]) {
      found->midi[n++] = found->midi[i];
    }
  }
  const unsigned went = found->n - n;
  found->n            = n;
  return went;
}

/** What somebody tries a plugin with: a scale on a test generator.  Before it
    knows the tone, the network may doubt it, and strike a note twice. */
static void test_plain_tones(void)
{
  static const double scale[] = { 0, 2, 4, 5, 7, 9, 11 };
  float* const        sound   = (float*)calloc(N_SAMPLES, sizeof(float));
  unsigned            wrong   = 0;
  unsigned            twice   = 0;
  if (!sound) {
    abort();
  }
  for (unsigned wave = 0; wave < PLAIN_WAVES; ++wave) {
    for (unsigned k = 0; k < 5U; ++k) {
      SynthNote notes[7];
      memset(sound, 0, N_SAMPLES * sizeof(float));
      for (unsigned i = 0; i < 7U; ++i) {
        const double t = 0.5 + 0.6 * i;
        notes[i] = (SynthNote){ t, t + 0.4, 46.0 + 6.0 * k + scale[i], 0.0 };
        plain_tone(
          (PlainWave)wave, notes[i].midi, t, notes[i].offset, RATE, sound);
      }
      Found found = hear(sound, N_SAMPLES);
      twice += merge_strikes(&found);
      wrong += !is_exact("tones", wave + 0.1 * k, &found, notes, 7);
    }
  }
  free(sound);
  CHECK_MSG(wrong <= 3U, "%u of 20", wrong);
  CHECK_MSG(twice <= 20U, "%u of 140", twice);
}

/** A phrase is the same, as loud as it can be or 40 dB softer. */
static void test_gain(void)
{
  static const SynthNote notes[] = { { 0.3, 1.0, 57.0, 0.0 },
                                     { 1.0, 1.6, 60.0, 0.0 },
                                     { 1.8, 2.6, 64.0, 0.0 },
                                     { 2.6, 3.4, 59.0, 0.0 },
                                     { 3.6, 4.4, 57.0, 0.0 } };
  const SynthVoice       voice   = steady(60.0);
  float* const           sound   = (float*)calloc(N_SAMPLES, sizeof(float));
  if (!sound || synth_sing(5, &voice, notes, 5, RATE, sound, NULL, N_SAMPLES)) {
    abort();
  }
  float peak = 0.0f;
  for (uint32_t i = 0; i < N_SAMPLES; ++i) {
    peak = fmaxf(peak, fabsf(sound[i]));
  }
  for (int db = 0; db >= -40; db -= 20) {
    const float gain = powf(10.0f, (float)db / 20.0f) / peak;
    for (uint32_t i = 0; i < N_SAMPLES; ++i) {
      sound[i] *= gain;
    }
    peak *= gain;
    const Found found = hear(sound, N_SAMPLES);
    CHECK(is_exact("gain", db, &found, notes, 5));
  }
  free(sound);
}

static float noise(uint32_t* state)
{
  *state = *state * 1664525U + 1013904223U;
  return (float)(int32_t)*state / 2147483648.0f;
}

/** Breaths, claps, plosives and thumps, each several times. */
static void test_unsung(void)
{
  // Seconds that it lasts; how fast it fades; lowest and highest Hz
  static const double sounds[][4] = { { 0.5, 0.0, 400.0, 3000.0 },
                                      { 0.03, 0.008, 500.0, 4000.0 },
                                      { 0.06, 0.02, 100.0, 2500.0 },
                                      { 0.15, 0.04, 40.0, 120.0 } };
  for (unsigned k = 0; k < 4U; ++k) {
    float* const sound = (float*)calloc(N_SAMPLES, sizeof(float));
    uint32_t     state = 77U + k;
    double       low   = 0.0;
    double       high  = 0.0;
    for (uint32_t i = 0; sound && i < N_SAMPLES; ++i) {
      const double t     = fmod(i / RATE, 0.9);
      const double shape = sounds[k][1] > 0.0
                             ? exp(-t / sounds[k][1])
                             : sin(pi * fmin(t / sounds[k][0], 1.0));
      const double x     = t < sounds[k][0] ? (double)noise(&state) : 0.0;
      high += (1.0 - exp(-2.0 * pi * sounds[k][3] / RATE)) * (x - high);
      low += (1.0 - exp(-2.0 * pi * sounds[k][2] / RATE)) * (high - low);
      sound[i] = (float)(0.5 * shape * (high - low));
    }
    if (!sound) {
      abort();
    }
    const Found found = hear(sound, N_SAMPLES);
    CHECK(is_exact("unsung", k, &found, NULL, 0));
    free(sound);
  }
}

int main(int argc, char** argv)
{
  char        message[NEUME_MESSAGE_MAX];
  NeumeModel* loaded = NULL;
  if (argc != 2 || neume_model_load(argv[1], &loaded, message)) {
    fprintf(stderr, "%s\n", argc == 2 ? message : "Usage: phrases WEIGHTS");
    return 1;
  }
  model = loaded;
  test_vibrato();
  test_held();
  test_glides();
  test_repeated();
  test_octaves();
  test_plain_tones();
  test_unsung();
  test_gain();
  neume_model_free(loaded);
  return test_report();
}
