// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#include "singer.h"

#include "../test.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum {
  SECONDS   = 30,  ///< Length of the songs
  MAX_NOTES = 1024 ///< Room for notes
};

/// A melody with its sound
typedef struct {
  SynthVoice voice;            ///< Who sings
  SynthNote  notes[MAX_NOTES]; ///< What is sung
  uint32_t   n_notes;          ///< Number of notes
  double     rate;             ///< Hz
  uint32_t   n;                ///< Number of samples
  float*     out;              ///< Sound
  float*     f0;               ///< Fundamental
} Song;

/** Sing notes already in `song`. */
static int render(Song* song, uint64_t seed, double rate, double seconds)
{
  song->rate = rate;
  song->n    = (uint32_t)(seconds * rate);
  song->out  = calloc(song->n, sizeof(float));
  song->f0   = calloc(song->n, sizeof(float));
  if (!song->out || !song->f0) {
    abort();
  }
  return synth_sing(seed,
                    &song->voice,
                    song->notes,
                    song->n_notes,
                    rate,
                    song->out,
                    song->f0,
                    song->n);
}

static int sing_random(Song*    song,
                       uint64_t seed,
                       int      low,
                       int      high,
                       double   rate)
{
  const SynthMelody melody = { low, high, 90.0, 0.25, 0.5 };
  song->voice              = synth_voice_random(seed, 0.5 * (low + high));
  song->n_notes =
    synth_melody_random(seed, &melody, SECONDS, song->notes, MAX_NOTES);
  return render(song, seed, rate, SECONDS);
}

static void free_song(Song* song)
{
  free(song->out);
  free(song->f0);
  song->out = NULL;
  song->f0  = NULL;
}

static double level(const float* x, uint32_t a, uint32_t b)
{
  double power = 1e-20;
  for (uint32_t i = a; i < b; ++i) {
    power += (double)x[i] * (double)x[i] / (b - a);
  }
  return 10.0 * log10(power);
}

/** Normalised autocorrelation of x[0..n) at `lag`. */
static double correlate(const float* x, uint32_t n, uint32_t lag)
{
  double xy = 1e-20;
  double xx = 1e-20;
  double yy = 1e-20;
  for (uint32_t i = 0; i + lag < n; ++i) {
    xy += (double)x[i] * (double)x[i + lag];
    xx += (double)x[i] * (double)x[i];
    yy += (double)x[i + lag] * (double)x[i + lag];
  }
  return xy / sqrt(xx * yy);
}

/** Highest point near `lag`, between samples. */
static double refine(const float* x, uint32_t n, double lag, double width)
{
  const uint32_t first = (uint32_t)fmax(2.0, floor(lag - width));
  const uint32_t last  = (uint32_t)ceil(lag + width);
  uint32_t       best  = first;
  double         top   = -2.0;
  for (uint32_t k = first; k <= last; ++k) {
    const double c = correlate(x, n, k);
    if (c > top) {
      top  = c;
      best = k;
    }
  }
  const double a = correlate(x, n, best - 1U);
  const double b = correlate(x, n, best + 1U);
  return best + (0.5 * (a - b) / (a - (2.0 * top) + b));
}

/** Pitch in Hz of x[0..n), from nothing but the sound; x is softened.

    The shortest lag that correlates nearly as well as any gives the octave;
    lags of twice as many periods each time make it exact.
*/
static double estimate_pitch(float* x, uint32_t n, double rate)
{
  // Less of the highest harmonics makes the peaks wider than a sample
  for (unsigned pass = 0; pass < 3U; ++pass) {
    for (uint32_t i = 0; i + 1U < n; ++i) {
      x[i] = 0.5F * (x[i] + x[i + 1U]);
    }
  }
  const uint32_t shortest = (uint32_t)(rate / 1100.0);
  const uint32_t longest  = (uint32_t)(rate / 70.0);
  double         top      = 0.0;
  for (uint32_t k = shortest; k <= longest; ++k) {
    top = fmax(top, correlate(x, n, k));
  }
  double   before = correlate(x, n, shortest - 1U);
  double   here   = correlate(x, n, shortest);
  uint32_t lag    = shortest;
  for (; lag < longest; ++lag) {
    const double after = correlate(x, n, lag + 1U);
    if (here > 0.94 * top && here >= before && here > after) {
      break;
    }
    before = here;
    here   = after;
  }
  double period = refine(x, n, lag, 1.0);
  for (uint32_t times = 2; times * period < 0.5 * n; times *= 2U) {
    period = refine(x, n, times * period, 2.0) / times;
  }
  return rate / period;
}

static void test_determinism(void)
{
  static Song a;
  static Song b;
  CHECK(sing_random(&a, 5U, 50, 70, 8192.0) == 0);
  CHECK(sing_random(&b, 5U, 50, 70, 8192.0) == 0);
  CHECK(a.n_notes == b.n_notes && a.n_notes > 10U);
  CHECK(a.voice.tract == b.voice.tract && a.voice.breath == b.voice.breath);
  CHECK(!memcmp(a.out, b.out, a.n * sizeof(float)));
  CHECK(!memcmp(a.f0, b.f0, a.n * sizeof(float)));
  free_song(&b);

  CHECK(sing_random(&b, 6U, 50, 70, 8192.0) == 0);
  CHECK(memcmp(a.out, b.out, a.n * sizeof(float)) != 0);
  free_song(&b);

  // Without room for f0 the sound is the same
  static float again[8192 * SECONDS];
  CHECK(synth_sing(
          5U, &a.voice, a.notes, a.n_notes, 8192.0, again, NULL, a.n) == 0);
  CHECK(!memcmp(a.out, again, a.n * sizeof(float)));
  free_song(&a);
}

static void test_melody(void)
{
  static SynthNote notes[MAX_NOTES];
  for (uint64_t seed = 0; seed < 200U; ++seed) {
    const int         low    = 45 + (int)(seed % 20U);
    const int         high   = low + (int)(seed % 19U);
    const SynthMelody melody = { low,
                                 high,
                                 60.0 + (double)(seed % 100U),
                                 (double)(seed % 5U) * 0.1,
                                 (double)(seed % 3U) * 0.5 };
    const uint32_t    n =
      synth_melody_random(seed, &melody, SECONDS, notes, MAX_NOTES);
    CHECK(n > 5U && n < MAX_NOTES);
    double end  = 0.0;
    double sum  = 0.0;
    bool   good = true;
    for (uint32_t i = 0; i < n; ++i) {
      const double length = notes[i].offset - notes[i].onset;
      good                = good && notes[i].onset >= end && length > 0.0799 &&
             length <= 4.1 * 60.0 / melody.tempo &&
             notes[i].offset <= SECONDS && notes[i].midi >= low &&
             notes[i].midi <= high && notes[i].midi == floor(notes[i].midi);
      end = notes[i].offset;
      sum += length;
    }
    CHECK_MSG(good, "seed %u", (unsigned)seed);
    const double silent = 1.0 - (sum / SECONDS);
    if (melody.legato >= 1.0) {
      CHECK_MSG(fabs(silent - melody.rests) < 0.2,
                "seed %u: %.2f silent",
                (unsigned)seed,
                silent);
    }
  }
  const SynthMelody melody = { 45, 83, 120.0, 0.2, 0.5 };
  CHECK(synth_melody_random(1U, &melody, SECONDS, notes, 7U) == 7U);

  // The slowest holds its notes for as long as a breath lasts
  double longest = 0.0;
  for (uint64_t seed = 0; seed < 20U; ++seed) {
    const SynthMelody slow = { 45, 83, 20.0, 0.2, 0.5 };
    const uint32_t n = synth_melody_random(seed, &slow, 60.0, notes, MAX_NOTES);
    for (uint32_t i = 0; i < n; ++i) {
      longest = fmax(longest, notes[i].offset - notes[i].onset);
    }
  }
  CHECK_MSG(longest > 11.0 && longest <= 12.0, "%g", longest);
}

/** Both edges of the range are sung, and everything between. */
static void test_coverage(void)
{
  static SynthNote notes[MAX_NOTES];
  unsigned         seen[128] = { 0 };
  for (uint64_t seed = 0; seed < 100U; ++seed) {
    const SynthMelody melody = { 45, 83, 100.0, 0.2, 0.5 };
    const uint32_t    n =
      synth_melody_random(seed, &melody, SECONDS, notes, MAX_NOTES);
    for (uint32_t i = 0; i < n; ++i) {
      ++seen[(unsigned)notes[i].midi];
    }
  }
  for (unsigned m = 45; m <= 83; ++m) {
    CHECK_MSG(seen[m] > 20U, "note %u sung %u times", m, seen[m]);
  }
}

/** f0 says what the sound does, over the whole range, to a few cents. */
static void test_pitch(void)
{
  static Song song;
  double      worst = 0.0;
  double      sum   = 0.0;
  unsigned    count = 0;
  for (uint64_t seed = 1; seed <= 4U; ++seed) {
    for (int first = 45; first <= 83; first += 13) {
      memset(&song, 0, sizeof(song));
      song.voice               = synth_voice_random(seed, first + 6.0);
      song.voice.breath        = fmin(song.voice.breath, -34.0);
      song.voice.jitter        = fmin(song.voice.jitter, 6.0);
      song.voice.rough         = 0.0;
      song.voice.creak         = 0.0;
      song.voice.drift         = fmin(song.voice.drift, 10.0);
      song.voice.vibrato_depth = 0.0;
      song.voice.vowels        = 0.0; // A moving formant shifts a harmonic
      for (int i = 0; i < 13 && first + i <= 83; ++i) {
        const SynthNote note       = { 0.3 + i, 1.1 + i, first + i, 0.0 };
        song.notes[song.n_notes++] = note;
      }
      CHECK(render(&song, seed, 8192.0, 13.5) == 0);
      for (uint32_t i = 0; i < song.n_notes; ++i) {
        const uint32_t a = (uint32_t)((song.notes[i].onset + 0.35) * 8192.0);
        const uint32_t n = 2048U;
        double         truth = 0.0;
        for (uint32_t j = a; j < a + n; ++j) {
          truth += (double)song.f0[j] / n;
        }
        const double heard = estimate_pitch(song.out + a, n, 8192.0);
        const double cents = 1200.0 * log2(heard / truth);
        worst              = fmax(worst, fabs(cents));
        sum += fabs(cents);
        ++count;
        CHECK_MSG(fabs(cents) < 12.0,
                  "seed %u note %.0f: %.2f Hz heard, %.2f Hz said",
                  (unsigned)seed,
                  song.notes[i].midi,
                  heard,
                  truth);
        CHECK(fabs(1200.0 * log2(truth / 440.0) -
                   (100.0 * (song.notes[i].midi - 69.0))) < 100.0);
      }
      free_song(&song);
    }
  }

  // Formants that pass a harmonic shift it a little; on the whole it is exact
  CHECK_MSG(sum / count < 1.5, "mean difference %.2f cents", sum / count);
  fprintf(stderr,
          "difference of pitch: mean %.2f, worst %.2f cents\n",
          sum / count,
          worst);
}

/** Cents of the fundamental above MIDI number `midi`, `seconds` into `song`. */
static double cents_above(const Song* song, double midi, double seconds)
{
  const double hz = (double)song->f0[(uint32_t)(seconds * song->rate)];
  return 100.0 * (69.0 + (12.0 * log2(hz / 440.0)) - midi);
}

/** Who is late begins low, near the note before where that one is lower, and is
    on the note before the half of it is over; who is not begins on it. */
static void test_late(void)
{
  static Song song;
  for (int late = 0; late < 2; ++late) {
    unsigned low = 0U;
    for (uint64_t seed = 1; seed <= 20U; ++seed) {
      memset(&song, 0, sizeof(song));
      song.voice               = synth_voice_random(seed, 60.0);
      song.voice.late          = late;
      song.voice.late_time     = 0.15;
      song.voice.vibrato_depth = 0.0;
      song.voice.drift         = 0.0;
      song.voice.tuning        = 0.0;
      song.voice.scoop         = 0.0;
      song.voice.dip           = 0.0;
      song.voice.fall          = 0.0;
      song.voice.overshoot     = 0.0;
      song.voice.jitter        = 0.0;
      song.voice.portamento    = 0.01;
      song.n_notes             = 3U;
      song.notes[0]            = (SynthNote){ 0.2, 0.9, 57.0, 0.0 };
      song.notes[1]            = (SynthNote){ 0.9, 1.5, 61.0, 0.0 };
      song.notes[2]            = (SynthNote){ 1.55, 1.7, 64.0, 0.0 };
      CHECK(render(&song, seed, 8192.0, 2.0) == 0);
      const double rise  = cents_above(&song, 61.0, 0.93);
      const double after = cents_above(&song, 64.0, 1.57);
      CHECK(late ? rise < -200.0 && rise > -460.0 : fabs(rise) < 30.0);
      CHECK(late ? after < -150.0 && after > -360.0 : fabs(after) < 30.0);
      CHECK(fabs(cents_above(&song, 61.0, 1.22)) < 30.0);
      CHECK(fabs(cents_above(&song, 64.0, 1.68)) < 30.0);
      low += cents_above(&song, 57.0, 0.23) < -60.0;
      free_song(&song);
    }
    // The first has nothing before it: three in five are late
    CHECK(late ? low > 6U && low < 19U : low == 0U);
  }
}

/** f0 is zero in rests and only there, and what rests hold is silence. */
static void test_rests(void)
{
  static Song song;
  for (uint64_t seed = 1; seed <= 5U; ++seed) {
    const SynthMelody melody = { 50, 74, 90.0, 0.3, 0.5 };
    memset(&song, 0, sizeof(song));
    song.voice            = synth_voice_random(seed, 62.0);
    song.voice.breaths    = 0.0;
    song.voice.consonants = 0.0;
    song.n_notes =
      synth_melody_random(seed, &melody, SECONDS, song.notes, MAX_NOTES);
    CHECK(render(&song, seed, 16000.0, SECONDS) == 0);

    uint32_t wrong = 0;
    for (uint32_t i = 0; i < song.n; ++i) {
      const double t     = i / song.rate;
      bool         voice = false;
      for (uint32_t k = 0; k < song.n_notes; ++k) {
        voice = voice || (t >= song.notes[k].onset && t < song.notes[k].offset);
      }
      wrong += voice != (song.f0[i] > 0.0F);
    }
    CHECK_MSG(wrong == 0U, "%u samples", wrong);

    // The tract rings for some 40 ms after the voice
    unsigned rests = 0;
    for (uint32_t k = 0; k + 1U < song.n_notes; ++k) {
      const double a = song.notes[k].offset + 0.06;
      const double b = song.notes[k + 1U].onset;
      if (b - a > 0.05) {
        ++rests;
        const double db =
          level(song.out, (uint32_t)(a * song.rate), (uint32_t)(b * song.rate));
        CHECK_MSG(db < -70.0, "seed %u: %.1f dB", (unsigned)seed, db);
      }
    }
    CHECK(rests > 3U);
    free_song(&song);
  }
}

/** Level about -20 dBFS, nothing wild, whatever the voice. */
static void test_level(void)
{
  static Song         song;
  static const double rates[] = { 8000.0, 8192.0, 22050.0, 48000.0 };
  for (uint64_t seed = 0; seed < 24U; ++seed) {
    const int low = 45 + (int)(seed * 7U % 24U);
    memset(&song, 0, sizeof(song));
    CHECK(sing_random(&song, seed, low, low + 15, rates[seed % 4U]) == 0);
    double   power  = 0.0;
    float    peak   = 0.0F;
    uint32_t voiced = 0;
    bool     finite = true;
    for (uint32_t i = 0; i < song.n; ++i) {
      finite = finite && isfinite(song.out[i]) && isfinite(song.f0[i]);
      peak   = fmaxf(peak, fabsf(song.out[i]));
      if (song.f0[i] > 0.0F) {
        power += (double)song.out[i] * (double)song.out[i];
        ++voiced;
      }
    }
    const double db = 10.0 * log10(power / voiced);
    CHECK(finite);
    CHECK_MSG(peak < 1.0F, "peak %f", (double)peak);
    CHECK_MSG(fabs(db + 20.0) < 1.0, "seed %u: %.2f dB", (unsigned)seed, db);
    free_song(&song);
  }
}

/** The rate changes neither pitch nor level of what is sung. */
static void test_rates(void)
{
  static Song low;
  static Song high;
  CHECK(sing_random(&low, 3U, 50, 70, 8192.0) == 0);
  CHECK(sing_random(&high, 3U, 50, 70, 48000.0) == 0);
  for (uint32_t i = 0; i < low.n_notes; ++i) {
    const double a     = low.notes[i].onset;
    const double b     = low.notes[i].offset;
    const double t     = 0.5 * (a + b);
    const double l     = (double)low.f0[(uint32_t)(t * low.rate)];
    const double h     = (double)high.f0[(uint32_t)(t * high.rate)];
    const double cents = 1200.0 * log2(h / l);
    const double low_level =
      level(low.out, (uint32_t)(a * low.rate), (uint32_t)(b * low.rate));
    const double high_level =
      level(high.out, (uint32_t)(a * high.rate), (uint32_t)(b * high.rate));
    CHECK_MSG(fabs(cents) < 1.0, "note %u: %.2f cents", i, cents);
    CHECK_MSG(fabs(low_level - high_level) < 2.5,
              "note %u: %.1f and %.1f dB",
              i,
              low_level,
              high_level);
  }
  free_song(&low);
  free_song(&high);
}

/** Voices are plausible and differ. */
static void test_voices(void)
{
  double   lowest  = 1e9;
  double   highest = -1e9;
  double   short_  = 1e9;
  double   long_   = 0.0;
  unsigned within  = 0;
  for (uint64_t seed = 0; seed < 1000U; ++seed) {
    const SynthVoice v = synth_voice_random(seed, 45.0 + (double)(seed % 39U));
    lowest             = fmin(lowest, v.tuning);
    highest            = fmax(highest, v.tuning);
    short_             = fmin(short_, v.tract);
    long_              = fmax(long_, v.tract);
    within += fabs(v.tuning) <= 30.0;
    CHECK(v.tract >= 0.6 && v.tract <= 1.2);
    CHECK(v.tilt >= -18.0 && v.tilt <= -6.0);
    CHECK(v.vibrato_rate >= 4.0 && v.vibrato_rate <= 8.0);
    CHECK(v.vibrato_depth >= 0.0 && v.vibrato_depth <= 150.0);
    CHECK(fabs(v.tuning) <= 50.0);
  }
  CHECK(lowest < -20.0 && highest > 20.0);
  CHECK(short_ < 0.75 && long_ > 1.05);
  CHECK(within > 900U);
}

static void test_hostile(void)
{
  static float      out[8000];
  const SynthVoice  good = synth_voice_random(1U, 60.0);
  const SynthNote   note = { 0.1, 0.5, 60.0, 0.0 };
  const SynthMelody tune = { 50, 70, 100.0, 0.2, 0.5 };
  SynthNote         notes[4];

  CHECK(synth_sing(1U, &good, &note, 1U, 8000.0, out, NULL, 8000U) == 0);
  CHECK(synth_sing(1U, &good, NULL, 0U, 8000.0, out, NULL, 8000U) == 0);
  CHECK(level(out, 0U, 8000U) < -100.0);
  CHECK(synth_sing(1U, NULL, &note, 1U, 8000.0, out, NULL, 8000U) == -1);
  CHECK(synth_sing(1U, &good, NULL, 1U, 8000.0, out, NULL, 8000U) == -1);
  CHECK(synth_sing(1U, &good, &note, 1U, 8000.0, NULL, NULL, 8000U) == -1);

  static const double bad_rates[] = { 0.0,     7999.0,           48001.0,
                                      -8000.0, (double)INFINITY, (double)NAN };
  for (unsigned i = 0; i < sizeof(bad_rates) / sizeof(double); ++i) {
    CHECK(synth_sing(1U, &good, &note, 1U, bad_rates[i], out, NULL, 8U) == -1);
  }

  static const SynthNote bad_notes[] = { { -0.1, 0.5, 60.0, 0.0 },
                                         { 0.5, 0.5, 60.0, 0.0 },
                                         { 0.5, 0.1, 60.0, 0.0 },
                                         { (double)NAN, 0.5, 60.0, 0.0 },
                                         { 0.1, (double)INFINITY, 60.0, 0.0 },
                                         { 0.1, 0.5, 200.0, 0.0 },
                                         { 0.1, 0.5, (double)NAN, 0.0 },
                                         { 0.1, 0.5, 60.0, 1000.0 } };
  for (unsigned i = 0; i < sizeof(bad_notes) / sizeof(SynthNote); ++i) {
    CHECK_MSG(
      synth_sing(1U, &good, &bad_notes[i], 1U, 8000.0, out, NULL, 8000U) == -1,
      "note %u",
      i);
  }
  const SynthNote overlap[] = { note, { 0.4, 0.8, 62.0, 0.0 } };
  CHECK(synth_sing(1U, &good, overlap, 2U, 8000.0, out, NULL, 8000U) == -1);

  // Every member of a voice is checked, for a NaN too
  for (size_t i = 0; i < sizeof(SynthVoice) / sizeof(double); ++i) {
    static const double bad[] = { (double)NAN, -1e6, 1e6, (double)INFINITY };
    for (unsigned k = 0; k < 4U; ++k) {
      SynthVoice voice = good;
      memcpy((char*)&voice + (i * sizeof(double)), &bad[k], sizeof(double));
      CHECK_MSG(synth_sing(1U, &voice, &note, 1U, 8000.0, out, NULL, 8000U) ==
                  -1,
                "member %u, %g",
                (unsigned)i,
                bad[k]);
    }
  }

  static const SynthMelody bad_tunes[] = {
    { 70, 50, 100.0, 0.2, 0.5 },        { -5, 50, 100.0, 0.2, 0.5 },
    { 50, 500, 100.0, 0.2, 0.5 },       { 50, 70, (double)NAN, 0.2, 0.5 },
    { 50, 70, 0.0, 0.2, 0.5 },          { 50, 70, 100.0, 1.0, 0.5 },
    { 50, 70, 100.0, 0.2, (double)NAN }
  };
  for (unsigned i = 0; i < sizeof(bad_tunes) / sizeof(SynthMelody); ++i) {
    CHECK(synth_melody_random(1U, &bad_tunes[i], 10.0, notes, 4U) == 0U);
  }
  CHECK(synth_melody_random(1U, &tune, 10.0, NULL, 4U) == 0U);
  CHECK(synth_melody_random(1U, &tune, (double)NAN, notes, 4U) == 0U);
  CHECK(synth_melody_random(1U, NULL, 10.0, notes, 4U) == 0U);
  CHECK(synth_melody_random(1U, &tune, 10.0, notes, 4U) == 4U);
}

int main(void)
{
  test_determinism();
  test_melody();
  test_coverage();
  test_pitch();
  test_late();
  test_rests();
  test_level();
  test_rates();
  test_voices();
  test_hostile();
  return test_report();
}
