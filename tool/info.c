// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#include "command.h"
#include "constants.h"
#include "neume.h"
#include "text.h"
#include "weights.h"

#include <getopt.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char help[] =
  "Usage: neume info [FILE] [--provenance]\n"
  "Say what a weights file holds; without FILE, the one that 'neume "
  "transcribe'\n"
  "would use.\n"
  "\n"
  "  --provenance    Print only how it was made, all of it, as JSON\n"
  "  --help          Show this help\n";

/** Bytes of a value of the provenance that are shown in one line. */
enum { SHOWN_MAX = 160 };

/** Rate for which delays are shown, Hz. */
static const double shown_rate = 48000.0;

static uint64_t layer_parameters(const NeumeLayer* l)
{
  switch (l->type) {
    case NEUME_LAYER_CONV:
      return (uint64_t)l->out_channels *
             ((uint64_t)l->in_channels * l->kernel_freq * l->kernel_time + 1U);
    case NEUME_LAYER_DENSE:
      return (uint64_t)l->out_channels *
             ((uint64_t)l->in_channels * l->in_rows + 1U);
    default:
      return 0;
  }
}

/** Multiply-adds for one column. */
static uint64_t layer_macs(const NeumeLayer* l)
{
  const uint64_t rows       = (l->type == NEUME_LAYER_CONV) ? l->out_rows : 1U;
  const uint64_t parameters = layer_parameters(l);
  return parameters ? rows * (parameters - l->out_channels) : 0U;
}

static void print_layer(uint32_t index, const NeumeLayer* l)
{
  static const char* const types[] = {
    "conv", "max pool", "mean pool", "dense"
  };
  static const char* const activations[] = { "linear", "ReLU", "leaky ReLU" };

  char shape[32];
  char kernel[32] = "";
  char time[32]   = "";
  snprintf(shape, sizeof(shape), "%ux%u", l->out_rows, l->out_channels);
  if (l->type == NEUME_LAYER_CONV) {
    snprintf(kernel, sizeof(kernel), "%ux%u", l->kernel_freq, l->kernel_time);
    snprintf(time, sizeof(time), "-%u..+%u", l->left, l->right);
  } else if (l->type != NEUME_LAYER_DENSE) {
    snprintf(kernel, sizeof(kernel), "%ux1", l->size);
  }
  const bool has_weights =
    l->type == NEUME_LAYER_CONV || l->type == NEUME_LAYER_DENSE;
  printf("%5u  %-9s  %-6s  %-8s  %-10s  %10" PRIu64 "  %10" PRIu64 "  %s\n",
         index + 1,
         types[l->type],
         kernel,
         time,
         shape,
         layer_parameters(l),
         layer_macs(l),
         has_weights ? activations[l->activation] : "");
}

static void print_layers(const NeumeModel* model)
{
  uint64_t parameters = 0;
  printf("\nlayer  type       kernel  frames    output      parameters"
         "        MACs  activation\n");
  for (uint32_t i = 0; i < model->n_layers; ++i) {
    print_layer(i, &model->layers[i]);
    parameters += layer_parameters(&model->layers[i]);
  }
  printf("%5s  %-9s  %-6s  %-8s  %-10s  %10" PRIu64 "  %10" PRIu64 "\n",
         "all",
         "",
         "",
         "",
         "",
         parameters,
         model->macs);
}

static void print_front_end(const NeumeFrontEnd* fe)
{
  printf("front end   %u Hz; window %u (%.0f ms), highest at %u, FFT %u\n",
         NEUME_RATE,
         fe->window,
         1000.0 * fe->window / NEUME_RATE,
         fe->rise,
         fe->fft);
  printf("            %u mel bands from %.0f to %.0f Hz (break %.0f Hz)\n",
         fe->bands,
         (double)fe->low_hz,
         (double)fe->high_hz,
         (double)fe->break_hz);
  printf(
    "            feature = %g ln(1 + power / %g), label %.1f ms before the "
    "window's end\n",
    (double)fe->scale,
    (double)fe->floor,
    1000.0 * fe->label_delay / NEUME_RATE);
  printf("            stack of %u, %g ms between frames\n",
         fe->stack,
         1000.0 * NEUME_STEP / fe->stack / NEUME_RATE);
}

static void print_doubt(const NeumeModel* model)
{
  printf("doubt       %g ms", (double)model->doubt_ms[0]);
  if (model->right) {
    printf(", with look-ahead %g ms", (double)model->doubt_ms[1]);
  }
  if (model->tells_onsets) {
    printf(", of onsets %g ms", (double)model->onset_ms);
  }
  puts("");
}

/** Milliseconds between a sound and what is decided of it. */
static void print_delay(const NeumeModel* model)
{
  Neume* neume = NULL;
  if (neume_new(model, shown_rate, NEUME_INTERLEAVE, 1, &neume)) {
    return;
  }
  NeumeParams params  = neume_defaults();
  params.lookahead_ms = 0.0f;
  neume_set(neume, &params);
  printf("delay       %.1f ms without look-ahead (at %.0f Hz)\n",
         1000.0 * neume_delay(neume) / shown_rate,
         shown_rate);
  neume_free(neume);
}

/** A line of the provenance, cut where it is long. */
static void print_value(const char* name, const json_t* value)
{
  char* const dumped = json_dumps(value, JSON_ENCODE_ANY | JSON_PRESERVE_ORDER);
  const bool  text   = json_is_string(value);
  const char* const whole = text ? json_string_value(value) : dumped;
  const size_t      size  = whole ? strlen(whole) : 0U;
  char              key[SHOWN_MAX + 1];
  char              shown[SHOWN_MAX + 1];
  snprintf(key, sizeof(key), "%s", name);
  snprintf(shown, sizeof(shown), "%s", whole ? whole : "");
  neume_text_clean(key);
  neume_text_clean(shown);
  printf("  %s: %s", key, shown);
  if (size > SHOWN_MAX) {
    printf("... (%zu bytes, see --provenance)", size);
  }
  puts("");
  free(dumped);
}

static void print_provenance(const char* text)
{
  json_t* const json  = json_loads(text ? text : "", 0, NULL);
  const char*   key   = NULL;
  json_t*       value = NULL;
  puts("\nprovenance");
  json_object_foreach(json, key, value)
  {
    print_value(key, value);
  }
  json_decref(json);
}

/** The same as JSON, nothing left out; what the terminal would obey is escaped.
 */
static void print_json(const char* text)
{
  json_t* const json = json_loads(text ? text : "{}", 0, NULL);
  char* const   shown =
    json_dumps(json, JSON_INDENT(2) | JSON_PRESERVE_ORDER | JSON_ENSURE_ASCII);
  puts(shown ? shown : "{}");
  free(shown);
  json_decref(json);
}

static int print_info(const char* path, bool only_provenance)
{
  const NeumeModel* const model = weights_load(path, 0.0);
  if (!model) {
    return EXIT_FAILED;
  }
  if (only_provenance) {
    print_json(model->provenance);
    neume_model_release(model);
    return command_flush();
  }

  const double step = (double)NEUME_STEP / NEUME_RATE;
  printf("name        %s\n", model->name);
  printf("version     %s\n", model->version);
  printf("precision   %s\n", model->half ? "half" : "single");
  printf("classes     %u: no voice, and MIDI %u..%u\n",
         NEUME_CLASSES,
         NEUME_MIDI_MIN,
         NEUME_MIDI_MAX);
  printf("onsets      %s\n", model->tells_onsets ? "told" : "not told");
  print_front_end(&model->front_end);
  printf("hears       %u frames back (%.3f s), %u frames ahead (%.3f s)\n",
         model->left,
         model->left * step,
         model->right,
         model->right * step);
  print_doubt(model);
  print_delay(model);
  print_layers(model);
  print_provenance(model->provenance);
  neume_model_release(model);
  return command_flush();
}

int command_info(int argc, char** argv)
{
  static const struct option options[] = {
    { "help", no_argument, NULL, 'h' },
    { "provenance", no_argument, NULL, 'p' },
    { NULL, 0, NULL, 0 }
  };

  bool provenance = false;
  for (int c = 0; (c = getopt_long(argc, argv, ":h", options, NULL)) != -1;) {
    if (c == 'h') {
      return command_help(help);
    }
    if (c == 'p') {
      provenance = true;
      continue;
    }
    return command_bad_option("info", c, argv);
  }
  if (optind < argc - 1) {
    return command_usage("info", "more than one FILE is given");
  }
  return print_info(optind < argc ? argv[optind] : NULL, provenance);
}
