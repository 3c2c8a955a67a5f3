// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

/* Many instances of the real bundle in one process, run one after the other by
   one thread, as a host with one audio thread does.

     bench_instances [N]

   Prints first what an instance adds to the process's resident memory, then a
   Markdown table.  A round is one run() of each of the N instances (32).  They
   begin all in the same round, as when a session is opened, so that their
   frames fall together; or spread over a step of the analysis, as when they
   were inserted one by one.  Columns: the share of one core that all of them
   take; the median and the worst round, and the worst as a share of the block's
   own duration; and how many rounds took longer than that.  Each instance
   hears another part of a song.

   Time is the thread's processor time.  Other processes still disturb what is
   in the caches: for each round the least of `repeats` runs counts, which is
   fair since a round's work depends on the audio alone.
*/

#include "constants.h"
#include "ports.h"
#include "singer.h"

#include <lilv/lilv.h>
#include <lv2/atom/atom.h>
#include <lv2/core/lv2.h>
#include <lv2/urid/urid.h>

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define PLUGIN_URI    "urn:neume:voice-to-midi"
#define RATE          48000U
#define SECONDS       4U
#define INSTANCES_MAX 1024U
#define BLOCK_MAX     1024U
#define ATOM_BYTES    8192U ///< Capacity of an atom buffer
#define URIS_MAX      64U   ///< Most URIs that plugins may map

static const unsigned repeats = 5;

/** What all instances share; they run in turn, so outputs may, too. */
static struct {
  const LilvPlugin* plugin;
  float*            song;                 ///< SECONDS at RATE, twice over
  float             out[BLOCK_MAX];       ///< Audio that nobody hears
  char*             uris[URIS_MAX];       ///< URID - 1 is the index
  uint32_t          n_uris;               ///< How many
  LV2_URID          chunk;                ///< Of an atom:Chunk
  LV2_Atom_Sequence control;              ///< Empty
  _Alignas(8) uint8_t midi[ATOM_BYTES];   ///< Notes that nobody plays
  _Alignas(8) uint8_t notify[ATOM_BYTES]; ///< Messages that nobody reads
} host;

/** One instance. */
typedef struct {
  LilvInstance* instance;                ///< Of the plugin
  float         controls[NEUME_N_PORTS]; ///< Values of its control ports
} Voice;

static void* allocate(size_t n, size_t size)
{
  void* const data = calloc(n, size);
  if (!data) {
    abort();
  }
  return data;
}

static double now(void)
{
  struct timespec ts;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
  return (double)ts.tv_sec + 1e-9 * (double)ts.tv_nsec;
}

static int compare(const void* a, const void* b)
{
  const double x = *(const double*)a;
  const double y = *(const double*)b;
  return (x > y) - (x < y);
}

/** Resident memory of this process in bytes, 0 where it is not known. */
static double resident(void)
{
  char        line[128] = "";
  char*       end       = line;
  FILE* const statm     = fopen("/proc/self/statm", "r");
  if (!statm) {
    return 0.0;
  }
  if (fgets(line, sizeof(line), statm)) {
    (void)strtoul(line, &end, 10); // All that is mapped
  }
  fclose(statm);
  return (double)strtoul(end, NULL, 10) * (double)sysconf(_SC_PAGESIZE);
}

static LV2_URID map_uri(LV2_URID_Map_Handle handle, const char* uri)
{
  (void)handle;
  for (uint32_t i = 0; i < host.n_uris; ++i) {
    if (!strcmp(host.uris[i], uri)) {
      return i + 1U;
    }
  }
  if (host.n_uris == URIS_MAX) {
    return 0;
  }
  host.uris[host.n_uris] = (char*)allocate(strlen(uri) + 1U, 1U);
  memcpy(host.uris[host.n_uris], uri, strlen(uri) + 1U);
  return ++host.n_uris;
}

static void sing(void)
{
  const uint32_t    n = RATE * SECONDS;
  SynthNote         sung[64];
  const SynthMelody melody = { 52, 70, 100.0, 0.2, 0.6 };
  const SynthVoice  voice  = synth_voice_random(3, 61.0);
  const uint32_t    count  = synth_melody_random(3, &melody, SECONDS, sung, 64);
  host.song                = (float*)allocate(2U * (size_t)n, sizeof(float));
  if (synth_sing(3, &voice, sung, count, RATE, host.song, NULL, n)) {
    abort();
  }
  memcpy(host.song + n, host.song, n * sizeof(float));
}

static void voice_init(Voice* voice)
{
  LV2_URID_Map             map        = { NULL, map_uri };
  const LV2_Feature        feature    = { LV2_URID__map, &map };
  const LV2_Feature* const features[] = { &feature, NULL };

  voice->instance = lilv_plugin_instantiate(host.plugin, RATE, features);
  if (!voice->instance) {
    abort();
  }
  lilv_plugin_get_port_ranges_float(host.plugin, NULL, NULL, voice->controls);
  for (uint32_t i = 0; i < NEUME_N_PORTS; ++i) {
    void* const data = i == NEUME_PORT_OUT        ? (void*)host.out
                       : i == NEUME_PORT_CONTROL  ? (void*)&host.control
                       : i == NEUME_PORT_NOTIFY   ? (void*)host.notify
                       : i == NEUME_PORT_MIDI_OUT ? (void*)host.midi
                                                  : (void*)&voice->controls[i];
    lilv_instance_connect_port(voice->instance, i, data);
  }
}

/** Say how large a buffer is that the plugin may write. */
static void offer(uint8_t* buffer)
{
  const LV2_Atom atom = { ATOM_BYTES - sizeof(LV2_Atom), host.chunk };
  memcpy(buffer, &atom, sizeof(atom));
}

/** One run() of instance `i` of `n`. */
static void run(Voice*   voices,
                uint32_t i,
                uint32_t n,
                uint32_t round,
                uint32_t block)
{
  const uint32_t length = RATE * SECONDS;
  const uint32_t part   = (uint32_t)((uint64_t)length * i / n);
  const uint32_t at     = (round * block + part) % length;
  lilv_instance_connect_port(voices[i].instance, NEUME_PORT_IN, host.song + at);
  offer(host.midi);
  offer(host.notify);
  lilv_instance_run(voices[i].instance, block);
}

/** Seconds of each round: the least over `repeats` runs.  Instance i joins
    `late[i]` rounds after the first, and counting begins when all have. */
static void measure(Voice*          voices,
                    uint32_t        n,
                    const uint32_t* late,
                    uint32_t        block,
                    uint32_t        n_rounds,
                    double*         cost)
{
  for (unsigned r = 0; r < repeats; ++r) {
    for (uint32_t i = 0; i < n; ++i) {
      lilv_instance_activate(voices[i].instance);
    }
    for (uint32_t c = 0; c < late[n - 1U] + n_rounds; ++c) {
      const double begin = now();
      for (uint32_t i = 0; i < n; ++i) {
        if (c >= late[i]) {
          run(voices, i, n, c, block);
        }
      }
      const double spent = now() - begin;
      if (c >= late[n - 1U]) {
        double* const least = &cost[c - late[n - 1U]];
        *least              = (!r || spent < *least) ? spent : *least;
      }
    }
    for (uint32_t i = 0; i < n; ++i) {
      lilv_instance_deactivate(voices[i].instance);
    }
  }
}

static void bench_rounds(Voice* voices, uint32_t n, uint32_t block, bool spread)
{
  const double step = (double)RATE * NEUME_STEP / NEUME_INTERLEAVE / NEUME_RATE;
  const double duration   = (double)block / RATE;
  const uint32_t n_rounds = RATE * (SECONDS - 1U) / block;
  double* const  cost     = (double*)allocate(n_rounds, sizeof(double));
  uint32_t       late[INSTANCES_MAX] = { 0 };
  for (uint32_t i = 0; spread && i < n; ++i) {
    late[i] = (uint32_t)lround(step * i / n / block);
  }
  measure(voices, n, late, block, n_rounds, cost);

  double   total  = 0.0;
  uint32_t n_over = 0;
  for (uint32_t c = 0; c < n_rounds; ++c) {
    total += cost[c];
    n_over += cost[c] > duration;
  }
  qsort(cost, n_rounds, sizeof(double), compare);
  printf("| %u | %s | %.1f%% | %.3f | %.3f | %.0f%% | %u of %u |\n",
         block,
         spread ? "spread" : "together",
         100.0 * total / (duration * n_rounds),
         1e3 * cost[n_rounds / 2U],
         1e3 * cost[n_rounds - 1U],
         100.0 * cost[n_rounds - 1U] / duration,
         n_over,
         n_rounds);
  fflush(stdout);
  free(cost);
}

/** Make all instances, and tell what they add to resident memory. */
static void bench_memory(Voice* voices, uint32_t n)
{
  double before = resident();
  double first  = 0.0;
  for (uint32_t i = 0; i < n; ++i) {
    voice_init(&voices[i]);
    lilv_instance_activate(voices[i].instance);
    for (uint32_t c = 0; c < RATE / BLOCK_MAX; ++c) {
      run(voices, i, n, c, BLOCK_MAX);
    }
    lilv_instance_deactivate(voices[i].instance);
    if (!i) {
      first = resident();
    }
  }
  const double all = resident();
  printf("Resident memory: %.2f MB before, %.2f MB with 1 instance, %.2f MB "
         "with %u: %.2f MB for each further one.\n\n",
         1e-6 * before,
         1e-6 * first,
         1e-6 * all,
         n,
         n > 1U ? 1e-6 * (all - first) / (n - 1U) : 0.0);
}

int main(int argc, char** argv)
{
  const unsigned long n_asked = argc > 1 ? strtoul(argv[1], NULL, 10) : 32U;
  if (argc > 2 || !n_asked || n_asked > INSTANCES_MAX) {
    fprintf(stderr, "Usage: %s [N], 1 to %u\n", argv[0], INSTANCES_MAX);
    return 2;
  }

  LilvWorld* const world = lilv_world_new();
  lilv_world_load_all(world);
  LilvNode* const uri = lilv_new_uri(world, PLUGIN_URI);
  host.plugin = lilv_plugins_get_by_uri(lilv_world_get_all_plugins(world), uri);
  if (!host.plugin ||
      lilv_plugin_get_num_ports(host.plugin) != (uint32_t)NEUME_N_PORTS) {
    fprintf(stderr, "%s: no such <%s> in LV2_PATH\n", argv[0], PLUGIN_URI);
    lilv_node_free(uri);
    lilv_world_free(world);
    return 1;
  }

  const uint32_t n       = (uint32_t)n_asked;
  Voice* const   voices  = (Voice*)allocate(n, sizeof(Voice));
  host.chunk             = map_uri(NULL, LV2_ATOM__Chunk);
  host.control.atom.type = map_uri(NULL, LV2_ATOM__Sequence);
  host.control.atom.size = sizeof(LV2_Atom_Sequence_Body);
  sing();
  bench_memory(voices, n);

  printf("| frames | %u instances begin | one core | median round, ms | worst "
         "round, ms | worst, share of the block | too long |\n"
         "|--:|---|--:|--:|--:|--:|--:|\n",
         n);
  bench_rounds(voices, n, 64, false);
  bench_rounds(voices, n, 64, true);
  bench_rounds(voices, n, 256, false);
  bench_rounds(voices, n, 256, true);
  bench_rounds(voices, n, 1024, false);

  for (uint32_t i = 0; i < n; ++i) {
    lilv_instance_free(voices[i].instance);
  }
  for (uint32_t i = 0; i < host.n_uris; ++i) {
    free(host.uris[i]);
  }
  free(voices);
  free(host.song);
  lilv_node_free(uri);
  lilv_world_free(world);
  return 0;
}
