// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#include "model.h"

#include "model_builder.h"
#include "model_refuse.h"
#include "test.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/** One way to break a file: an edit of a metadata key's text, or of the header
    where `key` is NULL. */
typedef struct {
  const char* key;     ///< Key of the metadata, or NULL
  const char* from;    ///< What is replaced, or NULL for all of it
  const char* to;      ///< With what, or NULL to remove the key
  NeumeStatus status;  ///< Expected
  const char* message; ///< Part of the expected message
} Breakage;

#define FORMAT NEUME_ERR_FORMAT
#define RANGE  NEUME_ERR_RANGE

// clang-format off
static const Breakage breakages[] = {
  // The JSON itself
  {NULL, "{\"__meta", " \"__meta", FORMAT, "header: must begin with '{' at byte 8"},
  {NULL, "{\"__metadata__\":", "{\"__metadata__\"", FORMAT, "header: not JSON: ':' expected"},
  {NULL, "tiny", "\xFF\xFE", FORMAT, "unable to decode byte 0xff"},
  {NULL, "tiny", "\xC3", FORMAT, "header: not JSON: unable to decode byte 0xc3"},
  {NULL, "tiny", "a\tb", FORMAT, "header: control character 0x09 at byte "},
  {NULL, "tiny", "a\\u0000b", FORMAT, "\\u0000"},
  {NULL, "tiny", "a\\u009bb", FORMAT, "__metadata__.name: control character"},
  {NULL, "\"name\"", "\"format\"", FORMAT, "duplicate object key"},
  {NULL, "\"conv1.bias\"", "\"conv1.weight\"", FORMAT, "duplicate object key"},
  {NULL, "\"tiny\"", "[[[[[[[[[[[[[[[[[[[[[[", FORMAT, "header: nested deeper than 16 at byte "},
  {NULL, "\"tiny\"", "\"tiny", FORMAT, "header: not JSON"},
  {NULL, "},\"conv1.w", "}}{,\"conv1.w", FORMAT, "end of file expected"},
  // Metadata
  {NULL, "__metadata__", "metadata", FORMAT, "__metadata__: missing"},
  {NULL, "\"name\":\"tiny\"", "\"name\":7", FORMAT, "__metadata__.name: must be a string"},
  {NULL, "\"name\":\"tiny\"", "\"name\":null", FORMAT, "__metadata__.name: must be a string"},
  {NULL, "\"name\":\"tiny\"", "\"name\":\"tiny\",\"other\":{}", FORMAT, "__metadata__.other: must be a string"},
  {NULL, "\"__metadata__\":{", "\"__metadata__\":\"\",\"x\":{", FORMAT, "__metadata__: must be a JSON object"},
  {"format", NULL, NULL, FORMAT, "__metadata__.format: missing"},
  {"format", "neume-1", "neume-2", FORMAT, "__metadata__.format: is 'neume-2', must be 'neume-1'"},
  {"name", NULL, NULL, FORMAT, "__metadata__.name: missing"},
  {"name", NULL, "", RANGE, "__metadata__.name: is 0 bytes long, must be 1 to 63"},
  {"name", NULL, "0123456789012345678901234567890123456789012345678901234567890123", RANGE, "is 64 bytes long"},
  {"name", NULL, "a\nb", FORMAT, "__metadata__.name: control character at byte 1"},
  {"name", NULL, "a\x7F", FORMAT, "__metadata__.name: control character at byte 1"},
  {"version", NULL, NULL, FORMAT, "__metadata__.version: missing"},
  {"version", NULL, "01234567890123456789012345678901", RANGE, "__metadata__.version: is 32 bytes long, must be 1 to 31"},
  {"provenance", NULL, NULL, FORMAT, "__metadata__.provenance: missing"},
  {"provenance", NULL, "by hand", FORMAT, "provenance: not JSON"},
  {"provenance", NULL, "[1]", FORMAT, "provenance: must be a JSON object"},
  {"provenance", "seed", "sead", FORMAT, "provenance.seed: missing"},
  // Front end
  {"front_end", NULL, NULL, FORMAT, "__metadata__.front_end: missing"},
  {"front_end", NULL, "", FORMAT, "front_end: not JSON"},
  {"front_end", NULL, "[]", FORMAT, "front_end: must be a JSON object"},
  {"front_end", "{", "{\"colour\": 1, ", FORMAT, "front_end.colour: unknown field"},
  {"front_end", "{", "{\"rate\": 4096, ", FORMAT, "front_end: not JSON: duplicate object key"},
  {"front_end", "\"window\": 512, ", "", FORMAT, "front_end.window: missing"},
  {"front_end", "4096", "8192", RANGE, "front_end.rate: is 8192, must be 4096"},
  {"front_end", "4096", "4096.0", FORMAT, "front_end.rate: must be an integer"},
  {"front_end", "\"step\": 512", "\"step\": 256", RANGE, "front_end.step: is 256, must be 512"},
  {"front_end", "\"window\": 512", "\"window\": 63", RANGE, "front_end.window"},
  {"front_end", "\"window\": 512", "\"window\": 4097", RANGE, "front_end.window: is 4097"},
  {"front_end", "\"window\": 512", "\"window\": -512", RANGE, "front_end.window: is -512"},
  {"front_end", "\"window\": 512", "\"window\": 1e2", FORMAT, "front_end.window: must be an integer"},
  {"front_end", "\"window\": 512", "\"window\": 9223372036854775808", FORMAT, "front_end: not JSON: too big integer"},
  {"front_end", "\"fft\": 512", "\"fft\": 513", RANGE, "front_end.fft: must be a power of two from window to 8192"},
  {"front_end", "\"fft\": 512", "\"fft\": 256", RANGE, "front_end.fft: must be a power of two from window to 8192"},
  {"front_end", "\"fft\": 512", "\"fft\": 16384", RANGE, "front_end.fft: is 16384"},
  {"front_end", "\"bands\": 24", "\"bands\": 7", RANGE, "front_end.bands: must be 8 to 512"},
  {"front_end", "\"bands\": 24", "\"bands\": 513", RANGE, "front_end.bands: is 513"},
  {"front_end", "\"low_hz\": 60, ", "", FORMAT, "front_end.low_hz: missing"},
  {"front_end", "\"low_hz\": 60", "\"low_hz\": -1", RANGE, "front_end.low_hz: must be at least 0 and below high_hz"},
  {"front_end", "\"low_hz\": 60", "\"low_hz\": 2000", RANGE, "front_end.low_hz: must be at least 0 and below high_hz"},
  {"front_end", "\"low_hz\": 60", "\"low_hz\": \"60\"", FORMAT, "front_end.low_hz: must be a number"},
  {"front_end", "\"low_hz\": 60", "\"low_hz\": NaN", FORMAT, "front_end: not JSON: invalid token"},
  {"front_end", "\"high_hz\": 2000", "\"high_hz\": 2049", RANGE, "front_end.high_hz: must be at most half of the rate"},
  {"front_end", "\"high_hz\": 2000", "\"high_hz\": 1e60", RANGE, "front_end.high_hz: 1e+60 is too large"},
  {"front_end", "\"high_hz\": 2000", "\"high_hz\": 1e999", FORMAT, "front_end: not JSON: real number overflow"},
  {"front_end", "\"break_hz\": 700", "\"break_hz\": 0", RANGE, "front_end.break_hz: must be 1 to 1e6"},
  {"front_end", "\"floor\": 9.99999997e-07", "\"floor\": 0", RANGE, "front_end.floor: must be 1e-15 to 1"},
  {"front_end", "\"floor\": 9.99999997e-07", "\"floor\": 1e-60", RANGE, "front_end.floor: must be 1e-15 to 1"},
  {"front_end", "\"scale\": 0.25", "\"scale\": 0", RANGE, "front_end.scale: must be 1e-6 to 1e6"},
  {"front_end", "\"scale\": 0.25", "\"scale\": -1", RANGE, "front_end.scale: must be 1e-6 to 1e6"},
  {"front_end", "\"label_delay\": 128", "\"label_delay\": 513", RANGE, "front_end.label_delay: must be at most window"},
  {"front_end", "\"rise\": 256", "\"rise\": 0", RANGE, "front_end.rise: is 0, must be 1 to 4096"},
  {"front_end", "\"rise\": 256", "\"rise\": 4097", RANGE, "front_end.rise: is 4097, must be 1 to 4096"},
  {"front_end", "\"rise\": 256", "\"rise\": 512", RANGE, "front_end.rise: must be at least 1 and below window"},
  {"front_end", "\"rise\": 256", "\"rise\": 255.5", FORMAT, "front_end.rise: must be an integer"},
  {"front_end", "\"rise\": 256", "\"rise\": null", FORMAT, "front_end.rise: must be an integer"},
  {"front_end", "\"stack\": 1", "\"stack\": 0", RANGE, "front_end.stack: is 0, must be 1 to 8"},
  {"front_end", "\"stack\": 1", "\"stack\": 16", RANGE, "front_end.stack: is 16, must be 1 to 8"},
  {"front_end", "\"stack\": 1", "\"stack\": -4", RANGE, "front_end.stack: is -4, must be 1 to 8"},
  {"front_end", "\"stack\": 1", "\"stack\": 3", RANGE, "front_end.stack: is 3, must be a power of two"},
  {"front_end", "\"stack\": 1", "\"stack\": [4]", FORMAT, "front_end.stack: must be an integer"},
  {"front_end", "\"stack\": 1", "\"stack\": 4", FORMAT, "tensor 'conv1.weight'.shape[1]: is 1, the layer needs 4"},
  // Labels
  {"labels", NULL, NULL, FORMAT, "__metadata__.labels: missing"},
  {"labels", "40", "41", RANGE, "labels.classes: is 41, must be 40"},
  {"labels", "45", "44", RANGE, "labels.midi_min: is 44, must be 45"},
  {"labels", "45", "45, \"extra\": 1", FORMAT, "labels.extra: unknown field"},
  // Doubt
  {"doubt", NULL, "", FORMAT, "doubt: not JSON"},
  {"doubt", NULL, "30", FORMAT, "doubt: not JSON"},
  {"doubt", NULL, "[30]", FORMAT, "doubt: must be a JSON object"},
  {"doubt", NULL, "{}", FORMAT, "doubt.ms: missing"},
  {"doubt", "{", "{\"s\": 0.03, ", FORMAT, "doubt.s: unknown field"},
  {"doubt", "\"ms\": 30, ", "", FORMAT, "doubt.ms: missing"},
  {"doubt", "30", "\"30\"", FORMAT, "doubt.ms: must be a number"},
  {"doubt", "30", "null", FORMAT, "doubt.ms: must be a number"},
  {"doubt", "30", "NaN", FORMAT, "doubt: not JSON: invalid token"},
  {"doubt", "30", "1e999", FORMAT, "doubt: not JSON: real number overflow"},
  {"doubt", "30", "1e60", RANGE, "doubt.ms: 1e+60 is too large"},
  {"doubt", "30", "-30", RANGE, "doubt.ms: is -30, must be 0 to 1000"},
  {"doubt", "30", "1000.5", RANGE, "doubt.ms: is 1000.5, must be 0 to 1000"},
  {"doubt", "10", "-1e-3", RANGE, "doubt.ahead_ms: is -0.001, must be 0 to 1000"},
  {"doubt", "10", "1001", RANGE, "doubt.ahead_ms: is 1001, must be 0 to 1000"},
  {"doubt", "10", "true", FORMAT, "doubt.ahead_ms: must be a number"},
  {"doubt", "10", "10, \"onset_ms\": -1", RANGE, "doubt.onset_ms: is -1, must be 0 to 1000"},
  {"doubt", "10", "10, \"onset_ms\": 1e4", RANGE, "doubt.onset_ms: is 10000, must be 0 to 1000"},
  {"doubt", "10", "10, \"onset_ms\": []", FORMAT, "doubt.onset_ms: must be a number"},
  {NULL, "\"doubt\":\"{\\\"ms\\\": 30, \\\"ahead_ms\\\": 10}\"", "\"doubt\":30", FORMAT, "__metadata__.doubt: must be a string"},
  // Layers
  {"layers", NULL, NULL, FORMAT, "__metadata__.layers: missing"},
  {"layers", NULL, "{}", FORMAT, "layers: must be a JSON array of 1 to 64 layers"},
  {"layers", NULL, "[]", FORMAT, "layers: must be a JSON array of 1 to 64 layers"},
  {"layers", NULL, "[1]", FORMAT, "layers[0]: must be a JSON object"},
  {"layers", NULL, "[{\"type\": \"max_pool\", \"size\": 2}]", RANGE, "layers[0]: the last layer must be dense"},
  {"layers", "\"type\": \"conv\"", "\"type\": \"lstm\"", FORMAT, "layers[0].type: unknown value 'lstm'"},
  {"layers", "\"type\": \"conv\"", "\"type\": 1", FORMAT, "layers[0].type: must be a string"},
  {"layers", "\"type\": \"conv\", ", "", FORMAT, "layers[0].type: missing"},
  {"layers", "\"name\": \"conv1\", ", "", FORMAT, "layers[0].name: missing"},
  {"layers", "\"conv1\"", "\"\"", RANGE, "layers[0].name: is 0 bytes long"},
  {"layers", "\"conv1\"", "\"a\\nb\"", FORMAT, "layers[0].name: control character"},
  {"layers", "conv1", "0123456789012345678901234567890123456789012345678", RANGE, "layers[0].name: is 49 bytes long"},
  {"layers", "conv2", "conv1", FORMAT, "layers[2].name: 'conv1' is the name of layers[0] too"},
  {"layers", "\"out_channels\": 4", "\"out_channels\": 0", RANGE, "layers[0] 'conv1'.out_channels: is 0, must be 1 to 4096"},
  {"layers", "\"out_channels\": 4", "\"out_channels\": 4097", RANGE, "layers[0] 'conv1'.out_channels: is 4097"},
  {"layers", "\"out_channels\": 4", "\"out_channels\": true", FORMAT, "layers[0] 'conv1'.out_channels: must be an integer"},
  {"layers", "\"out_channels\": 4", "\"out_channels\": 4, \"groups\": 1", FORMAT, "layers[0] 'conv1'.groups: unknown field"},
  {"layers", "\"kernel\": [3, 3]", "\"kernel\": 3", FORMAT, "layers[0] 'conv1'.kernel: must be an array of two integers"},
  {"layers", "\"kernel\": [3, 3]", "\"kernel\": [3]", FORMAT, "layers[0] 'conv1'.kernel: must be an array of two integers"},
  {"layers", "\"kernel\": [3, 3]", "\"kernel\": [3, 3, 3]", FORMAT, "layers[0] 'conv1'.kernel: must be an array of two integers"},
  {"layers", "\"kernel\": [3, 3]", "\"kernel\": [0, 3]", RANGE, "layers[0] 'conv1'.kernel: is 0, must be 1 to 512"},
  {"layers", "\"kernel\": [3, 3]", "\"kernel\": [3, 5]", RANGE, "layers[0] 'conv1': left + right is 2, the kernel spans 4 frames"},
  {"layers", "\"kernel\": [3, 3]", "\"kernel\": [3, \"3\"]", FORMAT, "layers[0] 'conv1'.kernel: must be an integer"},
  {"layers", "\"kernel\": [5, 3]", "\"kernel\": [13, 3]", RANGE, "layers[2] 'conv2'.kernel: has 13 rows, the padded input only 12"},
  {"layers", "\"dilation\": 1", "\"dilation\": 0", RANGE, "layers[0] 'conv1'.dilation: is 0, must be 1 to 240"},
  {"layers", "\"dilation\": 1", "\"dilation\": 2", RANGE, "layers[0] 'conv1': left + right is 2, the kernel spans 4"},
  {"layers", "\"dilation\": 1, \"left\": 2, \"right\": 0", "\"dilation\": 2, \"left\": 3, \"right\": 1", RANGE, "layers[0] 'conv1'.left: is 3, must be a multiple of the dilation"},
  {"layers", "\"left\": 2", "\"left\": -2", RANGE, "layers[0] 'conv1'.left: is -2, must be 0 to 240"},
  {"layers", "\"right\": 0", "\"right\": 4294967296", RANGE, "layers[0] 'conv1'.right: is 4294967296"},
  {"layers", "\"dilation\": 1, \"left\": 2", "\"dilation\": 119, \"left\": 238", RANGE, "layers[2]: receptive field reaches 241 frames, must be at most 240"},
  {"layers", "\"pad\": [1, 1]", "\"pad\": [3, 0]", RANGE, "layers[0] 'conv1'.pad: must be less than the kernel's 3 rows"},
  {"layers", "\"pad\": [1, 1]", "\"pad\": [0, 3]", RANGE, "layers[0] 'conv1'.pad: must be less"},
  {"layers", "\"pad\": [1, 1]", "\"pad\": [-1, 1]", RANGE, "layers[0] 'conv1'.pad: is -1"},
  {"layers", "leaky_relu", "tanh", FORMAT, "layers[0] 'conv1'.activation: unknown value 'tanh'"},
  {"layers", "\"slope\": 0.00999999978", "\"slope\": 1.5", RANGE, "layers[0] 'conv1'.slope: is 1.5, must be 0 to 1"},
  {"layers", "\"slope\": 0.00999999978", "\"slope\": -0.1", RANGE, "layers[0] 'conv1'.slope: is -0.1, must be 0 to 1"},
  {"layers", "leaky_relu", "relu", RANGE, "layers[0] 'conv1'.slope: is 0.01, must be 0 for this activation"},
  {"layers", ", \"slope\": 0.00999999978", "", FORMAT, "layers[0] 'conv1'.slope: missing"},
  {"layers", "\"size\": 2", "\"size\": 0", RANGE, "layers[1].size: is 0, must be 1 to 24"},
  {"layers", "\"size\": 2", "\"size\": 25", RANGE, "layers[1].size: is 25, must be 1 to 24"},
  {"layers", "\"size\": 2", "\"size\": 2, \"stride\": 1", FORMAT, "layers[1].stride: unknown field"},
  {"layers", "\"out\": 40", "\"out\": 39", RANGE, "layers[3]: the last layer must be dense, linear, with 40 or 41 outputs"},
  {"layers", "\"out\": 40", "\"out\": 42", RANGE, "layers[3]: the last layer must be dense, linear, with 40 or 41 outputs"},
  {"layers", "\"out\": 40", "\"out\": 41", FORMAT, "tensor 'dense.weight'.shape[0]: is 40, the layer needs 41"},
  {"layers", "\"activation\": \"linear\"", "\"activation\": \"relu\"", RANGE, "layers[3]: the last layer must be dense, linear, with 40 or 41 outputs"},
  {"layers", "\"out_channels\": 4", "\"out_channels\": 4096", FORMAT, "tensor 'conv1.weight'.shape[0]: is 4, the layer needs 4096"},
  {"layers", NULL, "[{\"type\": \"conv\", \"name\": \"a\", \"out_channels\": 4096, \"kernel\": [3, 1], \"dilation\": 1, \"left\": 0, \"right\": 0, \"pad\": [1, 1], \"activation\": \"relu\", \"slope\": 0}, {\"type\": \"conv\", \"name\": \"b\", \"out_channels\": 4096, \"kernel\": [3, 1], \"dilation\": 1, \"left\": 0, \"right\": 0, \"pad\": [1, 1], \"activation\": \"relu\", \"slope\": 0}]", RANGE, "layers[1]: a column costs 1208254464 multiply-adds, must be at most 1073741824"},
  // Tensors
  {NULL, "conv1.bias", "conv1.bios", FORMAT, "tensor 'conv1.bias': missing"},
  {NULL, "\"dtype\":\"F32\"", "\"dtype\":\"F64\"", FORMAT, "tensor 'conv1.weight'.dtype: is 'F64', must be 'F32' or 'F16'"},
  {NULL, "\"dtype\":\"F32\",", "", FORMAT, "tensor 'conv1.weight'.dtype: missing"},
  {NULL, "\"dtype\":\"F32\"", "\"dtype\":\"F32\",\"strides\":[1]", FORMAT, "tensor 'conv1.weight'.strides: unknown field"},
  {NULL, "\"conv1.bias\":{", "\"conv1.bias\":1,\"x\":{", FORMAT, "tensor 'conv1.bias': must be a JSON object"},
  {NULL, "[4,1,3,3]", "4", FORMAT, "tensor 'conv1.weight'.shape: must be an array of at most 4 integers"},
  {NULL, "[4,1,3,3]", "[4,1,3,3,1]", FORMAT, "tensor 'conv1.weight'.shape: must be an array of at most 4 integers"},
  {NULL, "[4,1,3,3]", "[4,1,3,3.0]", FORMAT, "tensor 'conv1.weight'.shape[3]: must be an integer"},
  {NULL, "[4,1,3,3]", "[4,1,3,-3]", RANGE, "tensor 'conv1.weight'.shape[3]: is -3"},
  {NULL, "[4,1,3,3]", "[4,1,0,3]", RANGE, "tensor 'conv1.weight'.shape[2]: is 0"},
  {NULL, "[4,1,3,3]", "[4294967296,4294967296,3,3]", RANGE, "tensor 'conv1.weight'.shape[0]: is 4294967296"},
  {NULL, "[4,1,3,3]", "[36,86,1,9223372036854775807]", RANGE, "tensor 'conv1.weight'.shape[3]: is 9223372036854775807, must be 1 to 1 to fit"},
  {NULL, "[4,1,3,3]", "[36]", FORMAT, "tensor 'conv1.weight'.shape: has 1 axes, the layer needs 4"},
  {NULL, "[4,1,3,3]", "[4,1,3,3],\"x\":1", FORMAT, "tensor 'conv1.weight'.x: unknown field"},
  {NULL, "[4,1,3,3]", "[1,4,3,3]", FORMAT, "tensor 'conv1.weight'.shape[0]: is 1, the layer needs 4"},
  {NULL, "[4,1,3,3]", "[4,1,9,1]", FORMAT, "tensor 'conv1.weight'.shape[2]: is 9, the layer needs 3"},
  {NULL, "\"shape\":[4],", "\"shape\":[4,1],", FORMAT, "tensor 'conv1.bias'.shape: has 2 axes, the layer needs 1"},
  {NULL, "\"shape\":[4],", "", FORMAT, "tensor 'conv1.bias'.shape: missing"},
  {NULL, ",\"data_offsets\":[0,144]", "", FORMAT, "tensor 'conv1.weight'.data_offsets: missing"},
  {NULL, "[0,144]", "[0]", FORMAT, "tensor 'conv1.weight'.data_offsets: must be an array of two integers"},
  {NULL, "[0,144]", "[0,\"144\"]", FORMAT, "tensor 'conv1.weight'.data_offsets: must be an array of two integers"},
  {NULL, "[0,144]", "[144,0]", RANGE, "tensor 'conv1.weight'.data_offsets: [144, 0] does not lie in the 12512 bytes of data"},
  {NULL, "[0,144]", "[-144,0]", RANGE, "tensor 'conv1.weight'.data_offsets: [-144, 0] does not lie"},
  {NULL, "[0,144]", "[0,12516]", RANGE, "tensor 'conv1.weight'.data_offsets: [0, 12516] does not lie"},
  {NULL, "[0,144]", "[0,9223372036854775807]", RANGE, "tensor 'conv1.weight'.data_offsets: [0, 9223372036854775807]"},
  {NULL, "[0,144]", "[0,9223372036854775808]", FORMAT, "header: not JSON: too big integer"},
  {NULL, "[0,144]", "[0,140]", FORMAT, "tensor 'conv1.weight'.data_offsets: hold 140 bytes, the shape needs 144"},
  {NULL, "[0,144]", "[2,146]", FORMAT, "tensor 'conv1.weight'.data_offsets: 2 is not a multiple of 4"},
  {NULL, "[0,144]", "[4,148]", FORMAT, "data bytes 0 to 4 before tensor 'conv1.weight' belong to no tensor"},
  {NULL, "[144,160]", "[140,156]", FORMAT, "tensor 'conv1.bias' at data byte 140 overlaps tensor 'conv1.weight', which ends at 144"},
  {NULL, "[144,160]", "[0,16]", FORMAT, "overlaps tensor"},
  {NULL, "\"conv1.bias\"", "\"conv1.bias\\u001b[31m\"", FORMAT, "tensor 'conv1.bias': missing"},
  {NULL, "\"dtype\":\"F32\"", "\"dtype\":\"\xC3\xA4\"", FORMAT, "is '\xC3\xA4', must be 'F32' or 'F16'"},
  {NULL, "\"dtype\":\"F32\"", "\"dtype\":\"\xE2\x99\xAA\"", FORMAT, "is '\xE2\x99\xAA', must be 'F32' or 'F16'"},
  {NULL, "\"dtype\":\"F32\"", "\"dtype\":\"\xF0\x9F\x8E\xB5\"", FORMAT, "is '\xF0\x9F\x8E\xB5', must be 'F32' or 'F16'"},
};
// clang-format on

static void test_broken(void)
{
  for (size_t i = 0; i < sizeof(breakages) / sizeof(breakages[0]); ++i) {
    const Breakage* const b       = &breakages[i];
    ModelBuilder* const   builder = model_builder_small(1, 0);
    if (b->key && b->from) {
      model_builder_edit(builder, b->key, b->from, b->to);
    } else if (b->key) {
      model_builder_set(builder, b->key, b->to);
    }

    size_t   n_bytes = 0;
    uint8_t* bytes   = model_builder_bytes(builder, &n_bytes);
    if (!b->key) {
      uint8_t* const edited = model_bytes_edit(bytes, &n_bytes, b->from, b->to);
      free(bytes);
      bytes = edited;
    }

    char label[64];
    (void)snprintf(label, sizeof(label), "breakage %zu", i);
    model_refuse(label, bytes, n_bytes, b->status, b->message);
    free(bytes);
  }
}

int main(void)
{
  test_broken();
  return test_report();
}
