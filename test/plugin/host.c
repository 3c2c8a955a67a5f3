// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#include "host.h"

#include <lv2/atom/util.h>

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GUARD_BYTE 0xA5U

static void* allocate(size_t size)
{
  void* const data = calloc(1, size);
  if (!data) {
    abort();
  }
  return data;
}

static LV2_URID map_uri(LV2_URID_Map_Handle handle, const char* uri)
{
  Host* const host = (Host*)handle;
  for (uint32_t i = 0; i < host->n_uris; ++i) {
    if (!strcmp(host->uris[i], uri)) {
      return i + 1U;
    }
  }
  char** const uris =
    (char**)realloc(host->uris, (host->n_uris + 1U) * sizeof(char*));
  if (!uris) {
    abort();
  }
  host->uris               = uris;
  host->uris[host->n_uris] = (char*)allocate(strlen(uri) + 1U);
  memcpy(host->uris[host->n_uris], uri, strlen(uri) + 1U);
  return ++host->n_uris;
}

static const char* unmap_uri(LV2_URID_Unmap_Handle handle, LV2_URID urid)
{
  const Host* const host = (const Host*)handle;
  return (urid && urid <= host->n_uris) ? host->uris[urid - 1U] : NULL;
}

static int log_message(LV2_Log_Handle handle,
                       LV2_URID       type,
                       const char*    fmt,
                       va_list        args)
{
  static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; // Any thread may log
  Host* const            host = (Host*)handle;
  (void)type;
  (void)pthread_mutex_lock(&lock);
  ++host->n_logged;
  // NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized): the caller began it
  const int n = vsnprintf(host->logged, sizeof(host->logged), fmt, args);
  (void)pthread_mutex_unlock(&lock);
  return n;
}

static int log_printf(LV2_Log_Handle handle,
                      LV2_URID       type,
                      const char*    fmt,
                      ...)
{
  va_list args;
  va_start(args, fmt);
  const int n = log_message(handle, type, fmt, args);
  va_end(args);
  return n;
}

static void queue_draw(LV2_Inline_Display_Handle handle)
{
  ++((Host*)handle)->n_redraws;
}

static LV2_Worker_Status respond(LV2_Worker_Respond_Handle handle,
                                 uint32_t                  size,
                                 const void*               data)
{
  Host* const host = (Host*)handle;
  if (host->features & HOST_WORKER_INLINE) {
    return host->worker->work_response(
      lilv_instance_get_handle(host->instance), size, data);
  }
  if (host->n_replies == HOST_MESSAGES || size > sizeof(host->replies[0])) {
    return LV2_WORKER_ERR_NO_SPACE;
  }
  memcpy(host->replies[host->n_replies], data, size);
  host->reply_sizes[host->n_replies++] = size;
  return LV2_WORKER_SUCCESS;
}

static LV2_Worker_Status schedule_work(LV2_Worker_Schedule_Handle handle,
                                       uint32_t                   size,
                                       const void*                data)
{
  Host* const host = (Host*)handle;
  if (host->features & HOST_WORKER_INLINE) {
    return host->worker->work(
      lilv_instance_get_handle(host->instance), respond, host, size, data);
  }
  if ((host->features & HOST_WORKER_FULL) || host->n_jobs == HOST_MESSAGES ||
      size > sizeof(host->jobs[0])) {
    return LV2_WORKER_ERR_NO_SPACE;
  }
  memcpy(host->jobs[host->n_jobs], data, size);
  host->job_sizes[host->n_jobs++] = size;
  return LV2_WORKER_SUCCESS;
}

static void connect(Host* host, NeumePortIndex port, void* data)
{
  lilv_instance_connect_port(host->instance, (uint32_t)port, data);
}

static HostBuffer* buffer_of(Host* host, NeumePortIndex port)
{
  return port == NEUME_PORT_MIDI_OUT ? &host->midi : &host->notify;
}

void host_set_capacity(Host* host, NeumePortIndex port, uint32_t capacity)
{
  HostBuffer* const buffer = buffer_of(host, port);
  const uint32_t    size   = capacity == HOST_CAPACITY_NONE ? 0U : capacity;
  free(buffer->bytes);
  buffer->capacity = capacity;
  buffer->bytes =
    (uint8_t*)allocate((size < 4U ? 4U : size) + (size_t)HOST_GUARD);
  connect(
    host, port, capacity == HOST_CAPACITY_NONE ? NULL : (void*)buffer->bytes);
}

typedef LV2_Worker_Status (*ScheduleFunc)(LV2_Worker_Schedule_Handle handle,
                                          uint32_t                   size,
                                          const void*                data);

static Host* create(const char*  bundle,
                    double       rate,
                    unsigned     features,
                    ScheduleFunc schedule)
{
  Host* const host = (Host*)allocate(sizeof(Host));
  host->features   = features;
  host->world      = lilv_world_new();
  if (bundle) {
    LilvNode* const node = lilv_new_file_uri(host->world, NULL, bundle);
    lilv_world_load_bundle(host->world, node);
    lilv_node_free(node);
  } else {
    lilv_world_load_all(host->world);
  }

  LilvNode* const uri = lilv_new_uri(host->world, NEUME_URI);
  host->plugin =
    lilv_plugins_get_by_uri(lilv_world_get_all_plugins(host->world), uri);
  lilv_node_free(uri);
  if (!host->plugin) {
    fprintf(stderr, "%s is not in LV2_PATH\n", NEUME_URI);
    exit(1);
  }

  host->map.handle             = host;
  host->map.map                = map_uri;
  host->unmap.handle           = host;
  host->unmap.unmap            = unmap_uri;
  host->schedule.handle        = host;
  host->schedule.schedule_work = schedule;
  host->log.handle             = host;
  host->log.printf             = log_printf;
  host->log.vprintf            = log_message;
  host->display.handle         = host;
  host->display.queue_draw     = queue_draw;
  neume_uris_init(&host->urid, &host->map);

  const unsigned any_worker =
    HOST_WORKER | HOST_WORKER_INLINE | HOST_WORKER_FULL;
  const LV2_Feature all[] = {
    { LV2_URID__map, &host->map },
    { LV2_WORKER__schedule, &host->schedule },
    { LV2_LOG__log, &host->log },
    { LV2_INLINEDISPLAY__queue_draw, &host->display },
  };
  const unsigned     bits[]  = { HOST_MAP, any_worker, HOST_LOG, HOST_DISPLAY };
  const LV2_Feature* list[5] = { NULL };
  for (uint32_t i = 0, n = 0; i < 4U; ++i) {
    if (features & bits[i]) {
      list[n++] = &all[i];
    }
  }

  host->instance = lilv_plugin_instantiate(host->plugin, rate, list);
  if (!host->instance) {
    fprintf(stderr, "can't instantiate\n");
    exit(1);
  }
  host->worker = (const LV2_Worker_Interface*)lilv_instance_get_extension_data(
    host->instance, LV2_WORKER__interface);
  host->state = (const LV2_State_Interface*)lilv_instance_get_extension_data(
    host->instance, LV2_STATE__interface);

  float defaults[NEUME_N_PORTS];
  lilv_plugin_get_port_ranges_float(host->plugin, NULL, NULL, defaults);
  for (uint32_t i = NEUME_PORT_NOTE; i < NEUME_N_PORTS; ++i) {
    host->controls[i] = defaults[i];
    connect(host, (NeumePortIndex)i, &host->controls[i]);
  }

  host->control                  = (uint8_t*)allocate(HOST_CONTROL_SIZE);
  LV2_Atom_Sequence* const empty = (LV2_Atom_Sequence*)(void*)host->control;
  empty->atom.type               = host->urid.atom_Sequence;
  empty->atom.size               = sizeof(LV2_Atom_Sequence_Body);
  connect(host, NEUME_PORT_CONTROL, host->control);
  host_set_capacity(host, NEUME_PORT_NOTIFY, HOST_CAPACITY);
  host_set_capacity(host, NEUME_PORT_MIDI_OUT, HOST_CAPACITY);
  return host;
}

Host* host_new(double rate, unsigned features)
{
  return create(NULL, rate, features, schedule_work);
}

Host* host_new_bundle(const char* bundle, double rate, unsigned features)
{
  return create(bundle, rate, features, schedule_work);
}

Host* host_new_scheduling(double rate, unsigned features, ScheduleFunc schedule)
{
  return create(NULL, rate, features, schedule);
}

Host* host_started(double rate, unsigned features)
{
  Host* const host = host_new(rate, features);
  host_activate(host);
  return host;
}

void host_free(Host* host)
{
  lilv_instance_free(host->instance);
  lilv_world_free(host->world);
  for (uint32_t i = 0; i < host->n_uris; ++i) {
    free(host->uris[i]);
  }
  free(host->uris);
  free(host->control);
  free(host->notify.bytes);
  free(host->midi.bytes);
  free(host->events);
  free(host);
}

void host_activate(Host* host)
{
  lilv_instance_activate(host->instance);
}

void host_deactivate(Host* host)
{
  lilv_instance_deactivate(host->instance);
}

/** Prepare an output buffer for a block. */
static void offer(HostBuffer* buffer)
{
  if (buffer->capacity != HOST_CAPACITY_NONE) {
    const uint32_t size = buffer->capacity < 4U ? 4U : buffer->capacity;
    memset(buffer->bytes, GUARD_BYTE, size + (size_t)HOST_GUARD);
    memcpy(buffer->bytes, &buffer->capacity, sizeof(uint32_t));
  }
}

/** Check what came back; the sequence, or NULL if there is none. */
static const LV2_Atom_Sequence* take(const Host* host, const HostBuffer* buffer)
{
  if (buffer->capacity == HOST_CAPACITY_NONE) {
    return NULL;
  }

  const bool     fits = buffer->capacity >= sizeof(LV2_Atom_Sequence);
  const uint32_t from =
    (fits && (host->features & HOST_MAP)) ? buffer->capacity : 4U;
  const uint32_t size = buffer->capacity < 4U ? 4U : buffer->capacity;
  for (uint32_t i = from; i < size + HOST_GUARD; ++i) {
    if (buffer->bytes[i] != GUARD_BYTE) {
      fprintf(stderr, "byte %u of %u is changed\n", i, buffer->capacity);
      exit(1);
    }
  }
  if (from == 4U) {
    HOST_REQUIRE(!memcmp(buffer->bytes, &buffer->capacity, sizeof(uint32_t)));
    return NULL;
  }

  const LV2_Atom_Sequence* const seq =
    (const LV2_Atom_Sequence*)(const void*)buffer->bytes;
  HOST_REQUIRE(seq->atom.type == host->urid.atom_Sequence);
  HOST_REQUIRE(seq->atom.size >= sizeof(LV2_Atom_Sequence_Body));
  HOST_REQUIRE(seq->atom.size + sizeof(LV2_Atom) <= buffer->capacity);
  HOST_REQUIRE(seq->body.unit == 0);
  return seq;
}

static void record(Host* host, const LV2_Atom_Event* event)
{
  HostEvent* const events = (HostEvent*)realloc(
    host->events, (host->n_events + 1U) * sizeof(HostEvent));
  if (!events) {
    abort();
  }
  host->events              = events;
  HostEvent* const recorded = &events[host->n_events++];
  recorded->position        = host->position + (uint64_t)event->time.frames;
  memset(recorded->bytes, 0, sizeof(recorded->bytes));
  memcpy(recorded->bytes, event + 1, event->body.size);
}

static void take_midi(Host* host, uint32_t n)
{
  const LV2_Atom_Sequence* const seq = take(host, &host->midi);
  if (!seq) {
    return;
  }
  int64_t last = 0;
  LV2_ATOM_SEQUENCE_FOREACH(seq, event)
  {
    HOST_REQUIRE(event->body.type == host->urid.midi_MidiEvent);
    const uint8_t* const bytes = (const uint8_t*)(event + 1);
    HOST_REQUIRE(event->body.size == ((bytes[0] & 0xF0U) == 0xD0U ? 2U : 3U));
    HOST_REQUIRE(event->time.frames >= last && event->time.frames < (int64_t)n);
    last = event->time.frames;
    record(host, event);
  }
}

/** Keep what the plugin tells of a property: its model, or what it learned. */
static void take_property(Host* host, LV2_URID key, const LV2_Atom* value)
{
  if (key == host->urid.neume_model) {
    HOST_REQUIRE(value->type == host->urid.atom_Path);
    snprintf(host->path, sizeof(host->path), "%s", (const char*)(value + 1));
    ++host->n_told;
    return;
  }

  const LV2_URID learned[HOST_LEARNED] = { host->urid.neume_learned_gate,
                                           host->urid.neume_learned_lowest,
                                           host->urid.neume_learned_highest,
                                           host->urid.neume_learned_level };
  uint32_t       i                     = 0;
  while (i < HOST_LEARNED && learned[i] != key) {
    ++i;
  }
  HOST_REQUIRE(i < HOST_LEARNED && value->type == host->urid.atom_Int);
  host->told_learned[i] = ((const LV2_Atom_Int*)(const void*)value)->body;
  ++host->n_told_learned;
}

static void take_notify(Host* host)
{
  const LV2_Atom_Sequence* const seq = take(host, &host->notify);
  if (!seq) {
    return;
  }
  LV2_ATOM_SEQUENCE_FOREACH(seq, event)
  {
    const LV2_Atom_Object* const object =
      (const LV2_Atom_Object*)(const void*)&event->body;
    HOST_REQUIRE(object->atom.type == host->urid.atom_Object);
    if (object->body.otype == host->urid.state_StateChanged) {
      ++host->n_state_changed;
      continue;
    }
    const LV2_Atom* property = NULL;
    const LV2_Atom* value    = NULL;
    lv2_atom_object_get(object,
                        host->urid.patch_property,
                        &property,
                        host->urid.patch_value,
                        &value,
                        0);
    HOST_REQUIRE(object->body.otype == host->urid.patch_Set);
    HOST_REQUIRE(property && value);
    take_property(
      host, ((const LV2_Atom_URID*)(const void*)property)->body, value);
  }
}

void host_run(Host* host, const float* in, float* out, uint32_t n)
{
  // The plugin only reads what is connected to an input
  void* input = NULL;
  memcpy(&input, &in, sizeof(input));
  connect(host, NEUME_PORT_IN, input);
  connect(host, NEUME_PORT_OUT, out);
  offer(&host->midi);
  offer(&host->notify);
  lilv_instance_run(host->instance, n);
  take_midi(host, n);
  take_notify(host);
  host->position += n;

  LV2_Atom_Sequence* const control = (LV2_Atom_Sequence*)(void*)host->control;
  control->atom.size               = sizeof(LV2_Atom_Sequence_Body);
}

void host_run_random(Host*        host,
                     const float* in,
                     float*       out,
                     uint32_t     n,
                     uint32_t     max,
                     uint64_t*    seed)
{
  for (uint32_t done = 0; done < n;) {
    // As many short blocks as long ones
    uint32_t size = 1U + host_random(seed) % max;
    size >>= host_random(seed) % 12U;
    size = size ? size : 1U;
    size = size < n - done ? size : n - done;
    host_run(host, in + done, out ? out + done : NULL, size);
    done += size;
  }
}

void host_work(Host* host)
{
  const uint32_t n = host->n_jobs;
  for (uint32_t i = 0; i < n; ++i) {
    host->worker->work(lilv_instance_get_handle(host->instance),
                       respond,
                       host,
                       host->job_sizes[i],
                       host->jobs[i]);
  }
  host->n_jobs = 0;
}

void host_respond(Host* host)
{
  const uint32_t n = host->n_replies;
  for (uint32_t i = 0; i < n; ++i) {
    host->worker->work_response(lilv_instance_get_handle(host->instance),
                                host->reply_sizes[i],
                                host->replies[i]);
  }
  host->n_replies = 0;
}

char* host_bundle_path(const Host* host)
{
  return lilv_node_get_path(lilv_plugin_get_bundle_uri(host->plugin), NULL);
}
