// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

#include "model.h"

#include "constants.h"
#include "model_builder.h"
#include "model_refuse.h"
#include "test.h"

#include <fcntl.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define FORMAT NEUME_ERR_FORMAT
#define RANGE  NEUME_ERR_RANGE

static const NeumeLayer dense = { .type         = NEUME_LAYER_DENSE,
                                  .out_channels = NEUME_CLASSES };

/** The smallest file: a dense `layer` over 8 bands. */
static ModelBuilder* smallest(const NeumeLayer* layer)
{
  NeumeFrontEnd fe = model_front_end_small();
  fe.bands         = 8;

  ModelBuilder* const b = model_builder_new(1, &fe);
  model_builder_add(b, "d", layer);
  return b;
}

/** Build a file that must be refused; consumes `builder`. */
static void refuse_built(const char*   label,
                         ModelBuilder* builder,
                         NeumeStatus   status,
                         const char*   expected)
{
  size_t         n     = 0;
  uint8_t* const bytes = model_builder_bytes(builder, &n);
  model_refuse(label, bytes, n, status, expected);
  free(bytes);
}

static void put_length(uint8_t* bytes, uint64_t length)
{
  for (unsigned i = 0; i < 8U; ++i) {
    bytes[i] = (uint8_t)(length >> (8U * i));
  }
}

static void test_sizes(void)
{
  const size_t   n_floats = 360; // 40 times 8 weights and a bias
  size_t         n        = 0;
  uint8_t* const bytes    = model_builder_bytes(smallest(&dense), &n);
  const size_t   head     = n - n_floats * sizeof(float);
  model_refuse("empty", NULL, 0, FORMAT, "only 0 bytes long");
  model_refuse("prefix", bytes, 7, FORMAT, "only 7 bytes long");
  model_refuse(
    "huge", bytes, (64U << 20U) + 1U, RANGE, "must be at most 67108864");

  // Cut off anywhere, in a buffer that ends there
  for (size_t i = 0; i < n; ++i) {
    NeumeStatus    status = NEUME_SUCCESS;
    char           message[NEUME_MESSAGE_MAX];
    uint8_t* const cut = (uint8_t*)malloc(i ? i : 1U);
    memcpy(cut, bytes, i);
    CHECK_MSG(!model_parse(cut, i, &status, message), "cut to %zu", i);
    CHECK(status == FORMAT || status == RANGE);
    free(cut);
  }

  uint8_t* const longer = (uint8_t*)calloc(1, n + 8U);
  memcpy(longer, bytes, n);
  model_refuse(
    "longer", longer, n + 1U, FORMAT, "at the end belong to no tensor");
  model_refuse(
    "longer", longer, n + 8U, FORMAT, "at the end belong to no tensor");

  put_length(longer, UINT64_MAX);
  model_refuse(
    "length", longer, n, FORMAT, "byte 0: header length 18446744073709");
  put_length(longer, n - 7U);
  model_refuse("length", longer, n, FORMAT, "byte 0: header length");
  put_length(longer, n - 8U);
  model_refuse("length", longer, n, FORMAT, "header: ");
  put_length(longer, 0);
  model_refuse("length", longer, n, FORMAT, "header length is 0, must be 2 to");
  put_length(longer, head - 9U);
  model_refuse("length", longer, n, FORMAT, "");

  const size_t   n_wide = (1U << 20U) + 64U;
  uint8_t* const wide   = (uint8_t*)calloc(1, n_wide);
  put_length(wide, (1U << 20U) + 1U);
  model_refuse("header", wide, n_wide, FORMAT, "must be 2 to 1048576");
  put_length(wide, 1U << 20U);
  model_refuse("header", wide, n_wide, FORMAT, "must begin with '{'");
  free(wide);
  free(longer);
  free(bytes);
}

/** A NUL after a number would be lost on the JSON parser. */
static void test_nul(void)
{
  size_t         n     = 0;
  uint8_t* const bytes = model_builder_bytes(smallest(&dense), &n);
  for (size_t i = 8; i + 2U < n; ++i) {
    if (!memcmp(bytes + i, "0,1", 3)) {
      bytes[i + 1U] = 0;
      model_refuse("NUL", bytes, n, FORMAT, "header: control character 0x00");
      break;
    }
  }
  free(bytes);
}

static void test_values(void)
{
  const float bad[] = { NAN, -NAN, INFINITY, -INFINITY };
  for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); ++i) {
    float      weight[40U * 8U] = { 0.0f };
    float      bias[40]         = { 0.0f };
    NeumeLayer layer            = dense;
    layer.weight                = weight;
    layer.bias                  = bias;

    for (unsigned j = 0; j < 2U; ++j) {
      weight[319] = j ? 0.0f : bad[i];
      bias[3]     = j ? bad[i] : 0.0f;
      char expected[80];
      (void)snprintf(expected,
                     sizeof(expected),
                     j ? "tensor 'd.bias': value 3 (data byte 1292) is %s"
                       : "tensor 'd.weight': value 319 (data byte 1276) is %s",
                     isnan(bad[i]) ? "NaN" : "infinite");
      refuse_built("value", smallest(&layer), RANGE, expected);
    }
  }

  // Finite each, but not what comes out of them
  float weight[40U * 8U] = { 0.0f };
  weight[8]              = 3e38f;
  NeumeLayer layer       = dense;
  layer.weight           = weight;
  refuse_built(
    "peak", smallest(&layer), RANGE, "layers[0] 'd': its output could reach");
}

/** More of everything than is allowed, made by the builder. */
static void test_bounds(void)
{
  const NeumeFrontEnd fe  = model_front_end_small();
  const NeumeLayer    one = { .type = NEUME_LAYER_AVG_POOL, .size = 1 };
  ModelBuilder*       b   = model_builder_new(1, &fe);
  for (unsigned i = 0; i < NEUME_LAYERS_MAX; ++i) {
    model_builder_add(b, NULL, &one);
  }
  model_builder_add(b, "d", &dense);
  refuse_built("layers", b, FORMAT, "array of 1 to 64 layers");

  const NeumeLayer point = { .type         = NEUME_LAYER_CONV,
                             .out_channels = 4096,
                             .kernel_freq  = 1,
                             .kernel_time  = 1,
                             .dilation     = 1 };

  // 4096 channels, 24 rows, 240 columns and 4 bytes, thrice
  b = model_builder_new(1, &fe);
  model_builder_add(b, "c", &point);
  model_builder_add(b, NULL, &one);
  model_builder_add(b, NULL, &one);
  model_builder_add(b, "d", &dense);
  refuse_built("state", b, RANGE, "layers[2]: 240 columns take 283");

  NeumeLayer narrow   = point;
  narrow.out_channels = 1;
  b                   = model_builder_new(1, &fe);
  for (unsigned i = 0; i < 65U; ++i) {
    static char names[65][8];
    (void)snprintf(names[i], sizeof(names[i]), "c%u", i);
    model_builder_add(b, names[i], &narrow);
  }
  refuse_built("tensors", b, RANGE, "header: more than 128 tensors");

  b = model_builder_new(1, &fe);
  model_builder_add(b, "d", &dense);
  model_builder_add(b, "e", &dense);
  model_builder_edit(b,
                     "layers",
                     ", {\"type\": \"dense\", \"name\": \"e\", \"out\": 40, "
                     "\"activation\": \"linear\", \"slope\": 0}",
                     "");
  refuse_built("unused", b, FORMAT, "tensor 'e.weight': no layer uses");
}

/** The model of a good file; consumes `builder`. */
static NeumeModel* parse_built(ModelBuilder* builder)
{
  size_t            n      = 0;
  uint8_t* const    bytes  = model_builder_bytes(builder, &n);
  NeumeStatus       status = NEUME_SUCCESS;
  char              message[NEUME_MESSAGE_MAX];
  NeumeModel* const m = model_parse(bytes, n, &status, message);
  memset(bytes, 0xFF, n); // Copied, so this does no harm
  free(bytes);
  CHECK_MSG(m, "%s", message);
  return m;
}

/** All that a good file says arrives. */
static void test_small(void)
{
  for (uint32_t right = 0; right < 3U; ++right) {
    NeumeModel* const m = parse_built(model_builder_small(7, right));
    if (!m) {
      return;
    }

    const NeumeFrontEnd fe = model_front_end_small();
    CHECK(m->front_end.window == fe.window && m->front_end.fft == fe.fft);
    CHECK(m->front_end.bands == fe.bands && m->front_end.low_hz == fe.low_hz);
    CHECK(m->front_end.high_hz == fe.high_hz);
    CHECK(m->front_end.break_hz == fe.break_hz);
    CHECK(m->front_end.floor == fe.floor && m->front_end.scale == fe.scale);
    CHECK(m->front_end.label_delay == fe.label_delay);
    CHECK(m->front_end.rise == fe.rise && m->front_end.stack == fe.stack);
    CHECK(m->doubt_ms[0] == 30.0f && m->doubt_ms[1] == 10.0f);
    CHECK(!strcmp(m->name, "tiny") && !strcmp(m->version, "test"));
    CHECK(strstr(m->provenance, "\"commit\""));
    CHECK(m->left == 4U - 2U * right && m->right == 2U * right);
    CHECK(!m->half);

    // Rows 24, pooled to 12, less 4; each output channel over its kernel
    CHECK(m->macs == 24U * 4U * 9U + 8U * 8U * 4U * 15U + 40U * 64U);

    const NeumeLayer* const l = m->layers;
    CHECK(m->n_layers == 4U);
    CHECK(l[0].type == NEUME_LAYER_CONV && l[1].type == NEUME_LAYER_MAX_POOL);
    CHECK(l[2].type == NEUME_LAYER_CONV && l[3].type == NEUME_LAYER_DENSE);
    CHECK(l[0].activation == NEUME_LEAKY_RELU && l[0].slope == 0.01f);
    CHECK(l[2].activation == NEUME_RELU && l[2].slope == 0.0f);
    CHECK(l[3].activation == NEUME_LINEAR);
    CHECK(l[0].in_rows == 24U && l[0].in_channels == 1U);
    CHECK(l[0].out_rows == 24U && l[0].out_channels == 4U);
    CHECK(l[0].kernel_freq == 3U && l[0].kernel_time == 3U);
    CHECK(l[0].pad_low == 1U && l[0].pad_high == 1U && l[0].dilation == 1U);
    CHECK(l[0].left == 2U - right && l[0].right == right);
    CHECK(l[1].size == 2U && l[1].out_rows == 12U && l[1].out_channels == 4U);
    CHECK(!l[1].weight && !l[1].bias && !l[1].left && !l[1].right);
    CHECK(l[2].kernel_freq == 5U && l[2].out_rows == 8U);
    CHECK(l[3].in_rows == 8U && l[3].in_channels == 8U);
    CHECK(l[3].out_rows == 1U && l[3].out_channels == NEUME_CLASSES);
    CHECK(l[0].weight == m->values);
    CHECK(l[0].bias == l[0].weight + 36 && l[2].weight == l[0].bias + 4);
    CHECK(l[2].bias == l[2].weight + 480 && l[3].weight == l[2].bias + 8);
    CHECK(l[3].bias == l[3].weight + 2560);
    CHECK(l[3].bias + 40 == m->values + 12512U / sizeof(float));
    CHECK((uintptr_t)l[0].weight % sizeof(float) == 0U);
    neume_model_free(m);
  }
}

/** A first layer over several frames, and what a file need not say. */
static void test_stack(void)
{
  for (uint32_t stack = 1; stack <= NEUME_STACK_MAX; stack *= 2U) {
    ModelBuilder* const b = model_builder_stacked(7, 0, stack);
    model_builder_edit(b, "front_end", "\"rise\": 256", "\"rise\": 400");
    NeumeModel* const m = parse_built(b);
    if (m) {
      CHECK(m->front_end.rise == 400U && m->front_end.stack == stack);
      CHECK(m->layers[0].in_rows == 24U && m->layers[0].in_channels == stack);
      CHECK(m->layers[0].bias == m->layers[0].weight + (size_t)36 * stack);
      CHECK(m->macs == 24U * 4U * 9U * stack + 8U * 8U * 4U * 15U + 40U * 64U);
    }
    neume_model_free(m);
  }

  ModelBuilder* const b = model_builder_small(7, 0);
  model_builder_edit(b, "front_end", ", \"rise\": 256, \"stack\": 1", "");
  model_builder_edit(b, "front_end", "\"window\": 512", "\"window\": 300");
  NeumeModel* const m = parse_built(b);
  if (m) {
    CHECK(m->front_end.rise == 150U && m->front_end.stack == 1U);
  }
  neume_model_free(m);
}

/** What a file may say of its network's doubt. */
static void test_doubt(void)
{
  static const struct {
    const char* text;     ///< Of the metadata, NULL for none
    float       ms;       ///< Expected
    float       ahead_ms; ///< Expected
    float       onset_ms; ///< Expected
  } cases[] = {
    { NULL, 0.0f, 0.0f, 31.25f },
    { "{\"ms\": 0}", 0.0f, 0.0f, 31.25f },
    { "{\"ms\": 12.5}", 12.5f, 12.5f, 31.25f },
    { "{\"ms\": 1000, \"ahead_ms\": 0}", 1000.0f, 0.0f, 31.25f },
    { "{\"ahead_ms\": 1e3, \"ms\": 0.0}", 0.0f, 1000.0f, 31.25f },
    { "{\"onset_ms\": 0, \"ms\": 5}", 5.0f, 5.0f, 0.0f },
    { "{\"ms\": 5, \"onset_ms\": 1e3, \"ahead_ms\": 1}", 5.0f, 1.0f, 1e3f },
  };
  for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); ++i) {
    ModelBuilder* const b = model_builder_small(7, 1);
    model_builder_set(b, "doubt", cases[i].text);
    NeumeModel* const m = parse_built(b);
    if (m) {
      CHECK(m->doubt_ms[0] == cases[i].ms);
      CHECK(m->doubt_ms[1] == cases[i].ahead_ms);
      CHECK(m->onset_ms == cases[i].onset_ms);
    }
    neume_model_free(m);
  }
}

/** The last layer has an output for each class and may have one more. */
static void test_onsets(void)
{
  for (uint32_t outputs = NEUME_CLASSES - 1; outputs < NEUME_CLASSES + 3;
       ++outputs) {
    NeumeLayer layer   = dense;
    layer.out_channels = outputs;
    if (outputs >= NEUME_CLASSES && outputs <= NEUME_CLASSES + 1) {
      NeumeModel* const m = parse_built(smallest(&layer));
      if (m) {
        CHECK(m->tells_onsets == (outputs > NEUME_CLASSES));
        CHECK(m->layers[0].out_channels == outputs &&
              m->macs == UINT64_C(8) * outputs);
      }
      neume_model_free(m);
    } else {
      refuse_built(
        "outputs", smallest(&layer), RANGE, "linear, with 40 or 41 outputs");
    }
  }

  // The one more must be finite too, as it is and in what comes out of it
  static const float bad[] = { NAN, 3e38f };
  for (unsigned i = 0; i < 2U; ++i) {
    float weight[41U * 8U] = { 0.0f };
    weight[327]            = bad[i];
    NeumeLayer layer       = dense;
    layer.out_channels     = NEUME_CLASSES + 1;
    layer.weight           = weight;
    refuse_built("onset",
                 smallest(&layer),
                 RANGE,
                 i ? "layers[0] 'd': its output could reach"
                   : "tensor 'd.weight': value 327 (data byte 1308) is NaN");
  }
}

/** Values arrive bit for bit, in their places, whatever the header's length. */
static void test_tensors(void)
{
  float weight[40U * 8U];
  float bias[40];
  for (unsigned i = 0; i < 320U; ++i) {
    weight[i] = ldexpf((float)i - 160.0f, (int)(i % 30U) - 20);
  }
  for (unsigned i = 0; i < 40U; ++i) {
    bias[i] = -1.0f / (float)(i + 1U);
  }

  NeumeLayer layer = dense;
  layer.weight     = weight;
  layer.bias       = bias;
  for (unsigned pad = 0; pad < 4U; ++pad) {
    size_t            n      = 0;
    uint8_t* const    bytes  = model_builder_bytes(smallest(&layer), &n);
    const char*       name[] = { "tiny", "tinyx", "tinyxy", "tinyxyz" };
    uint8_t* const    odd    = model_bytes_edit(bytes, &n, "tiny", name[pad]);
    NeumeStatus       status = NEUME_SUCCESS;
    char              message[NEUME_MESSAGE_MAX];
    NeumeModel* const m = model_parse(odd, n, &status, message);
    CHECK_MSG(m, "%s", message);
    if (m) {
      for (unsigned i = 0; i < 320U; ++i) {
        CHECK(m->layers[0].weight[i] == weight[i]);
      }
      for (unsigned i = 0; i < 40U; ++i) {
        CHECK(m->layers[0].bias[i] == bias[i]);
      }
      CHECK(!strcmp(m->name, name[pad]));
    }
    neume_model_free(m);
    free(odd);
    free(bytes);
  }
}

static double now(void)
{
  struct timespec t;
  (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/** The largest network that is meant, from disk, in time. */
static void test_reference(void)
{
  for (int causal = 0; causal < 2; ++causal) {
    static const char path[] = "test_model_reference.safetensors";
    CHECK(model_builder_write(model_builder_reference(3, causal), path));

    double best = 1e9;
    for (unsigned i = 0; i < 5U; ++i) {
      NeumeModel*       m      = NULL;
      const double      start  = now();
      const NeumeStatus status = neume_model_load(path, &m, NULL);
      const double      took   = now() - start;
      best                     = took < best ? took : best;
      CHECK(!status && m);
      if (m) {
        CHECK(m->left + m->right == 20U && m->right == (causal ? 0U : 10U));
        CHECK(m->layers[m->n_layers - 1U].in_rows == 1U);
        CHECK(m->macs > 16000000U && m->macs < 18000000U);
      }
      neume_model_free(m);
    }
    fprintf(stderr, "loaded in %.1f ms\n", 1e3 * best);
    CHECK_MSG(best < 0.05, "%g s", best);
    (void)remove(path);
  }
}

static NeumeModel not_null; ///< What a pointer holds that was not set

static void refuse_file(const char* path,
                        NeumeStatus status,
                        const char* expected)
{
  NeumeModel*       model                      = &not_null;
  char              message[NEUME_MESSAGE_MAX] = "";
  const NeumeStatus found = neume_model_load(path, &model, message);
  CHECK_MSG(found == status, "%s: status %d", path, (int)found);
  CHECK(!model);
  CHECK_MSG(strstr(message, expected), "%s: '%s'", path, message);
  CHECK(neume_model_load(path, &model, NULL) == status);
}

static void test_files(void)
{
  static const char path[] = "test_model_file";
  (void)remove(path);
  refuse_file(path, NEUME_ERR_FILE, "can't open: ");
  refuse_file("", NEUME_ERR_FILE, "can't open: ");
  refuse_file(".", NEUME_ERR_FILE, "not a regular file");
  refuse_file("/dev/null", NEUME_ERR_FILE, "not a regular file");

  CHECK(!mkfifo(path, 0600));
  refuse_file(path, NEUME_ERR_FILE, "not a regular file");
  (void)remove(path);

  const int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
  CHECK(fd >= 0);
  refuse_file(path, FORMAT, "only 0 bytes long");
  CHECK(!ftruncate(fd, (64L << 20U) + 1L));
  refuse_file(path, RANGE, "67108865 bytes long, must be at most 67108864");
  CHECK(!ftruncate(fd, 64L << 20U));
  refuse_file(path, FORMAT, "header length is 0");
  (void)close(fd);
  (void)remove(path);
}

/** Whatever comes in, what comes out is a whole model or a message. */
static void test_flips(void)
{
  uint64_t       state    = 0x2545F4914F6CDD1DU;
  unsigned       n_loaded = 0;
  size_t         n        = 0;
  uint8_t* const bytes    = model_builder_bytes(smallest(&dense), &n);
  uint8_t* const broken   = (uint8_t*)malloc(n);
  for (unsigned i = 0; i < 20000U; ++i) {
    memcpy(broken, bytes, n);
    for (unsigned j = 0; j <= i % 5U; ++j) {
      state ^= state << 13U;
      state ^= state >> 7U;
      state ^= state << 17U;
      broken[(state >> 16U) % n] ^= (uint8_t)(1U << (state % 8U));
    }

    NeumeStatus       status = NEUME_SUCCESS;
    char              message[NEUME_MESSAGE_MAX];
    NeumeModel* const m = model_parse(broken, n, &status, message);
    if (m) {
      ++n_loaded;
      for (unsigned k = 0; k < 320U; ++k) {
        CHECK(isfinite(m->layers[0].weight[k]));
      }
    }
    neume_model_free(m);
  }

  // Most flips hit a weight, and most flipped weights are fair
  CHECK_MSG(n_loaded > 2000U && n_loaded < 18000U, "%u", n_loaded);
  free(broken);
  free(bytes);
}

/** Text from the file can't break the message's line, encoding or length. */
static void test_messages(void)
{
  static const char* const names[] = { "\\u001b[31mred",
                                       "\\u009b",
                                       "a\\u0085b" };
  size_t                   n       = 0;
  uint8_t* const           bytes   = model_builder_bytes(smallest(&dense), &n);
  for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); ++i) {
    size_t         n_edited = n;
    NeumeStatus    status   = NEUME_SUCCESS;
    char           message[NEUME_MESSAGE_MAX];
    uint8_t* const edited = model_bytes_edit(bytes, &n_edited, "F32", names[i]);
    NeumeModel* const m   = model_parse(edited, n_edited, &status, message);
    CHECK(!m && status == FORMAT);
    CHECK_MSG(!strstr(message, "\xC2"), "%s", message);
    free(edited);
  }

  // Cut off within a character of two bytes, at either parity, both at the
  // end of the message and before
  for (unsigned i = 0; i < 4U; ++i) {
    char text[NEUME_MESSAGE_MAX * 2U] = "a";
    for (size_t j = i % 2U; j + 3U < sizeof(text); j += 2U) {
      memcpy(text + j, "\xC3\xA4", 3);
    }
    char to[sizeof(text) + 32U];
    (void)snprintf(
      to, sizeof(to), i < 2U ? "\"%s\":1,\"dtype\"" : "\"dtype\"", text);

    size_t         n_edited = n;
    uint8_t* const keyed = model_bytes_edit(bytes, &n_edited, "\"dtype\"", to);
    (void)snprintf(to, sizeof(to), i < 2U ? "d.weight" : "%s", text);
    uint8_t* const edited = model_bytes_edit(keyed, &n_edited, "d.weight", to);
    uint8_t* const broken = model_bytes_edit(edited, &n_edited, "F32", "F16");

    NeumeStatus       status = NEUME_SUCCESS;
    char              message[NEUME_MESSAGE_MAX];
    NeumeModel* const m = model_parse(broken, n_edited, &status, message);
    CHECK(!m && strlen(message) > (i < 2U ? 250U : 90U));
    CHECK_MSG(i >= 2U || !strchr(message, '?'), "%s", message);
    for (const char* c = message; *c; ++c) {
      if (*c == '\xC3') {
        CHECK_MSG(c[1] == '\xA4', "%s", message);
      }
    }
    free(broken);
    free(edited);
    free(keyed);
  }
  free(bytes);
}

int main(void)
{
  test_small();
  test_stack();
  test_doubt();
  test_onsets();
  test_tensors();
  test_reference();
  test_sizes();
  test_nul();
  test_values();
  test_bounds();
  test_files();
  test_flips();
  test_messages();
  neume_model_free(NULL);
  return test_report();
}
