// Copyright 2026 The Neume authors
// SPDX-License-Identifier: ISC

// Weights files whose tensors are in half precision

#include "model.h"
#include "model_builder.h"

#include "test.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/** Round to half precision; of what it can hold. */
static uint32_t to_half(float value)
{
  const uint32_t sign      = signbit(value) ? 0x8000U : 0U;
  const double   magnitude = fabs((double)value);
  if (magnitude < 0x1p-14) { // Too small for the leading 1
    return sign | (uint32_t)lrint(ldexp(magnitude, 24));
  }
  int          exponent = 0;
  const double part     = frexp(magnitude, &exponent); // 0.5..1
  return sign + (uint32_t)((exponent + 13) << 10) +
         (uint32_t)lrint(ldexp(part, 11));
}

/** The same file with its tensors in half precision, to be freed; `values` are
    its floats. */
static uint8_t* halved(const uint8_t* bytes,
                       size_t*        n_bytes,
                       const float*   values)
{
  const size_t n_header = bytes[0] + 256U * bytes[1];
  const size_t n_values = (*n_bytes - 8U - n_header) / sizeof(float);
  const char*  from     = (const char*)bytes + 8;
  char* const  header   = (char*)calloc(1, n_header + 1U);
  char*        to       = header;
  uint8_t*     file     = (uint8_t*)malloc(*n_bytes);
  if (!header || !file) {
    abort();
  }
  for (const char* const end = from + n_header; from < end;) {
    static const char offsets[] = "\"data_offsets\":[";
    if (!strncmp(from, offsets, sizeof(offsets) - 1U)) {
      char*               next = NULL;
      const unsigned long begin =
        strtoul(from + sizeof(offsets) - 1U, &next, 10);
      const unsigned long stop = strtoul(next + 1, &next, 10);
      to += sprintf(to, "%s%lu,%lu", offsets, begin / 2U, stop / 2U);
      from = next;
    } else if (!strncmp(from, "F32", 3)) {
      to += sprintf(to, "F16");
      from += 3;
    } else {
      *to++ = *from++;
    }
  }

  const size_t n = (size_t)(to - header);
  memset(file, 0, 8);
  file[0] = (uint8_t)(n & 0xFFU);
  file[1] = (uint8_t)(n >> 8U);
  memcpy(file + 8, header, n);
  for (size_t i = 0; i < n_values; ++i) {
    const uint32_t bits        = to_half(values[i]);
    file[8U + n + 2U * i]      = (uint8_t)(bits & 0xFFU);
    file[8U + n + 2U * i + 1U] = (uint8_t)(bits >> 8U);
  }
  free(header);
  *n_bytes = 8U + n + 2U * n_values;
  return file;
}

/** Tensors in half precision. */
static void test_half(void)
{
  static const struct {
    uint32_t bits;
    double   value;
  } known[] = {
    { 0x0000, 0.0 },       { 0x0001, 0x1p-24 },   { 0x03FF, 0x3FFp-24 },
    { 0x0400, 0x1p-14 },   { 0x3555, 0x555p-12 }, { 0x3C00, 1.0 },
    { 0x3C01, 0x401p-10 }, { 0xC000, -2.0 },      { 0x7BFF, 65504.0 },
    { 0xFBFF, -65504.0 },  { 0x8001, -0x1p-24 },
  };
  size_t         n_bytes = 0;
  char           message[NEUME_MESSAGE_MAX];
  uint8_t* const single =
    model_builder_bytes(model_builder_small(7, 0), &n_bytes);
  NeumeModel* whole = NULL;
  if (neume_model_parse(single, n_bytes, &whole, message)) {
    abort();
  }
  uint8_t* const file = halved(single, &n_bytes, whole->values);
  const size_t   n    = 12512U / sizeof(float);
  uint8_t* const last = file + n_bytes - 2U;
  NeumeModel*    m    = NULL;
  CHECK_MSG(!neume_model_parse(file, n_bytes, &m, message), "%s", message);
  if (m) {
    CHECK(m->half);
    for (size_t i = 0; i < n; ++i) {
      const float off = fabsf(m->values[i] - whole->values[i]);
      CHECK(off <= fmaxf(0x1p-11f * fabsf(whole->values[i]), 0x1p-25f));
    }
    CHECK(m->layers[3].bias + 40 == m->values + n);
    neume_model_free(m);
  }

  for (size_t i = 0; i < sizeof(known) / sizeof(*known); ++i) {
    last[0] = (uint8_t)(known[i].bits & 0xFFU);
    last[1] = (uint8_t)(known[i].bits >> 8U);
    CHECK_MSG(!neume_model_parse(file, n_bytes, &m, message), "%s", message);
    if (m) {
      CHECK_MSG((double)m->values[n - 1U] == known[i].value,
                "%zu: %g",
                i,
                (double)m->values[n - 1U]);
      neume_model_free(m);
    }
  }

  static const struct {
    uint32_t    bits;
    const char* says;
  } bad[] = {
    { 0x7C00, "tensor 'dense.bias': value 39 (data byte 6254) is infinite" },
    { 0xFC00, "tensor 'dense.bias': value 39 (data byte 6254) is infinite" },
    { 0x7C01, "tensor 'dense.bias': value 39 (data byte 6254) is NaN" },
    { 0xFE00, "tensor 'dense.bias': value 39 (data byte 6254) is NaN" },
  };
  for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); ++i) {
    last[0] = (uint8_t)(bad[i].bits & 0xFFU);
    last[1] = (uint8_t)(bad[i].bits >> 8U);
    CHECK(neume_model_parse(file, n_bytes, &m, message) == NEUME_ERR_RANGE);
    CHECK_MSG(!strcmp(message, bad[i].says), "%s", message);
  }
  CHECK(neume_model_parse(file, n_bytes - 1U, &m, message) && !m);

  neume_model_free(whole);
  free(single);
  free(file);
}

int main(void)
{
  test_half();
  return test_report();
}
