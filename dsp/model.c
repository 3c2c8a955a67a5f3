// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#include "model.h"

#include "fault.h"
#include "half.h"
#include "layers.h"
#include "logmel.h"
#include "metadata.h"
#include "safetensors.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/** Twice what audio is clamped to, as a resampler overshoots. */
#define SAMPLE_PEAK 16.0

/** What is left of a file or of bytes in memory. */
typedef struct {
  const uint8_t* bytes; ///< Next byte in memory, NULL for a file
  int            fd;    ///< File
  uint64_t       size;  ///< Bytes in all
} Source;

/** Take the next `n` bytes of `source`. */
static bool take(Source* source, void* dst, size_t n, NeumeFault* fault)
{
  if (source->bytes) {
    memcpy(dst, source->bytes, n);
    source->bytes += n;
    return true;
  }

  uint8_t* p = (uint8_t*)dst;
  while (n) {
    const ssize_t r = read(source->fd, p, n);
    if (r < 0 && errno == EINTR) {
      continue;
    }
    if (r < 0) {
      const int error     = errno;
      char      text[128] = "";
      (void)strerror_r(error, text, sizeof(text));
      return neume_fault(fault, NEUME_ERR_FILE, "can't read: %s", text);
    }
    if (!r) {
      return neume_fault(
        fault, NEUME_ERR_FILE, "can't read: the file shrinks meanwhile");
    }
    p += r;
    n -= (size_t)r;
  }
  return true;
}

/** Use one tensor for one array of a layer, whose shape is `n_dims` of `dims`.
 */
static bool bind_tensor(NeumeSafetensors* st,
                        const char*       layer,
                        const char*       part,
                        uint32_t          n_dims,
                        const uint64_t*   dims,
                        const NeumeModel* model,
                        const float**     values,
                        NeumeFault*       fault)
{
  char name[NEUME_LAYER_NAME_BYTES + 16U];
  (void)snprintf(name, sizeof(name), "%s.%s", layer, part);

  NeumeTensor* const tensor = neume_safetensors_find(st, name);
  if (!tensor) {
    return neume_fault(fault, NEUME_ERR_FORMAT, "tensor '%s': missing", name);
  }

  if (tensor->n_dims != n_dims) {
    return neume_fault(fault,
                       NEUME_ERR_FORMAT,
                       "tensor '%s'.shape: has %" PRIu32
                       " axes, the layer needs %" PRIu32,
                       name,
                       tensor->n_dims,
                       n_dims);
  }
  for (uint32_t i = 0; i < n_dims; ++i) {
    if (tensor->shape[i] != dims[i]) {
      return neume_fault(fault,
                         NEUME_ERR_FORMAT,
                         "tensor '%s'.shape[%" PRIu32 "]: is %" PRIu64
                         ", the layer needs %" PRIu64,
                         name,
                         i,
                         tensor->shape[i],
                         dims[i]);
    }
  }

  tensor->used = true;
  *values      = model->values + tensor->first;
  return true;
}

/** Give every layer its tensors, and every tensor its layer. */
static bool bind_tensors(NeumeSafetensors*     st,
                         NeumeModel*           model,
                         const NeumeLayerName* names,
                         NeumeFault*           fault)
{
  for (uint32_t i = 0; i < model->n_layers; ++i) {
    if (!names[i]) {
      continue;
    }

    NeumeLayer* const layer                = &model->layers[i];
    const bool        is_conv              = layer->type == NEUME_LAYER_CONV;
    const uint64_t    dims[NEUME_DIMS_MAX] = { layer->out_channels,
                                            is_conv ? layer->in_channels
                                                       : neume_layer_depth(layer),
                                               layer->kernel_freq,
                                               layer->kernel_time };
    if (!bind_tensor(st,
                     names[i],
                     "weight",
                     is_conv ? 4U : 2U,
                     dims,
                     model,
                     &layer->weight,
                     fault) ||
        !bind_tensor(
          st, names[i], "bias", 1U, dims, model, &layer->bias, fault)) {
      return false;
    }
  }

  for (size_t i = 0; i < st->n_tensors; ++i) {
    if (!st->tensors[i].used) {
      return neume_fault(fault,
                         NEUME_ERR_FORMAT,
                         "tensor '%s': no layer uses it",
                         st->tensors[i].name);
    }
  }
  return true;
}

/** IEEE 754 binary16, little-endian. */
static float read_half(const uint8_t* b)
{
  return neume_half_value((uint32_t)b[0] | (uint32_t)b[1] << 8U);
}

/** IEEE 754 binary32, little-endian. */
static float read_single(const uint8_t* b)
{
  const uint32_t bits = (uint32_t)b[0] | (uint32_t)b[1] << 8U |
                        (uint32_t)b[2] << 16U | (uint32_t)b[3] << 24U;
  float value = 0.0f;
  memcpy(&value, &bits, sizeof(value));
  return value;
}

/** From the file's bytes to the model's values, all finite. */
static bool decode(const NeumeSafetensors* st,
                   const uint8_t*          data,
                   NeumeModel*             model,
                   NeumeFault*             fault)
{
  for (size_t t = 0; t < st->n_tensors; ++t) {
    const NeumeTensor* const tensor = &st->tensors[t];
    const bool               half   = tensor->size == 2U;
    model->half                     = model->half || half;
    for (uint64_t i = 0; i < tensor->count; ++i) {
      const uint64_t       at    = tensor->begin + i * tensor->size;
      const uint8_t* const b     = data + at;
      const float          value = half ? read_half(b) : read_single(b);
      if (!isfinite(value)) {
        return neume_fault(fault,
                           NEUME_ERR_RANGE,
                           "tensor '%s': value %" PRIu64 " (data byte %" PRIu64
                           ") is %s",
                           tensor->name,
                           i,
                           at,
                           isnan(value) ? "NaN" : "infinite");
      }
      model->values[tensor->first + i] = value;
    }
  }
  return true;
}

/** No feature of any audio exceeds this.

    A bin's power is at most (peak * sum w * 2 / sum w)^2, and a band sums at
    most all fft / 2 + 1 bins.
*/
static double feature_peak(const NeumeFrontEnd* fe)
{
  const uint32_t n_bins = fe->fft / 2U + 1U;
  const double   power  = 4.0 * SAMPLE_PEAK * SAMPLE_PEAK * n_bins;
  return (double)fe->scale * log1p(power / (double)fe->floor);
}

/** Everything but the tensors, for which `model->values` is made. */
static bool read_structure(NeumeSafetensors* st,
                           NeumeModel*       model,
                           json_t*           layers,
                           NeumeLayerName*   names,
                           NeumeFault*       fault)
{
  if (!neume_layers_read(layers, model, names, fault)) {
    return false;
  }

  const size_t n = (size_t)st->n_values;
  model->values  = (float*)malloc(n ? n * sizeof(float) : 1U);
  return model->values ? bind_tensors(st, model, names, fault)
                       : neume_fault_memory(fault);
}

/** The tensors' values, from their bytes. */
static bool read_values(Source*                 source,
                        const NeumeSafetensors* st,
                        size_t                  n_data,
                        NeumeModel*             model,
                        NeumeFault*             fault)
{
  uint8_t* const data = (uint8_t*)malloc(n_data ? n_data : 1U);
  const bool     good =
    data ? take(source, data, n_data, fault) && decode(st, data, model, fault)
             : neume_fault_memory(fault);
  free(data);
  return good;
}

/** From a header to a whole model, taking the tensors from `source`. */
static bool read_model(Source*           source,
                       NeumeSafetensors* st,
                       uint64_t          n_data,
                       NeumeModel*       model,
                       NeumeFault*       fault)
{
  NeumeLayerName names[NEUME_LAYERS_MAX] = { NULL };
  json_t* const  layers = neume_metadata_read(st->metadata, model, fault);
  const bool     good =
    layers && read_structure(st, model, layers, names, fault) &&
    read_values(source, st, (size_t)n_data, model, fault) &&
    neume_layers_bounded(model, names, feature_peak(&model->front_end), fault);
  json_decref(layers);
  return good;
}

/** From the first byte to a whole model. */
static bool read_source(Source* source, NeumeModel** model, NeumeFault* fault)
{
  if (source->size < NEUME_PREFIX_BYTES) {
    return neume_fault(fault,
                       NEUME_ERR_FORMAT,
                       "only %" PRIu64 " bytes long: not a safetensors file",
                       source->size);
  }
  if (source->size > NEUME_MODEL_BYTES_MAX) {
    return neume_fault(fault,
                       NEUME_ERR_RANGE,
                       "%" PRIu64 " bytes long, must be at most %u",
                       source->size,
                       NEUME_MODEL_BYTES_MAX);
  }

  uint8_t prefix[NEUME_PREFIX_BYTES];
  size_t  n_header = 0;
  if (!take(source, prefix, sizeof(prefix), fault) ||
      !neume_safetensors_prefix(prefix, source->size, &n_header, fault)) {
    return false;
  }

  const uint64_t    n_data = source->size - NEUME_PREFIX_BYTES - n_header;
  NeumeSafetensors  st     = { 0 };
  char* const       header = (char*)malloc(n_header);
  NeumeModel* const m      = (NeumeModel*)calloc(1, sizeof(NeumeModel));
  bool              good   = false;
  if (header && m) {
    good = take(source, header, n_header, fault) &&
           neume_safetensors_read(header, n_header, n_data, &st, fault) &&
           read_model(source, &st, n_data, m, fault);
  } else {
    neume_fault_memory(fault);
  }

  neume_safetensors_clear(&st);
  free(header);
  if (good) {
    *model = m;
  } else {
    neume_model_free(m);
  }
  return good;
}

/** Hand the message on, as the public functions do. */
static void report(const NeumeFault* fault, char* message)
{
  if (message) {
    memcpy(message, fault->message, NEUME_MESSAGE_MAX);
  }
}

/** Read `source` and report as the public functions do. */
static NeumeStatus load(Source* source, NeumeModel** model, char* message)
{
  NeumeFault fault = { NEUME_SUCCESS, "" };
  *model           = NULL;
  if (!read_source(source, model, &fault)) {
    report(&fault, message);
  }
  return fault.status;
}

/** Say in `fault` what the system's error `error` kept from being done. */
static bool system_fault(NeumeFault* fault, const char* what, int error)
{
  char text[128] = "";
  (void)strerror_r(error, text, sizeof(text));
  return neume_fault(fault, NEUME_ERR_FILE, "can't %s: %s", what, text);
}

/** Open a regular file. */
static bool open_file(const char* path, int* fd, NeumeFault* fault)
{
  // Opening a FIFO would wait for its other end without O_NONBLOCK
  *fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  if (*fd < 0) {
    return system_fault(fault, "open", errno);
  }

  struct stat status;
  if (fstat(*fd, &status)) {
    return system_fault(fault, "open", errno);
  }
  return S_ISREG(status.st_mode) ||
         neume_fault(fault, NEUME_ERR_FILE, "can't open: not a regular file");
}

NeumeStatus neume_model_open(const char* path, int* fd, char* message)
{
  NeumeFault fault = { NEUME_SUCCESS, "" };
  if (!open_file(path, fd, &fault)) {
    if (*fd >= 0) {
      (void)close(*fd);
      *fd = -1;
    }
    report(&fault, message);
  }
  return fault.status;
}

NeumeStatus neume_model_read(int fd, NeumeModel** model, char* message)
{
  struct stat status;
  if (fstat(fd, &status)) {
    NeumeFault fault = { NEUME_SUCCESS, "" };
    *model           = NULL;
    (void)system_fault(&fault, "read", errno);
    report(&fault, message);
    return fault.status;
  }

  Source source = { NULL, fd, (uint64_t)status.st_size };
  return load(&source, model, message);
}

NeumeStatus neume_model_load(const char*  path,
                             NeumeModel** model,
                             char*        message)
{
  int fd                   = -1;
  *model                   = NULL;
  const NeumeStatus opened = neume_model_open(path, &fd, message);
  if (opened) {
    return opened;
  }

  const NeumeStatus status = neume_model_read(fd, model, message);
  (void)close(fd);
  return status;
}

NeumeStatus neume_model_parse(const uint8_t* bytes,
                              size_t         n_bytes,
                              NeumeModel**   model,
                              char*          message)
{
  // An empty file has no bytes to point at
  Source source = { n_bytes ? bytes : (const uint8_t*)"", -1, n_bytes };
  return load(&source, model, message);
}

void neume_model_free(NeumeModel* model)
{
  if (model) {
    free(model->provenance);
    free(model->values);
    free(model);
  }
}
