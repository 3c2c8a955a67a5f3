// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#include "display.h"
#include "host_features.h"
#include "inline_display.h"
#include "mapped.h"
#include "model_loader.h"
#include "monitor.h"
#include "player.h"
#include "ports.h"
#include "state.h"
#include "uris.h"

#include <lv2/core/lv2.h>
#include <lv2/log/log.h>
#include <lv2/log/logger.h>
#include <lv2/state/state.h>
#include <lv2/urid/urid.h>
#include <lv2/worker/worker.h>

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/** One instance. */
typedef struct {
  NeumePlayer player; ///< What the audio thread works with
  double      rate;   ///< Hz
  atomic_bool active; ///< Between activate() and deactivate(); any thread
} Plugin;

/** Samples that `out` may have to wait for the notes. */
static uint32_t most_delay(double rate)
{
  static const double chain_seconds = 0.2; // Of any model worth playing
  return (uint32_t)(rate * (NEUME_LOOKAHEAD_MAX_MS / 1000.0 + chain_seconds +
                            NEUME_HOLD_SECONDS));
}

static LV2_Handle instantiate(const LV2_Descriptor*     descriptor,
                              double                    rate,
                              const char*               bundle_path,
                              const LV2_Feature* const* features)
{
  (void)descriptor;

  LV2_URID_Map* const map =
    (LV2_URID_Map*)neume_feature(features, LV2_URID__map);
  LV2_Log_Log* const log = (LV2_Log_Log*)neume_feature(features, LV2_LOG__log);
  LV2_Log_Logger     logger;
  lv2_log_logger_init(&logger, map, log);

  Plugin* const plugin = (Plugin*)neume_mapped_calloc(1, sizeof(Plugin));
  if (!plugin) {
    return NULL;
  }

  plugin->rate = rate;
  atomic_init(&plugin->active, false);
  neume_uris_init(&plugin->player.uris, map);
  neume_monitor_init(&plugin->player.monitor, rate);
  neume_expression_init(&plugin->player.expression);
  neume_learn_init(&plugin->player.learn, rate);
  plugin->player.told = neume_learned_nothing();
  plugin->player.hold = (uint32_t)(NEUME_HOLD_SECONDS * rate);
  plugin->player.most = most_delay(rate);
  if (!neume_delay_line_init(&plugin->player.line, most_delay(rate))) {
    free(plugin);
    return NULL;
  }
  if (!neume_display_init(&plugin->player.display,
                          (const LV2_Inline_Display*)neume_feature(
                            features, LV2_INLINEDISPLAY__queue_draw),
                          rate)) {
    neume_delay_line_clear(&plugin->player.line);
    free(plugin);
    return NULL;
  }
  if (!neume_loader_init(&plugin->player.loader,
                         bundle_path,
                         rate,
                         (const LV2_Worker_Schedule*)neume_feature(
                           features, LV2_WORKER__schedule),
                         &logger)) {
    neume_display_clear(&plugin->player.display);
    neume_delay_line_clear(&plugin->player.line);
    free(plugin);
    return NULL;
  }

  neume_player_restart(&plugin->player);
  return plugin;
}

static void connect_port(LV2_Handle instance, uint32_t port, void* data)
{
  NeumePorts* const ports = &((Plugin*)instance)->player.ports;
  switch ((NeumePortIndex)port) {
    case NEUME_PORT_IN:
      ports->in = (const float*)data;
      break;
    case NEUME_PORT_OUT:
      ports->out = (float*)data;
      break;
    case NEUME_PORT_CONTROL:
      ports->control = (const LV2_Atom_Sequence*)data;
      break;
    case NEUME_PORT_MIDI_OUT:
      ports->midi_out = (LV2_Atom_Sequence*)data;
      break;
    case NEUME_PORT_NOTIFY:
      ports->notify = (LV2_Atom_Sequence*)data;
      break;
    case NEUME_PORT_NOTE:
      ports->note = (float*)data;
      break;
    case NEUME_PORT_MIDI_NOTE:
      ports->midi_note = (float*)data;
      break;
    case NEUME_PORT_CENTS:
      ports->cents = (float*)data;
      break;
    case NEUME_PORT_CONFIDENCE:
      ports->confidence = (float*)data;
      break;
    case NEUME_PORT_LEVEL:
      ports->level = (float*)data;
      break;
    case NEUME_PORT_LATENCY:
      ports->latency = (float*)data;
      break;
    case NEUME_PORT_ENABLED:
      ports->enabled = (const float*)data;
      break;
    case NEUME_PORT_LOOKAHEAD:
      ports->lookahead = (const float*)data;
      break;
    case NEUME_PORT_THRESHOLD:
      ports->threshold = (const float*)data;
      break;
    case NEUME_PORT_GATE:
      ports->gate = (const float*)data;
      break;
    case NEUME_PORT_MIN_NOTE:
      ports->min_note = (const float*)data;
      break;
    case NEUME_PORT_MONITOR:
      ports->monitor = (const float*)data;
      break;
    case NEUME_PORT_ALIGNED:
      ports->aligned = (const float*)data;
      break;
    case NEUME_PORT_TRANSPOSE:
      ports->transpose = (const float*)data;
      break;
    case NEUME_PORT_CHANNEL:
      ports->channel = (const float*)data;
      break;
    case NEUME_PORT_VELOCITY:
      ports->velocity = (const float*)data;
      break;
    case NEUME_PORT_DYNAMICS:
      ports->dynamics = (const float*)data;
      break;
    case NEUME_PORT_BEND_RANGE:
      ports->bend_range = (const float*)data;
      break;
    case NEUME_PORT_PRESSURE:
      ports->pressure = (const float*)data;
      break;
    case NEUME_PORT_NOTES:
      ports->notes = (const float*)data;
      break;
    case NEUME_PORT_PANIC:
      ports->panic = (const float*)data;
      break;
    case NEUME_PORT_KEY:
      ports->key = (const float*)data;
      break;
    case NEUME_PORT_SCALE:
      ports->scale = (const float*)data;
      break;
    case NEUME_PORT_LOWEST:
      ports->lowest = (const float*)data;
      break;
    case NEUME_PORT_HIGHEST:
      ports->highest = (const float*)data;
      break;
    case NEUME_PORT_A4:
      ports->a4 = (const float*)data;
      break;
    case NEUME_PORT_FOLLOW:
      ports->follow = (const float*)data;
      break;
    case NEUME_PORT_OFFSET:
      ports->offset = (float*)data;
      break;
    case NEUME_PORT_LEARN:
      ports->learn = (const float*)data;
      break;
    case NEUME_N_PORTS:
    default:
      break;
  }
}

static void activate(LV2_Handle instance)
{
  Plugin* const plugin = (Plugin*)instance;
  neume_loader_reclaim(&plugin->player.loader);
  neume_player_restart(&plugin->player);
  neume_monitor_init(&plugin->player.monitor, plugin->rate);
  neume_delay_line_reset(&plugin->player.line);
  atomic_store(&plugin->active, true);
}

static void run(LV2_Handle instance, uint32_t n_samples)
{
  neume_player_run(&((Plugin*)instance)->player, n_samples);
}

static void deactivate(LV2_Handle instance)
{
  // A note that sounds is ended by the next run(): here nothing can be sent
  Plugin* const plugin = (Plugin*)instance;
  atomic_store(&plugin->active, false);
  neume_player_restart(&plugin->player);
  neume_loader_reclaim(&plugin->player.loader);
}

static void cleanup(LV2_Handle instance)
{
  Plugin* const plugin = (Plugin*)instance;
  neume_loader_clear(&plugin->player.loader);
  neume_display_clear(&plugin->player.display);
  neume_delay_line_clear(&plugin->player.line);
  free(plugin);
}

static LV2_Worker_Status work(LV2_Handle                  instance,
                              LV2_Worker_Respond_Function respond,
                              LV2_Worker_Respond_Handle   handle,
                              uint32_t                    size,
                              const void*                 data)
{
  (void)size;
  (void)data;
  return neume_loader_work(
    &((Plugin*)instance)->player.loader, respond, handle);
}

static LV2_Worker_Status work_response(LV2_Handle  instance,
                                       uint32_t    size,
                                       const void* body)
{
  (void)size;
  (void)body;
  neume_loader_update(&((Plugin*)instance)->player.loader);
  return LV2_WORKER_SUCCESS;
}

static LV2_State_Status save(LV2_Handle                instance,
                             LV2_State_Store_Function  store,
                             LV2_State_Handle          handle,
                             uint32_t                  flags,
                             const LV2_Feature* const* features)
{
  (void)flags;
  Plugin* const plugin = (Plugin*)instance;
  return neume_state_save(&plugin->player.loader,
                          &plugin->player.learn,
                          &plugin->player.uris,
                          store,
                          handle,
                          features);
}

static LV2_State_Status restore(LV2_Handle                  instance,
                                LV2_State_Retrieve_Function retrieve,
                                LV2_State_Handle            handle,
                                uint32_t                    flags,
                                const LV2_Feature* const*   features)
{
  (void)flags;
  Plugin* const plugin = (Plugin*)instance;
  return neume_state_restore(&plugin->player.loader,
                             &plugin->player.learn,
                             &plugin->player.uris,
                             atomic_load(&plugin->active),
                             retrieve,
                             handle,
                             features);
}

static LV2_Inline_Display_Image_Surface* render(LV2_Handle instance,
                                                uint32_t   width,
                                                uint32_t   max_height)
{
  return neume_display_render(
    &((Plugin*)instance)->player.display, width, max_height);
}

static const void* extension_data(const char* uri)
{
  static const LV2_State_Interface  state  = { save, restore };
  static const LV2_Worker_Interface worker = { work, work_response, NULL };
  static const LV2_Inline_Display_Interface display = { render };

  if (!strcmp(uri, LV2_STATE__interface)) {
    return &state;
  }
  if (!strcmp(uri, LV2_WORKER__interface)) {
    return &worker;
  }
  return !strcmp(uri, LV2_INLINEDISPLAY__interface) ? &display : NULL;
}

LV2_SYMBOL_EXPORT const LV2_Descriptor* lv2_descriptor(uint32_t index)
{
  static const LV2_Descriptor descriptor = { NEUME_URI,    instantiate,
                                             connect_port, activate,
                                             run,          deactivate,
                                             cleanup,      extension_data };
  return index ? NULL : &descriptor;
}
