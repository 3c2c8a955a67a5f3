// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#include "audio.h"
#include "command.h"
#include "constants.h"
#include "logmel.h"
#include "npy.h"
#include "output.h"
#include "resampler.h"
#include "weights.h"

#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char help[] =
  "Usage: neume features FILE --out FILE.npy [OPTION]...\n"
  "Write the log-mel frames of a recording: a NumPy array [frames, bands] of\n"
  "float32, made by the code that the plugin runs.\n"
  "\n"
  "  --out FILE.npy    Where to write\n"
  "  --model FILE      Weights file whose front end to use\n"
  "  --interleave P    Frames every 125 / P ms; P is 1, 2, 4 or 8 (default)\n"
  "  --help            Show this help\n"
  "\n"
  "The window of frame k ends (k + 1) * 512 / P samples of 4096 Hz after the\n"
  "start, less the resampler's delay of a few milliseconds.  A network that\n"
  "stacks S frames in a column reads those 512 / S samples apart, which are "
  "all\n"
  "here if P is S or more.\n";

/** Audio on its way to frames: the front half of the chain in neume.h. */
typedef struct {
  const NeumeFrontEnd* fe;        ///< What frames are
  NeumeResampler*      resampler; ///< To NEUME_RATE, owned
  NeumeLogmel*         logmel;    ///< Owned
  float*               history;   ///< Last `window` samples, twice over; owned
  float*               frame;     ///< One row, owned
  uint32_t             head;      ///< Where the next sample goes
  uint32_t             step;      ///< Samples between frames
  uint32_t             until;     ///< Samples until the next frame
  uint64_t             rows;      ///< Frames so far
} Extractor;

static void extractor_free(Extractor* x)
{
  neume_resampler_free(x->resampler);
  neume_logmel_free(x->logmel);
  free(x->history);
  free(x->frame);
}

static NeumeStatus extractor_init(Extractor*           x,
                                  const NeumeFrontEnd* fe,
                                  double               rate,
                                  uint32_t             interleave)
{
  *x             = (Extractor){ .fe = fe };
  x->step        = NEUME_STEP / interleave;
  x->until       = x->step;
  x->history     = calloc(2 * (size_t)fe->window, sizeof(float));
  x->frame       = calloc(fe->bands, sizeof(float));
  NeumeStatus st = (x->history && x->frame) ? NEUME_SUCCESS : NEUME_ERR_MEMORY;
  st             = st ? st : neume_resampler_new(rate, &x->resampler);
  st             = st ? st : neume_logmel_new(fe, &x->logmel);
  if (st) {
    extractor_free(x);
  }
  return st;
}

static void extractor_push(Extractor* x, float sample, FILE* stream)
{
  x->history[x->head]                 = sample;
  x->history[x->head + x->fe->window] = sample;
  x->head = (x->head + 1U < x->fe->window) ? x->head + 1U : 0U;
  if (!--x->until) {
    x->until = x->step;
    neume_logmel_frame(x->logmel, x->history + x->head, x->frame);
    npy_write_values(stream, x->frame, x->fe->bands);
    ++x->rows;
  }
}

static bool extract(Extractor* x, Audio* audio, Output* output, char* message)
{
  float* const block = malloc(AUDIO_BLOCK * sizeof(float));
  if (!block) {
    command_message(message, "out of memory");
    return false;
  }
  FILE* const stream = output->stream;
  uint32_t    n      = 0;
  bool        ok     = true;
  npy_write_header(stream, 0, x->fe->bands);
  while (ok && (ok = audio_read(audio, block, &n, message)) && n) {
    for (uint32_t i = 0; i < n; ++i) {
      // As neume_write() does
      block[i] =
        isfinite(block[i]) ? fminf(fmaxf(block[i], -8.0f), 8.0f) : 0.0f;
    }
    for (uint32_t done = 0; done < n;) {
      const uint32_t need = neume_resampler_need(x->resampler);
      const uint32_t size = (n - done < need) ? n - done : need;
      float          out  = 0.0f;
      if (neume_resampler_push(x->resampler, block + done, size, &out)) {
        extractor_push(x, out, stream);
      }
      done += size;
    }
  }
  free(block);
  errno = 0;
  if (ok && fseek(stream, 0, SEEK_SET)) { // Which writes what it waited with
    ok = output_failed(output, message);
  }
  if (ok) {
    npy_write_header(stream, x->rows, x->fe->bands);
  }
  return ok;
}

static bool write_features(const char*          in,
                           const char*          out,
                           const NeumeFrontEnd* fe,
                           uint32_t             interleave,
                           char*                message)
{
  if (!output_protect(in)) {
    command_message(message, "out of memory");
    return false;
  }
  Audio* const audio = audio_open(in, message);
  if (!audio) {
    return false;
  }
  Extractor         x;
  Output            output;
  const NeumeStatus st = extractor_init(&x, fe, audio_rate(audio), interleave);
  bool              ok = !st;
  if (!ok) {
    command_message(message, "%s", neume_strerror(st));
  } else {
    ok = output_open(&output, out, message);
    if (ok && !extract(&x, audio, &output, message)) {
      output_drop(&output);
      ok = false;
    }
    ok =
      ok && output_close(&output, message) && output_commit(&output, message);
    extractor_free(&x);
  }
  audio_close(audio);
  return ok;
}

int command_features(int argc, char** argv)
{
  static const struct option options[] = {
    { "out", required_argument, NULL, 'o' },
    { "model", required_argument, NULL, 'm' },
    { "interleave", required_argument, NULL, 'p' },
    { "help", no_argument, NULL, 'h' },
    { NULL, 0, NULL, 0 }
  };

  const char* model_path = NULL;
  const char* out        = NULL;
  uint32_t    interleave = NEUME_INTERLEAVE;
  for (int c = 0; (c = getopt_long(argc, argv, ":h", options, NULL)) != -1;) {
    switch (c) {
      case 'o':
        out = optarg;
        break;
      case 'm':
        model_path = optarg;
        break;
      case 'p':
        if (!command_interleave("features", optarg, &interleave)) {
          return EXIT_USAGE;
        }
        break;
      case 'h':
        return command_help(help);
      default:
        return command_bad_option("features", c, argv);
    }
  }
  if (optind != argc - 1 || !out) {
    return command_usage("features", "one FILE and --out are needed");
  }

  const NeumeModel* const model = weights_load(model_path, 0.0);
  if (!model) {
    return EXIT_FAILED;
  }
  char       message[COMMAND_MESSAGE_MAX] = "";
  const bool ok =
    write_features(argv[optind], out, &model->front_end, interleave, message);
  if (!ok) {
    command_error("%s: %s", argv[optind], message);
  }
  neume_model_release(model);
  return ok ? EXIT_OK : EXIT_FAILED;
}
