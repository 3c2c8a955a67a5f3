// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#ifndef NEUME_MODEL_H
#define NEUME_MODEL_H

#include "logmel.h"
#include "status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct NeumeCnnWeights;

/** A frozen network and its front end, read from a safetensors file.

    Maps are [rows][channels], rows are frequency from low to high.  The first
    layer reads front_end.bands rows of front_end.stack channels: channel 0 of
    a column is its newest frame of features, and channel j the frame that is
    j * NEUME_STEP / stack samples older.

    Time is counted in columns, NEUME_STEP samples apart; "frames" here and
    below are these.  A convolution reads `left` frames before and `right`
    frames after the frame that it makes; left + right == (kernel_time - 1) *
    dilation and both are multiples of dilation.  right == 0 is causal.  What
    stands before the first frame is silence (every feature 0), and each
    layer's past is its answer to silence.  What stands after the last frame is
    0 at the input of every layer.
*/
typedef enum {
  NEUME_LAYER_CONV,     ///< 2-D convolution, bias, activation
  NEUME_LAYER_MAX_POOL, ///< Maximum over `size` rows, stride `size`, floor
  NEUME_LAYER_AVG_POOL, ///< Mean over `size` rows, stride `size`, floor
  NEUME_LAYER_DENSE     ///< Per-frame dense layer over a whole column
} NeumeLayerType;

typedef enum {
  NEUME_LINEAR,    ///< x
  NEUME_RELU,      ///< max(0, x)
  NEUME_LEAKY_RELU ///< x < 0 ? slope * x : x
} NeumeActivation;

/** One layer; what a type does not use is 0. */
typedef struct {
  NeumeLayerType  type;
  NeumeActivation activation;   ///< Convolution and dense
  float           slope;        ///< Leaky ReLU, 0..1
  uint32_t        in_rows;      ///< Rows of the input column
  uint32_t        in_channels;  ///< Channels of the input column
  uint32_t        out_rows;     ///< Rows of the output column
  uint32_t        out_channels; ///< Channels of the output column
  uint32_t        kernel_freq;  ///< Rows of the kernel
  uint32_t        kernel_time;  ///< Frames of the kernel
  uint32_t        dilation;     ///< Frames between two taps in time, >= 1
  uint32_t        pad_low;      ///< Rows of zeros below row 0
  uint32_t        pad_high;     ///< Rows of zeros above the last row
  uint32_t        left;         ///< Past frames read
  uint32_t        right;        ///< Future frames read
  uint32_t        size;         ///< Pooling
  const float*    weight; ///< conv: [out][in][kernel_freq][kernel_time], time
                          ///< oldest first; dense: [out][in_channels][in_rows]
  const float* bias;      ///< [out_channels]
} NeumeLayer;

#define NEUME_LAYERS_MAX       64           ///< Most layers in a file
#define NEUME_MODEL_BYTES_MAX  (64U << 20U) ///< Largest weights file
#define NEUME_HEADER_BYTES_MAX (1U << 20U)  ///< Largest JSON header
#define NEUME_DOUBT_MAX_MS     1000         ///< Longest doubt of a network

typedef struct {
  NeumeFrontEnd front_end;
  uint32_t      n_layers;
  NeumeLayer    layers[NEUME_LAYERS_MAX]; ///< The last is dense, linear, with
                                          ///< NEUME_CLASSES outputs, which
                                          ///< softmax follows, and one more if
                                          ///< `tells_onsets`
  bool tells_onsets;    ///< That one is the logit, for a sigmoid, of a note
                        ///< having begun in the 62.5 ms before the label point
  uint32_t left;        ///< Past frames that an output depends on
  uint32_t right;       ///< Future frames that an output depends on
  float    doubt_ms[2]; ///< So long after its label point is the network sure
                        ///< of a change, 0..NEUME_DOUBT_MAX_MS; [1] holds while
                        ///< it looks ahead, and its look-ahead comes on top
  float onset_ms;    ///< So long after an onset is the middle of what it tells
                     ///< of one, 0..NEUME_DOUBT_MAX_MS
  uint64_t macs;     ///< Multiply-adds for one column, all layers
  char     name[64]; ///< "live"
  char     version[32]; ///< Version of the weights, free text
  char*  provenance; ///< What made it: command, seed, data, commit.  JSON text
  float* values;     ///< Owns the tensors
  bool   half;       ///< The file has some in F16
  const struct NeumeCnnWeights* packed; ///< Weights as engines read them, not
                                        ///< owned; NULL unless shared, see
                                        ///< neume_model_acquire()
} NeumeModel;

#define NEUME_MESSAGE_MAX 256 ///< Bytes that hold any error message

/** Read a weights file.

    On failure returns NEUME_ERR_FILE, NEUME_ERR_FORMAT, NEUME_ERR_RANGE or
    NEUME_ERR_MEMORY, sets `*model` to NULL, and writes one line to `message`
    (NEUME_MESSAGE_MAX bytes, may be NULL): what is wrong, where, and why.
    Everything is checked: nothing in the file is trusted.  Not realtime-safe;
    any thread.
*/
NeumeStatus neume_model_load(const char*  path,
                             NeumeModel** model,
                             char*        message);

/** The first half of neume_model_load(): open a regular file for reading.

    Sets `*fd`, to be closed with close(), or to -1 on failure.
*/
NeumeStatus neume_model_open(const char* path, int* fd, char* message);

/** The second half: read the file that `fd` is at the start of. */
NeumeStatus neume_model_read(int fd, NeumeModel** model, char* message);

/** The same from memory; `bytes` is copied. */
NeumeStatus neume_model_parse(const uint8_t* bytes,
                              size_t         n_bytes,
                              NeumeModel**   model,
                              char*          message);

/** Free `model`, which may be NULL.  Nothing may use it any more. */
void neume_model_free(NeumeModel* model);

#endif // NEUME_MODEL_H
