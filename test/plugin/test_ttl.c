// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

// What the bundle says of the plugin is what the plugin does

#include "host.h"
#include "neume.h"
#include "scale.h"

#include "test.h"

#include <lv2/presets/presets.h>

#include <math.h>
#include <stdint.h>
#include <string.h>

static const char* const symbols[] = {
  "in",        "out",       "control",    "midi_out", "notify",     "note",
  "midi_note", "cents",     "confidence", "level",    "latency",    "enabled",
  "lookahead", "threshold", "gate",       "min_note", "monitor",    "aligned",
  "transpose", "channel",   "velocity",   "dynamics", "bend_range", "pressure",
  "notes",     "panic",     "key",        "scale",    "lowest",     "highest",
  "a4",        "follow",    "offset",     "learn",
};

static float lows[NEUME_N_PORTS];
static float highs[NEUME_N_PORTS];
static float defaults[NEUME_N_PORTS];

static bool has(const Host* host, NeumePortIndex port, const char* property)
{
  const LilvPort* const p =
    lilv_plugin_get_port_by_index(host->plugin, (uint32_t)port);
  LilvNode* const node = lilv_new_uri(host->world, property);
  const bool      yes  = lilv_port_has_property(host->plugin, p, node);
  lilv_node_free(node);
  return yes;
}

static void test_ports(const Host* host)
{
  CHECK(lilv_plugin_get_num_ports(host->plugin) == NEUME_N_PORTS);
  for (uint32_t i = 0; i < NEUME_N_PORTS; ++i) {
    const LilvPort* const port = lilv_plugin_get_port_by_index(host->plugin, i);
    const char* const     symbol =
      lilv_node_as_string(lilv_port_get_symbol(host->plugin, port));
    CHECK_MSG(!strcmp(symbol, symbols[i]), "%u %s", i, symbol);

    static const char* const wanted[] = {
      "http://www.w3.org/2000/01/rdf-schema#comment",
      "http://lv2plug.in/ns/ext/port-groups#group"
    };
    for (uint32_t k = 0; k < 2U; ++k) {
      LilvNode* const predicate = lilv_new_uri(host->world, wanted[k]);
      LilvNode* const value     = lilv_port_get(host->plugin, port, predicate);
      CHECK_MSG(value != NULL, "%s lacks %s", symbol, wanted[k]);
      lilv_node_free(value);
      lilv_node_free(predicate);
    }
    if (i >= NEUME_PORT_NOTE) {
      CHECK_MSG(lows[i] < highs[i] && defaults[i] >= lows[i] &&
                  defaults[i] <= highs[i],
                "%s",
                symbol);
    }
  }
  CHECK(has(host, NEUME_PORT_CONTROL, LV2_CORE__connectionOptional));
  CHECK(has(host, NEUME_PORT_NOTIFY, LV2_CORE__connectionOptional));
  CHECK(has(host, NEUME_PORT_MIDI_OUT, LV2_CORE__connectionOptional));
  // Or Ardour sends no MIDI
  CHECK(NEUME_PORT_MIDI_OUT < NEUME_PORT_NOTIFY);
  CHECK(lilv_plugin_has_latency(host->plugin));
  CHECK(lilv_plugin_get_latency_port_index(host->plugin) == NEUME_PORT_LATENCY);

  LilvNodes* const required = lilv_plugin_get_required_features(host->plugin);
  CHECK(!lilv_nodes_size(required));
  lilv_nodes_free(required);
}

static void test_ranges(void)
{
  const NeumeParams p = neume_defaults();
  CHECK(defaults[NEUME_PORT_ENABLED] == 1.0f);
  CHECK(defaults[NEUME_PORT_MONITOR] == 0.0f);
  CHECK(defaults[NEUME_PORT_LOOKAHEAD] == p.lookahead_ms);
  CHECK(defaults[NEUME_PORT_THRESHOLD] == p.threshold);
  CHECK(defaults[NEUME_PORT_GATE] == p.gate_db);
  CHECK(defaults[NEUME_PORT_MIN_NOTE] == p.min_note_ms);
  CHECK(lows[NEUME_PORT_LOOKAHEAD] == 0.0f &&
        highs[NEUME_PORT_LOOKAHEAD] == NEUME_LOOKAHEAD_MAX_MS);
  CHECK(defaults[NEUME_PORT_A4] == p.a4_hz);
  CHECK(lows[NEUME_PORT_A4] == NEUME_A4_MIN &&
        highs[NEUME_PORT_A4] == NEUME_A4_MAX);
  CHECK(lows[NEUME_PORT_GATE] == -90.0f && highs[NEUME_PORT_GATE] == 0.0f);
  CHECK(highs[NEUME_PORT_MIN_NOTE] == 500.0f);
  CHECK(highs[NEUME_PORT_NOTE] == NEUME_CLASSES - 1);

  static const struct {
    NeumePortIndex port;
    float          low, normal, high;
  } others[] = {
    { NEUME_PORT_MONITOR, 0.0f, 0.0f, 1.0f },
    { NEUME_PORT_ALIGNED, 0.0f, 0.0f, 1.0f },
    { NEUME_PORT_TRANSPOSE, -36.0f, 0.0f, 36.0f },
    { NEUME_PORT_CHANNEL, 1.0f, 1.0f, 16.0f },
    { NEUME_PORT_VELOCITY, 0.0f, 0.0f, 127.0f },
    { NEUME_PORT_DYNAMICS, 0.0f, 1.0f, 2.0f },
    { NEUME_PORT_BEND_RANGE, 0.0f, 0.0f, 24.0f },
    { NEUME_PORT_PRESSURE, 0.0f, 0.0f, 2.0f },
    { NEUME_PORT_NOTES, 0.0f, 0.0f, 2.0f },
    { NEUME_PORT_PANIC, 0.0f, 0.0f, 1.0f },
    { NEUME_PORT_KEY, 0.0f, 0.0f, 11.0f },
    { NEUME_PORT_SCALE, 0.0f, 0.0f, NEUME_N_SCALES - 1 },
    { NEUME_PORT_LOWEST, NEUME_MIDI_MIN, NEUME_MIDI_MIN, NEUME_MIDI_MAX },
    { NEUME_PORT_HIGHEST, NEUME_MIDI_MIN, NEUME_MIDI_MAX, NEUME_MIDI_MAX },
    { NEUME_PORT_FOLLOW, 0.0f, 0.0f, 1.0f },
    { NEUME_PORT_LEARN, 0.0f, 0.0f, 1.0f },
  };
  for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); ++i) {
    const NeumePortIndex port = others[i].port;
    CHECK_MSG(lows[port] == others[i].low && highs[port] == others[i].high &&
                defaults[port] == others[i].normal,
              "%s",
              symbols[port]);
  }
}

/** Hosts find what bypasses the plugin, and scales by their names. */
static void test_meanings(const Host* host)
{
  LilvNode* const input   = lilv_new_uri(host->world, LV2_CORE__InputPort);
  LilvNode* const enabled = lilv_new_uri(host->world, LV2_CORE__enabled);
  CHECK(lilv_plugin_get_port_by_designation(host->plugin, input, enabled) ==
        lilv_plugin_get_port_by_index(host->plugin, NEUME_PORT_ENABLED));
  lilv_node_free(enabled);
  lilv_node_free(input);

  static const char* const scales[NEUME_N_SCALES] = { "chromatic",
                                                      "major",
                                                      "minor",
                                                      "harmonic minor",
                                                      "Dorian",
                                                      "Phrygian",
                                                      "Lydian",
                                                      "Mixolydian",
                                                      "Locrian",
                                                      "major pentatonic",
                                                      "minor pentatonic",
                                                      "blues" };
  LilvScalePoints* const   points                 = lilv_port_get_scale_points(
    host->plugin,
    lilv_plugin_get_port_by_index(host->plugin, NEUME_PORT_SCALE));
  CHECK(lilv_scale_points_size(points) == NEUME_N_SCALES);
  LILV_FOREACH(scale_points, i, points)
  {
    const LilvScalePoint* const point = lilv_scale_points_get(points, i);
    const int value = lilv_node_as_int(lilv_scale_point_get_value(point));
    const char* const label =
      lilv_node_as_string(lilv_scale_point_get_label(point));
    CHECK_MSG(value >= 0 && value < NEUME_N_SCALES &&
                !strcmp(label, scales[value]),
              "%d %s",
              value,
              label);
  }
  lilv_scale_points_free(points);
}

/** A preset being looked at. */
typedef struct {
  const Host* host;    ///< Whose ports it sets
  NeumeParams params;  ///< What it sets, NaN where it does not
  unsigned    n_ports; ///< How many ports
} Preset;

static void set_value(const char* symbol,
                      void*       user,
                      const void* value,
                      uint32_t    size,
                      uint32_t    type)
{
  Preset* const preset = (Preset*)user;
  float         number = NAN;
  (void)type;
  CHECK(size == sizeof(float));
  memcpy(&number, value, sizeof(float));
  ++preset->n_ports;

  uint32_t index = NEUME_PORT_ENABLED;
  while (index < NEUME_N_PORTS && strcmp(symbols[index], symbol) != 0) {
    ++index;
  }
  CHECK_MSG(index < NEUME_N_PORTS, "%s is no input", symbol);
  if (index < NEUME_N_PORTS) {
    CHECK_MSG(number >= lows[index] && number <= highs[index],
              "%s = %g",
              symbol,
              (double)number);
  }
  if (index == NEUME_PORT_LOOKAHEAD) {
    preset->params.lookahead_ms = number;
  } else if (index == NEUME_PORT_THRESHOLD) {
    preset->params.threshold = number;
  } else if (index == NEUME_PORT_GATE) {
    preset->params.gate_db = number;
  } else if (index == NEUME_PORT_MIN_NOTE) {
    preset->params.min_note_ms = number;
  }
}

static bool same_detection(const NeumeParams* a, const NeumeParams* b)
{
  return a->lookahead_ms == b->lookahead_ms && a->threshold == b->threshold &&
         a->gate_db == b->gate_db && a->min_note_ms == b->min_note_ms;
}

static void test_presets(Host* host)
{
  LilvNode* const  type   = lilv_new_uri(host->world, LV2_PRESETS__Preset);
  LilvNodes* const found  = lilv_plugin_get_related(host->plugin, type);
  NeumeParams      all[8] = { { 0.0f, 0.0f, 0.0f, 0.0f, 0.0f, false } };
  unsigned         n      = 0;
  bool             live   = false;

  CHECK_MSG(lilv_nodes_size(found) == 6U, "%u", lilv_nodes_size(found));
  LILV_FOREACH(nodes, i, found)
  {
    const LilvNode* const node = lilv_nodes_get(found, i);
    CHECK(lilv_world_load_resource(host->world, node) > 0);
    LilvState* const state =
      lilv_state_new_from_world(host->world, &host->map, node);
    CHECK(state != NULL);
    if (!state || n == 8U) {
      continue;
    }
    const NeumeParams standard = neume_defaults();
    Preset preset = { host, { NAN, NAN, NAN, NAN, standard.a4_hz, false }, 0 };
    lilv_state_emit_port_values(state, set_value, &preset);
    CHECK(lilv_state_get_label(state) != NULL);

    // Each sets all that detection depends on, and none is another's twin
    const NeumeParams p = preset.params;
    CHECK(!isnan(p.lookahead_ms) && !isnan(p.threshold) && !isnan(p.gate_db) &&
          !isnan(p.min_note_ms));
    for (unsigned k = 0; k < n; ++k) {
      CHECK(!same_detection(&all[k], &p));
    }
    all[n++] = p;
    live     = live || same_detection(&p, &standard);
    lilv_state_free(state);
  }
  CHECK(live); // The live voice is the default

  lilv_nodes_free(found);
  lilv_node_free(type);
}

int main(void)
{
  Host* const host = host_new(48000.0, HOST_ALL);
  lilv_plugin_get_port_ranges_float(host->plugin, lows, highs, defaults);
  test_ports(host);
  test_ranges();
  test_meanings(host);
  test_presets(host);
  host_free(host);
  return test_report();
}
