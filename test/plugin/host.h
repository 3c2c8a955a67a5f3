// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#ifndef NEUME_TEST_HOST_H
#define NEUME_TEST_HOST_H

#include "inline_display.h"
#include "ports.h"
#include "uris.h"

#include <lilv/lilv.h>
#include <lv2/log/log.h>
#include <lv2/state/state.h>
#include <lv2/worker/worker.h>

#include <stdbool.h>
#include <stdint.h>

/** Features that a host may offer. */
typedef enum {
  HOST_MAP           = 1U << 0U, ///< urid:map
  HOST_WORKER        = 1U << 1U, ///< work:schedule; host_work() does the work
  HOST_WORKER_INLINE = 1U << 2U, ///< work:schedule that works at once
  HOST_WORKER_FULL   = 1U << 3U, ///< work:schedule that never has room
  HOST_LOG           = 1U << 4U, ///< log:log
  HOST_DISPLAY       = 1U << 5U  ///< inline display
} HostFeatures;

#define HOST_ALL (HOST_MAP | HOST_WORKER | HOST_LOG | HOST_DISPLAY)

#define HOST_GUARD         64U        ///< Bytes watched beyond an atom buffer
#define HOST_CAPACITY      8192U      ///< Default capacity of an atom buffer
#define HOST_CAPACITY_NONE UINT32_MAX ///< Not connected
#define HOST_CONTROL_SIZE  16384U     ///< Bytes of the input sequence
#define HOST_MESSAGES      64U        ///< Worker messages in flight

/** What no plugin may get wrong, whatever the test is about: else, exit. */
#define HOST_REQUIRE(cond) host_require(cond, #cond, __FILE__, __LINE__)

void host_require(bool        holds,
                  const char* condition,
                  const char* file,
                  int         line);

/** A MIDI event, at its place in the stream. */
typedef struct {
  uint64_t position; ///< Samples since the host began
  uint8_t  bytes[3]; ///< The message; where it has two, the last is 0
} HostEvent;

#define HOST_LEARNED 4U ///< Numbers in a state: gate, lowest, highest, level

/** A number in a state. */
typedef struct {
  LV2_URID type;     ///< 0 = not there
  uint8_t  bytes[8]; ///< The value
  uint32_t size;     ///< Its bytes
} HostNumber;

/** An output atom buffer with guards behind its capacity. */
typedef struct {
  uint8_t* bytes;    ///< Allocated
  uint32_t capacity; ///< What the plugin is told
} HostBuffer;

/** A small host: one instance, every port, and a record of what it sent. */
typedef struct {
  LilvWorld*                  world;
  const LilvPlugin*           plugin;
  LilvInstance*               instance;
  const LV2_Worker_Interface* worker;
  const LV2_State_Interface*  state;
  unsigned                    features;

  char**    uris;   ///< Mapped so far; URID - 1 is the index
  uint32_t  n_uris; ///< How many
  NeumeUris urid;   ///< The ones that tests need

  float      controls[NEUME_N_PORTS]; ///< Values of control ports
  uint8_t*   control;                 ///< Input sequence
  HostBuffer notify;                  ///< Output sequence
  HostBuffer midi;                    ///< Output sequence

  HostEvent* events;   ///< All MIDI events so far
  uint32_t   n_events; ///< How many
  uint64_t   position; ///< Samples run so far

  char     path[4096];      ///< Last model path that the plugin told
  uint32_t n_told;          ///< How often it told one
  uint32_t n_state_changed; ///< state:StateChanged messages
  uint32_t n_logged;        ///< Error messages
  char     logged[512];     ///< The last one
  uint32_t n_redraws;       ///< Calls of queue_draw

  HostNumber learned[HOST_LEARNED]; ///< Last saved; what is to be restored
  size_t     withheld;              ///< Bytes at the end of a restored path
  int        told_learned[HOST_LEARNED]; ///< Last told of it
  uint32_t   n_told_learned;             ///< How often it was told

  uint8_t  jobs[HOST_MESSAGES][16];    ///< Scheduled, oldest first
  uint32_t job_sizes[HOST_MESSAGES];   ///< Their sizes
  uint32_t n_jobs;                     ///< How many
  uint8_t  replies[HOST_MESSAGES][16]; ///< Responses, oldest first
  uint32_t reply_sizes[HOST_MESSAGES]; ///< Their sizes
  uint32_t n_replies;                  ///< How many

  LV2_URID_Map        map;      ///< Feature data
  LV2_URID_Unmap      unmap;    ///< For lilv's state functions
  LV2_Worker_Schedule schedule; ///< Feature data
  LV2_Log_Log         log;      ///< Feature data
  LV2_Inline_Display  display;  ///< Feature data
} Host;

/** Load the plugin found in LV2_PATH; exits on failure.

    Control ports have their default values, atom ports HOST_CAPACITY bytes.
*/
Host* host_new(double rate, unsigned features);

/** As host_new(), activated. */
Host* host_started(double rate, unsigned features);

/** As host_new(), with the host's own schedule_work() in place of a queue. */
Host* host_new_scheduling(
  double   rate,
  unsigned features,
  LV2_Worker_Status (*schedule)(LV2_Worker_Schedule_Handle handle,
                                uint32_t                   size,
                                const void*                data));

/** As host_new(), of the bundle in the folder `bundle`. */
Host* host_new_bundle(const char* bundle, double rate, unsigned features);

/** Clean up, whatever is in flight. */
void host_free(Host* host);

/** Make an atom output hold `capacity` bytes or be HOST_CAPACITY_NONE. */
void host_set_capacity(Host* host, NeumePortIndex port, uint32_t capacity);

void host_activate(Host* host);
void host_deactivate(Host* host);

/** Run a block.  Checks guards and the shape of the output sequences. */
void host_run(Host* host, const float* in, float* out, uint32_t n);

/** Run `n` samples in blocks drawn from `*seed`, 1..`max` frames. */
void host_run_random(Host*        host,
                     const float* in,
                     float*       out,
                     uint32_t     n,
                     uint32_t     max,
                     uint64_t*    seed);

/** Put a patch:Set or patch:Get of the model into the next block. */
void host_patch_set(Host* host, const char* path);
void host_patch_get(Host* host);

/** A patch:Get of any property, or of all (0). */
void host_patch_get_of(Host* host, LV2_URID property);

/** Put a time:Position with the transport's speed into the next block. */
void host_transport(Host* host, float speed);

/** Do all jobs that are scheduled now. */
void host_work(Host* host);

/** Deliver all responses that are there now. */
void host_respond(Host* host);

/** Save through the plugin's interface; the stored path, "" if none, and the
    numbers in `learned`. */
LV2_State_Status host_save(Host* host, char* path);

/** Restore `path`, NULL for none, of type `type`, with or without a worker, and
    the numbers in `learned`. */
LV2_State_Status host_restore(Host*       host,
                              const char* path,
                              LV2_URID    type,
                              bool        with_worker);

/** The value of a number in `learned`, or `fallback` if it is not there. */
int host_learned(const Host* host, uint32_t index, int fallback);

/** Put a number, an atom:Int, into `learned`. */
void host_set_learned(Host* host, uint32_t index, int value);

/** The bundle's folder, ending in '/'. */
char* host_bundle_path(const Host* host);

/** True if every on has its off, none overlap, none is left sounding (unless
    `open`), and no bend or level moves where nothing sounds. */
bool host_events_sound(const Host* host, bool open);

/** True if nothing sounds and every bend and level was taken back. */
bool host_events_rest(const Host* host);

/** True if both hosts saw the same events at the same positions. */
bool host_events_equal(const Host* a, const Host* b);

/** True if `size` bytes are the same: what counts of audio passed through. */
bool host_same_bits(const void* a, const void* b, size_t size);

/** A number that looks random; the same for the same seed everywhere. */
uint32_t host_random(uint64_t* seed);

/** A phrase that the synthetic singer sings, `n` samples at `rate`. */
void host_phrase(float* out, uint32_t n, double rate);

/** `n` samples of silence, to be freed. */
float* host_samples(uint32_t n);

/** As host_phrase(), `n` samples to be freed. */
float* host_sung(uint32_t n, double rate);

#endif // NEUME_TEST_HOST_H
