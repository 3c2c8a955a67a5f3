// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#ifndef NEUME_AUDIO_H
#define NEUME_AUDIO_H

#include <stdbool.h>
#include <stdint.h>

/** An audio file of any format that libsndfile knows, read as one channel.

    Channels are averaged; what is not finite counts as silence.
    Each reader belongs to one thread at a time.
*/
typedef struct Audio Audio;

/** Open a file for reading.

    Returns NULL and writes one line to `message` (COMMAND_MESSAGE_MAX bytes)
    if it is no audio file, or its rate lies outside NEUME_RATE_MIN to
    NEUME_RATE_MAX.
*/
Audio* audio_open(const char* path, char* message);

/** Close `audio`, which may be NULL. */
void audio_close(Audio* audio);

/** Sample rate, Hz. */
double audio_rate(const Audio* audio);

/** How long the file says it is, in samples; it may be wrong, and is 0 where
    that is not known, as of a stream. */
uint64_t audio_length_hint(const Audio* audio);

#define AUDIO_BLOCK 8192 ///< Most samples that one read returns

/** Read up to AUDIO_BLOCK samples; `*n` is 0 at the end.

    Returns false and writes to `message` if the file is damaged.
*/
bool audio_read(Audio* audio, float* samples, uint32_t* n, char* message);

#endif // NEUME_AUDIO_H
