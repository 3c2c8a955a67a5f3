// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

/* From the onset of a note to its MIDI note-on, through the real bundle in a
   lilv host.

     bench_latency [RECORDING LABELS]...

   Prints a Markdown table: for every semitone from A2 to B5, sung straight by
   six voices and on plain tones, for the synthetic singer's melodies, and for
   recordings with labels (columns onset, offset, midi and perhaps f0_midi and
   flag, of which rows other than `ok` are left out), the median and 95th
   percentile of the latency, and how many notes never came.  A note came if its
   note-on was sent between 20 ms before its onset and its end, or 400 ms later
   if that is sooner.  Then how far from its onset a note is recorded, either
   way, if the plugin is aligned and the host compensates for the latency that
   it reports.

   Nothing here depends on the machine: latency is counted in samples.
*/

#include "host.h"
#include "plain_tone.h"
#include "singer.h"

#include <lilv/lilv.h>
#include <sndfile.h>

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_NOTES = 16384, BLOCK = 64, LOWEST = 45, HIGHEST = 83, VOICES = 6 };

static const double rate    = 48000.0;
static const double early   = 0.02; ///< Seconds before the onset that count
static const double near    = 0.1;  ///< The same where notes are recorded
static const double longest = 0.4;  ///< Seconds after it

/** A note that should be found. */
typedef struct {
  double   onset;  ///< Seconds
  double   offset; ///< Seconds
  uint32_t midi;
} Note;

/** Latencies of many notes, in seconds. */
typedef struct {
  double   late[MAX_NOTES];
  uint32_t n;      ///< Notes that came
  uint32_t missed; ///< Notes that did not
} Latencies;

static void* allocate(size_t n, size_t size)
{
  void* const data = calloc(n, size);
  if (!data) {
    abort();
  }
  return data;
}

static int compare(const void* a, const void* b)
{
  const double x = *(const double*)a;
  const double y = *(const double*)b;
  return (x > y) - (x < y);
}

/** A host whose plugin has heard all of `audio`. */
static Host* play(const float* audio,
                  uint32_t     n,
                  double       sample_rate,
                  bool         aligned)
{
  Host* const host                   = host_new(sample_rate, HOST_ALL);
  host->controls[NEUME_PORT_ALIGNED] = aligned ? 1.0f : 0.0f;
  host_activate(host);
  for (uint32_t i = 0; i < n; i += BLOCK) {
    host_run(host, audio + i, NULL, n - i < BLOCK ? n - i : BLOCK);
  }
  return host;
}

/** Count how late `notes` were sent, or, where `out` is late, how far from
   their onsets in `out`. */
static void measure(const Host* host,
                    double      sample_rate,
                    const Note* notes,
                    uint32_t    n_notes,
                    Latencies*  result)
{
  const double latency = (double)host->controls[NEUME_PORT_LATENCY];
  const double sooner  = latency > 0.0 ? near : early;
  uint32_t     from    = 0;
  for (uint32_t k = 0; k < n_notes && result->n < MAX_NOTES; ++k) {
    const double end  = fmin(notes[k].offset, notes[k].onset + longest);
    bool         came = false;
    for (uint32_t i = from; i < host->n_events && !came; ++i) {
      const HostEvent* const e  = &host->events[i];
      const double           at = ((double)e->position - latency) / sample_rate;
      if (at < notes[k].onset - sooner) {
        from = i;
      } else if (at > end) {
        break;
      } else if (e->bytes[0] == 0x90U && e->bytes[1] == notes[k].midi) {
        const double late         = at - notes[k].onset;
        result->late[result->n++] = latency > 0.0 ? fabs(late) : late;
        came                      = true;
      }
    }
    result->missed += !came;
  }
}

static void print_row(const char* what, Latencies* l)
{
  qsort(l->late, l->n, sizeof(double), compare);
  const uint32_t all = l->n + l->missed;
  if (!l->n) {
    printf("| %s | - | - | %u of %u |\n", what, l->missed, all);
    return;
  }
  printf("| %s | %.0f | %.0f | %u of %u |\n",
         what,
         1000.0 * l->late[l->n / 2U],
         1000.0 * l->late[(l->n - 1U) * 95U / 100U],
         l->missed,
         all);
}

/** How a note begins. */
typedef struct {
  const char* name;
  double      attack; ///< Seconds
  int         before; ///< Semitones from the note before it, 0 = from silence
} Manner;

/** Every semitone, sung straight: without scoop, vibrato or consonant, after
   the note that leads to it or silence.  Returns how many there are. */
static uint32_t make_notes(const Manner* manner,
                           uint64_t      seed,
                           float*        out,
                           uint32_t      n,
                           Note*         notes)
{
  const double each                             = 1.1; // Seconds
  uint32_t     count                            = 0;
  uint32_t     n_sung                           = 0;
  SynthNote    sung[2 * (HIGHEST - LOWEST + 1)] = { { 0.0, 0.0, 0.0, 0.0 } };
  SynthVoice   voice = synth_voice_random(seed, 60.0);

  voice.tuning = voice.vibrato_depth = voice.scoop = voice.fall = 0.0;
  voice.consonants = voice.creak = voice.hum = voice.breaths = 0.0;
  voice.overshoot = voice.rough = voice.dip = 0.0;
  voice.drift                               = 5.0;
  voice.portamento                          = 0.01;
  voice.attack                              = manner->attack;

  for (uint32_t midi = LOWEST; midi <= HIGHEST; ++midi) {
    // Onsets fall anywhere between two steps of the analysis
    const Note note = { each * count + 0.5 + 0.0007 * (midi * 37U % 41U),
                        each * count + 0.95,
                        midi };
    if (manner->before) {
      sung[n_sung].onset  = note.onset - 0.4;
      sung[n_sung].offset = note.onset;
      sung[n_sung++].midi = (int)midi - manner->before;
    }
    sung[n_sung].onset  = note.onset;
    sung[n_sung].offset = note.offset;
    sung[n_sung++].midi = midi;
    notes[count++]      = note;
  }
  if (synth_sing(1, &voice, sung, n_sung, rate, out, NULL, n)) {
    abort();
  }
  return count;
}

static void bench_notes(void)
{
  static const Manner manners[] = {
    { "from silence, attack 5 ms", 0.005, 0 },
    { "from silence, attack 60 ms", 0.06, 0 },
    { "after a note a semitone below", 0.02, 1 },
    { "after a note a fifth above", 0.02, -7 },
  };
  static const char* const octaves[] = { "A2..G#3", "A3..G#4", "A4..B5" };

  const uint32_t n     = (uint32_t)(rate * 1.1 * (HIGHEST - LOWEST + 1));
  float* const   audio = (float*)allocate(n, sizeof(float));
  Note* const    notes = (Note*)allocate(HIGHEST - LOWEST + 1, sizeof(Note));
  for (unsigned m = 0; m < sizeof(manners) / sizeof(*manners); ++m) {
    Latencies* const all = (Latencies*)allocate(4, sizeof(Latencies));
    for (uint64_t seed = 1; seed <= VOICES; ++seed) {
      const uint32_t count = make_notes(&manners[m], seed, audio, n, notes);
      Host* const    host  = play(audio, n, rate, false);
      measure(host, rate, notes, count, all);
      for (unsigned o = 0; o < 3U; ++o) {
        const uint32_t last = o < 2U ? 12U * (o + 1U) : count;
        measure(
          host, rate, notes + (size_t)12U * o, last - 12U * o, &all[1U + o]);
      }
      host_free(host);
    }
    print_row(manners[m].name, all);
    for (unsigned o = 0; m == 0 && o < 3U; ++o) {
      print_row(octaves[o], &all[1U + o]);
    }
    free(all);
  }
  free(notes);
  free(audio);
}

/** Every semitone on plain tones, as of a test generator, from silence. */
static void bench_tones(void)
{
  const double     each  = 1.1; // Seconds
  const uint32_t   count = HIGHEST - LOWEST + 1;
  const uint32_t   n     = (uint32_t)(rate * each * count);
  float* const     audio = (float*)allocate(n, sizeof(float));
  Note* const      notes = (Note*)allocate(count, sizeof(Note));
  Latencies* const all   = (Latencies*)allocate(1, sizeof(Latencies));
  for (unsigned wave = 0; wave < PLAIN_WAVES; ++wave) {
    memset(audio, 0, n * sizeof(float));
    for (uint32_t i = 0; i < count; ++i) {
      const double onset = (each * i) + 0.5 + (0.0007 * (i * 37U % 41U));
      const Note   note  = { onset, onset + 0.5, LOWEST + i };
      notes[i]           = note;
      plain_tone(
        (PlainWave)wave, note.midi, note.onset, note.offset, rate, audio);
    }
    Host* const host = play(audio, n, rate, false);
    measure(host, rate, notes, count, all);
    host_free(host);
  }
  print_row("plain tones: sine, saw, square, hollow", all);
  free(all);
  free(notes);
  free(audio);
}

static void bench_singers(bool aligned)
{
  const double     seconds = 20.0;
  const uint32_t   n       = (uint32_t)(rate * seconds);
  float* const     audio   = (float*)allocate(n, sizeof(float));
  SynthNote* const sung    = (SynthNote*)allocate(200, sizeof(SynthNote));
  Note* const      notes   = (Note*)allocate(200, sizeof(Note));
  Latencies* const all     = (Latencies*)allocate(1, sizeof(Latencies));
  for (uint64_t seed = 1; seed <= 12U; ++seed) {
    const int         low    = 46 + (int)(3U * (seed % 8U));
    const SynthMelody melody = { low, low + 14, 90.0, 0.2, 0.6 };
    const SynthVoice  voice  = synth_voice_random(seed, low + 7.0);
    const uint32_t    count =
      synth_melody_random(seed, &melody, seconds, sung, 200);
    if (synth_sing(seed, &voice, sung, count, rate, audio, NULL, n)) {
      abort();
    }
    for (uint32_t i = 0; i < count; ++i) {
      const Note note = { sung[i].onset,
                          sung[i].offset,
                          (uint32_t)lround(sung[i].midi) };
      notes[i]        = note;
    }
    Host* const host = play(audio, n, rate, aligned);
    measure(host, rate, notes, count, all);
    host_free(host);
  }
  print_row(aligned ? "the same, recorded aligned: from the onset, either way"
                    : "the synthetic singer, 12 voices",
            all);
  free(all);
  free(notes);
  free(sung);
  free(audio);
}

/** Labels whose flag is `ok` or absent; returns how many. */
static uint32_t read_labels(const char* path, Note* notes)
{
  char        line[512];
  uint32_t    count = 0;
  FILE* const file  = fopen(path, "r");
  if (!file || !fgets(line, sizeof(line), file)) {
    fprintf(stderr, "%s: cannot be read\n", path);
    exit(1);
  }
  while (count < MAX_NOTES && fgets(line, sizeof(line), file)) {
    double      column[4] = { 0.0, 0.0, 0.0, 0.0 };
    unsigned    n         = 0;
    const char* at        = line;
    char*       end       = NULL;
    for (; n < 4U; ++n, at = end + 1) {
      column[n] = strtod(at, &end);
      if (end == at || *end != ',') {
        n += end != at;
        break;
      }
    }
    if (n >= 3U && (n < 4U || strstr(line, ",ok"))) {
      const double pitch = n >= 4U ? column[3] : column[2];
      const Note   note  = { column[0], column[1], (uint32_t)lround(pitch) };
      notes[count++]     = note;
    }
  }
  fclose(file);
  return count;
}

static void bench_recordings(int n_files, char** files)
{
  Note* const      notes = (Note*)allocate(MAX_NOTES, sizeof(Note));
  Latencies* const all   = (Latencies*)allocate(1, sizeof(Latencies));
  for (int i = 0; i + 1 < n_files; i += 2) {
    SF_INFO        info  = { 0 };
    SNDFILE* const sound = sf_open(files[i], SFM_READ, &info);
    if (!sound || info.channels != 1) {
      fprintf(stderr, "%s: cannot be read as a mono recording\n", files[i]);
      exit(1);
    }
    float* const audio =
      (float*)allocate((size_t)info.frames + 1U, sizeof(float));
    const uint32_t n = (uint32_t)sf_readf_float(sound, audio, info.frames);
    sf_close(sound);
    const uint32_t count = read_labels(files[i + 1], notes);
    Host* const    host  = play(audio, n, info.samplerate, false);
    measure(host, info.samplerate, notes, count, all);
    host_free(host);
    free(audio);
  }
  print_row("recordings", all);
  free(all);
  free(notes);
}

int main(int argc, char** argv)
{
  printf("| onset to note-on, ms | median | 95th percentile | never came |\n"
         "|---|---|---|---|\n");
  bench_notes();
  bench_tones();
  bench_singers(false);
  bench_singers(true);
  if (argc > 2) {
    bench_recordings(argc - 1, argv + 1);
  }

  return 0;
}
