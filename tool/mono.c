// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#include "audio.h"
#include "command.h"
#include "output.h"

#include <errno.h>
#include <getopt.h>
#include <sndfile.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

static const char help[] =
  "Usage: neume mono FILE --out FILE.wav\n"
  "Mix a recording of any format down to one channel, as hosts that match\n"
  "channels to ports want it: a WAV file of 24 bits at the same sample rate.\n"
  "\n"
  "  --out FILE.wav    Where to write\n"
  "  --help            Show this help\n";

/** Frames of 24 bits that fit into a WAV file, whose sizes are of 32 bits. */
static const uint64_t frames_max = (UINT32_MAX - 1024U) / 3U;

static bool fits(uint64_t frames, char* message)
{
  if (frames > frames_max) {
    command_message(message,
                    "has more samples than the %ju that fit into a WAV file",
                    (uintmax_t)frames_max);
  }
  return frames <= frames_max;
}

static bool copy(Audio* audio, SNDFILE* file, Output* output, char* message)
{
  float* const block = malloc(AUDIO_BLOCK * sizeof(float));
  if (!block) {
    command_message(message, "out of memory");
    return false;
  }
  uint64_t length = 0;
  uint32_t n      = 0;
  bool     ok     = fits(audio_length_hint(audio), message);
  while (ok && (ok = audio_read(audio, block, &n, message)) && n) {
    length += n;
    ok    = fits(length, message);
    errno = 0;
    if (ok && sf_writef_float(file, block, n) != (sf_count_t)n) {
      ok = output_failed(output, message);
    }
  }
  free(block);
  return ok;
}

static bool write_mono(Audio* audio, Output* output, char* message)
{
  SF_INFO info = { .samplerate = (int)audio_rate(audio),
                   .channels   = 1,
                   .format     = SF_FORMAT_WAV | SF_FORMAT_PCM_24 };
  errno        = 0;
  SNDFILE* const file =
    sf_open_fd(fileno(output->stream), SFM_WRITE, &info, SF_FALSE);
  if (!file) {
    return output_failed(output, message);
  }
  sf_command(file, SFC_SET_CLIPPING, NULL, SF_TRUE);
  const bool ok = copy(audio, file, output, message);
  errno         = 0;
  return sf_close(file) && ok ? output_failed(output, message) : ok;
}

int command_mono(int argc, char** argv)
{
  static const struct option options[] = {
    { "out", required_argument, NULL, 'o' },
    { "help", no_argument, NULL, 'h' },
    { NULL, 0, NULL, 0 }
  };

  const char* out = NULL;
  for (int c = 0; (c = getopt_long(argc, argv, ":h", options, NULL)) != -1;) {
    switch (c) {
      case 'o':
        out = optarg;
        break;
      case 'h':
        return command_help(help);
      default:
        return command_bad_option("mono", c, argv);
    }
  }
  if (optind != argc - 1 || !out) {
    return command_usage("mono", "one FILE and --out are needed");
  }
  const char* const dot = strrchr(out, '.');
  if (!dot || strcasecmp(dot, ".wav") != 0) {
    return command_usage("mono", "'%s' does not end in .wav", out);
  }

  char         message[COMMAND_MESSAGE_MAX] = "out of memory";
  Output       output;
  const bool   safe  = output_protect(argv[optind]);
  Audio* const audio = safe ? audio_open(argv[optind], message) : NULL;
  bool         ok    = audio && output_open(&output, out, message);
  if (ok && !write_mono(audio, &output, message)) {
    output_drop(&output);
    ok = false;
  }
  ok = ok && output_close(&output, message) && output_commit(&output, message);
  audio_close(audio);
  if (!ok) {
    command_error("%s: %s", argv[optind], message);
  }
  return ok ? EXIT_OK : EXIT_FAILED;
}
