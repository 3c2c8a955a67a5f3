// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

// The plugin in a host and the command find the same notes, to the sample

#include "command.h"
#include "files.h"
#include "host.h"
#include "listen.h"
#include "neume.h"
#include "singer.h"

#include "test.h"

#include <sndfile.h>

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static const double seconds = 10.0;

/** Sing a random melody. */
static float* sing(uint64_t seed, double rate, uint32_t n)
{
  const SynthMelody melody = { 52, 74, 110.0, 0.2, 0.5 };
  const SynthVoice  voice  = synth_voice_random(seed, 62.0);
  SynthNote         notes[100];
  float* const      out = (float*)calloc(n, sizeof(float));
  const uint32_t    n_notes =
    synth_melody_random(seed, &melody, seconds - 0.5, notes, 100);
  if (!out || synth_sing(seed, &voice, notes, n_notes, rate, out, NULL, n)) {
    abort();
  }
  return out;
}

static void write_wav(const char*  path,
                      const float* sound,
                      uint32_t     n,
                      int          rate)
{
  SF_INFO info        = { 0 };
  info.channels       = 1;
  info.samplerate     = rate;
  info.format         = SF_FORMAT_WAV | SF_FORMAT_FLOAT;
  SNDFILE* const file = sf_open(path, SFM_WRITE, &info);
  if (!file || sf_write_float(file, sound, n) != n || sf_close(file)) {
    abort();
  }
}

/** What the command finds in a file. */
static Transcript transcribe(const char*        path,
                             const NeumeModel*  model,
                             const NeumeParams* params)
{
  const ListenOptions options = { model,       *params, NEUME_INTERLEAVE,
                                  NEUME_BATCH, false,   true };
  char                message[COMMAND_MESSAGE_MAX] = { 0 };
  Transcript          transcript;
  CHECK_MSG(listen(path, &options, NULL, &transcript, message), "%s", message);
  return transcript;
}

static double delay_of(const NeumeModel*  model,
                       const NeumeParams* params,
                       double             rate)
{
  Neume* neume = NULL;
  if (neume_new(model, rate, NEUME_INTERLEAVE, 1, &neume)) {
    abort();
  }
  neume_set(neume, params);
  const double delay = neume_delay(neume);
  neume_free(neume);
  return delay;
}

static void test_same(const NeumeModel* model,
                      const char*       wav,
                      int               rate,
                      float             lookahead,
                      uint64_t          seed)
{
  const uint32_t n      = (uint32_t)(seconds * rate);
  float* const   sound  = sing(seed, rate, n);
  float* const   rest   = (float*)calloc((size_t)rate * 4U, sizeof(float));
  NeumeParams    params = neume_defaults();
  params.lookahead_ms   = lookahead;
  if (!rest) {
    abort();
  }

  write_wav(wav, sound, n, rate);
  Transcript   transcript = transcribe(wav, model, &params);
  const double delay      = delay_of(model, &params, rate);

  Host* const host                     = host_new(rate, HOST_MAP);
  host->controls[NEUME_PORT_LOOKAHEAD] = lookahead;
  host_activate(host);
  host_run_random(host, sound, NULL, n, 4096, &seed);
  host_run_random(host, rest, NULL, (uint32_t)rate * 4U, 4096, &seed);

  size_t found = 0;
  double worst = 0.0;
  for (uint32_t i = 0; i + 1U < host->n_events; i += 2U) {
    // Beyond the ends of the file the command cuts notes off
    const double on  = (double)host->events[i].position - delay;
    const double off = (double)host->events[i + 1U].position - delay;
    if (off <= 0.0 || on >= n) {
      continue;
    }
    const bool in_list = found < transcript.notes.size;
    CHECK(in_list);
    if (!in_list) {
      break;
    }
    const Note* const note = &transcript.notes.notes[found++];
    CHECK((double)host->events[i].bytes[1] == note->midi);
    CHECK((double)host->events[i].bytes[2] == note->velocity);
    worst = fmax(worst, fabs(fmax(on, 0.0) - note->onset * rate));
    worst = fmax(worst, fabs(fmin(off, n) - note->offset * rate));
  }
  CHECK_MSG(found == transcript.notes.size && found > 2U,
            "%zu %zu",
            found,
            transcript.notes.size);
  CHECK_MSG(worst < 1.0, "%g samples", worst);
  CHECK(host_events_sound(host, false));

  transcript_free(&transcript);
  host_free(host);
  free(rest);
  free(sound);
}

int main(void)
{
  Host* const host   = host_new(48000.0, HOST_MAP);
  char* const bundle = host_bundle_path(host);
  char        path[4200];
  char        wav[300];
  char        message[NEUME_MESSAGE_MAX];
  NeumeModel* model = NULL;
  Files       files;
  snprintf(path, sizeof(path), "%slive.safetensors", bundle);
  files_init(&files, bundle);
  lilv_free(bundle);
  host_free(host);
  if (neume_model_load(path, &model, message)) {
    fprintf(stderr, "%s\n", message);
    return 1;
  }

  snprintf(wav, sizeof(wav), "%s/song.wav", files.folder);
  test_same(model, wav, 48000, 0.0f, 1);
  test_same(model, wav, 44100, 0.0f, 2);
  test_same(model, wav, 16000, 250.0f, 3);
  test_same(model, wav, 22050, 77.0f, 4);

  unlink(wav);
  neume_model_free(model);
  files_clear(&files);
  return test_report();
}
