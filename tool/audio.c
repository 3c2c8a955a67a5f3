// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#include "audio.h"

#include "command.h"
#include "constants.h"

#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <sndfile.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/** What libsndfile says of a failed sf_open() is global to the process. */
static pthread_mutex_t open_lock = PTHREAD_MUTEX_INITIALIZER;

struct Audio {
  SNDFILE* file;     ///< Owned
  SF_INFO  info;     ///< Rate, channels, frames
  float*   frames;   ///< Interleaved block, AUDIO_BLOCK frames
  uint64_t position; ///< Frames read so far
};

static bool open_file(Audio* audio, const char* path, char* message)
{
  pthread_mutex_lock(&open_lock);
  errno           = 0;
  audio->file     = sf_open(path, SFM_READ, &audio->info);
  const int error = errno;
  if (!audio->file) {
    if (sf_error(NULL) == SF_ERR_SYSTEM && error) {
      command_message(message, "%s", strerror(error));
    } else {
      command_message(
        message, "is not a known audio file: %s", sf_strerror(NULL));
    }
  }
  pthread_mutex_unlock(&open_lock);
  return audio->file != NULL;
}

Audio* audio_open(const char* path, char* message)
{
  // libsndfile says "System error" or worse of these
  struct stat st;
  if (stat(path, &st)) {
    command_message(message, "%s", strerror(errno));
    return NULL;
  }
  if (S_ISDIR(st.st_mode)) {
    command_message(message, "is a folder, not an audio file");
    return NULL;
  }
  if (S_ISREG(st.st_mode) && !st.st_size) {
    command_message(message, "is not an audio file: it has no bytes");
    return NULL;
  }

  Audio* const audio = calloc(1, sizeof(Audio));
  if (!audio) {
    command_message(message, "out of memory");
    return NULL;
  }
  if (!open_file(audio, path, message)) {
    free(audio);
    return NULL;
  }
  const double rate = audio->info.samplerate;
  if (rate < NEUME_RATE_MIN || rate > NEUME_RATE_MAX) {
    command_message(message,
                    "sample rate %.0f Hz is outside %.0f to %.0f Hz",
                    rate,
                    NEUME_RATE_MIN,
                    NEUME_RATE_MAX);
    audio_close(audio);
    return NULL;
  }
  audio->frames =
    malloc((size_t)audio->info.channels * AUDIO_BLOCK * sizeof(float));
  if (!audio->frames) {
    command_message(message, "out of memory");
    audio_close(audio);
    return NULL;
  }
  return audio;
}

void audio_close(Audio* audio)
{
  if (audio) {
    sf_close(audio->file);
    free(audio->frames);
    free(audio);
  }
}

double audio_rate(const Audio* audio)
{
  return audio->info.samplerate;
}

uint64_t audio_length_hint(const Audio* audio)
{
  // A stream's header was written before anybody knew
  const sf_count_t frames = audio->info.seekable ? audio->info.frames : 0;
  return (frames > 0 && frames < SF_COUNT_MAX) ? (uint64_t)frames : 0U;
}

bool audio_read(Audio* audio, float* samples, uint32_t* n, char* message)
{
  const sf_count_t got =
    sf_readf_float(audio->file, audio->frames, AUDIO_BLOCK);
  *n = 0;
  if (got < AUDIO_BLOCK && sf_error(audio->file)) {
    command_message(message,
                    "is damaged after %.3f s: %s",
                    (double)(audio->position + (uint64_t)(got > 0 ? got : 0)) /
                      audio->info.samplerate,
                    sf_strerror(audio->file));
    return false;
  }
  if (got <= 0) {
    return true;
  }

  const uint32_t channels = (uint32_t)audio->info.channels;
  const float    gain     = 1.0f / (float)channels;
  for (uint32_t i = 0; i < (uint32_t)got; ++i) {
    const float* const frame = audio->frames + (size_t)i * channels;
    float              sum   = 0.0f;
    for (uint32_t c = 0; c < channels; ++c) {
      sum += isfinite(frame[c]) ? gain * frame[c] : 0.0f;
    }
    samples[i] = sum;
  }
  audio->position += (uint64_t)got;
  *n = (uint32_t)got;
  return true;
}
