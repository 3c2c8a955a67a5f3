// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

/* What run() costs in a host, call by call: the real bundle through lilv.

   Prints a Markdown table: for each block size the median, 99.9th percentile
   and worst call, each as a share of the block's own duration, and the share
   of one core that the instance takes overall.  Other processes disturb the
   worst call; the table therefore takes the least of `repeats` runs for each
   call, which is exact since a call's work depends on the audio alone.
*/

#include <lilv/lilv.h>
#include <lv2/core/lv2.h>

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define PLUGIN_URI "urn:neume:voice-to-midi"

static const double rate    = 48000.0;
static const double seconds = 8.0;

static double now(void)
{
  struct timespec ts;
  clock_gettime(CLOCK_MONOTONIC, &ts);
  return (double)ts.tv_sec + 1e-9 * (double)ts.tv_nsec;
}

static int compare(const void* a, const void* b)
{
  const float x = *(const float*)a;
  const float y = *(const float*)b;
  return (x > y) - (x < y);
}

/** A buzzing voice that moves between notes, with noise. */
static void make_voice(float* out, uint32_t n)
{
  uint32_t seed  = 1;
  double   phase = 0.0;
  for (uint32_t i = 0; i < n; ++i) {
    const double t    = i / rate;
    const double midi = 57.0 + 2.0 * floor(fmod(t, 6.0));
    phase += 440.0 * pow(2.0, (midi - 69.0) / 12.0) / rate;
    phase -= floor(phase);
    seed              = seed * 1664525U + 1013904223U;
    const double hiss = (double)(seed >> 8U) / 8388608.0 - 1.0;
    out[i]            = (float)(0.2 * (1.0 - 2.0 * phase) + 0.003 * hiss);
  }
}

/** Seconds that each call takes: the least over `repeats` runs. */
static void measure(const LilvPlugin* plugin,
                    const float*      audio,
                    uint32_t          block,
                    uint32_t          n_calls,
                    unsigned          repeats,
                    float*            cost)
{
  const uint32_t n_ports  = lilv_plugin_get_num_ports(plugin);
  float* const   controls = (float*)calloc(n_ports, sizeof(float));
  float* const   out      = (float*)calloc(block, sizeof(float));
  lilv_plugin_get_port_ranges_float(plugin, NULL, NULL, controls);

  for (unsigned r = 0; r < repeats; ++r) {
    LilvInstance* const instance = lilv_plugin_instantiate(plugin, rate, NULL);
    const LilvPort*     in_port  = NULL;
    uint32_t            in_index = 0;
    for (uint32_t i = 0; i < n_ports; ++i) {
      const LilvPort* const port = lilv_plugin_get_port_by_index(plugin, i);
      const char* const     symbol =
        lilv_node_as_string(lilv_port_get_symbol(plugin, port));
      if (!strcmp(symbol, "in")) {
        in_port  = port;
        in_index = i;
      } else if (!strcmp(symbol, "out")) {
        lilv_instance_connect_port(instance, i, out);
      } else if (!strcmp(symbol, "control") || !strcmp(symbol, "notify") ||
                 !strcmp(symbol, "midi_out")) {
        lilv_instance_connect_port(instance, i, NULL);
      } else {
        lilv_instance_connect_port(instance, i, &controls[i]);
      }
    }
    if (!in_port) {
      break;
    }

    float* const in = (float*)calloc(block, sizeof(float));
    lilv_instance_connect_port(instance, in_index, in);
    lilv_instance_activate(instance);
    for (uint32_t c = 0; c < n_calls; ++c) {
      memcpy(in, audio + (size_t)c * block, block * sizeof(float));
      const double begin = now();
      lilv_instance_run(instance, block);
      const float spent = (float)(now() - begin);
      cost[c]           = (!r || spent < cost[c]) ? spent : cost[c];
    }
    lilv_instance_deactivate(instance);
    lilv_instance_free(instance);
    free(in);
  }

  free(out);
  free(controls);
}

int main(void)
{
  static const uint32_t blocks[] = { 1, 16, 64, 256, 1024 };
  const unsigned        repeats  = 5;
  const uint32_t        n        = (uint32_t)(rate * seconds);

  LilvWorld* const world = lilv_world_new();
  lilv_world_load_all(world);
  LilvNode* const          uri     = lilv_new_uri(world, PLUGIN_URI);
  const LilvPlugins* const plugins = lilv_world_get_all_plugins(world);
  const LilvPlugin* const  plugin  = lilv_plugins_get_by_uri(plugins, uri);
  float* const             audio   = (float*)calloc(n, sizeof(float));
  float* const             cost    = (float*)calloc(n, sizeof(float));
  if (!plugin || !audio || !cost) {
    fprintf(stderr, "bench_run: no <%s> in LV2_PATH\n", PLUGIN_URI);
    free(cost);
    free(audio);
    lilv_node_free(uri);
    lilv_world_free(world);
    return 1;
  }

  make_voice(audio, n);
  printf("| frames | median us | 99.9%% us | worst us | worst, share of the "
         "block | one core |\n|---|---|---|---|---|---|\n");
  for (size_t b = 0; b < sizeof(blocks) / sizeof(blocks[0]); ++b) {
    const uint32_t n_calls = n / blocks[b];
    measure(plugin, audio, blocks[b], n_calls, repeats, cost);

    double total = 0.0;
    for (uint32_t c = 0; c < n_calls; ++c) {
      total += (double)cost[c];
    }
    qsort(cost, n_calls, sizeof(float), compare);
    const double worst = (double)cost[n_calls - 1U];
    printf("| %u | %.2f | %.2f | %.2f | %.1f%% | %.2f%% |\n",
           blocks[b],
           1e6 * (double)cost[n_calls / 2U],
           1e6 * (double)cost[(uint32_t)(n_calls * 0.999)],
           1e6 * worst,
           100.0 * worst * rate / blocks[b],
           100.0 * total * rate / ((double)n_calls * blocks[b]));
  }

  free(cost);
  free(audio);
  lilv_node_free(uri);
  lilv_world_free(world);
  return 0;
}
